import type { Arena, Region } from '../arena.ts';
import type { Newlines } from '../kernel/kernel.ts';
import { Run } from '../kernel/run-state.ts';

const [TAB, CR, SPACE] = [0x09, 0x0d, 0x20];

/** Which lines continue the record before them. The grammars are in parsers/continuations. */
export interface Continuations {
  /** What is known of a record whose first line is [start, end), as a state for `join`. CLOSED: nothing continues it. */
  begin(bytes: Uint8Array, start: number, end: number): number;
  /**
   * The state of the record that began at `first` once the line at [start, end), with `blanks` blank lines before it, has
   * joined it. If that line begins another record: the complement (`~`) of the other's state. With UNSURE: the line belongs
   * to the record only if a later one does.
   */
  join(state: number, bytes: Uint8Array, first: number, start: number, end: number, blanks: number): number;
}

/** The state of a record that need not wait for the next line. */
export const CLOSED = 0;

/** A bit of a state. */
export const UNSURE = 2 ** 29;

/** Bounds of a joined record: the JVM writes 1024 frames of a stack that overflowed. */
export const MAX_LINES = 2000;
/** Newlines found ahead in one call of the kernel. */
const TABLE = 8192;

/**
 * Cuts a chunk into records: lines, with those joined that continue one. Blank lines between records, CR before LF and
 * NULs in front of a line belong to none. Positions are in the chunk.
 *
 * `next` moves to the next record and is true when there is one; its place is [start, end), `lines` long, and `after`
 * is where reading goes on. What is left at the chunk's end is an open record: its end is not known yet.
 */
export class RecordCutter {
  start = 0;
  end = 0;
  lines = 0;
  after = 0;
  readonly #newlines: Newlines;
  readonly #ints: Int32Array;
  readonly #table: Region;
  readonly #continuations: Continuations;
  readonly #maxBytes: number;
  #bytes = new Uint8Array();
  #base = 0;
  #length = 0;
  #flush = false;
  #final = false;
  /** Newlines in the table, how many of them are used, and where the search goes on. */
  #found = 0;
  #taken = 0;
  #scanned = 0;
  /** When there is no further line: where what is neither line nor blank begins. */
  #rest = 0;
  /** The last line ended with the chunk, not with a newline. */
  #unended = false;
  #lineStart = 0;
  #lineEnd = 0;
  #lineAfter = 0;
  /** Blank lines before it. */
  #blanks = 0;
  /** State of the record that the next line begins; negative when it is not known. */
  #known = -1;
  /** Where reading goes on behind the last line that surely belongs to the record, and the table's state there. */
  #sureAfter = 0;
  #sureTaken = 0;
  #sureScanned = 0;

  constructor(arena: Arena, newlines: Newlines, continuations: Continuations, maxBytes: number) {
    this.#newlines = newlines;
    this.#ints = new Int32Array(arena.memory.buffer);
    this.#table = arena.claim(TABLE * 4);
    this.#continuations = continuations;
    this.#maxBytes = maxBytes;
  }

  /**
   * Begins with the first `length` bytes of a chunk. `flush`: the open record is whole, as far as its lines have ended.
   * `final`: no more will come, so that a line without an end is one too.
   */
  begin(bytes: Uint8Array<ArrayBuffer>, base: number, length: number, flush: boolean, final: boolean): void {
    this.#bytes = bytes;
    this.#base = base;
    this.#length = length;
    this.#flush = flush || final;
    this.#final = final;
    this.after = 0;
    this.#found = this.#taken = this.#scanned = 0;
    this.#lineAfter = 0;
    this.#known = -1;
  }

  next(): boolean {
    if (!this.#line(this.after)) {
      this.after = this.#rest;
      return false;
    }
    this.start = this.#lineStart;
    this.end = this.#lineEnd;
    this.lines = 1;
    const state = this.#known >= 0 ? this.#known : this.#continuations.begin(this.#bytes, this.start, this.end);
    this.#known = -1;
    if (state === CLOSED) {
      this.after = this.#lineAfter;
      return true;
    }
    return this.#join(state);
  }

  /** Joins the lines below the record's first. False: its end is not known yet. */
  #join(state: number): boolean {
    const bytes = this.#bytes;
    let after = this.#lineAfter;
    let unsure = 0;
    this.#mark(after);
    while (state !== CLOSED) {
      if (!this.#line(after)) {
        if (!this.#flush) {
          this.after = this.start;
          return false;
        }
        if (unsure === 0) this.#sureAfter = this.#rest;
        break;
      }
      const isFull = this.lines + unsure >= MAX_LINES || this.#lineEnd - this.start > this.#maxBytes;
      const next = isFull ? -1 : this.#continuations.join(state, bytes, this.start, this.#lineStart, this.#lineEnd, this.#blanks);
      if (next < 0) {
        if (unsure > 0) break;
        if (!isFull) this.#known = ~next;
        this.#sureAfter = this.#lineStart;
        if (!this.#unended) this.#taken--; // it is looked at again, as the first of the next record
        break;
      }
      state = next;
      after = this.#lineAfter;
      unsure++;
      if ((state & UNSURE) !== 0) continue;
      this.end = this.#lineEnd;
      this.lines += unsure;
      unsure = 0;
      this.#mark(after);
    }
    if (unsure > 0) this.#giveBack();
    this.after = this.#sureAfter;
    return true;
  }

  /** The record goes up to `after` at least. */
  #mark(after: number): void {
    this.#sureAfter = after;
    this.#sureTaken = this.#taken;
    this.#sureScanned = this.#scanned;
  }

  /** Lines that do not belong to the record after all are looked at again. */
  #giveBack(): void {
    if (this.#scanned === this.#sureScanned) this.#taken = this.#sureTaken;
    else {
      this.#found = this.#taken = 0;
      this.#scanned = this.#sureAfter;
    }
  }

  /** Where the open record at the end begins, once `next` is false: everything before it is in a record or in none. */
  get open(): number {
    let at = this.#final ? this.#length : this.after;
    while (at < this.#length && this.#bytes[at] === 0) at++;
    return at;
  }

  /** Moves to the first line from `at` on that isn't blank. */
  #line(at: number): boolean {
    for (this.#blanks = 0; ; this.#blanks++) {
      let newline = this.#newline();
      this.#unended = newline < 0;
      if (newline < 0) {
        this.#rest = at;
        if (!this.#final || at >= this.#length) return false;
        newline = this.#length;
      }
      this.#lineAfter = Math.min(newline + 1, this.#length);
      let start = at;
      let end = newline;
      if (end > start && this.#bytes[end - 1] === CR) end--;
      while (start < end && this.#bytes[start] === 0) start++;
      if (!isBlank(this.#bytes, start, end)) {
        this.#lineStart = start;
        this.#lineEnd = end;
        return true;
      }
      at = this.#lineAfter;
    }
  }

  /** Lets a kernel take lines of its own accord, until `takeBack`. False: no line has its end in the chunk. */
  lend(run: Int32Array): boolean {
    if (!this.#look()) return false;
    run[Run.BASE] = this.#base;
    run[Run.NEWLINES] = this.#table.start;
    run[Run.FOUND] = this.#found;
    run[Run.TAKEN] = this.#taken;
    run[Run.AFTER] = this.after;
    run[Run.MAX_BYTES] = this.#maxBytes;
    return true;
  }

  /** Goes on behind the records that the kernel took. */
  takeBack(run: Int32Array): void {
    if (this.#taken === run[Run.TAKEN]) return;
    this.#taken = run[Run.TAKEN] as number;
    this.after = run[Run.AFTER] as number;
    this.#known = -1;
  }

  #newline(): number {
    return this.#look() ? (this.#ints[this.#table.start / 4 + this.#taken++] as number) - this.#base : -1;
  }

  /** Whether there is another newline; then it is in the table. */
  #look(): boolean {
    if (this.#taken === this.#found) {
      if (this.#scanned === this.#length) return false;
      this.#found = this.#newlines(this.#base + this.#scanned, this.#base + this.#length, this.#table.start, TABLE);
      this.#taken = 0;
      this.#scanned = this.#found < TABLE ? this.#length : (this.#ints[this.#table.start / 4 + TABLE - 1] as number) + 1 - this.#base;
    }
    return this.#taken < this.#found;
  }
}

/** Whether a line says nothing. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== TAB && byte !== CR) return false;
  }
  return true;
}
