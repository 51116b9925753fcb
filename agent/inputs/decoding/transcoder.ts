import type { Places } from '../source.ts';
import { bytesOf, type Charset, codePointOf, putUtf8, utf8Bytes } from './charset.ts';

/** Room for this many bytes at first. */
const FIRST_BYTES = 65_536;
/** A byte of any encoding becomes at most this many bytes of UTF-8; two of UTF-16 do. */
const MOST_PER_UNIT = 3;
/** Longest character in UTF-8. */
const LONGEST = 4;

/** Copies bytes of a source, from `skip` bytes on, into `target`. Gives their number. */
export type ReadRaw = (target: Uint8Array<ArrayBuffer>, skip: number) => number;

/**
 * Reads a run of a source's bytes as UTF-8, and knows for each position in the text where in the source it stands. It
 * keeps the run's own bytes, and is used for one source after the other: what it says is about what was read last.
 */
export class Transcoder implements Places {
  #charset: Charset | undefined;
  #raw = new Uint8Array(FIRST_BYTES);
  /** Bytes of the source that are there, and how many of them are text by now. */
  #length = 0;
  #done = 0;
  /** Offset of the run in the source, and how many bytes of its first character's UTF-8 are not of this text. */
  #offset = 0;
  #inside = 0;
  /** Bytes of the text. */
  #textLength = 0;
  /** A character of which the text ends in the middle: its UTF-8, and how much of that is in the text. */
  readonly #cut = new Uint8Array(LONGEST);
  #cutLength = 0;
  #cutTaken = 0;
  /** Where the search for a place goes on: a character's start in the run, and its position in the text. */
  #walkRaw = 0;
  #walkText = 0;

  /** Who it works for. */
  user: object | undefined;

  /** Begins a run at `offset` of a source. `inside`: bytes of the first character's UTF-8 that were taken before. */
  begin(user: object, charset: Charset, offset: number, inside: number): void {
    this.user = user;
    this.#charset = charset;
    this.#offset = offset;
    this.#inside = this.#cutTaken = inside;
    this.#length = this.#done = this.#textLength = this.#cutLength = 0;
    this.#walkRaw = 0;
    this.#walkText = -inside;
  }

  /** Bytes of text since `begin`. */
  get textLength(): number {
    return this.#textLength;
  }

  /**
   * Goes on with the run, into `target` until that is full or nothing more is there. Never asks for more than fits, so
   * what it was given is all taken. `isFinal`: whether what was given is all that will come. Gives the number of bytes.
   */
  fill(target: Uint8Array<ArrayBuffer>, read: ReadRaw, isFinal: () => boolean): number {
    const { unitBytes } = this.#known;
    let at = this.#putCut(target, 0);
    while (at < target.length) {
      const units = Math.floor((target.length - at - (this.#length - this.#done) * MOST_PER_UNIT) / MOST_PER_UNIT);
      const wanted = Math.max(1, units) * unitBytes;
      const got = read(this.#room(wanted), this.#length);
      this.#length += got;
      at = this.#decode(target, at, got < wanted && isFinal());
      if (got < wanted) break;
    }
    this.#textLength += at;
    return at;
  }

  /** Offset in the source of the character at a position of the text, or in the middle of which it is. */
  at(position: number): number {
    return this.#offset + this.#rawAt(position);
  }

  positionOf(offset: number): number {
    if (this.#offset + this.#walkRaw > offset) this.#rewind();
    while (this.#offset + this.#walkRaw < offset && this.#step(Infinity)) continue;
    return Math.max(0, this.#walkText);
  }

  /** Bytes of the source before a position of the text; `inside` says how far that is in a character. */
  split(position: number): { readonly raw: number; readonly inside: number } {
    const raw = this.#rawAt(position);
    return { raw, inside: position - this.#walkText };
  }

  get #known(): Charset {
    if (this.#charset === undefined) throw new Error('nothing was begun');
    return this.#charset;
  }

  /** Walks on from where the last search has ended: places are mostly asked for in their order. */
  #rawAt(position: number): number {
    if (position < this.#walkText) this.#rewind();
    while (this.#walkText < position && this.#step(position)) continue;
    return this.#walkRaw;
  }

  #rewind(): void {
    this.#walkRaw = 0;
    this.#walkText = -this.#inside;
  }

  /** Moves one character on, unless its text goes beyond `position`. */
  #step(position: number): boolean {
    const character = this.#known.read(this.#raw, this.#walkRaw, this.#length, true);
    const text = this.#walkText + utf8Bytes(codePointOf(character));
    if (character === 0 || text > position) return false;
    this.#walkRaw += bytesOf(character);
    this.#walkText = text;
    return true;
  }

  /** Hot, for sources that are decoded: once for each character. */
  #decode(target: Uint8Array, from: number, final: boolean): number {
    const charset = this.#known;
    const raw = this.#raw;
    const end = this.#length;
    const safe = target.length - LONGEST;
    let at = from;
    let done = this.#done;
    while (at < target.length) {
      const character = charset.read(raw, done, end, final);
      if (character === 0) break;
      done += bytesOf(character);
      if (at <= safe && this.#cutTaken === 0) at = putUtf8(codePointOf(character), target, at);
      else at = this.#putPart(codePointOf(character), target, at);
    }
    this.#done = done;
    return at;
  }

  /** A character whose end may not fit, or of which the beginning was taken before. */
  #putPart(codePoint: number, target: Uint8Array, at: number): number {
    this.#cutLength = putUtf8(codePoint, this.#cut, 0);
    return this.#putCut(target, at);
  }

  #putCut(target: Uint8Array, from: number): number {
    let at = from;
    while (this.#cutTaken < this.#cutLength && at < target.length) target[at++] = this.#cut[this.#cutTaken++] as number;
    if (this.#cutTaken < this.#cutLength || this.#cutLength === 0) return at; // nothing was begun, or it does not end here
    this.#cutLength = this.#cutTaken = 0;
    return at;
  }

  /** Where the next `bytes` of the run go. */
  #room(bytes: number): Uint8Array<ArrayBuffer> {
    const needed = this.#length + bytes;
    if (needed > this.#raw.length) {
      const more = new Uint8Array(Math.max(needed, this.#raw.length * 2));
      more.set(this.#raw.subarray(0, this.#length));
      this.#raw = more;
    }
    return this.#raw.subarray(this.#length, needed);
  }
}
