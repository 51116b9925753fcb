import { Arena } from '../../agent/arena.ts';
import { Batch, batchBytes } from '../../agent/delivery/batch.ts';
import { storeDefaults } from '../../agent/defaults.ts';
import { Ledger } from '../../agent/delivery/ledger.ts';
import { Tracker } from '../../agent/delivery/tracker.ts';
import { Encoder } from '../../agent/encoder.ts';
import { NO_DEFAULTS, type Defaults } from '../../agent/stored.ts';
import type { LogEvent } from '../../agent/event.ts';
import { EXPLAIN_BYTES, ExplainSink, type Explanation } from '../../agent/explain/explain-sink.ts';
import type { Source, StreamPositions } from '../../agent/inputs/source.ts';
import { kernelScanners, SCANNER_BYTES } from '../../agent/kernel/kernel-scanners.ts';
import { loadKernels, type Encode } from '../../agent/kernel/kernel.ts';
import { Run } from '../../agent/kernel/run-state.ts';
import { Lane, LANE_BYTES } from '../../agent/lane.ts';
import type { LaneSource } from '../../agent/lane-source.ts';
import { secretFinder } from '../../agent/redaction/finder.ts';
import type { Disguise, KindName } from '../../agent/redaction/kinds.ts';
import { redactionBytes } from '../../agent/redaction/open.ts';
import { Redactor } from '../../agent/redaction/redactor.ts';
import type { Origin, RecordSink } from '../../agent/records/record-sink.ts';
import type { Dialect } from '../../outputs/dialects/dialect.ts';
import { identify } from '../../parsers/aliases.ts';
import { continuations } from '../../parsers/continuations/index.ts';
import { envelopes } from '../../parsers/envelopes/index.ts';
import type { FindSecrets } from '../../parsers/learned/constants.ts';
import { SourceHead } from '../../parsers/learned/head.ts';
import { readRecord } from '../../parsers/read.ts';

/** Bytes that come as `fill` says, some at each turn. */
export interface Stream {
  readonly length: number;
  /** Writes the bytes from `offset` on into `target`, all of it. */
  fill(target: Uint8Array, offset: number): void;
}

/** A source in memory, whose bytes come `perTurn` at a time. */
export class TurnSource implements Source {
  readonly id = 'SOURCE-ID-16-CHR';
  readonly name = 'memory';
  readonly input = 'test';
  readonly activeAtMs = 0;
  readonly index: number;
  predecessor: Source | undefined;
  offset = 0;
  acknowledged = 0;
  ahead: StreamPositions | undefined;
  available = 0;
  readonly #stream: Stream;

  constructor(index: number, stream: Stream) {
    this.index = index;
    this.#stream = stream;
  }

  get ended(): boolean {
    return this.available >= this.#stream.length;
  }

  read(target: Uint8Array<ArrayBuffer>, skip: number): number {
    const from = this.offset + skip;
    const length = Math.max(0, Math.min(target.length, Math.min(this.available, this.#stream.length) - from));
    this.#stream.fill(target.subarray(0, length), from);
    return length;
  }

  advance(bytes: number): void {
    this.offset += bytes;
  }

  acknowledge(offset: number, ahead?: StreamPositions): void {
    this.acknowledged = offset;
    this.ahead = ahead;
  }
}

export function streamOf(text: string | Uint8Array): Stream {
  const bytes = Buffer.from(text as string);
  return { length: bytes.length, fill: (target, offset) => void target.set(bytes.subarray(offset, offset + target.length)) };
}

export interface LaneRigOptions {
  readonly chunkBytes?: number;
  readonly maxRecordBytes?: number;
  /** Kinds of secrets that are taken out. */
  readonly redact?: Readonly<Partial<Record<KindName, Disguise>>>;
}

/** The lane that ships, before a sink that keeps what comes. */
export class LaneRig {
  readonly ledger = new Ledger(['kept']);
  readonly tracker = new Tracker();
  readonly sink: ExplainSink;
  readonly lane: Lane;
  #sources = 0;
  readonly #find: FindSecrets | undefined;
  readonly #heads = new Map<Source, SourceHead>();

  constructor({ chunkBytes = 262_144, maxRecordBytes = 1_048_576, redact }: LaneRigOptions = {}) {
    const arena = new Arena({ input: maxRecordBytes + chunkBytes, scratch: 1_048_576 + redactionBytes({ redact, max_record_bytes: maxRecordBytes }), constants: 131_072 }, EXPLAIN_BYTES + LANE_BYTES + SCANNER_BYTES);
    const kernels = loadKernels(arena);
    const redactor = redact === undefined ? undefined : new Redactor(arena, redact, Buffer.alloc(32, 7));
    this.#find = redact === undefined ? undefined : secretFinder(Object.keys(redact) as KindName[]);
    this.sink = new ExplainSink(arena, kernels.encode, redact === undefined, redactor);
    const scanners = kernelScanners(arena, identify);
    this.lane = new Lane(arena, kernels, [this.sink], this.ledger, this.tracker, { chunkBytes, maxRecordBytes, continuations, envelopes, scanners, redactor });
  }

  open(stream: Stream): TurnSource {
    const source = new TurnSource(this.#sources++, stream);
    this.ledger.add(source);
    this.tracker.add(source);
    return source;
  }

  /** One turn at a time in ms, and the records that came of it. */
  pump(source: Source, flush = false, nowMs = 0): Explanation[] {
    this.lane.pump(this.#context(source), flush, nowMs);
    return this.sink.explanations.splice(0);
  }

  /** The records of a stream whose bytes come `perTurn` at a time. */
  records(stream: Stream, perTurn = Infinity): Explanation[] {
    const source = this.open(stream);
    const records: Explanation[] = [];
    for (;;) {
      source.available = Math.min(stream.length, source.available + perTurn);
      const before = source.offset;
      const turn = this.lane.pump(this.#context(source), false, 0);
      records.push(...this.sink.explanations.splice(0));
      if (source.ended && turn === 'idle' && source.offset === before) return records;
      if (source.ended && turn === 'waiting') throw new Error(`the lane waits at ${source.offset} of ${stream.length}, though its source has ended`);
    }
  }

  /** As a pipeline makes it: one for the life of a source. */
  #context(source: Source): LaneSource {
    const head = this.#heads.get(source) ?? new SourceHead(source.learned, this.#find);
    this.#heads.set(source, head);
    return { source, defaults: [NO_DEFAULTS], read: readRecord, head };
  }
}

const KEPT = { bytes: 8 * 2 ** 20, events: 16_384 };
const LIST_BYTES = 300_000;

/** A record as an output writes it, and its place in the source. */
export interface KeptLine {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly length: number;
}

/** Encodes records as an output does, and keeps their bytes. */
class KeepingSink implements RecordSink {
  readonly lines: KeptLine[] = [];
  /** Records that a kernel prepared by itself. */
  inRuns = 0;
  readonly #encoder: Encoder;
  readonly #batch: Batch;
  readonly #defaults: Defaults;

  constructor(arena: Arena, encode: Encode, dialect: Dialect, defaults: Defaults) {
    this.#encoder = new Encoder(arena, encode, dialect, { before: '', after: '\n' });
    this.#batch = new Batch(arena, KEPT);
    this.#defaults = defaults;
  }

  prepare(event: LogEvent, _: Defaults, valid: boolean, { idAddress }: Origin, offset: number, length: number): boolean {
    if (!this.#encoder.hasRoom(event, this.#defaults) || this.#batch.count === KEPT.events) this.endChunk();
    this.#encoder.prepare(event, this.#defaults, valid, idAddress, offset, length);
    if (this.#batch.length + this.#encoder.pendingBytes > KEPT.bytes) throw new Error('more at once than a test keeps');
    return true;
  }

  commit(_: Origin, offset: number, length: number): void {
    this.#batch.offsets[this.#batch.count] = offset;
    this.#batch.lengths[this.#batch.count] = length;
    this.#encoder.commit(this.#batch, this.#batch.count++);
  }

  rollback(): void {
    this.#encoder.rollback();
  }

  lend(run: Int32Array, _: Defaults, { source, idAddress }: Origin): boolean {
    run[Run.SOURCE] = source;
    this.#batch.lend(run);
    return this.#encoder.lend(run, this.#defaults, idAddress, KEPT.bytes - this.#batch.length);
  }

  takeBack(run: Int32Array): void {
    this.inRuns += (run[Run.COUNT] as number) - this.#batch.count;
    this.#encoder.takeBack(run);
    this.#batch.takeBack(run);
  }

  endStream(): void {}

  endChunk(): void {
    const batch = this.#batch;
    this.#encoder.flush(batch);
    for (let index = 0; index < batch.count; index++) this.lines.push({ bytes: Buffer.from(batch.record(index)), offset: batch.offsets[index] ?? 0, length: batch.lengths[index] ?? 0 });
    batch.clear();
  }
}

/** The lane that ships, and one output of each dialect behind it. */
export class DialectRig {
  readonly ledger = new Ledger(['kept']);
  readonly #lane: Lane;
  readonly #sinks: readonly KeepingSink[];
  #sources = 0;

  constructor(outputs: readonly { readonly dialect: Dialect; readonly fields: Readonly<Record<string, string | number | boolean>> }[], chunkBytes = 262_144) {
    const reserve = LANE_BYTES + SCANNER_BYTES + outputs.length * (batchBytes(KEPT) + LIST_BYTES);
    const arena = new Arena({ input: 1_048_576 + chunkBytes, scratch: 1_048_576, constants: 262_144 }, reserve);
    const kernels = loadKernels(arena);
    this.#sinks = outputs.map(({ dialect, fields }) => new KeepingSink(arena, kernels.encode, dialect, storeDefaults(arena, fields)));
    const scanners = kernelScanners(arena, identify);
    this.#lane = new Lane(arena, kernels, this.#sinks, this.ledger, new Tracker(), { chunkBytes, maxRecordBytes: 1_048_576, continuations, envelopes, scanners });
  }

  /** Records that a kernel took by itself: with one output, and `isBuiltIn`. */
  get inRuns(): number {
    return this.#sinks.reduce((sum, sink) => sum + sink.inRuns, 0);
  }

  /** Every record of the text, by output. */
  lines(text: Uint8Array, isBuiltIn = false): KeptLine[][] {
    const source = new TurnSource(this.#sources++, streamOf(text));
    source.available = Infinity;
    this.ledger.add(source);
    for (let turn = ''; turn !== 'idle'; ) turn = this.#lane.pump({ source, defaults: this.#sinks.map(() => NO_DEFAULTS), read: readRecord, isBuiltIn }, false, 0);
    return this.#sinks.map((sink) => sink.lines.splice(0));
  }
}

/** What lies in no record must be blank lines, CR and NUL. What is wrong about how records tile the bytes, if anything. */
export function untiled(bytes: Uint8Array, records: readonly { readonly offset: number; readonly length: number }[]): string | undefined {
  let at = 0;
  for (const { offset, length } of [...records, { offset: bytes.length, length: 0 }]) {
    if (offset < at) return `the record at ${offset} lies in the one before, which ends at ${at}`;
    const between = Buffer.from(bytes.subarray(at, offset)).toString('latin1');
    if (!/^(?:[ \t\r\0]*\n|[\r\0])*[ \t\r\0]*$/.test(between)) return `in no record, from ${at} on: ${JSON.stringify(between.slice(0, 100))}`;
    at = offset + length;
  }
  return at === bytes.length ? undefined : `the last record ends at ${at} of ${bytes.length}`;
}
