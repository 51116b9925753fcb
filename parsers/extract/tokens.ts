import { Byte, isDigit, isLetter } from '../values/bytes.ts';
import { findWord, FOLD, hashBytes, wordEnd } from '../values/word-table.ts';
import type { Scan } from './scan.ts';
import { Mark, WORDS } from './words.ts';

/**
 * A value beside its key: `key: value`, `key = "value"`, `"key":"value"`, `key <value>`, `key value`. What `readValue` last
 * found; there is one reader at a time.
 */
export const token = {
  start: 0,
  end: 0,
  /** Behind the closing quote or bracket. */
  after: 0,
  /** Stood in quotes or brackets. */
  isWrapped: false,
  /** A colon, an equals sign or an arrow stood before it. */
  isNamed: false,
};

/** Longest token that is looked at: so that no hostile line is read more than once over. */
const LIMIT = 256;
const GAP_LIMIT = 10;

/** Reads the value that follows the word ending at `at` into `token`; false if none does. */
export function readValue(scan: Scan, at: number): boolean {
  const { bytes, end } = scan;
  let from = at;
  // The closing quote of a JSON key.
  if (from + 1 < end && isQuote(bytes[from]) && (bytes[from + 1] === Byte.COLON || bytes[from + 1] === Byte.EQUALS)) from++;
  from = skipSpaces(bytes, from, end);
  token.isNamed = from < end && (bytes[from] === Byte.COLON || bytes[from] === Byte.EQUALS);
  if (token.isNamed) from = skipSpaces(bytes, from + (bytes[from + 1] === Byte.GREATER ? 2 : 1), end);
  else if (from === at) return false;
  return readToken(scan, from);
}

/** Reads the token at `at`: what stands in quotes or brackets, or what runs to the next space or punctuation. */
export function readToken(scan: Scan, at: number): boolean {
  const { bytes, end } = scan;
  if (at >= end) return false;
  const closing = CLOSING[bytes[at] as number] as number;
  token.isWrapped = closing !== 0;
  token.start = closing === 0 ? at : at + 1;
  const limit = Math.min(end, token.start + LIMIT);
  let to = token.start;
  if (closing !== 0) {
    while (to < limit && bytes[to] !== closing && bytes[to] !== Byte.NEWLINE) to++;
    if (to === limit || bytes[to] !== closing) return false;
    token.after = to + 1;
  } else {
    while (to < limit && IN_TOKEN[bytes[to] as number] === 1) to++;
    if (to === limit && to < end) return false;
    token.after = to;
    while (to > token.start && isTrailing(bytes[to - 1] as number)) to--;
  }
  token.end = to;
  return to > token.start;
}

/** Marks of the word that stands at `at`, 0 if it is none of ours. */
export function marksAt(scan: Scan, at: number): number {
  const to = wordEnd(scan.bytes, at, Math.min(scan.end, at + 32));
  return findWord(WORDS, hashBytes(scan.bytes, at, to));
}

/** Where the word that `wordBefore` found last stands. */
export let beforeStart = 0;
export let beforeEnd = 0;

/**
 * Marks of the word before `at`, and how it ends; 0 without one near. Looking back when a rule asks is cheaper than keeping
 * the last words for all that never ask.
 */
export function wordBefore(scan: Scan, at: number): number {
  const { bytes, start } = scan;
  let to = at;
  for (const limit = Math.max(start, at - GAP_LIMIT); to > limit && FOLD[bytes[to - 1] as number] === 0;) to--;
  let from = to;
  for (const limit = Math.max(start, to - 32); from > limit && FOLD[bytes[from - 1] as number] !== 0;) from--;
  beforeStart = from;
  beforeEnd = to;
  if (from === to) return 0;
  return isDigit(bytes[from]) ? Mark.NUMBER : findWord(WORDS, hashBytes(bytes, from, to)) | formOf(bytes, from, to);
}

/** Marks of the word before `at` if nothing but spaces and opening marks stand between, else 0. */
export function wordBeside(scan: Scan, at: number): number {
  const marks = wordBefore(scan, at);
  for (let to = beforeEnd; to < at; to++) if (JOINING[scan.bytes[to] as number] === 0) return 0;
  return marks;
}

/** Where the spaces from `at` on end; they are few, or it is a table. */
export function skipSpaces(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + GAP_LIMIT);
  let to = at;
  while (to < limit && (bytes[to] === Byte.SPACE || bytes[to] === Byte.TAB)) to++;
  return to;
}

/** Whether a message, a phrase or a word can end before `at`. */
export function endsAt(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || ENDING[bytes[at] as number] === 1;
}

/** Where the digits of an HTTP status end that begin at `at`, or -1: registered numbers and those of well-known servers. */
export function statusEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + 3 > end || !isDigit(bytes[at]) || !isDigit(bytes[at + 1]) || !isDigit(bytes[at + 2])) return -1;
  if (at + 3 < end && (FOLD[bytes[at + 3] as number] as number) > 1) return -1;
  if (at + 4 < end && bytes[at + 3] === Byte.DOT && isDigit(bytes[at + 4])) return -1;
  return STATUSES[statusOf(bytes, at)] === 1 ? at + 3 : -1;
}

/** Number of the three digits at `at`. */
export function statusOf(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 100 + (bytes[at + 1] as number) * 10 + (bytes[at + 2] as number) - 0x30 * 111;
}

export function isQuote(byte: number | undefined): boolean {
  return byte === Byte.QUOTE || byte === Byte.APOSTROPHE || byte === 0x60;
}

/** Opening quotes and brackets, and what closes them. */
export const CLOSING = new Uint8Array(256);
for (const pair of ['""', "''", '``', '<>', '[]', '()']) CLOSING[pair.charCodeAt(0)] = pair.charCodeAt(1);

/** Bytes of bare tokens: identifiers, addresses, paths. */
const IN_TOKEN = Uint8Array.from({ length: 256 }, (_, byte) => Number(isLetter(byte) || isDigit(byte) || byte >= 0x80 || '_-.@+/\\:$#%~*=!&'.includes(String.fromCharCode(byte))));

/** Bytes that may stand between a word and the value it names. */
const JOINING = new Uint8Array(256);
for (const char of ' \t:=\'"`[(<{') JOINING[char.charCodeAt(0)] = 1;

const ENDING = new Uint8Array(256);
for (const char of '\n,.;:)]}|"\'`>!?') ENDING[char.charCodeAt(0)] = 1;

const STATUSES = new Uint8Array(1000);
for (const [from, to] of [[100, 103], [200, 208], [226, 226], [300, 305], [307, 308], [400, 418], [420, 431], [440, 440], [444, 444], [449, 451], [460, 464], [494, 499], [500, 511], [520, 530], [598, 599]] as const) {
  STATUSES.fill(1, from, to + 1);
}

function isTrailing(byte: number): boolean {
  return byte === Byte.DOT || byte === Byte.COLON || byte === Byte.DASH || byte === 0x21 || byte === Byte.EQUALS || byte === 0x26;
}

/** Marks for -ed, -ing, -s of the word at [start, end). */
export function formOf(bytes: Uint8Array, start: number, end: number): number {
  const last = bytes[end - 1];
  if (end - start < 4) return 0;
  if (last === 0x73) return Mark.PLURAL;
  if (last === 0x64) return bytes[end - 2] === 0x65 ? Mark.PAST : 0;
  return last === 0x67 && bytes[end - 2] === 0x6e && bytes[end - 3] === 0x69 ? Mark.GOING : 0;
}
