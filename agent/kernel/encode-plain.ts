import { As, Kind, KIND_BITS, PIECE_INTS, SLOT_SHIFT, TEMPLATE_ROW } from './pieces.ts';

const [TAB, LF, CR, ESC, SPACE, QUOTE, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x1b, 0x20, 0x22, 0x5c];
const SHORT_ESCAPES = new Map([[QUOTE, '"'], [BACKSLASH, '\\'], [LF, 'n'], [TAB, 't'], [CR, 'r'], [0x08, 'b'], [0x0c, 'f']]);

/**
 * Writes a list of pieces as bytes: the plain version of the kernel, its oracle in the tests, and its stand-in for
 * records that are too large for the arena.
 * `memory` is what addresses point into; `out` may be other memory. Marks count from position `origin` of `out`.
 * Returns the end of what was written in `out`.
 */
export function encodePlain(memory: Uint8Array, list: Int32Array, count: number, out: Uint8Array, start: number, origin: number): number {
  let at = start;
  const marks = new DataView(memory.buffer, memory.byteOffset);
  for (let piece = 0; piece < count * PIECE_INTS; piece += PIECE_INTS) {
    const address = list[piece] ?? 0;
    const length = list[piece + 1] ?? 0;
    const kindAndMore = list[piece + 2] ?? 0;
    const kind = kindAndMore & ((1 << KIND_BITS) - 1);
    if (kind === Kind.MARK) marks.setInt32(address, at - origin, true);
    else if (kind === Kind.INTEGER) at = ascii(String((BigInt(length >>> 0) << 32n) | BigInt(address >>> 0)), out, at);
    else if (kind === Kind.PLACE) at = ascii(`${(BigInt(kindAndMore >>> KIND_BITS) << 32n) | BigInt(address >>> 0)}-${length >>> 0}`, out, at);
    else if (kind === Kind.COPY) {
      out.set(memory.subarray(address, address + length), at);
      at += length;
    } else if (kind === Kind.TEMPLATE || kind === Kind.TEMPLATE_REPAIRED) at = leaves(memory, address, length, kind === Kind.TEMPLATE_REPAIRED, out, at);
    else at = text(memory, address, address + length, kind, out, at);
  }
  return at;
}

/** The leaves of the template at `address`, as the pieces they stand for. */
function leaves(memory: Uint8Array, address: number, slots: number, repaired: boolean, out: Uint8Array, start: number): number {
  const ints = new Int32Array(memory.buffer, memory.byteOffset);
  const [quote, copy] = repaired ? [Kind.QUOTE_REPAIRED, Kind.COPY_REPAIRED] : [Kind.QUOTE, Kind.COPY];
  let at = start;
  for (let row = 0; row < (ints[address / 4] ?? 0); row++) {
    const [before = 0, length = 0, field = 0, as = 0, ...fallback] = ints.subarray(address / 4 + 1 + row * TEMPLATE_ROW, address / 4 + 1 + (row + 1) * TEMPLATE_ROW);
    const slot = ints.subarray(slots / 4 + (field << SLOT_SHIFT), slots / 4 + ((field + 1) << SLOT_SHIFT));
    const pieces = [before, length, Kind.COPY, ...leaf(as, as === As.DEFAULT ? fallback : slot, quote, copy)];
    at = encodePlain(memory, Int32Array.from(pieces), 2, out, at, 0);
  }
  return at;
}

/** The piece of one value. */
function leaf(as: number, slot: readonly number[] | Int32Array, quote: number, copy: number): number[] {
  const [address = 0, length = 0, kind = 0, , , low = 0, high = 0, query = 0] = slot;
  if (as === As.NANOSECONDS) return [low, high, Kind.INTEGER];
  if (as === As.BEFORE_QUERY) return [address, query, quote];
  if (as === As.QUERY) return [address + query + 1, length - query - 1, quote];
  return [address, length, kind === 0 ? quote : copy];
}

function text(memory: Uint8Array, from: number, end: number, kind: number, out: Uint8Array, start: number): number {
  const quoted = kind !== Kind.COPY_REPAIRED;
  const repaired = kind !== Kind.QUOTE;
  let at = start;
  if (quoted) out[at++] = QUOTE;
  while (from < end) {
    const byte = memory[from] ?? 0;
    if (byte >= 0x80) {
      const width = repaired ? sequenceWidth(memory, from, end) : 1;
      if (width > 0) for (let i = 0; i < width; i++) out[at++] = memory[from + i] ?? 0;
      else for (const part of [0xef, 0xbf, 0xbd]) out[at++] = part;
      from += Math.abs(width);
      continue;
    }
    const colour = quoted && byte === ESC ? colourEnd(memory, from, end) : 0;
    if (colour > 0) {
      from = colour;
      continue;
    }
    if (quoted && (byte < SPACE || byte === QUOTE || byte === BACKSLASH)) at = escape(byte, out, at);
    else out[at++] = !quoted && (byte === LF || byte === CR) ? SPACE : byte;
    from++;
  }
  if (quoted) out[at++] = QUOTE;
  return at;
}

function escape(byte: number, out: Uint8Array, at: number): number {
  const short = SHORT_ESCAPES.get(byte);
  return ascii(short === undefined ? `\\u${byte.toString(16).padStart(4, '0')}` : `\\${short}`, out, at);
}

function ascii(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Where a control sequence (`ESC [ parameters final`, ECMA-48) that starts at `from` ends; 0 if none does. */
export function colourEnd(bytes: Uint8Array, from: number, end: number): number {
  if (from + 1 >= end || bytes[from + 1] !== 0x5b) return 0;
  let at = from + 2;
  while (at < end && (bytes[at] ?? 0) >= 0x20 && (bytes[at] ?? 0) <= 0x3f) at++;
  return at < end && (bytes[at] ?? 0) >= 0x40 && (bytes[at] ?? 0) <= 0x7e ? at + 1 : 0;
}

/**
 * Width of the UTF-8 sequence at `from`, whose lead byte is >= 0x80; if it is broken, minus the width of the part that
 * one U+FFFD stands for (Unicode 16, table 3-7 and "maximal subpart").
 */
function sequenceWidth(bytes: Uint8Array, from: number, end: number): number {
  const lead = bytes[from] ?? 0;
  const width = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (width === 0) return -1;
  for (let i = 1; i < width; i++) {
    if (from + i >= end) return -i;
    const byte = bytes[from + i] ?? 0;
    const low = i > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = i > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (byte < low || byte > high) return -i;
  }
  return width;
}
