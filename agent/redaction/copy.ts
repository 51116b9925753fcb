import type { Arena } from '../arena.ts';
import { HARD, is, textOf } from './characters.ts';
import type { Disguises } from './disguise.ts';
import type { Found, Secret } from './kinds.ts';
import type { View } from './view.ts';

const [QUOTE, COLON, SPACE, STAR, ZERO] = [0x22, 0x3a, 0x20, 0x2a, 0x30];
/** How much longer a text may become, beside half of it. What is beyond is masked by three stars. */
const GROWTH = 4096;

/** A secret at [from, to), and what stands for it at [start, end) of the copy. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  /** It was a number of JSON, and is a text in quotes now. */
  readonly isQuoted: boolean;
}

/** Addresses of a text, and the secrets in it. */
export interface Secrets {
  readonly start: number;
  readonly end: number;
  readonly found: readonly Secret[];
}

/** Bytes that the copy of a text of this length may take. */
export function copyBytes(length: number): number {
  return length + Math.max(length >> 1, GROWTH);
}

/** What was found in a view, in memory. */
export function addressed(found: readonly Found[], view: View): Secret[] {
  return found.map(({ from, to, kind }) => ({ from: view.placeOf(from), to: view.placeOf(to), kind, text: textOf(view.bytes, from, to) }));
}

/** A text without its secrets, in scratch space; and where in it everything is now that lies in the text. */
export class Copy {
  readonly text: Secrets;
  /** Where it lies. */
  start: number;
  end: number;
  readonly #pieces: Piece[] = [];

  /** `isNumber`: which of the secrets are numbers of JSON, by index. Without scratch space secrets are starred where they are. */
  constructor(arena: Arena, text: Secrets, disguises: Disguises, isNumber: readonly boolean[]) {
    this.text = text;
    const room = copyBytes(text.end - text.start);
    const at = arena.scratchSpace(room);
    this.start = at;
    if (at < 0) {
      this.start = text.start;
      this.end = text.end;
      text.found.forEach(({ from, to }, index) => arena.bytes.fill(isNumber[index] === true ? ZERO : STAR, from, to));
      return;
    }
    this.end = this.#write(arena.bytes, at, at + room, disguises, isNumber);
    arena.scratchShrink(this.end);
  }

  holds(address: number, length: number): boolean {
    return address >= this.text.start && address + length <= this.text.end;
  }

  /** Whether a secret lies in [address, address + length), at least in part. */
  touches(address: number, length: number): boolean {
    return this.text.found.some(({ from, to }) => from < address + length && to > address);
  }

  /** Where something begins or ends now. What began or ended in a secret has all of what stands for it. `isJson`: with its quotes. */
  placeOf(address: number, isEnd: boolean, isJson: boolean): number {
    const piece = this.#pieces[this.#lastBefore(isEnd ? address - 1 : address)];
    if (piece === undefined) return address - this.text.start + this.start;
    const quote = piece.isQuoted && !isJson ? 1 : 0;
    if (isEnd ? address <= piece.to : address < piece.to) return isEnd ? piece.end - quote : piece.start + quote;
    return address - piece.to + piece.end;
  }

  /** Index of the last piece that begins at `address` or before; -1: none. */
  #lastBefore(address: number): number {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pieces[middle] as Piece).from <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #write(bytes: Uint8Array, start: number, limit: number, disguises: Disguises, isNumber: readonly boolean[]): number {
    const names = new KeyNames();
    let at = start;
    let done = this.text.start;
    for (const [index, { from, to, kind, text }] of this.text.found.entries()) {
      bytes.copyWithin(at, done, from);
      at += from - done;
      const isQuoted = isNumber[index] === true;
      const whole = names.of(disguises.of(kind, text), text, bytes, to, this.text.end);
      const token = at + whole.length + 2 + this.text.end - to <= limit ? whole : '***'.slice(0, to - from);
      const begin = at;
      if (isQuoted) bytes[at++] = QUOTE;
      for (let i = 0; i < token.length; i++) bytes[at++] = token.charCodeAt(i);
      if (isQuoted) bytes[at++] = QUOTE;
      this.#pieces.push({ from, to, start: begin, end: at, isQuoted });
      done = to;
    }
    bytes.copyWithin(at, done, this.text.end);
    return at + this.text.end - done;
  }
}

/** Two keys of one object must stay two: what stands for the second one is numbered. */
class KeyNames {
  readonly #known = new Map<string, string[]>();

  of(token: string, secret: string, bytes: Uint8Array, to: number, end: number): string {
    if (!isKey(bytes, to, end)) return token;
    const known = this.#known.get(token) ?? [];
    this.#known.set(token, known);
    const index = known.indexOf(secret);
    const number = index < 0 ? known.push(secret) : index + 1;
    return number === 1 ? token : token.startsWith('[') ? `${token.slice(0, -1)}-${number}]` : `${token}-${number}`;
  }
}

/** Whether the text that a secret ends in at `at` is a key: a quote and a colon follow, or an equals sign. */
function isKey(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && to < at + 64 && !is(bytes, to, end, HARD) && !ENDS_KEY.has(bytes[to] as number)) to++;
  if (bytes[to] === 0x3d) return true;
  if (bytes[to] !== QUOTE) return false;
  to++;
  while (to < end && bytes[to] === SPACE) to++;
  return bytes[to] === COLON;
}

const ENDS_KEY = new Set(Buffer.from('=&,;:()<>{}'));

/** Which secrets stand outside of all strings in the JSON at [start, end): numbers. Marks them, and takes the whole number. */
export function markNumbers(bytes: Uint8Array, start: number, end: number, found: Secret[], isNumber: boolean[]): void {
  let inString = false;
  let next = found.findIndex(({ from }) => from >= start);
  for (let at = start; at < end && next >= 0 && next < found.length; at++) {
    const one = found[next] as Secret;
    if (at === one.from) {
      if (!inString) {
        isNumber[next] = true;
        found[next] = { ...one, from: bytes[one.from - 1] === 0x2d ? one.from - 1 : one.from, to: numberEnd(bytes, one.to, end) };
      }
      next++;
    }
    if (bytes[at] === 0x5c) {
      at++;
      if (next < found.length && (found[next] as Secret).from === at) next++; // begins within an escape: in a string
    } else if (bytes[at] === QUOTE) inString = !inString;
  }
}

function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && '0123456789.eE+-'.includes(String.fromCharCode(bytes[to] as number))) to++;
  return to;
}
