import { Byte, isBlank, isLetter } from '../values/bytes.ts';
import { nameEnd } from '../values/names.ts';
import type { Header } from './state.ts';

/**
 * Rust's tracing: spans with what they are about stand between level and target, `request{id=7 path="/a b"}:query{n=1}: shop::db: text`.
 * The target is the logger; the spans stay in the text, as people read it. `open`: where the first one's brace stands.
 */
export function readBehindSpans(header: Header, open: number): void {
  const { bytes, end } = header;
  let at = open;
  while (bytes[at] === Byte.OPEN_BRACE) {
    const close = closeOf(bytes, at, end);
    if (close < 0 || bytes[close + 1] !== Byte.COLON) return;
    at = close + 2;
    if (isLetter(bytes[at])) at = nameEnd(bytes, at, end);
  }
  if (bytes[at] !== Byte.SPACE) return;
  const to = targetEnd(bytes, at + 1, end);
  if (to > at + 1 && bytes[to] === Byte.COLON && isBlank(bytes[to + 1])) header.logger(at + 1, to);
}

/** Where the brace closes that opens at `at`, quotations left out; -1: it does not in this header. */
function closeOf(bytes: Uint8Array, at: number, end: number): number {
  let isQuoted = false;
  for (let to = at + 1; to < end && bytes[to] !== Byte.NEWLINE; to++) {
    if (bytes[to] === Byte.QUOTE) isQuoted = !isQuoted;
    else if (bytes[to] === 0x5c) to++;
    else if (bytes[to] === Byte.CLOSE_BRACE && !isQuoted) return to;
  }
  return -1;
}

/** `shop::db`: a path of modules. */
function targetEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = nameEnd(bytes, at, end);
  while (bytes[to] === Byte.COLON && bytes[to + 1] === Byte.COLON) to = nameEnd(bytes, to + 2, end);
  return to;
}
