import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import type { LogEvent } from '../event.ts';
import { writeNumber } from '../numbers.ts';
import { addLabel, addPair } from '../../parsers/extract/host.ts';
import { plainReader, type Reader } from '../../parsers/reader.ts';
import { slowDecimal } from '../../parsers/values/durations.ts';
import { fallbackDateMs, localOffset, nowMs, offsetAt, thisYear } from '../../parsers/values/zones.ts';
import { instantiate } from './modules.ts';

/** See portable/reader.ts. */
interface ReaderKernel {
  readonly headerAt: (bytes: number, start: number, end: number, event: number) => number;
  readonly proseAt: (bytes: number, start: number, end: number, event: number) => number;
  readonly settleAt: (event: number) => void;
}

/** Reads what lies in an arena by the kernel; messages of several lines in plain TypeScript. */
export class KernelReader implements Reader {
  readonly #kernel: ReaderKernel;
  /** The event at work. */
  #event: LogEvent | undefined;
  /** Who read the last prose. */
  #isPlain = false;

  constructor(arena: Arena) {
    const host = { ...hostOf(arena), addPair: this.#addPair.bind(this), addLabel: this.#addLabel.bind(this) };
    this.#kernel = instantiate('reader', arena, host) as unknown as ReaderKernel;
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
    nowMs, thisYear, fallbackDateMs, localOffset, offsetAt,
  };
}
