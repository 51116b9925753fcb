import type { Moment } from '../rfc3339.ts';
import type { ByteWriter } from './byte-writer.ts';

// The wire format: https://protobuf.dev/programming-guides/encoding/. Field numbers here are below 16: a tag is one byte.

/** First bytes of a field, by its wire type. */
export const varintTag = (field: number): number => field << 3;
export const fixed64Tag = (field: number): number => (field << 3) | 1;
export const bytesTag = (field: number): number => (field << 3) | 2;

/** What a tag, a length or a number takes at most. */
export const WORST_BYTES = 10;

/** Writes a number from 0 to 2^53. */
export function varint(writer: ByteWriter, value: number): void {
  const { bytes } = writer;
  let at = writer.at;
  for (; value > 0x7fffffff; value = Math.floor(value / 128)) bytes[at++] = (value % 128) | 128;
  for (; value > 127; value >>>= 7) bytes[at++] = (value & 127) | 128;
  bytes[at++] = value;
  writer.at = at;
}

/** Writes any 64-bit integer; negative ones take ten bytes. */
export function bigVarint(writer: ByteWriter, value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) writer.bytes[writer.at++] = Number(rest & 127n) | 128;
  writer.bytes[writer.at++] = Number(rest);
}

/** Nanoseconds since 1970 as a fixed64, in two halves: their product has more bits than a number. */
export function fixedNanos(writer: ByteWriter, { seconds, nanos }: Moment): void {
  const low = (seconds % 65_536) * 1e9 + nanos;
  const high = Math.floor(seconds / 65_536) * 1e9;
  const sum = (high % 65_536) * 65_536 + low;
  writer.bytes.writeUInt32LE(sum % 2 ** 32, writer.at);
  writer.bytes.writeUInt32LE(Math.floor(high / 65_536) + Math.floor(sum / 2 ** 32), writer.at + 4);
  writer.at += 8;
}

/** Leaves room for the length of what follows, guessed from what it may have; gives the position of the content. */
export function beginMessage(writer: ByteWriter, guess: number): number {
  writer.at += width(guess);
  return writer.at;
}

/** Writes the length of what was written since `beginMessage` with the same guess; moves it if the guess was wrong. */
export function endMessage(writer: ByteWriter, content: number, guess: number): void {
  const length = writer.at - content;
  const start = content - width(guess);
  const shift = width(length) - width(guess);
  if (shift > 0) writer.room(shift);
  if (shift !== 0) writer.bytes.copyWithin(content + shift, content, writer.at);
  writer.at = start;
  varint(writer, length);
  writer.at += length;
}

/** A field whose content is known, in pieces: they are not copied. */
export function lengthDelimited(tag: number, content: readonly Uint8Array[]): Uint8Array[] {
  let length = content.reduce((sum, piece) => sum + piece.length, 0);
  const head = Buffer.alloc(1 + width(length), tag);
  for (let at = 1; at < head.length; at++, length >>>= 7) head[at] = (length & 127) | (length > 127 ? 128 : 0);
  return [head, ...content];
}

/** Bytes of a field whose content has `length` bytes. */
export function fieldBytes(length: number): number {
  return 1 + width(length) + length;
}

/** A field that is a number from 0 to 2^53. */
export function varintField(tag: number, value: number): Uint8Array {
  const bytes = [tag];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Uint8Array.from([...bytes, value]);
}

function width(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : length < 268_435_456 ? 4 : 5;
}
