import type { Arena } from '../agent/arena.ts';
import type { Chunk } from '../agent/chunk.ts';
import { isDigit, skipColour } from './values/bytes.ts';
import { plainScanners, type Scanners } from './values/scanners.ts';

/** All of an arena as a chunk, for texts that were put together in its scratch space: a position in it is an address. */
export class ScratchChunk implements Chunk {
  readonly bytes: Uint8Array;
  readonly base = 0;
  readonly scanners: Scanners;
  readonly arena: Arena;
  /** That of the chunk the text was read from. */
  valid = true;

  constructor(arena: Arena) {
    this.arena = arena;
    this.bytes = arena.bytes;
    this.scanners = plainScanners(arena.bytes);
  }

  get text(): string {
    throw new Error('a scratch chunk has no text: parsers that read nested records look at bytes');
  }
}

/** The inside of a JSON string, at [start, end) of an arena, as the text it stands for, written to its scratch space. */
export const unescaped = { start: 0, end: 0 };

/** Fills `unescaped`; false when there is no room. The string is a valid one. */
export function unescape(arena: Arena, start: number, end: number): boolean {
  const to = arena.beginText(end - start);
  if (to < 0) return false;
  const free = unescapeInto(arena.bytes, start, end, arena.bytes, to);
  arena.endText(free);
  arena.texts?.push(to, free);
  unescaped.start = to;
  unescaped.end = free;
  return true;
}

/** Fills `unescaped` with what is left of [start, end) without its colours; false when there is no room. */
export function uncolour(arena: Arena, start: number, end: number): boolean {
  const to = arena.beginText(end - start);
  if (to < 0) return false;
  const { bytes } = arena;
  let free = to;
  for (let at = start; at < end; at++) {
    for (let next = skipColour(bytes, at, end); next > at && at < end; next = skipColour(bytes, at, end)) at = next;
    if (at < end) bytes[free++] = bytes[at] as number;
  }
  arena.endText(free);
  unescaped.start = to;
  unescaped.end = free;
  return true;
}

/** Writes what the inside of a valid JSON string stands for to `target` from `to` on: never more bytes. Where it ends. */
export function unescapeInto(bytes: Uint8Array, start: number, end: number, target: Uint8Array, to: number): number {
  let free = to;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH) target[free++] = byte;
    else if (bytes[++at] === LETTER_U) {
      const unit = hex(bytes, at + 1);
      at += 4;
      const low = unit >= 0xd800 && unit < 0xdc00 && bytes[at + 1] === BACKSLASH && bytes[at + 2] === LETTER_U ? hex(bytes, at + 3) : 0;
      const isPair = low >= 0xdc00 && low < 0xe000;
      if (isPair) at += 6;
      free = writeUtf8(target, free, isPair ? 0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00 : unit >= 0xd800 && unit < 0xe000 ? REPLACEMENT : unit);
    } else target[free++] = CONTROLS.get(bytes[at] as number) ?? (bytes[at] as number);
  }
  return free;
}

const [BACKSLASH, LETTER_U, REPLACEMENT] = [0x5c, 0x75, 0xfffd];
/** `\n` and others, by their letter. */
const CONTROLS = new Map([['b', 8], ['f', 12], ['n', 10], ['r', 13], ['t', 9]].map(([letter, byte]) => [String(letter).charCodeAt(0), Number(byte)]));

/** Four digits of `\u00e4`, which a scanner has checked. */
function hex(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) value = value * 16 + (isDigit(bytes[i]) ? (bytes[i] as number) - 0x30 : ((bytes[i] as number) | 0x20) - 0x57);
  return value;
}

/** Never longer than its escape: six bytes for up to three, twelve for four. */
function writeUtf8(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) bytes[at++] = point;
  else if (point < 0x800) {
    bytes[at++] = 0xc0 | (point >> 6);
    bytes[at++] = 0x80 | (point & 63);
  } else if (point < 0x10000) {
    bytes[at++] = 0xe0 | (point >> 12);
    bytes[at++] = 0x80 | ((point >> 6) & 63);
    bytes[at++] = 0x80 | (point & 63);
  } else {
    bytes[at++] = 0xf0 | (point >> 18);
    bytes[at++] = 0x80 | ((point >> 12) & 63);
    bytes[at++] = 0x80 | ((point >> 6) & 63);
    bytes[at++] = 0x80 | (point & 63);
  }
  return at;
}
