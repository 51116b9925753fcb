import { readSync } from 'node:fs';
import { byteOrderMark, MARK_BYTES } from './decoding/byte-order-mark.ts';
import type { Encoding } from './decoding/names.ts';
import { peek } from './fingerprint.ts';

const LOOK_BACK_BYTES = 65_536;
/** In UTF-16 a byte of a newline may be part of another character. In all else it is one. */
const NEWLINES: Partial<Record<Encoding, Buffer>> = { 'utf-16le': Buffer.of(10, 0), 'utf-16be': Buffer.of(0, 10) };
const NEWLINE = Buffer.of(10);

/**
 * Offset behind the last newline before `size`: where the next record begins. The file's end when there is none within
 * 64 KiB. `encoding`: what the file is in, if it has no byte order mark.
 */
export function lastLineEnd(descriptor: number, size: number, encoding: Encoding): number {
  const newline = NEWLINES[byteOrderMark(peek(descriptor, 0, MARK_BYTES))?.encoding ?? encoding] ?? NEWLINE;
  const end = size - (size % newline.length);
  const start = Math.max(0, end - LOOK_BACK_BYTES);
  const bytes = Buffer.alloc(end - start);
  const length = readSync(descriptor, bytes, 0, bytes.length, start);
  const at = lastAligned(bytes.subarray(0, length), newline);
  return at < 0 && start > 0 ? end : start + at + newline.length;
}

/** Position of the last newline that begins where a character does; without any, that of one just before the bytes. */
function lastAligned(bytes: Buffer, newline: Buffer): number {
  let at = bytes.lastIndexOf(newline);
  while (at >= 0 && at % newline.length !== 0) at = bytes.lastIndexOf(newline, at - 1);
  return at < 0 ? -newline.length : at;
}
