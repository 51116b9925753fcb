import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { EnvelopeLine, STREAMS } from '../../agent/records/envelope.ts';
import { placeOf, type Source } from '../../agent/inputs/source.ts';
import { HEAD_BYTES, type Head, type LearnedShape } from '../../agent/records/head.ts';
import { envelopes } from '../envelopes/index.ts';
import { parseRecord } from '../index.ts';
import { Byte, isBlank } from '../values/bytes.ts';
import { losesFields } from './compare.ts';
import type { FindSecrets } from './constants.ts';
import type { Loses } from './infer.ts';
import { Learner } from './learner.ts';
import { mayBeginCell, Sample } from './sample.ts';
import { parseShape, type Shape } from './shape.ts';

/** So many lines from the beginning that the built-in grammars read well, or that are prose: there is nothing to learn. */
const CLEAR_LINES = 64;

/**
 * Learns from the first HEAD_BYTES of a source, and from nothing else: the same bytes teach the same, however they came.
 * Each stream of a container has a learner of its own.
 */
export class SourceHead implements Head {
  readonly #learners = new Map<string, Learner>();
  readonly #line = new EnvelopeLine();
  /** Whether lines lie in envelopes, once it is known. */
  #isEnveloped: boolean | undefined;
  /** Streams whose last line goes on. */
  readonly #partial = new Set<string>();
  /** Offset up to which lines were looked at, and how many there were. */
  #seen = 0;
  #lines = 0;
  #done = false;
  readonly #find: FindSecrets | undefined;
  began = false;
  isShaped = false;

  /** `learned`: what an earlier run has kept; records are read by it as they were then. `find`: what must not be kept of them. */
  constructor(learned: readonly LearnedShape[] = [], find?: FindSecrets) {
    this.#find = find;
    for (const { stream, from, shape } of learned) {
      const parsed = parseShape(shape);
      if (parsed !== undefined) this.#learner(stream).keep(parsed, from);
    }
    this.isShaped = this.learned !== undefined;
  }

  get done(): boolean {
    return this.#done;
  }

  get wants(): boolean {
    return !this.#done && [...this.#learners.values()].some(({ wants }) => wants);
  }

  get learned(): readonly LearnedShape[] | undefined {
    const all = [...this.#learners].flatMap(([stream, learner]) => learner.shapes.map(({ shape, from }) => ({ stream, from, shape: shape.text })));
    return all.length === 0 ? undefined : all;
  }

  shapeAt(stream: string, offset: number): Shape | undefined {
    return this.#learners.get(this.#isEnveloped === true ? stream : '')?.shapeAt(offset);
  }

  look(chunk: Chunk, length: number, from: Pick<Source, 'offset' | 'places'>, final: boolean, event: LogEvent): void {
    if (this.#done) return;
    this.began = true;
    const limit = Math.min(length, positionOf(from, HEAD_BYTES));
    let at = Math.max(0, positionOf(from, this.#seen));
    while (at < limit && !this.#isClear) {
      const newline = chunk.bytes.subarray(0, limit).indexOf(Byte.NEWLINE, at);
      if (newline < 0 && !(final && limit === length)) break;
      const end = newline < 0 ? limit : newline;
      this.#lookAt(chunk, at, end, from, length, event);
      at = end + 1;
    }
    this.#seen = Math.max(this.#seen, placeOf(from, Math.min(at, length)));
    this.isShaped = this.learned !== undefined;
    // A line that goes beyond the head is not looked at, nor is what comes behind it.
    if (placeOf(from, length) >= HEAD_BYTES || this.#isClear) this.#finish();
  }

  get #isClear(): boolean {
    return this.#lines >= CLEAR_LINES && this.#learners.size === 0;
  }

  settle(offset: number, event: LogEvent): void {
    for (const learner of this.#learners.values()) learner.settle(offset, losesWith(event));
    this.isShaped = this.learned !== undefined;
  }

  #finish(): void {
    this.#done = true;
    for (const learner of this.#learners.values()) learner.finish();
  }

  /** The line at [start, end) of the chunk; `length` is where the chunk's room is free. */
  #lookAt(chunk: Chunk, start: number, end: number, source: Pick<Source, 'offset' | 'places'>, length: number, event: LogEvent): void {
    const { bytes } = chunk;
    let from = start;
    let to = end > start && bytes[end - 1] === Byte.RETURN ? end - 1 : end;
    while (from < to && bytes[from] === 0) from++;
    if (from === to) return;
    this.#lines++;
    let stream = '';
    this.#isEnveloped ??= envelopes.read(bytes, from, to, this.#line);
    if (this.#isEnveloped && envelopes.read(bytes, from, to, this.#line)) {
      stream = STREAMS[this.#line.stream] ?? '';
      const isWhole = !this.#line.partial && !this.#partial.has(stream);
      if (this.#line.partial) this.#partial.add(stream);
      else this.#partial.delete(stream);
      if (!isWhole) return;
      from = this.#line.textStart;
      to = this.#line.textEnd;
      if (this.#line.escaped) [from, to] = [length, envelopes.unescape(bytes, from, to, bytes, length)]; // behind what was read there is room for a line
    }
    const sample = from < to && !isBlank(bytes[from]) ? sampleOf(chunk, from, to, event) : undefined;
    if (sample !== undefined) this.#learner(stream).add(sample, placeOf(source, start), source.offset, losesWith(event));
  }

  #learner(stream: string): Learner {
    const learner = this.#learners.get(stream) ?? new Learner(this.#find);
    this.#learners.set(stream, learner);
    return learner;
  }
}

/** Position in the chunk of an offset of the source; negative, or 0, where it is before the chunk. */
function positionOf({ offset, places }: Pick<Source, 'offset' | 'places'>, wanted: number): number {
  return places === undefined ? wanted - offset : places.positionOf(wanted);
}

function losesWith(event: LogEvent): Loses {
  return (shape, sample) => losesFields(shape, sample, event);
}

/** The line, if it is text, has a time or a level, and no built-in grammar reads its header to the end; else undefined. */
function sampleOf(chunk: Chunk, start: number, end: number, event: LogEvent): Sample | undefined {
  event.arena.resetScratch();
  event.begin(chunk, start, end);
  parseRecord(chunk, start, end, event);
  if (event.format !== 'header' && event.format !== 'plain') return undefined;
  const text = event.has(Field.message) ? event.fromOf(Field.message) : end;
  if (event.has(Field.timestamp) && event.has(Field.level) && event.fromOf(Field.timestamp) < text && event.fromOf(Field.level) < text && !mayBeginCell(chunk.bytes.subarray(0, end), text)) return undefined;
  const sample = new Sample(chunk.bytes.subarray(start, end), event, start, text);
  return sample.hasTime || sample.hasLevel || sample.isPromising ? sample : undefined;
}
