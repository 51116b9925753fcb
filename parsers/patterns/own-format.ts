import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, isBlank } from '../values/bytes.ts';
import { Captured, type Tried } from './captured.ts';
import type { Pattern } from './compile.ts';
import { ends, matchAt, Subject } from './match.ts';

const subject = new Subject();
const MESSAGE = 1 << Field.message;

/**
 * A format of the user's own: patterns that begin where the record begins, of which the first that matches reads it. What
 * follows behind the match is the message, unless a group is; so are the further lines of a record whose first line ends
 * with the message.
 */
export class OwnFormat {
  readonly name: string;
  readonly #patterns: readonly Tried[];

  /** `patterns` are anchored. */
  constructor(name: string, patterns: readonly Pattern[]) {
    this.name = name;
    this.#patterns = patterns.map((pattern) => ({ pattern, captured: new Captured(name, pattern) }));
  }

  /** Reads the record at [start, end) into the event, which is empty. False: no pattern matches, and nothing is set. */
  parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
    const newline = chunk.bytes.subarray(start, end).indexOf(Byte.NEWLINE);
    const to = withoutReturn(chunk.bytes, start, end);
    if (newline < 0) return this.#parse(chunk, start, to, to, event);
    // Most patterns are about lines: `.` and `$` mean the first one's, then all of it.
    return this.#parse(chunk, start, withoutReturn(chunk.bytes, start, start + newline), to, event) || this.#parse(chunk, start, to, to, event);
  }

  /** Whether a record that begins with the line at [start, end) may be of this format. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    subject.setBytes(bytes, start, withoutReturn(bytes, start, end), true);
    return this.#patterns.some(({ pattern }) => (pattern.literal === '' || subject.text.includes(pattern.literal)) && matchAt(pattern, subject.text) !== null);
  }

  #parse(chunk: Chunk, start: number, lineEnd: number, end: number, event: LogEvent): boolean {
    subject.set(chunk, start, lineEnd);
    for (let index = 0; index < this.#patterns.length; index++) {
      const { pattern, captured } = this.#patterns[index] as Tried;
      if (pattern.literal !== '' && !subject.text.includes(pattern.literal)) continue;
      const match = matchAt(pattern, subject.text);
      if (match === null) continue;
      const matchEnd = subject.placeOf(ends[0] as number);
      if (captured.set(match, subject, chunk, event)) {
        this.#message(chunk, matchEnd, lineEnd, end, event);
        event.format = this.name;
        return true;
      }
      event.reset();
    }
    return false;
  }

  #message(chunk: Chunk, matchEnd: number, lineEnd: number, end: number, event: LogEvent): void {
    event.rule = `behind ${this.name}`;
    if ((event.present & MESSAGE) !== 0) {
      if (end > lineEnd && event.toOf(Field.message) === lineEnd) event.span(Field.message, event.fromOf(Field.message), end);
      return;
    }
    let from = matchEnd;
    while (from < end && isBlank(chunk.bytes[from])) from++;
    if (!event.has(Field.message)) event.span(Field.message, from, end);
  }
}

function withoutReturn(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === Byte.RETURN ? end - 1 : end;
}
