import { placeOf, type Source } from '../inputs/source.ts';
import { EnvelopeLine, type Envelopes, STREAMS } from './envelope.ts';
import { OpenRecord } from './open-record.ts';
import type { Continuations } from './record-cutter.ts';

const [LF, CR, NUL] = [0x0a, 0x0d, 0];
/** How long a stream must be quiet, while others of its source are not, until its open record is taken for whole. */
const QUIET_MS = 1_000;

/** What came of a source, as a lane says it. */
type Outcome = 'progress' | 'waiting' | 'idle' | 'blocked';

/** Takes a record that is ready. False: there is no room for it. */
export type TakeRecord = (record: OpenRecord) => boolean;

export interface UnwrapperOptions {
  /** Bytes that are read at once, and at most, when a line is longer. */
  readonly chunkBytes: number;
  readonly roomBytes: number;
  readonly maxRecordBytes: number;
  readonly continuations: Continuations;
  readonly envelopes: Envelopes;
  /** A record of `heir` and its `stream` that begins at `beyond` took over what `source` had from `offset` on. */
  readonly inherited: (source: Source, offset: number, heir: Source, beyond: number, stream: string) => void;
}

/**
 * Reads sources whose lines lie in a container runtime's envelopes. Each stream (stdout, stderr) has an open record of its
 * own, in which the application's lines are put together as if they stood alone; what is in open records is held, not
 * read again, and the source's safe position stays before the oldest of them.
 */
export class Unwrapper {
  readonly #options: UnwrapperOptions;
  readonly #line = new EnvelopeLine();
  /** By source: its open records, by stream. */
  readonly #open = new Map<number, readonly OpenRecord[]>();
  #bytes = new Uint8Array();
  /** Bytes that were asked for the last time. */
  #asked = 0;

  constructor(options: UnwrapperOptions) {
    this.#options = options;
  }

  /** Whether the source was found to be enveloped. */
  holds(source: Source): boolean {
    return this.#open.size > 0 && this.#open.has(source.index);
  }

  /** Whether the first line of what comes next of a source lies in an envelope: if so, `holds` is true from here on. */
  detect(source: Source, bytes: Uint8Array, length: number, final: boolean): boolean {
    const start = skipNothing(bytes, 0, length);
    if (start === length || !mayBegin(bytes[start] as number)) return false;
    const newline = bytes.subarray(start, length).indexOf(LF);
    if (newline < 0 && !final) return false;
    const end = lineEnd(bytes, start, newline < 0 ? length : start + newline);
    if (!this.#options.envelopes.read(bytes, start, end, this.#line)) return false;
    const { continuations, envelopes, maxRecordBytes } = this.#options;
    const records = STREAMS.map((name, stream) => new OpenRecord(stream, continuations, envelopes, maxRecordBytes, source.ahead?.[name]));
    this.#open.set(source.index, records);
    if (source.predecessor !== undefined) this.#follow(source, records, source.predecessor);
    return true;
  }

  /** Lines that broke off where the file before was rotated end in this one. */
  #follow(source: Source, records: readonly OpenRecord[], before: Source): void {
    for (const [stream, record] of records.entries()) {
      record.expects((offset) => {
        const broken = this.#open.get(before.index)?.[stream]?.giveBroken();
        if (broken !== undefined) this.#options.inherited(before, broken.line.offset, source, offset, record.stream);
        return broken;
      });
    }
  }

  /** Takes one chunk of the source, and gives the records that are whole to `take`. */
  pump(source: Source, flush: boolean, isLast: boolean, nowMs: number, take: TakeRecord): Outcome {
    const records = this.#open.get(source.index) ?? [];
    if (!records.every((record) => give(record, take))) return 'blocked'; // what had no room before
    const length = this.#read(source);
    const isAll = length < this.#asked; // of what is there now
    const final = isLast && isAll;
    const consumed = this.#takeLines(source, records, length, final, nowMs, take);
    if (consumed < 0) return 'blocked';
    const had = openBytes(records);
    if (flush || final) {
      if (!closeAll(records, final, take)) return 'blocked';
    } else if (isAll) {
      if (!records.every((record) => record.touchedMs + QUIET_MS > nowMs || close(record, false, take))) return 'blocked';
    }
    if (final && length === 0) this.#open.delete(source.index);
    if (consumed > 0 || openBytes(records) !== had) return 'progress';
    return length > 0 || openBytes(records) < Infinity ? 'waiting' : 'idle';
  }

  /** Offset below which every byte is in a record that was given away, or in none. */
  position(source: Source): number {
    return Math.min(source.offset, openBytes(this.#open.get(source.index) ?? []));
  }

  /** The same by stream, of those that have a name and have said something: every line of the stream below it. */
  positions(source: Source): Map<string, number> {
    const named = (this.#open.get(source.index) ?? []).filter(({ stream, hasBegun }) => hasBegun && stream !== '');
    return new Map(named.map(({ stream, offset }) => [stream, Math.min(source.offset, offset)]));
  }

  #read(source: Source): number {
    const { chunkBytes, roomBytes } = this.#options;
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(roomBytes);
    const bytes = this.#bytes;
    this.#asked = chunkBytes;
    const length = source.read(bytes.subarray(0, chunkBytes), 0);
    if (length < chunkBytes || bytes.lastIndexOf(LF, length - 1) >= 0) return length;
    this.#asked = roomBytes;
    return length + source.read(bytes.subarray(length), length);
  }

  /** Takes the lines that have ended. The bytes that were taken, or -1 when a record had no room. */
  #takeLines(source: Source, records: readonly OpenRecord[], length: number, final: boolean, nowMs: number, take: TakeRecord): number {
    const bytes = this.#bytes;
    let at = 0;
    let hasRoom = true;
    while (hasRoom && at < length) {
      const newline = bytes.indexOf(LF, at);
      const hasEnd = newline >= 0 && newline < length;
      const isFull = at === 0 && length === bytes.length; // a line no buffer can hold, in pieces
      if (!hasEnd && !final && !isFull) break;
      const end = hasEnd ? newline : length;
      const after = hasEnd ? newline + 1 : length;
      hasRoom = this.#takeLine(records, at, end, source, after, !hasEnd && isFull, nowMs, take);
      at = after;
    }
    if (at > 0) source.advance(at);
    return hasRoom ? at : -1;
  }

  #takeLine(records: readonly OpenRecord[], at: number, newline: number, source: Source, after: number, goesOn: boolean, nowMs: number, take: TakeRecord): boolean {
    const line = this.#line;
    const bytes = this.#bytes;
    const start = skipNothing(bytes, at, newline);
    const end = lineEnd(bytes, start, newline);
    if (start === end) return true;
    if (goesOn || !this.#options.envelopes.read(bytes, start, end, line)) {
      line.bare(start, end);
      line.partial = goesOn;
    }
    const record = records[line.stream] as OpenRecord;
    const offset = placeOf(source, start);
    if (record.isPast(offset)) return true;
    record.add(line, bytes, start, offset, placeOf(source, end) - offset, placeOf(source, after));
    record.touchedMs = nowMs;
    return give(record, take);
  }
}

/** Gives away the records that are ready. */
function give(record: OpenRecord, take: TakeRecord): boolean {
  while (record.settle()) {
    if (!take(record)) return false;
    record.drop();
  }
  return true;
}

/** Gives away all there is. */
function close(record: OpenRecord, final: boolean, take: TakeRecord): boolean {
  while (record.flush(final)) {
    if (!take(record)) return false;
    record.drop();
  }
  return true;
}

/** Gives away all there is of all streams, the oldest first. */
function closeAll(records: readonly OpenRecord[], final: boolean, take: TakeRecord): boolean {
  for (;;) {
    let oldest: OpenRecord | undefined;
    for (const record of records) if (record.flush(final) && record.offset < (oldest?.offset ?? Infinity)) oldest = record;
    if (oldest === undefined) return true;
    if (!take(oldest)) return false;
    oldest.drop();
  }
}

/** Offset of the oldest open record; Infinity: there is none. */
function openBytes(records: readonly OpenRecord[]): number {
  let oldest = Infinity;
  for (const { offset } of records) if (offset < oldest) oldest = offset;
  return oldest;
}

/** Hot: the first byte of a chunk. A year, or an object. */
function mayBegin(byte: number): boolean {
  return byte === 0x32 || byte === 0x7b;
}

/** Passes over NULs, as a truncated file has them, and line ends. */
function skipNothing(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === NUL || bytes[at] === LF || bytes[at] === CR)) at++;
  return at;
}

function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === CR ? end - 1 : end;
}
