import type { Arena } from './arena.ts';
import type { Ledger } from './delivery/ledger.ts';
import type { Tracker } from './delivery/tracker.ts';
import { ID_BYTES } from './encoder.ts';
import type { Defaults } from './stored.ts';
import { eventBytes, LogEvent } from './event.ts';
import { Field } from './fields.ts';
import type { Source } from './inputs/source.ts';
import type { Kernels } from './kernel/kernel.ts';
import type { LaneSource } from './lane-source.ts';
import type { Scanners } from '../parsers/values/scanners.ts';
import { HeadReader } from './records/head-reader.ts';
import type { Redactor } from './redaction/redactor.ts';
import { InputChunk } from './records/input-chunk.ts';
import { cutAt, Overlong } from './records/overlong.ts';
import type { Origin, RecordSink } from './records/record-sink.ts';
import { EnvelopeHead, type Envelopes } from './records/envelope.ts';
import type { OpenRecord } from './records/open-record.ts';
import { isOwnMessage } from './own-messages.ts';
import { RecordCutter, type Continuations } from './records/record-cutter.ts';
import { Runs } from './records/runs.ts';
import { Tally } from './records/tally.ts';
import { Unwrapper } from './records/unwrapper.ts';
import { hasRead } from './v8-flags.ts';

/**
 * What a turn of a source came to. `progress`: bytes were taken, and there may be more. `waiting`: what is there is an
 * open record, whose end is not known. `idle`: nothing is there. `blocked`: an output has no room.
 */
export type Turn = 'progress' | 'waiting' | 'idle' | 'blocked';

export interface LaneOptions {
  /** Bytes that are read at once. */
  readonly chunkBytes: number;
  /** What is longer is cut. */
  readonly maxRecordBytes: number;
  readonly continuations: Continuations;
  readonly envelopes: Envelopes;
  readonly scanners: Scanners;
  /** Takes secrets out of every event; undefined: nothing is redacted. */
  readonly redactor?: Redactor | undefined;
}

/** Records that are encoded together at most. */
const RECORDS_AT_ONCE = 256;
/** Bytes a lane claims of its arena, beside what scanners and sinks do. */
export const LANE_BYTES = eventBytes(RECORDS_AT_ONCE) + eventBytes(1) + 65_536; // the second event is for records inside of records
/** Scratch space that one record may need, and for each of its bytes: decoded, without colours, taken out of another, each is a copy. */
const SCRATCH_PER_RECORD = 65_536;
const SCRATCH_PER_BYTE = 8;

/**
 * From bytes to batches, one chunk at a time and to the end: cut, parse, extract, encode. Nothing is kept between two
 * chunks but encoded bytes. All of it is synchronous; the pipeline around it waits for data and for room.
 */
export class Lane {
  readonly #arena: Arena;
  readonly #sinks: readonly RecordSink[];
  readonly #ledger: Ledger;
  readonly #tracker: Tracker;
  readonly #options: LaneOptions;
  readonly #event: LogEvent;
  readonly #chunk: InputChunk;
  readonly #cutter: RecordCutter;
  readonly #overlong: Overlong;
  readonly #unwrapper: Unwrapper;
  readonly #headReader: HeadReader;
  /** Undefined: each record is taken for itself. */
  readonly #runs: Runs | undefined;
  /** What the envelope of the record at work says; undefined: it has none. */
  #wrapped: OpenRecord | undefined;
  readonly #head = new EnvelopeHead();
  /** Where the id of the current source lies, as long as one chunk is at work. */
  readonly #idAddress: number;
  /** Of the records of an enveloped source. */
  #stream = '';
  /** The current source is one that shipper's own messages are written to as well. */
  #hasOwn = false;
  readonly #tally = new Tally();

  constructor(arena: Arena, kernels: Kernels, sinks: readonly RecordSink[], ledger: Ledger, tracker: Tracker, options: LaneOptions) {
    this.#arena = arena;
    this.#sinks = sinks;
    this.#ledger = ledger;
    this.#tracker = tracker;
    this.#options = options;
    this.#event = new LogEvent(arena, RECORDS_AT_ONCE);
    this.#chunk = new InputChunk(arena, options.scanners);
    this.#cutter = new RecordCutter(arena, kernels.newlines, options.continuations, options.maxRecordBytes);
    this.#overlong = new Overlong(options.maxRecordBytes);
    this.#unwrapper = new Unwrapper({
      ...options,
      roomBytes: this.#chunk.room,
      inherited: (before, offset, heir, beyond, stream) => tracker.hold(before, { at: offset, by: heir.index, stream, beyond }, this.#unwrapper.position(before)),
    });
    this.#headReader = new HeadReader(options.chunkBytes);
    const parts = { reader: options.scanners.reader, event: this.#event, cutter: this.#cutter, sinks };
    this.#runs = options.redactor === undefined && Runs.canTake(parts) ? new Runs(arena, parts) : undefined;
    this.#idAddress = arena.claim(ID_BYTES).start;
  }

  /** How many records of each format there were. */
  get formats(): ReadonlyMap<string, number> {
    return this.#tally.formats;
  }

  /**
   * Takes one chunk of the source. `flush`: the source has been quiet, so the open record at its end is whole. `last`: so
   * is a line without an end.
   */
  pump(from: LaneSource, flush: boolean, nowMs: number, last = false): Turn {
    const { source } = from;
    const isLast = last || source.ended;
    const chunk = this.#chunk;
    if (this.#overlong.holds(source)) return this.#skim(from, nowMs);
    if (from.head?.done === false && this.#headReader.holds(from.head, source, chunk, this.#event, flush, isLast, nowMs)) return 'waiting';
    const unwrapper = this.#unwrapper;
    if (unwrapper.holds(source)) return this.#unwrap(from, flush, isLast, nowMs);
    const { chunkBytes } = this.#options;
    let length = source.read(chunk.target(0, chunkBytes), 0);
    if (unwrapper.detect(source, chunk.bytes, length, length < chunkBytes && isLast)) return this.#unwrap(from, flush, isLast, nowMs);
    let turn = this.#take(from, length, flush, length < chunkBytes && isLast, nowMs);
    if (turn !== 'waiting' || length < chunkBytes) return turn;
    length += source.read(chunk.target(length, chunk.room), length); // a record longer than a chunk: all the room there is
    if (unwrapper.detect(source, chunk.bytes, length, length < chunk.room && isLast)) return this.#unwrap(from, flush, isLast, nowMs);
    const isFull = length === chunk.room; // then the line at the end is too long to go on with the one before it
    turn = this.#take(from, length, flush || isFull, !isFull && isLast, nowMs);
    if (turn !== 'waiting' || !isFull) return turn;
    this.#overlong.begin(source, chunk.bytes);
    return 'progress';
  }

  /** Makes records of the first `length` bytes of the chunk. `final`: they are the source's last. */
  #take(from: LaneSource, length: number, flush: boolean, final: boolean, nowMs: number): Turn {
    const { source } = from;
    if (length === 0) this.#tracker.advance(source.index, source.offset); // what is no text was passed over
    if (length === 0) return 'idle';
    const cutter = this.#cutter;
    const origin = this.#begin(from);
    this.#chunk.set(length);
    cutter.begin(this.#chunk.bytes, this.#chunk.base, length, flush, final);
    const { offset, places } = source;
    const runs = places === undefined ? this.#runsOf(from) : undefined;
    let blocked = false;
    let done = 0;
    while (!blocked) {
      if (runs !== undefined) done = this.#takeRun(runs, from, origin, nowMs);
      if (!cutter.next()) break;
      const { start, end } = cutter;
      this.#makeScratch(end - start);
      const at = places === undefined ? offset + start : places.at(start);
      blocked = !this.#record(from, origin, start, end, end - start, at, places === undefined ? end - start : places.at(end) - at, nowMs);
      if (!blocked) done = cutter.after;
    }
    if (!blocked) done = cutter.open;
    this.#finish(source, done);
    if (blocked) return 'blocked';
    return done > 0 ? 'progress' : 'waiting';
  }

  /** What takes the chunk's records as far as they are usual; undefined: none of them are. */
  #runsOf({ isBuiltIn, head }: LaneSource): Runs | undefined {
    const { valid, coloured } = this.#chunk;
    return isBuiltIn === true && valid && !coloured && !this.#hasOwn && head?.isShaped !== true ? this.#runs : undefined;
  }

  /** Takes a run of records. Gives the position up to which all are taken. */
  #takeRun(runs: Runs, { source, defaults }: LaneSource, origin: Origin, nowMs: number): number {
    do {
      this.#makeScratch(0);
      runs.take(source, this.#chunk, defaults, origin, nowMs);
      runs.count(this.#tally);
    } while (runs.isFull);
    return this.#cutter.after;
  }

  /** Reads on in a line that is longer than a record may be, and makes one record of its beginning when it ends. */
  #skim(from: LaneSource, nowMs: number): Turn {
    const { source } = from;
    const chunk = this.#chunk;
    const length = source.read(chunk.target(0, this.#options.chunkBytes), 0);
    const end = this.#overlong.read(source, chunk.bytes, length, source.ended);
    if (end < 0) return length === 0 ? 'idle' : 'progress';
    const held = this.#overlong.take(source);
    if (held === undefined) return 'idle';
    chunk.bytes.set(held.head);
    chunk.set(held.head.length);
    if (!this.#record(from, this.#begin(from), 0, held.head.length, held.length, held.offset, held.end - held.offset, nowMs)) {
      this.#overlong.putBack(source, held, end);
      return 'blocked';
    }
    this.#finish(source, end);
    return 'progress';
  }

  /** Takes one chunk of a source whose lines lie in envelopes. What is in open records is held, so its safe position lags behind. */
  #unwrap(from: LaneSource, flush: boolean, isLast: boolean, nowMs: number): Turn {
    const { source } = from;
    const { idAddress } = this.#begin(from);
    this.#chunk.set(0);
    const turn = this.#unwrapper.pump(source, flush, isLast, nowMs, (record) => this.#unwrapped(from, { source: source.index, idAddress, unwrapped: record }, record, nowMs));
    this.#finish(source, 0, this.#unwrapper.position(source));
    this.#tracker.advanceStreams(source.index, this.#unwrapper.positions(source));
    this.#switchTo('');
    return turn;
  }

  /** Puts the text of a record into the chunk, behind those before it, and what its envelope says in front of it. */
  #unwrapped(from: LaneSource, origin: Origin, record: OpenRecord, nowMs: number): boolean {
    this.#makeScratch(record.end - record.start);
    const chunk = this.#chunk;
    const head = this.#head;
    if (!chunk.holds(record)) {
      for (const sink of this.#sinks) sink.endChunk();
      chunk.set(0);
    }
    const start = chunk.put(head, record);
    this.#wrapped = record;
    this.#switchTo(record.stream);
    this.#options.envelopes.near(chunk.bytes, head.timeStart, head.timeEnd);
    const isTaken = this.#record(from, origin, start, chunk.length - 1, record.size, record.offset, record.sourceBytes, nowMs);
    this.#wrapped = undefined;
    return isTaken;
  }

  /** What comes is of this stream of the source: how far each is safe is known apart. */
  #switchTo(stream: string): void {
    if (stream === this.#stream) return;
    for (const sink of this.#sinks) sink.endStream();
    this.#stream = this.#tracker.stream = stream;
  }

  /**
   * Hot: once per record. `size` is its length with what of it was not kept, `offset` and `length` are its place in the
   * source. False: a sink has no room.
   */
  #record(from: LaneSource, origin: Origin, start: number, end: number, size: number, offset: number, length: number, nowMs: number): boolean {
    const event = this.#event;
    const chunk = this.#chunk;
    if (this.#hasOwn && isOwnMessage(chunk.bytes, start)) return this.#leaveOut(from, length);
    const { maxRecordBytes, redactor } = this.#options;
    let cut = end - start > maxRecordBytes ? cutAt(chunk.bytes, start, maxRecordBytes) : end;
    if (redactor !== undefined && size > cut - start) cut = redactor.safeEnd(chunk.bytes, start, cut);
    event.begin(chunk, start, cut);
    const { head } = from;
    from.read(chunk, start, cut, event, head?.isShaped === true ? head.shapeAt(this.#wrapped?.stream ?? '', offset) : undefined);
    if (this.#wrapped === undefined) event.multiline = this.#cutter.lines > 1;
    else this.#completeFrom(this.#wrapped);
    if (size > cut - start) this.#markCut(event, start, cut, size);
    redactor?.apply(event);
    const sinks = this.#sinks;
    for (let index = 0; index < sinks.length; index++) {
      if ((sinks[index] as RecordSink).prepare(event, from.defaults[index] as Defaults, chunk.valid, origin, offset, length)) continue;
      for (let other = 0; other < index; other++) (sinks[other] as RecordSink).rollback();
      return false;
    }
    for (let index = 0; index < sinks.length; index++) (sinks[index] as RecordSink).commit(origin, offset, length, nowMs);
    if (size > cut - start) this.#ledger.cut(from.source.index, size - (cut - start));
    this.#tally.add(event.format, length);
    return true;
  }

  /** shipper's own message, in a file that its stderr is appended to: to ship it might give reason for another one. */
  #leaveOut({ source }: LaneSource, length: number): boolean {
    for (let output = 0; output < this.#sinks.length; output++) this.#ledger.filtered(source.index, output, 1, length);
    this.#tally.read(1, length);
    return true;
  }

  #completeFrom(record: OpenRecord): void {
    this.#event.multiline = record.isMultiline;
    if (record.stream !== '') this.#options.envelopes.complete(this.#chunk, this.#head, this.#event);
  }

  #markCut(event: LogEvent, start: number, cut: number, length: number): void {
    event.rule = 'longer than max_record_bytes';
    event.flag(Field.truncated, start, cut);
    event.number(Field.original_bytes, length, start, cut);
  }

  #begin({ source, begin }: LaneSource): Origin {
    begin?.();
    this.#hasOwn = source.hasOwnMessages === true;
    this.#arena.resetScratch();
    for (let i = 0; i < ID_BYTES; i++) this.#arena.bytes[this.#idAddress + i] = source.id.charCodeAt(i);
    return { source: source.index, idAddress: this.#idAddress };
  }

  /**
   * Encodes what is in the lists when scratch space or the event's pages run out, so that they can be used again. `length`: the
   * next record's, which has what it needs, or all there is: what earlier ones took must not decide what is read of it.
   */
  #makeScratch(length: number): void {
    const needed = SCRATCH_PER_RECORD + SCRATCH_PER_BYTE * length + (this.#options.redactor?.scratchFor(length) ?? 0);
    if (this.#arena.scratchLeft >= needed && !this.#event.wraps) return;
    for (const sink of this.#sinks) sink.endChunk();
    this.#arena.resetScratch();
  }

  /** The first `done` bytes of the chunk are in batches, or in no record. What is before `safe` is in no open record, either. */
  #finish(source: Source, done: number, safe = Infinity): void {
    for (const sink of this.#sinks) sink.endChunk();
    const { records, bytes } = this.#tally;
    if (records > 0) this.#ledger.read(source.index, records, bytes);
    hasRead(bytes);
    this.#tally.reset();
    if (done > 0) source.advance(done);
    this.#tracker.advance(source.index, Math.min(source.offset, safe));
  }
}
