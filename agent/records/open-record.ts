import { type EnvelopeLine, type Envelopes, STREAMS } from './envelope.ts';
import { OpenLine } from './open-line.ts';
import { CLOSED, isBlank, MAX_LINES, UNSURE, type Continuations } from './record-cutter.ts';

const [LF, CR] = [0x0a, 0x0d];
const FIRST_BYTES = 2_048;
/** What is larger is given back when it is empty. */
const KEPT_BYTES = 65_536;
/** Pieces of a line that do not follow each other: what has more of them ends there, so that a line without an end takes no memory. */
const MAX_PIECES = 4_096;

/** A run of bytes of the source. */
export interface Part {
  readonly offset: number;
  readonly end: number;
}

/** A line that broke off at the end of a file: its text, and what is known of it. */
export interface BrokenLine {
  readonly line: OpenLine;
  readonly text: Uint8Array;
}

/**
 * The lines of one stream of a container that belong to a record whose end is not known yet. Pieces are put together to
 * lines, and lines to records, as the application's own; `settle` says when there is a record. What lies below it in the
 * buffer is the next one's.
 */
export class OpenRecord {
  /** The text: lines with LF behind each. */
  bytes = new Uint8Array(FIRST_BYTES);
  /** When a line came last, in ms of the monotonic clock. */
  touchedMs = 0;
  readonly stream: string;
  /** A line of it was taken in this run. */
  hasBegun = false;
  readonly #continuations: Continuations;
  readonly #envelopes: Envelopes;
  readonly #maxBytes: number;
  readonly #lines: OpenLine[] = [];
  readonly #spare: OpenLine[] = [];
  #length = 0;
  /** Lines that have ended, that were looked at, and that surely are the record's. */
  #ended = 0;
  #judged = 0;
  #sure = 0;
  #blanks = 0;
  #state = CLOSED;
  /** State of the record that the next line begins; negative when it is not known. */
  #known = -1;
  #ready = false;
  #broken: ((offset: number) => BrokenLine | undefined) | undefined;
  readonly #from: number;

  /** `from`: what an earlier run has brought to safety of the stream ends there. */
  constructor(stream: number, continuations: Continuations, envelopes: Envelopes, maxBytes: number, from = 0) {
    this.#from = from;
    this.stream = STREAMS[stream] ?? '';
    this.#continuations = continuations;
    this.#envelopes = envelopes;
    this.#maxBytes = maxBytes;
  }

  /** Offset of the first byte that is in no record yet; Infinity: there is none. */
  get offset(): number {
    return this.#lines[0]?.offset ?? Infinity;
  }

  /** Once there is a record: its text is [start, end) of `bytes`; `size` is its length with what was too long to be kept. */
  get start(): number {
    return this.#first.start;
  }

  get end(): number {
    return this.#last.end;
  }

  get size(): number {
    return this.#last.end - this.#first.start + this.#last.cutBytes;
  }

  /** Its first line, whose envelope counts. */
  get first(): OpenLine {
    return this.#first;
  }

  /** Lines of the application. */
  get isMultiline(): boolean {
    return this.#sure > 1;
  }

  /** Whether the line at `offset` was brought to safety by an earlier run. */
  isPast(offset: number): boolean {
    return offset < this.#from;
  }

  /** Takes away the line whose last piece has not come; undefined: there is none. */
  giveBroken(): BrokenLine | undefined {
    const line = this.#lines[this.#ended];
    if (line === undefined) return undefined;
    this.#lines.length = this.#ended;
    const text = this.bytes.slice(line.start, this.#length);
    this.#length = line.start;
    return { line, text };
  }

  /** The next line to begin, at `offset`, may be the rest of one that `broken` gives. */
  expects(broken: (offset: number) => BrokenLine | undefined): void {
    this.#broken = broken;
  }

  /** Takes a line of the source, [offset, end) of it, `after` which the next begins. Its text is in `bytes`. */
  add(line: EnvelopeLine, bytes: Uint8Array, start: number, offset: number, length: number, after: number): void {
    this.hasBegun = true;
    const isNew = this.#ended === this.#lines.length;
    const open = isNew ? this.#begin(line, bytes, start, offset) : (this.#lines[this.#ended] as OpenLine);
    open.addPiece(offset, offset + length, after, this.#length, line.escaped ? -1 : offset + line.textStart - start, offset + line.textEnd - start);
    this.#append(open, line, bytes);
    if (!line.partial || open.places.length > MAX_PIECES) this.#endLine(open);
  }

  /** Looks at the lines that have ended. True: there is a record. */
  settle(): boolean {
    while (!this.#ready && this.#judged < this.#ended) {
      const line = this.#lines[this.#judged] as OpenLine;
      if (line.isBlank) this.#pass();
      else if (this.#sure === 0) this.#beginRecord(line);
      else this.#join(line);
    }
    return this.#ready;
  }

  /** No more is to come for now: its lines make a record. `final`: a line without an end is one, too. True: there is a record. */
  flush(final: boolean): boolean {
    if (final && this.#ended < this.#lines.length) this.#endLine(this.#lines[this.#ended] as OpenLine);
    if (!this.settle() && this.#sure > 0) this.#ready = true;
    return this.#ready;
  }

  /** The record has gone its way. */
  drop(): void {
    this.#remove(this.#taken);
    this.#ready = false;
  }

  /** Where the record lies in the source: lines that follow each other there are one part. */
  parts(): Part[] {
    const parts: Part[] = [];
    let after = -1;
    for (const line of this.#lines.slice(0, this.#taken)) {
      for (const piece of line.places) {
        const last = parts.at(-1);
        if (last !== undefined && after === piece.offset) parts[parts.length - 1] = { offset: last.offset, end: piece.end };
        else parts.push({ offset: piece.offset, end: piece.end });
        after = piece.after;
      }
    }
    return parts;
  }

  /** Lines of the source it is made of. */
  get lineCount(): number {
    return this.#lines.slice(0, this.#taken).reduce((sum, line) => sum + line.pieces, 0);
  }

  /** Bytes of the source that are the record's. */
  get sourceBytes(): number {
    if (this.#taken === 1 && this.#first.pieces === 1) return this.#first.length;
    return this.parts().reduce((sum, { offset, end }) => sum + end - offset, 0);
  }

  /** Offset in the source of what is at `position` of the text. `isEnd`: it is the end of a span. */
  placeOf(position: number, isEnd: boolean): number {
    const lines = this.#lines.slice(0, this.#taken);
    const line = lines.findLast(({ start }) => start <= (isEnd ? position - 1 : position)) ?? this.#first;
    return line.placeOf(position, isEnd);
  }

  get #first(): OpenLine {
    return this.#lines[0] as OpenLine; // of a record there is one
  }

  get #last(): OpenLine {
    return this.#lines[this.#sure - 1] as OpenLine;
  }

  /** Lines of the record, with the blank ones behind it. */
  get #taken(): number {
    let taken = this.#sure;
    while (taken < this.#judged && this.#lines[taken]?.isBlank === true) taken++;
    return taken;
  }

  #begin(line: EnvelopeLine, bytes: Uint8Array, start: number, offset: number): OpenLine {
    const open = this.#spare.pop() ?? new OpenLine();
    open.begin(this.#length, line, bytes, start, offset);
    this.#lines.push(open);
    const broken = this.#broken?.(offset);
    this.#broken = undefined;
    if (broken !== undefined) this.#inherit(open, broken);
    return open;
  }

  #inherit(open: OpenLine, { line, text }: BrokenLine): void {
    open.inherit(line);
    this.#grow(this.#length + text.length);
    this.bytes.set(text, this.#length);
    this.#length += text.length;
  }

  #append(open: OpenLine, line: EnvelopeLine, bytes: Uint8Array): void {
    const length = line.textEnd - line.textStart;
    const room = open.start + this.#maxBytes + 4 - this.#length; // a character's bytes more, to cut between two
    const kept = line.escaped || length <= room ? length : Math.max(0, room);
    if (line.escaped && room <= 0) {
      open.cutBytes += length;
      return;
    }
    this.#grow(this.#length + kept + 1);
    if (line.escaped) this.#length = this.#envelopes.unescape(bytes, line.textStart, line.textEnd, this.bytes, this.#length);
    else {
      this.bytes.set(bytes.subarray(line.textStart, line.textStart + kept), this.#length);
      this.#length += kept;
      open.cutBytes += length - kept;
    }
  }

  #grow(length: number): void {
    if (length <= this.bytes.length) return;
    const more = new Uint8Array(Math.max(length, this.bytes.length * 2));
    more.set(this.bytes.subarray(0, this.#length));
    this.bytes = more;
  }

  #endLine(open: OpenLine): void {
    let end = this.#length;
    if (end > open.start && open.cutBytes === 0 && this.bytes[end - 1] === CR) end--;
    this.#grow(this.#length + 1);
    this.bytes[this.#length++] = LF;
    open.end = end;
    open.isBlank = isBlank(this.bytes, open.start, end);
    this.#ended++;
  }

  /** A blank line: inside of a record if more of it comes, in none if it has not begun. */
  #pass(): void {
    if (this.#sure === 0) this.#remove(1);
    else if (this.#judged >= MAX_LINES) this.#ready = true;
    else {
      this.#judged++;
      this.#blanks++;
    }
  }

  #beginRecord(line: OpenLine): void {
    const state = this.#known >= 0 ? this.#known : this.#continuations.begin(this.bytes, line.start, line.end);
    this.#known = -1;
    this.#state = line.cutBytes > 0 ? CLOSED : state;
    this.#sure = this.#judged = 1;
    this.#ready = this.#state === CLOSED;
  }

  #join(line: OpenLine): void {
    const isFull = this.#judged >= MAX_LINES || line.end - this.#first.start > this.#maxBytes;
    const next = isFull ? -1 : this.#continuations.join(this.#state, this.bytes, this.#first.start, line.start, line.end, this.#blanks);
    if (next < 0) {
      if (!isFull && this.#sure + this.#blanks === this.#judged) this.#known = ~next;
      this.#ready = true;
      return;
    }
    this.#judged++;
    this.#blanks = 0;
    this.#state = next;
    if ((next & UNSURE) === 0) this.#sure = this.#judged;
    this.#ready = next === CLOSED;
  }

  /** Takes away the first lines; what is below is looked at again. */
  #remove(count: number): void {
    const from = this.#lines[count]?.start ?? this.#length;
    this.#spare.push(...this.#lines.splice(0, count));
    this.bytes.copyWithin(0, from, this.#length);
    this.#length -= from;
    for (const line of this.#lines) line.move(-from);
    this.#ended -= count;
    this.#judged = this.#sure = this.#blanks = 0;
    if (this.#length === 0 && this.bytes.length > KEPT_BYTES) {
      this.bytes = new Uint8Array(FIRST_BYTES);
      this.#spare.length = 0;
    }
  }
}
