import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, decimal, isBlank, isDigit, skipBlanks, skipColour } from '../values/bytes.ts';

/** How far a header may reach, in bytes: what comes later is text. */
const HEADER_BYTES = 512;

/**
 * What has been found of one line's header. There is one of it, filled anew for each line; its readers (`words`,
 * `groups`) take a position and give back the one behind what they took, or -1.
 */
export class Header {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the first line's header must end. */
  end = 0;
  lineStart = 0;
  hasTime = false;
  hasLevel = false;
  /** Where the level's word ends. */
  levelEnd = -1;
  /** The level was a single letter: who writes so writes a tag and a colon behind it. */
  letter = false;
  /** The time is a bare number, which may be anything. */
  epoch = false;
  /** Kinds of bytes of the group that was read last (see `groups`). */
  seen = 0;
  /** The text begins behind the last item, whatever it looks like. */
  closed = false;
  /** The closing bracket that is still to come: `[time level]`. 0: none. */
  open = 0;
  /** A name in brackets that is the logger unless a better one follows, then it is the thread. -1: none. */
  nameStart = -1;
  nameEnd = 0;
  /** What was skipped before the item at hand held a tab, a bar, or a dash between blanks. */
  tab = false;
  bar = false;
  dash = false;
  /** Items taken so far. */
  items = 0;
  #chunk: Chunk | undefined;
  #event: LogEvent | undefined;

  begin(chunk: Chunk, start: number, end: number, event: LogEvent): void {
    this.#chunk = chunk;
    this.#event = event;
    this.bytes = chunk.bytes;
    this.end = Math.min(end, start + HEADER_BYTES);
    this.lineStart = start;
    this.hasTime = this.hasLevel = this.closed = this.letter = this.epoch = this.tab = this.bar = this.dash = false;
    this.open = this.items = 0;
    this.nameStart = this.levelEnd = -1;
  }

  get chunk(): Chunk {
    if (this.#chunk === undefined) throw new Error('header read before begin');
    return this.#chunk;
  }

  get event(): LogEvent {
    if (this.#event === undefined) throw new Error('header read before begin');
    return this.#event;
  }

  /** From `at` over all that only separates: blanks, colours, bars, commas, `- `, `: `, a bracket that was left open. */
  skipSeparators(at: number): number {
    this.tab = this.bar = this.dash = false;
    const bytes = this.bytes;
    for (let budget = 256; at < this.end && budget > 0; budget--) {
      const byte = bytes[at] as number;
      if (byte === Byte.SPACE) at++;
      else if (byte === Byte.TAB) {
        this.tab = true;
        at++;
      } else if (byte === Byte.PIPE) {
        if (bytes[at + 1] === Byte.PIPE) return at;
        this.bar = true;
        at++;
      } else if (byte === Byte.DASH) {
        const after = bytes[at + 1] === Byte.GREATER && isBlank(bytes[at + 2]) ? at + 2 : this.#dashesEnd(at);
        if (after < 0) return at;
        this.dash = true;
        at = after;
      } else if (byte === this.open) {
        this.open = 0;
        at++;
      } else if (byte === 33 && this.letter) at++;
      else if (byte === Byte.COMMA || byte === Byte.SEMICOLON || byte === Byte.COLON && bytes[at + 1] !== Byte.COLON) at++;
      else if (byte === Byte.GREATER && this.items > 0 && bytes[at - 1] === Byte.SPACE && bytes[at + 1] === Byte.SPACE) at++; // zerolog's `main.go:12 > text`
      else if (byte === 0xe2 && this.items > 0 && isArrow(bytes, at)) {
        this.bar = true;
        at += 3;
      } else {
        const after = skipColour(bytes, at, this.end);
        if (after === at) return at;
        at = after;
      }
    }
    return at;
  }

  span(field: Field, start: number, end: number): void {
    this.event.span(field, start, end);
  }

  /** A number of at most ten digits as `pid`, or as `thread` when there is a pid. */
  process(start: number, end: number): boolean {
    if (end - start > 10 && !this.event.has(Field.pid)) return false;
    if (!this.event.has(Field.pid)) this.event.number(Field.pid, decimal(this.bytes, start, end), start, end);
    else if (!this.event.has(Field.thread)) this.span(Field.thread, start, end);
    else return false;
    return true;
  }

  /** A logger that is certain; a name that stood in brackets before is the thread, then. */
  logger(start: number, end: number): void {
    if (this.nameStart >= 0 && !this.event.has(Field.thread)) this.span(Field.thread, this.nameStart, this.nameEnd);
    this.nameStart = -1;
    this.span(Field.logger, start, end);
  }

  level(level: number, start: number, end: number): void {
    this.event.level(level, start, end);
    this.hasLevel = true;
    this.levelEnd = end;
    this.letter = end - start === 1;
  }

  /** One or more dashes between blanks or at the line's end; -1 when the dash belongs to a text, `-1` or `-----`. */
  #dashesEnd(at: number): number {
    let to = at;
    while (to < this.end && this.bytes[to] === Byte.DASH) to++;
    const ends = to >= this.end || isBlank(this.bytes[to]) || this.bytes[to] === Byte.NEWLINE;
    return ends && to - at <= 3 ? to : -1;
  }
}

/** `▶`, `→`, `│`, `›`, `–`, `—` or `❯` between blanks. */
function isArrow(bytes: Uint8Array, at: number): boolean {
  return bytes[at - 1] === Byte.SPACE && bytes[at + 3] === Byte.SPACE && ARROWS.includes(((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
}

const ARROWS = ['▶', '→', '│', '›', '–', '—', '❯'].map((arrow) => Buffer.from(arrow).readUInt16BE(1));

/** Whether a run of at least two blanks, a tab or a bar stands at `at`: the next column begins there. */
export function isColumnEnd(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] === Byte.TAB) return true;
  const next = skipBlanks(bytes, at, Math.min(end, at + 64));
  return next < end && (next - at >= 2 || bytes[next] === Byte.PIPE);
}

/** Whether ` - ` or ` -- ` stands at `at`. */
export function isDashed(bytes: Uint8Array, at: number, end: number): boolean {
  const dash = skipBlanks(bytes, at, Math.min(end, at + 64));
  if (dash === at || bytes[dash] !== Byte.DASH) return false;
  const after = bytes[dash + 1] === Byte.DASH ? dash + 2 : dash + 1;
  return after >= end || isBlank(bytes[after]) || bytes[after] === Byte.NEWLINE;
}

/** Whether a padded colon stands at `at`: ` : `. */
export function isPaddedColon(bytes: Uint8Array, at: number, end: number): boolean {
  const colon = skipBlanks(bytes, at, Math.min(end, at + 64));
  return colon > at && bytes[colon] === Byte.COLON && isBlank(bytes[colon + 1]) && !isDigit(bytes[colon + 1]);
}

/** Behind more blanks than one and an item that is not the level, whose column is padded: a line of a text that was logged line by line. */
export function isIndented(header: Header, at: number): boolean {
  const { bytes } = header;
  if (!isBlank(bytes[at - 1]) || !isBlank(bytes[at - 2])) return false;
  let from = at;
  while (isBlank(bytes[from - 1])) from--;
  return from > header.levelEnd + 1 && bytes[from - 1] === Byte.GREATER;
}
