import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, isBlank, isDigit, isLetter, isWord } from '../values/bytes.ts';
import { strongLevelAt } from '../values/levels.ts';
import { hadDate, scanTimestamp } from '../values/timestamps.ts';

/** How much of a line is looked at, in bytes: a header is shorter. */
const SAMPLE_BYTES = 256;
/** Where a time or a level must begin to be of the header. */
const ANCHOR_BYTES = 160;

/** The beginning of a line of text, and what a built-in grammar made of it. */
export class Sample {
  readonly bytes: Uint8Array;
  /** The same, a character per byte. */
  readonly text: string;
  /** Fields that were set, as a mask; members; and where the text begins. */
  readonly present: number;
  readonly memberCount: number;
  readonly textStart: number;
  /** Where times begin, and where each ends. */
  readonly #times = new Map<number, number>();
  /** Where characters stand that are no letters or digits and do not join two of them as in `a.b` or `a-b`. */
  readonly marks: readonly number[];
  /** What was left for text seems to have more of the header: a time, a level, or a cell. */
  readonly isPromising: boolean;
  /** It was found in front of the text. */
  readonly hasTime: boolean;
  readonly hasLevel: boolean;

  /** `event` has read the line, which lies at [start, end) of its chunk, and found its text at `text`. */
  constructor(line: Uint8Array, event: LogEvent, start: number, text: number) {
    this.bytes = line.slice(0, SAMPLE_BYTES);
    this.text = Buffer.from(this.bytes).toString('latin1');
    this.present = event.present;
    this.memberCount = event.memberCount;
    this.textStart = text - start;
    this.marks = [...this.bytes.keys()].filter((at) => isMark(this.bytes, at));
    this.#findTimes();
    const isBefore = (field: Field): boolean => event.has(field) && event.fromOf(field) < text;
    this.hasTime = isBefore(Field.timestamp);
    this.hasLevel = isBefore(Field.level);
    this.isPromising = (this.hasTime || this.hasLevel) && mayBeginCell(this.bytes, this.textStart) || !this.hasTime && this.#times.size > 0 || !this.hasLevel && this.#hasLevelWord(this.textStart);
  }

  /** Where the time ends that begins at `at`; -1: there is none. */
  timeEnd(at: number): number {
    return this.#times.get(at) ?? -1;
  }

  #findTimes(): void {
    const { bytes } = this;
    const limit = Math.min(bytes.length, ANCHOR_BYTES);
    for (let at = 0; at < limit; at++) {
      if (!isDigit(bytes[at]) && !isLetter(bytes[at]) || isWord(bytes[at - 1])) continue;
      const end = scanTimestamp(bytes, at, bytes.length);
      if (end < 0 || isWord(bytes[end])) continue;
      if (!hadDate() && end - at < TIME_OF_DAY) continue; // `10:00` is anything
      this.#times.set(at, end);
      at = end - 1;
    }
  }

  #hasLevelWord(from: number): boolean {
    const { bytes } = this;
    const limit = Math.min(bytes.length, from + ANCHOR_BYTES);
    for (let at = from; at < limit; at++) {
      if (!isLetter(bytes[at]) || isWord(bytes[at - 1])) continue;
      let to = at;
      while (to < limit && isWord(bytes[to])) to++;
      if (strongLevelAt(bytes, at, to) >= 0) return true;
      at = to;
    }
    return false;
  }
}

/** The length of `10:00:00`. */
const TIME_OF_DAY = 8;

/** Marks that rather join than separate, when there are letters or digits on both sides. */
const JOINS = new Set([...'._$-@+'].map((mark) => mark.charCodeAt(0)));

function isMark(bytes: Uint8Array, at: number): boolean {
  return !isWord(bytes[at]) && !(JOINS.has(bytes[at] as number) && isWord(bytes[at - 1]) && isWord(bytes[at + 1]));
}

/** Whether a text begins with a mark, or with a word that a mark follows: prose does neither. */
export function mayBeginCell(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start];
  if (first === Byte.QUOTE || first === Byte.APOSTROPHE) return false;
  for (let at = start; at < Math.min(bytes.length, start + LONGEST_WORD); at++) {
    if (CELL_ENDS.has(bytes[at] as number)) return true;
    if (isBlank(bytes[at])) return at === start || bytes[at + 1] === Byte.DASH || bytes[at + 1] === Byte.PIPE;
  }
  return false;
}

const LONGEST_WORD = 64;
const CELL_ENDS = new Set([...'|;#~>\t'].map((mark) => mark.charCodeAt(0)));
