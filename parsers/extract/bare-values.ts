import { Byte, isDigit, isLetter, isLower } from '../values/bytes.ts';
import { findWord, FOLD, hashBytes } from '../values/word-table.ts';
import type { Scan } from './scan.ts';
import { isQuote } from './tokens.ts';
import { Mark, WORDS } from './words.ts';

// How far a value reaches that stands in no quotes. Portable: see prose.ts.

/** Where the last bare value has an `@`, or -1. */
export let emailAt = -1;

/** Where the bare value that begins at `from` ends: at a space, or at a comma or bracket that does not belong to it. */
export function bareEnd(scan: Scan, from: number): number {
  const { bytes, end } = scan;
  emailAt = -1;
  let depth = 0;
  let open = from;
  let to = from;
  for (; to < end; to++) {
    const role = IN_VALUE[bytes[to] as number];
    if (role === 0) continue;
    if (role === STOP) {
      const after = depth > 0 ? afterGroup(scan, open) : -1;
      if (after < 0) break;
      depth = 0;
      to = after - 1;
    } else if (role === AT) emailAt = to;
    else if (role === OPEN) {
      if (depth++ === 0) open = to;
    } else if (role === CLOSE) {
      if (--depth < 0) break;
    } else if (depth === 0 && !(isDigit(bytes[to - 1]) && isDigit(bytes[to + 1]) && to + 1 < end)) break;
  }
  while (to > from && (bytes[to - 1] === Byte.DOT || bytes[to - 1] === Byte.COLON)) to--;
  return to;
}

/** Longest group and phrase that is looked through. */
const REACH = 512;

/**
 * `X(Y(1, 'z'))`, `[a b]`: a value with blanks or quotes in its brackets. Where the group ends that opens at `open`; -1: not
 * on this line. What was searched in vain is not searched again, so that a row of open brackets stays linear.
 */
function afterGroup(scan: Scan, open: number): number {
  const { bytes } = scan;
  if (open < scan.unclosed || bytes[open] === Byte.OPEN_BRACE) return -1; // an object of JSON is no value of a text
  const limit = Math.min(scan.end, open + REACH);
  let depth = 0;
  for (let to = open; to < limit && bytes[to] !== Byte.NEWLINE; to++) {
    const byte = bytes[to] as number;
    if (isQuote(byte) && !isLetter(bytes[to - 1])) to = quoteEnd(bytes, to, limit);
    else if (IN_VALUE[byte] === OPEN) depth++;
    else if (IN_VALUE[byte] === CLOSE && byte !== Byte.GREATER && --depth === 0) return to + 1;
  }
  scan.unclosed = limit;
  return -1;
}

/** Where the quotation closes that opens at `at`; `at` itself when it does not, as an apostrophe. */
function quoteEnd(bytes: Uint8Array, at: number, limit: number): number {
  for (let to = at + 1; to < limit && bytes[to] !== Byte.NEWLINE; to++) {
    if (bytes[to] === bytes[at]) return to;
    if (bytes[to] === 0x5c) to++;
  }
  return at;
}

/**
 * `error=dial tcp 10.0.0.7:80: connect: refused`: an error's text that a program did not quote, up to the next pair or the
 * line's end. A code, a class or a number stands for itself: `error=EOF closing`. `to`: where its first word ends.
 */
export function phraseEnd(bytes: Uint8Array, from: number, to: number, end: number): number {
  if (bytes[to] === Byte.COLON ? bytes[to + 1] !== Byte.SPACE : bytes[to] !== Byte.SPACE) return to;
  const limit = Math.min(end, from + REACH);
  let isPhrase = isPlainWord(bytes, from, to);
  let at = to;
  for (; at < limit && bytes[at] !== Byte.NEWLINE; at++) {
    if (bytes[at] !== Byte.SPACE) continue;
    if (isPairAt(bytes, at + 1, limit)) break;
    if (bytes[at - 1] === Byte.COLON) isPhrase = true;
  }
  return isPhrase ? trimmed(bytes, to, at) : to;
}

/** Small letters, but for the first: no code, and no class. */
function isPlainWord(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (!isLower(bytes[at]) && !(at === from && isLetter(bytes[at]) && to - from > 1)) return false;
  return to > from && !isNothing(bytes, from, to);
}

/** `nil`, `none`, `null`, `true`, `false`. */
function isNothing(bytes: Uint8Array, from: number, to: number): boolean {
  return (findWord(WORDS, hashBytes(bytes, from, to)) & Mark.NOTHING) !== 0;
}

function isPairAt(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && ((FOLD[bytes[to] as number] as number) > 0 || bytes[to] === Byte.DOT)) to++;
  return to > at && bytes[to] === Byte.EQUALS;
}

function trimmed(bytes: Uint8Array, from: number, end: number): number {
  let to = end;
  while (to > from && (bytes[to - 1] === Byte.SPACE || bytes[to - 1] === Byte.RETURN || bytes[to - 1] === Byte.COMMA || bytes[to - 1] === Byte.SEMICOLON)) to--;
  return to;
}

const STOP = 1;
const OPEN = 2;
const CLOSE = 3;
const LIST = 4;
const AT = 5;
const IN_VALUE = new Uint8Array(256);
for (let byte = 0; byte <= 0x20; byte++) IN_VALUE[byte] = STOP;
for (const char of '"\'|') IN_VALUE[char.charCodeAt(0)] = STOP;
for (const char of '([{') IN_VALUE[char.charCodeAt(0)] = OPEN;
for (const char of ')]}>') IN_VALUE[char.charCodeAt(0)] = CLOSE;
for (const char of ',;') IN_VALUE[char.charCodeAt(0)] = LIST;
IN_VALUE[Byte.AT] = AT;
