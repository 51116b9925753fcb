import type { Arena } from '../../agent/arena.ts';
import type { Chunk } from '../../agent/chunk.ts';
import { Value, type LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { meaningOf, type Alias } from '../aliases.ts';
import { assignText, How, Outcome } from '../values/assign.ts';
import { isLetter } from '../values/bytes.ts';
import { durationMs } from '../values/durations.ts';
import { numberEnd } from '../values/json-scan.ts';
import { readTimestamp } from '../values/timestamps.ts';
import type { Group, Pattern } from './compile.ts';
import { ends, starts, type Subject } from './match.ts';

/** A pattern, and what becomes of its groups. */
export interface Tried {
  readonly pattern: Pattern;
  readonly captured: Captured;
}

/** A named group, and what its name means. */
interface Slot extends Group {
  readonly alias: Alias | undefined;
  readonly isCanonical: boolean;
  readonly isReserved: boolean;
  /** The group that continues its time: of `(?<date>…) (?<time>…)` the second one. */
  readonly timeOfDay: number | undefined;
}

/**
 * Makes fields of what a pattern's groups matched. A name that the alias table knows becomes the canonical field, with the
 * conversion that a key of that name gets; whoever names a group means it, so weak spellings count too. Every other name
 * is kept. What was converted stays under its own name as well, but for times and levels: those say nothing more.
 */
export class Captured {
  readonly #slots: readonly Slot[];
  readonly #pattern: string;
  #arena: Arena | undefined;
  #keys: readonly { readonly address: number; readonly length: number }[] = [];

  /** `pattern`: what explanations call it. */
  constructor(pattern: string, { groups }: Pattern) {
    this.#pattern = pattern;
    const slots = groups.map((group, index) => ({ ...group, ...named(group.name), timeOfDay: timeOfDay(group, groups[index + 1]) }));
    this.#slots = slots.sort((a, b) => rankOf(a) - rankOf(b)); // of two spellings of one field the better one
  }

  /** Sets fields from the last match, of which `subject` is the text. Whether there was anything to set. */
  set(match: RegExpExecArray, subject: Subject, chunk: Chunk, event: LogEvent): boolean {
    this.#bind(event.arena);
    let isAny = false;
    let passed = -1;
    for (let index = 0; index < this.#slots.length; index++) {
      const slot = this.#slots[index] as Slot;
      const text = match[slot.index] as string | undefined; // undefined: the group took no part
      if (text === undefined || text === '' || text === '-' || slot.index === passed) continue;
      isAny = true;
      event.rule = `${this.#pattern} <${slot.name}>`;
      const [start, end] = [subject.placeOf(starts[slot.index] as number), subject.placeOf(ends[slot.index] as number)];
      if (slot.timeOfDay !== undefined && this.#wholeTime(match, slot, start, subject, chunk, event)) passed = slot.timeOfDay;
      else this.#one(slot, index, text, start, end, chunk, event);
    }
    return isAny;
  }

  /** A date and the time behind it are one time. */
  #wholeTime(match: RegExpExecArray, slot: Slot, start: number, subject: Subject, chunk: Chunk, event: LogEvent): boolean {
    const other = slot.timeOfDay ?? 0;
    if (match[other] === undefined || event.has(Field.timestamp)) return false;
    const end = subject.placeOf(ends[other] as number);
    if (readTimestamp(chunk, start, end, event) === end) return true;
    event.unset(Field.timestamp);
    return false;
  }

  #one(slot: Slot, index: number, text: string, start: number, end: number, chunk: Chunk, event: LogEvent): void {
    const { alias, isCanonical } = slot;
    if (alias !== undefined && !event.has(alias.field)) {
      const outcome = assignText(chunk, start, alias.how === How.bare || alias.how === How.watch ? unitEnd(chunk.bytes, start, end) : end, alias.field, alias.how, event);
      const saysAll = outcome === Outcome.COPIED && (isCanonical || alias.field === Field.timestamp || alias.field === Field.level);
      if (outcome === Outcome.RENAMED || outcome === Outcome.ABSENT || saysAll) return;
    }
    if (alias !== undefined && isCanonical) {
      if (event.has(alias.field)) return; // one name has one value
      event.block(alias.field);
    }
    this.#member(slot, index, text, start, end, chunk, event);
  }

  #member({ type, isReserved }: Slot, index: number, text: string, start: number, end: number, chunk: Chunk, event: LogEvent): void {
    const key = this.#keys[index] ?? { address: 0, length: 0 };
    const keyStart = key.address - event.base;
    const member = (from: number, to: number, kind: 0 | 1): boolean => event.member(keyStart, keyStart + key.length, from, to, kind, isReserved);
    const json = type === undefined || type === 'string' ? undefined : asJson(text, type);
    if (json === undefined) member(start, end, Value.TEXT);
    else if (json === text && numberEnd(chunk.bytes, start, end) === end) member(start, end, Value.JSON);
    else {
      const at = event.arena.scratchSpace(json.length);
      if (at < 0) return;
      for (let i = 0; i < json.length; i++) event.arena.bytes[at + i] = json.charCodeAt(i);
      member(at - event.base, at - event.base + json.length, Value.JSON);
    }
  }

  #bind(arena: Arena): void {
    if (arena === this.#arena) return;
    this.#arena = arena;
    this.#keys = this.#slots.map(({ name }) => arena.constant(name));
  }
}

/** Where the unit ends that follows a duration's digits in the text, `(?<took>\d+)ms`: it counts. Without one, `end`. */
function unitEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = end;
  while (to < end + LONGEST_UNIT && isLetter(bytes[to])) to++;
  return to > end && durationMs(bytes, start, to) >= 0 ? to : end;
}

const LONGEST_UNIT = 12;

/** A single letter is a field only in JSON of libraries that are short of bytes: here it is a name like any other. */
function named(name: string): ReturnType<typeof meaningOf> {
  const meaning = meaningOf(name);
  return name.length > 1 ? meaning : { ...meaning, alias: undefined };
}

function rankOf({ alias, timeOfDay }: Slot): number {
  return timeOfDay === undefined ? (alias?.rank ?? 0) : -1;
}

function timeOfDay(group: Group, next: Group | undefined): number | undefined {
  return /^(?:date|day)$/i.test(group.name) && next !== undefined && /^time$/i.test(next.name) ? next.index : undefined;
}

/** JSON of a text that says a number or a truth; undefined: it is neither, and stays text. */
function asJson(text: string, type: 'int' | 'float' | 'bool'): string | undefined {
  if (type === 'bool') return /^(?:true|yes|on|1)$/i.test(text) ? 'true' : /^(?:false|no|off|0)$/i.test(text) ? 'false' : undefined;
  if (!(type === 'int' ? /^[+-]?\d{1,15}$/ : /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/).test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? (String(value) === text ? text : JSON.stringify(value)) : undefined;
}
