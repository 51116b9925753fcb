import { flat } from '../../outputs/dialects/flat.ts';
import type { Arena } from '../arena.ts';
import { Batch, batchBytes } from '../delivery/batch.ts';
import { Encoder } from '../encoder.ts';
import type { Defaults } from '../stored.ts';
import type { LogEvent } from '../event.ts';
import { FIELDS } from '../fields.ts';
import type { Encode } from '../kernel/kernel.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { Origin, RecordSink, Unwrapped } from '../records/record-sink.ts';
import { Tried, type Attempt } from './tried.ts';
import { withheld, type Withheld } from './withheld.ts';

/** Why a field has its value: the rule, and the bytes of the record it stands on. */
export interface Why {
  readonly field: string;
  readonly rule: string;
  readonly start: number;
  readonly end: number;
}

/** How one record was read. Offset and length are bytes of the file. */
export interface Explanation {
  readonly offset: number;
  readonly length: number;
  readonly line_count: number;
  readonly format: string;
  /** What the console output ships. */
  readonly fields: Record<string, unknown>;
  readonly why: readonly Why[];
  /** Offset and length of its parts, when its bytes do not follow each other in the file. */
  readonly parts?: readonly (readonly [number, number])[];
  /** Of a record that was unwrapped: where in the file's bytes, from the record's start, each `why` stands. */
  readonly places?: readonly Why[];
  /** The record's bytes as text, for people: without the secrets that are redacted. `shown`: where in that each `why` stands. */
  readonly text: string;
  readonly shown: readonly Why[];
  /** What the headers of its stream were found to look like, if it was read by that. */
  readonly shape?: string;
  /** What else was tried, and why it lost. */
  readonly tried: readonly Attempt[];
  /** What looks like a field's value, and was not taken for it. */
  readonly withheld: readonly Withheld[];
}

const BATCH = { bytes: 4 * 2 ** 20, events: 1024 };
/** What `ExplainSink` claims of an arena. */
export const EXPLAIN_BYTES = batchBytes(BATCH) + 300_000;

/** Takes records as an output does, and keeps what it takes to explain them. */
export class ExplainSink implements RecordSink {
  readonly explanations: Explanation[] = [];
  readonly #arena: Arena;
  readonly #encoder: Encoder;
  readonly #batch: Batch;
  readonly #tried: Tried | undefined;
  readonly #redactor: Redactor | undefined;
  #prepared: Omit<Explanation, 'fields'> | undefined;
  #alone = false;
  readonly #committed: Omit<Explanation, 'fields'>[] = [];

  /** `tries`: what else would read a record is found out, too. */
  constructor(arena: Arena, encode: Encode, tries = true, redactor?: Redactor) {
    this.#arena = arena;
    this.#tried = tries ? new Tried(arena) : undefined;
    this.#redactor = redactor;
    this.#encoder = new Encoder(arena, encode, flat, { before: '', after: '\n' });
    this.#batch = new Batch(arena, BATCH);
  }

  prepare(event: LogEvent, defaults: Defaults, valid: boolean, origin: Origin, offset: number, length: number): boolean {
    if (!this.#encoder.hasRoom(event, defaults) || this.#batch.count === BATCH.events) this.endChunk();
    this.#encoder.prepare(event, defaults, valid, origin.idAddress, offset, length);
    if (this.#batch.length + this.#encoder.pendingBytes > this.#batch.memory.length) this.#makeRoom();
    const explained = this.#explain(event, valid, offset, length);
    this.#prepared = origin.unwrapped === undefined ? explained : unwrapped(explained, origin.unwrapped);
    return true;
  }

  commit(): void {
    if (this.#prepared === undefined) return;
    if (!this.#alone) this.#encoder.commit(this.#batch, this.#batch.count);
    this.#batch.count++;
    this.#committed.push(this.#prepared);
    if (this.#alone) this.endChunk();
    this.#alone = false;
  }

  rollback(): void {
    this.#encoder.rollback();
  }

  endStream(): void {}

  endChunk(): void {
    if (!this.#alone) this.#encoder.flush(this.#batch);
    this.#committed.forEach((explanation, index) => {
      const fields = JSON.parse(Buffer.from(this.#batch.record(index)).toString()) as Record<string, unknown>;
      this.explanations.push({ ...explanation, fields });
    });
    this.#committed.length = 0;
    this.#batch.clear();
  }

  #makeRoom(): void {
    this.endChunk();
    if (this.#encoder.pendingBytes <= this.#batch.memory.length) return;
    this.#encoder.writeAlone(this.#batch);
    this.#alone = true;
  }

  #explain(event: LogEvent, valid: boolean, offset: number, length: number): Omit<Explanation, 'fields'> {
    const { format, start, end } = event;
    const bytes = Buffer.from(this.#arena.bytes.subarray(event.base + start, event.base + end));
    const why = FIELDS.flatMap((field, index) => (event.present & (1 << index)) === 0 ? [] : [{
      field,
      rule: event.ruleOf(index),
      start: event.fromOf(index) - start,
      end: event.toOf(index) - start,
    }]);
    const newlines = bytes.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
    const shown = this.#shown(event, why);
    const tried = this.#tried?.attempts(event, valid) ?? [];
    return { offset, length, line_count: newlines + 1, format, why, ...shown, tried, withheld: this.#tried === undefined ? [] : withheld(shown.text, shown.shown) };
  }

  #shown(event: LogEvent, why: readonly Why[]): Pick<Explanation, 'text' | 'shown'> {
    const { bytes, placeOf } = this.#redactor?.shown(event) ?? { bytes: this.#arena.bytes.subarray(event.base + event.start, event.base + event.end), placeOf: (position: number) => position - event.start };
    const place = (position: number, isEnd: boolean): number => (position < 0 ? position : placeOf(position + event.start, isEnd));
    return { text: Buffer.from(bytes).toString(), shown: why.map((one) => ({ ...one, start: place(one.start, false), end: place(one.end, true) })) };
  }
}

/** The same with its places in the source, of a record that was taken out of envelopes. */
function unwrapped(explained: Omit<Explanation, 'fields'>, record: Unwrapped): Omit<Explanation, 'fields'> {
  const parts = record.parts().map(({ offset, end }) => [offset, end - offset] as const);
  const places = explained.why.map((why) => ({ ...why, ...placeOf(why, record, explained.offset) }));
  return { ...explained, line_count: record.lineCount, ...(parts.length > 1 ? { parts } : {}), places };
}

/** What stands before the text is the envelope's: its time, else its stream. */
function placeOf({ start, end, field }: Why, record: Unwrapped, offset: number): { start: number; end: number } {
  const { timeOffset, timeLength, streamOffset } = record.first;
  if (start >= 0) return { start: record.placeOf(record.start + start, false) - offset, end: record.placeOf(record.start + end, true) - offset };
  const from = (field === 'timestamp' ? timeOffset : streamOffset) - offset;
  return { start: from, end: from + (field === 'timestamp' ? timeLength : end - start) };
}
