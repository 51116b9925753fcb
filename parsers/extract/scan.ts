import type { LogEvent } from '../../agent/event.ts';
import { FIELDS, type Field } from '../../agent/fields.ts';
import type { Float } from '../values/bytes.ts';
import { setSlug } from './slug.ts';
import { CUE_MASK, CUE_SHIFT, Cue, Mark } from './words.ts';

/** How sure a rule is. The surest value of a field is taken, the first of equals; a pair of the line beats them all. */
export const Sure = { HINT: 1, LIKELY: 2, PHRASE: 3, NAMED: 4, TOTAL: 5 } as const;

/**
 * What is known while one message is read from left to right: what its words said, what the clause is about, and
 * the best value of each field so far. There is one, reused: nothing is made per line.
 */
export class Scan {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Bit mask of the fields that the event has, or can't have any more. */
  taken = 0;
  /** What the clause says about a duration, and where it said so. */
  cue: number = Cue.NONE;
  cueStart = 0;
  cueEnd = 0;
  /** A browser's agent has been looked for: one per message is enough. */
  hadBrowser = false;
  /** Where a method stands that may be the request of an access log; -1 without. */
  methodStart = -1;
  /** Marks of all words so far, together. */
  seen = 0;
  /** Where the method and path of a request end, or a number that belongs to them; -1 without. */
  requestEnd = -1;
  /** Whether the path stood before `HTTP/1.1`, as in access logs: status and size follow. */
  isAccess = false;
  /** The last three digits that may be a status, and where they end: a method may follow. */
  statusStart = -1;
  statusEnd = -1;
  sizes = 0;
  /** Begin and end of the run of pairs being read; -1 without. */
  pairsStart = -1;
  pairsEnd = -1;
  /** In the conditions or assignments of a statement of SQL. */
  inStatement = false;
  /** Before this no bracket that is open closes. */
  unclosed = 0;
  /** Where the first phrase begins that states a field and so ends an error's message. */
  tailStart = -1;
  /** Where the text of an error begins: behind the class and its colon or bracket, or behind a plain `Error:`. -1 without. */
  errorTextStart = -1;
  plainErrorStart = -1;

  /** By field: how sure its value is (0: none), where it stands, what it is if it is a number, and which rule found it. */
  found = 0;
  readonly sure = new Uint8Array(FIELDS.length);
  readonly from = new Int32Array(FIELDS.length);
  readonly to = new Int32Array(FIELDS.length);
  readonly numbers = new Float64Array(FIELDS.length);
  readonly rules: string[] = FIELDS.map(() => '');

  begin(bytes: Uint8Array, start: number, end: number, taken: number): void {
    this.bytes = bytes;
    this.taken = taken;
    this.start = start;
    this.end = end;
    this.cue = Cue.NONE;
    this.cueStart = this.cueEnd = start;
    this.seen = 0;
    this.requestEnd = this.methodStart = -1;
    this.hadBrowser = false;
    this.isAccess = false;
    this.statusStart = this.statusEnd = -1;
    this.sizes = 0;
    this.pairsStart = this.pairsEnd = -1;
    this.inStatement = false;
    this.unclosed = start;
    this.tailStart = -1;
    this.errorTextStart = this.plainErrorStart = -1;
    this.found = 0;
  }

  /** A word that means something stands at [start, end). */
  hear(marks: number, start: number, end: number): void {
    this.seen |= marks;
    if ((marks & CUE_MASK) !== 0) this.#hearCue((marks & CUE_MASK) >> CUE_SHIFT, start, end);
  }

  /** A clause ends: what was said about durations is over. */
  breakClause(): void {
    this.cue = Cue.NONE;
  }

  /** Whether the event has the field, from whatever came before the prose. */
  isTaken(field: Field): boolean {
    return (this.taken & (1 << field)) !== 0;
  }

  has(field: Field): boolean {
    return (this.found & (1 << field)) !== 0;
  }

  /** Offers the text at [from, to) as the field's value. */
  offer(field: Field, sure: number, from: number, to: number, rule: string): void {
    this.offerNumber(field, sure, NaN, from, to, rule);
  }

  /** Offers a number that was read from [from, to); NaN: the text itself. */
  offerNumber(field: Field, sure: number, value: Float, from: number, to: number, rule: string): void {
    const bit = 1 << field;
    if ((this.found & bit) !== 0 && sure <= (this.sure[field] as number)) return;
    this.found |= bit;
    this.sure[field] = sure;
    this.from[field] = from;
    this.to[field] = to;
    this.numbers[field] = value;
    this.rules[field] = rule;
  }

  /** Offers the phrase at [from, to), of which a type can be made. */
  offerPhrase(field: Field, sure: number, from: number, to: number, rule: string): void {
    this.offerNumber(field, sure, PHRASE, from, to, rule);
  }

  /** Takes an offer back. */
  withdraw(field: Field): void {
    this.found &= ~(1 << field);
  }

  /** A phrase that states a field begins at `at`: an error's message, if one is open, ends there. */
  beginTail(at: number): void {
    const textStart = this.errorTextStart >= 0 ? this.errorTextStart : this.plainErrorStart;
    if (textStart >= 0 && at > textStart && (this.tailStart < 0 || this.tailStart < textStart)) this.tailStart = at;
  }

  /** Gives the event what it does not have yet. */
  settle(event: LogEvent): void {
    for (let rest = this.found; rest !== 0; rest &= rest - 1) {
      const field = 31 - Math.clz32(rest & -rest);
      if (event.has(field)) continue;
      event.rule = this.rules[field] as string;
      const start = this.from[field] as number;
      const end = this.to[field] as number;
      const value = this.numbers[field] as number;
      if (Number.isNaN(value)) event.span(field, start, end);
      else if (value === PHRASE) setSlug(this.bytes, start, end, field, event);
      else event.number(field, value, start, end);
    }
  }

  /**
   * `took` holds whatever came before; `time` only if nothing spoke against it (`lease time`); `timeout` speaks against
   * all that follows in its clause.
   */
  #hearCue(cue: number, start: number, end: number): void {
    if (this.cue === Cue.BAD && cue !== Cue.VERB) return;
    if (this.cue === Cue.VERB && cue < Cue.VERB) return;
    this.cue = cue;
    this.cueStart = start;
    this.cueEnd = end;
  }
}

/** In place of a number: the text is a phrase, and what it is called is the value. */
export const PHRASE: Float = Infinity;

/** Whether the word may be a name: it means nothing by itself. */
export function isUncommon(marks: number): boolean {
  return (marks & (Mark.COMMON | Mark.NOTHING)) === 0;
}
