import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import type { LogEvent } from '../event.ts';
import { writeNumber } from '../numbers.ts';
import { addLabel, addPair } from '../../parsers/extract/host.ts';
import { plainReader, type Reader } from '../../parsers/reader.ts';
import { meaningsOf } from '../../parsers/aliases.ts';
import { descend, setFromArray, valueHasDuplicates } from '../../parsers/json-host.ts';
import { slowDecimal } from '../../parsers/values/durations.ts';
import { fallbackDateMs, localOffset, nowMs, offsetAt, thisYear } from '../../parsers/values/zones.ts';
import { instantiate } from './modules.ts';

/** See portable/reader.ts. */
interface ReaderKernel {
  readonly headerAt: (bytes: number, start: number, end: number, event: number) => number;
  readonly membersAt: (bytes: number, valid: boolean, table: number, count: number, event: number) => number;
  readonly useMeaningsAt: (table: number) => void;
  readonly proseAt: (bytes: number, start: number, end: number, event: number) => number;
  readonly settleAt: (event: number) => void;
}

/** Bytes a reader claims of an arena: what keys mean. */
export const READER_BYTES = 65_536;

/** Reads what lies in an arena by the kernel; messages of several lines in plain TypeScript. */
export class KernelReader implements Reader {
  readonly #kernel: ReaderKernel;
  /** The event at work. */
  #event: LogEvent | undefined;
  /** Who read the last prose. */
  #isPlain = false;

  constructor(arena: Arena) {
    const host = { ...hostOf(arena), addPair: this.#addPair.bind(this), addLabel: this.#addLabel.bind(this), descend: this.#descend.bind(this), setFromArray: this.#setFromArray.bind(this) };
    this.#kernel = instantiate('reader', arena, host) as unknown as ReaderKernel;
    const meanings = meaningsOf();
    const table = arena.claim(meanings.byteLength).start;
    new Int32Array(arena.memory.buffer).set(meanings, table / 4);
    this.#kernel.useMeaningsAt(table);
  }

  /** What is set by TypeScript while the kernel is at work. */
  #addPair(keyStart: number, keyEnd: number, start: number, end: number, quoted: number): number {
    this.#event?.takeBack();
    const taken = addPair(keyStart, keyEnd, start, end, quoted !== 0);
    this.#event?.lend();
    return taken;
  }

  #addLabel(keyStart: number, keyEnd: number, start: number, end: number): void {
    this.#event?.takeBack();
    addLabel(keyStart, keyEnd, start, end);
    this.#event?.lend();
  }

  readHeader(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
    this.#event = event;
    event.lend();
    const isHeader = this.#kernel.headerAt(chunk.base, start, end, event.address) !== 0;
    event.takeBack();
    return isHeader;
  }

  #descend(row: number, container: number): void {
    this.#event?.takeBack();
    descend(row, container);
    this.#event?.lend();
  }

  #setFromArray(start: number, end: number, field: number, how: number): number {
    this.#event?.takeBack();
    const outcome = setFromArray(start, end, field, how);
    this.#event?.lend();
    return outcome;
  }

  readMembers(chunk: Chunk, table: Int32Array, count: number, event: LogEvent): boolean {
    this.#event = event;
    event.lend();
    const hasRoom = this.#kernel.membersAt(chunk.base, chunk.valid, table.byteOffset, count, event.address) !== 0;
    event.takeBack();
    return hasRoom;
  }

  readProse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
    this.#event = event;
    event.lend();
    const answer = this.#kernel.proseAt(chunk.base, start, end, event.address);
    event.takeBack();
    this.#isPlain = answer === SEVERAL_LINES;
    return this.#isPlain ? plainReader.readProse(chunk, start, end, event) : answer === MAY_BE_COLUMNS;
  }

  settleProse(event: LogEvent): void {
    if (this.#isPlain) return plainReader.settleProse(event);
    event.lend();
    this.#kernel.settleAt(event.address);
    event.takeBack();
  }
}

/** The kernel's answers. */
const [SEVERAL_LINES, MAY_BE_COLUMNS] = [2, 1];

/** What the kernel asks of TypeScript: what is rare, or is the business of others. Bytes come as addresses. */
function hostOf({ bytes }: Arena): Record<string, unknown> {
  return {
    slowDecimal: (address: number, start: number, end: number, shift: number) => slowDecimal(bytes, address + start, address + end, shift),
    belowFirstLine: (): never => { throw new Error('a message of several lines in a kernel'); },
    writeNumber: (address: number, value: number) => writeNumber(bytes, address, value),
    valueHasDuplicates,
    nowMs, thisYear, fallbackDateMs, localOffset, offsetAt,
  };
}
