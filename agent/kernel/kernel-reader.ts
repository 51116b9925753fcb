import { STATIC_END, type Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import type { LogEvent } from '../event.ts';
import { writeNumber } from '../numbers.ts';
import { plainReader, type Reader } from '../../parsers/reader.ts';
import { aliasTable, meaningsOf } from '../../parsers/aliases.ts';
import { attachJson, listNested, setFromArray, valueHasDuplicates } from '../../parsers/json-host.ts';
import { slowDecimal } from '../../parsers/values/durations.ts';
import { fallbackDateMs, fallbackYear, isReadTime, localOffset, offsetAt } from '../../parsers/values/zones.ts';
import type { KernelAccessScanner } from './kernel-access.ts';
import type { KernelScanner } from './kernel-scanner.ts';
import { instantiate } from './modules.ts';
import { Run, type RunState } from './run-state.ts';

/** See portable/reader.ts. */
interface ReaderKernel {
  readonly headerAt: (bytes: number, valid: boolean, start: number, end: number, event: number) => number;
  readonly membersAt: (bytes: number, valid: boolean, table: number, count: number, event: number) => number;
  readonly useKeysAt: (meanings: number, keys: number) => void;
  readonly proseAt: (bytes: number, valid: boolean, start: number, end: number, event: number) => number;
  readonly settleAt: (event: number) => void;
  readonly run: (state: number) => number;
  readonly memoryEnd: () => number;
}

/** Bytes a reader claims of an arena: what keys there are, and what they mean. */
export const READER_BYTES = 196_608;

/** Reads what lies in an arena by the kernel; messages of several lines in plain TypeScript. */
export class KernelReader implements Reader {
  readonly #kernel: ReaderKernel;
  /** The event at work. */
  #event: LogEvent | undefined;
  /** The run at work. */
  #run: Int32Array | undefined;
  readonly #table: number;
  readonly #row: number;
  /** Who read the last prose. */
  #isPlain = false;

  /** `members`: lists the members of a JSON line for this kernel, and the address of its table; `access`: cuts a line of an access log, and the address of its row. */
  constructor(arena: Arena, members: KernelScanner['alone'], access: KernelAccessScanner['alone']) {
    this.#table = members.table;
    this.#row = access.row;
    this.#kernel = instantiate('reader', arena, { ...this.#host(arena), listMembers: members.list, cutAccess: access.cut }) as unknown as ReaderKernel;
    if (this.#kernel.memoryEnd() > STATIC_END) throw new Error(`the reader's constants take ${this.#kernel.memoryEnd()} bytes of ${STATIC_END}`);
    this.#kernel.useKeysAt(claimed(arena, meaningsOf()), claimed(arena, aliasTable.table));
  }

  readHeader(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
    return this.#lending(event, (address) => this.#kernel.headerAt(chunk.base, chunk.valid, start, end, address)) !== 0;
  }

  readMembers(chunk: Chunk, table: Int32Array, count: number, event: LogEvent): boolean {
    return this.#lending(event, (address) => this.#kernel.membersAt(chunk.base, chunk.valid, table.byteOffset, count, address)) !== 0;
  }

  readProse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
    const answer = this.#lending(event, (address) => this.#kernel.proseAt(chunk.base, chunk.valid, start, end, address));
    this.#isPlain = answer === SEVERAL_LINES;
    return this.#isPlain ? plainReader.readProse(chunk, start, end, event) : answer === MAY_BE_COLUMNS;
  }

  settleProse(event: LogEvent): void {
    if (this.#isPlain) plainReader.settleProse(event);
    else this.#lending(event, (address) => this.#kernel.settleAt(address));
  }

  readRun(run: RunState, chunk: Chunk, event: LogEvent): number {
    attachJson(chunk, event);
    run.ints[Run.TABLE] = this.#table;
    run.ints[Run.ROW] = this.#row;
    this.#run = run.ints;
    const records = this.#lending(event, () => this.#kernel.run(run.address));
    this.#run = undefined;
    return records;
  }

  #lending<T>(event: LogEvent, call: (address: number) => T): T {
    this.#event = event;
    event.lend();
    const answer = call(event.address);
    event.takeBack();
    return answer;
  }

  /** What the kernel asks of TypeScript: what is rare, or is the business of others. Bytes come as addresses. */
  #host({ bytes }: Arena): Record<string, unknown> {
    return {
      addKey: (address: number, length: number) => this.#unlessRun(() => this.#event?.keys.add(address, length), false),
      setFromArray: (start: number, end: number, field: number, how: number) => this.#unlessRun(() => this.#meanwhile(() => setFromArray(start, end, field, how)), 0),
      belowFirstLine: (): never => { throw new Error('a message of several lines in a kernel'); },
      slowDecimal: (address: number, start: number, end: number, shift: number) => slowDecimal(bytes, address + start, address + end, shift),
      writeNumber: (address: number, value: number) => writeNumber(bytes, address, value),
      listNested, valueHasDuplicates,
      fallbackYear, isReadTime, fallbackDateMs, localOffset, offsetAt,
    };
  }

  /** What needs the event as TypeScript has it ends a run: its record is read again. */
  #unlessRun<T>(call: () => T | undefined, otherwise: T): T {
    if (this.#run === undefined) return call() ?? otherwise;
    this.#run[Run.GAVE_UP] = 1;
    return otherwise;
  }

  /** Lets TypeScript set fields while the kernel waits. */
  #meanwhile<T>(call: () => T): T {
    this.#event?.takeBack();
    const answer = call();
    this.#event?.lend();
    return answer;
  }
}

/** Where the integers lie now. */
function claimed(arena: Arena, integers: Int32Array): number {
  const { start } = arena.claim(integers.byteLength);
  new Int32Array(arena.memory.buffer).set(integers, start / 4);
  return start;
}

/** The kernel's answers. */
const [SEVERAL_LINES, MAY_BE_COLUMNS] = [2, 1];
