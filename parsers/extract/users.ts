import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isLetter, isLower, isUpper } from '../values/bytes.ts';
import { durationEnd, readDuration } from '../values/durations.ts';
import { FOLD, wordEnd } from '../values/word-table.ts';
import { ipv4End } from './ip.ts';
import { isUncommon, Sure, type Scan } from './scan.ts';
import { beforeEnd, beforeStart, endsAt, formOf, isQuote, marksAt, readToken, readValue, skipSpaces, token, wordBefore } from './tokens.ts';
import { Mark } from './words.ts';

/** Who a message is about: `user NAME`, `login for NAME from …`, `NAME logged in`, an e-mail address in a login's message. */

/** The word `user` stands at [start, at). */
export function afterUser(scan: Scan, start: number, at: number): void {
  if (scan.bytes[at] === Byte.OPEN_PAREN ? !readToken(scan, at) || token.end - token.start < 2 : !readValue(scan, at)) return;
  if (token.isNamed || token.isWrapped) {
    if (scan.bytes[token.after] === 0x5c) return; // `[DOMAIN]\[name]`
    if (isQuotedName(scan) || isName(scan, token.start, token.end)) scan.offer(Field.user_id, token.isNamed ? Sure.NAMED : Sure.PHRASE, token.start, token.end, 'user named');
    return;
  }
  if (isDigit(scan.bytes[start - 2]) && (wordBefore(scan, start) & Mark.NUMBER) !== 0) return;
  if (isName(scan, token.start, token.end) && isPerson(scan, start)) {
    scan.offer(Field.user_id, Sure.PHRASE, token.start, token.end, 'user phrase');
  }
}

/** `account`, `player`, `contact` end at `at`: these are nouns of other things too, so the name must look like one. */
export function afterAccount(scan: Scan, at: number): void {
  if (!readValue(scan, at)) return;
  const isQuoted = isQuotedName(scan);
  if (!isQuoted && (!isName(scan, token.start, token.end) || isNumber(scan, token.start, token.end))) return;
  if (isQuoted || (!token.isNamed && !token.isWrapped && isTelling(scan) && goesOn(scan, token.after))) {
    scan.offer(Field.user_id, Sure.LIKELY, token.start, token.end, 'account phrase');
  }
}

/** `login` or `attempt` ends at `at`; only a colon makes a name of what follows: `login attempt: NAME`. */
export function afterLogin(scan: Scan, at: number): void {
  if (!readValue(scan, at) || !(token.isNamed || token.isWrapped) || scan.bytes[token.after] === Byte.EQUALS) return;
  if (token.isWrapped && !token.isNamed && scan.bytes[token.start - 1] === 0x28) return;
  if (!isName(scan, token.start, token.end)) return;
  if (token.isWrapped || goesOn(scan, token.after)) scan.offer(Field.user_id, Sure.LIKELY, token.start, token.end, 'login phrase');
}

/** `for` ends at `at`, in a message about a login. */
export function afterFor(scan: Scan, at: number): void {
  if ((scan.seen & Mark.AUTH) === 0 || !readValue(scan, at) || token.isNamed || scan.bytes[token.start - 1] === 0x28) return;
  if (!isQuotedName(scan) && !isName(scan, token.start, token.end)) return;
  if (token.isWrapped || isComing(scan, token.after) || (isTelling(scan) && endsAt(scan.bytes, token.after, scan.end))) {
    scan.offer(Field.user_id, Sure.LIKELY, token.start, token.end, 'login for');
  }
}

/** `logged in`, `signed in`, `logged out`: the word at [start, at) has its subject before it. */
export function beforeLogged(scan: Scan, start: number, at: number): void {
  if (scan.has(Field.user_id) || !isInOrOut(scan, at)) return;
  let to = start;
  for (let words = 0; words < 5; words++) {
    to = skipBack(scan, to);
    const from = nameStart(scan, to);
    if (from === to) return;
    const marks = marksAt(scan, from);
    if ((marks & Mark.FILLER) !== 0) to = from;
    else {
      if (scan.bytes[to] === Byte.COLON && (formOf(scan.bytes, from, to) & Mark.PAST) !== 0) return; // `Disconnected: Logged out`
      const isCut = isQuote(scan.bytes[to]) && scan.bytes[from - 1] !== scan.bytes[to]; // `"mary ann" logged in`
      if (!isCut && isName(scan, from, to)) scan.offer(Field.user_id, Sure.LIKELY, from, to, 'logged in');
      return;
    }
  }
}

/** An `@` at `at`: an e-mail address is the user's if the message turns out to be about a login. */
export function aroundAt(scan: Scan, at: number): void {
  const { bytes, end } = scan;
  if (bytes[at + 1] === Byte.AT || bytes[at - 1] === Byte.AT) return; // a row of them would be looked back over again and again
  const from = nameStart(scan, at);
  let to = at + 1;
  let dots = 0;
  for (const limit = Math.min(end, at + 128); to < limit && isNameByte(bytes[to] as number); to++) if (bytes[to] === Byte.DOT && to > at + 1) dots++;
  while (to > at && bytes[to - 1] === Byte.DOT) {
    to--;
    dots--;
  }
  if (from === at || dots < 1 || !isLetter(bytes[to - 1]) || bytes[to] === Byte.SLASH || bytes[to] === Byte.COLON && isDigit(bytes[to + 1])) return;
  scan.offer(Field.user_id, Sure.HINT, from, to, 'e-mail at login');
}

/** `word(NAME,ADDRESS)`: the bracket's first part before an address at `at`. */
export function beforeAddress(scan: Scan, at: number): void {
  const { bytes } = scan;
  if (at - 2 < scan.start || bytes[at - 1] !== Byte.COMMA) return;
  const from = nameStart(scan, at - 1);
  if (from > scan.start + 1 && bytes[from - 1] === Byte.OPEN_PAREN && isLetter(bytes[from - 2]) && isName(scan, from, at - 1)) {
    scan.offer(Field.user_id, Sure.LIKELY, from, at - 1, 'name and address');
  }
}

/** A name in quotes may be any word but one that says there is none: `user 'test'`. */
function isQuotedName(scan: Scan): boolean {
  if (!token.isWrapped || !isQuote(scan.bytes[token.start - 1])) return false;
  for (let at = token.start; at < token.end; at++) if (!isNameByte(scan.bytes[at] as number) && scan.bytes[at] !== Byte.AT && scan.bytes[at] !== 0x5c) return false;
  return token.end - token.start <= 128 && !isDigit(scan.bytes[token.start]) && (marksOfAll(scan, token.start, token.end) & Mark.NOTHING) === 0;
}

/** Whether [start, end) can be somebody's name or id: no ordinary word, no number with a unit, no assignment. */
export function isName(scan: Scan, start: number, end: number): boolean {
  const { bytes } = scan;
  if (end - start > 128) return false;
  let letters = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (!isNameByte(byte) && byte !== Byte.AT && byte !== 0x5c && byte !== 0x3a && byte !== Byte.SLASH) return false;
    if (byte === Byte.SLASH && at === start) return false;
    if ((FOLD[byte] as number) > 0x39) letters++;
  }
  if (isDigit(bytes[start])) return isIdWithDigits(scan, start, end, letters);
  return letters > 0 && isUncommon(marksOfAll(scan, start, end));
}

/** Marks of the whole of [start, end), if it is one word. */
function marksOfAll(scan: Scan, start: number, end: number): number {
  for (let at = start; at < end; at++) if (FOLD[scan.bytes[at] as number] === 0) return 0;
  return marksAt(scan, start);
}

function isIdWithDigits(scan: Scan, start: number, end: number, letters: number): boolean {
  const { bytes } = scan;
  if (letters === 0) return isNumber(scan, start, end);
  return Number.isNaN(readDuration(bytes, start, end)) || durationEnd < end;
}

function isNumber(scan: Scan, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(scan.bytes[at])) return false;
  return true;
}


/** Whether the token looks like an id rather than a word: digits, dots, an `@`, or a capital after small letters. */
function isTelling(scan: Scan): boolean {
  const { bytes } = scan;
  for (let at = token.start; at < token.end; at++) {
    const byte = bytes[at] as number;
    if (isDigit(byte) || byte === Byte.AT || byte === Byte.DOT || byte === Byte.UNDERSCORE || byte === 0x5c || byte >= 0x80) return true;
    if (at > token.start && isUpper(byte) && isLower(bytes[at - 1])) return true;
  }
  return isUpper(bytes[token.start]);
}

/** `User John Smith` is a heading as often as a person: a capital alone is not enough when `User` has one too. */
function goesOnOrIsCapital(scan: Scan): boolean {
  const { bytes } = scan;
  if (isNumber(scan, token.start, token.end)) return !isCounted(scan);
  if (!isUpper(bytes[token.start])) return bytes[token.after] !== Byte.EQUALS;
  return bytes[skipSpaces(bytes, token.after, scan.end)] !== 0x28 && goesOn(scan, token.after);
}

/** Whether the sentence says that the token, behind `user` at `start`, is somebody. */
function isPerson(scan: Scan, start: number): boolean {
  const isLikeAnId = isTelling(scan);
  return (isLikeAnId ? goesOnOrIsCapital(scan) : goesOn(scan, token.after)) && !isVerbOf(scan, start, isLikeAnId);
}

/**
 * `User created`, `new user left`, `done: user removed from group`: the word behind `user` at `start`, which opens a
 * sentence or is `new` or the like, is what happened, unless what happened follows it: `User alice logged in`.
 */
function isVerbOf(scan: Scan, start: number, isLikeAnId: boolean): boolean {
  const { bytes } = scan;
  const opensMessage = (wordBefore(scan, start) & Mark.ARTICLE) !== 0 || beforeStart === beforeEnd;
  if (!opensMessage && !holdsPunctuation(bytes, beforeEnd, start)) return false;
  if ((formOf(bytes, token.start, token.end) & (Mark.PAST | Mark.GOING)) !== 0) return !isPastAt(scan, token.after);
  return opensMessage && !isLikeAnId && endsAt(bytes, token.after, scan.end);
}

function holdsPunctuation(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === Byte.COLON || bytes[at] === Byte.COMMA || bytes[at] === Byte.DOT || bytes[at] === Byte.SEMICOLON) return true;
  return false;
}

/** A word in -ed stands behind `at`. */
function isPastAt(scan: Scan, at: number): boolean {
  const from = skipSpaces(scan.bytes, at, scan.end);
  return (formOf(scan.bytes, from, wordEnd(scan.bytes, from, Math.min(scan.end, from + 32))) & Mark.PAST) !== 0;
}

/** `user 3 of 20`. */
function isCounted(scan: Scan): boolean {
  const at = skipSpaces(scan.bytes, token.after, scan.end);
  return scan.bytes[at] === 0x6f && scan.bytes[at + 1] === 0x66;
}

/** Whether the sentence goes on after `at` as it does after a name: it ends, or a verb or a preposition follows. */
function goesOn(scan: Scan, at: number): boolean {
  const { bytes, end } = scan;
  if (endsAt(bytes, token.end, end) || endsAt(bytes, at, end)) return true;
  const next = skipSpaces(bytes, at, end);
  if (next === at) return bytes[at] === 0x28 || bytes[at] === Byte.OPEN_BRACKET;
  if (ipv4End(bytes, next, end) > 0) return true;
  if (next >= end || !isLetter(bytes[next])) return next >= end || bytes[next] === 0x28 || bytes[next] === Byte.OPEN_BRACKET || bytes[next] === Byte.DASH;
  let to = next;
  while (to < end && to < next + 32 && (FOLD[bytes[to] as number] as number) > 0) to++;
  if (bytes[to] === Byte.EQUALS) return true;
  if (bytes[to - 1] === 0x64 && bytes[to - 2] === 0x65) return true;
  return (marksAt(scan, next) & Mark.GOES_ON) !== 0;
}

/** `NAME from 10.0.0.1`, `NAME via …`. */
function isComing(scan: Scan, at: number): boolean {
  const next = skipSpaces(scan.bytes, at, scan.end);
  return next > at && (marksAt(scan, next) & (Mark.PEER | Mark.GOES_ON)) === (Mark.PEER | Mark.GOES_ON);
}

/** `in`, `out`, `on`, `off` follow, and then no place: `events are logged in the database`. */
function isInOrOut(scan: Scan, at: number): boolean {
  const { bytes, end } = scan;
  const next = skipSpaces(bytes, at, end);
  if (next === at || !readToken(scan, next) || token.end - token.start > 3) return false;
  const first = bytes[token.start];
  if (first !== 0x69 && first !== 0x6f) return false;
  const then = skipSpaces(bytes, token.end, end);
  return endsAt(bytes, token.end, end) || then >= end || (marksAt(scan, then) & Mark.GOES_ON) !== 0 || !isLetter(bytes[then]);
}

/** Back over spaces, a colon and one group in brackets. */
function skipBack(scan: Scan, at: number): number {
  const { bytes, start } = scan;
  let to = at;
  while (to > start && (bytes[to - 1] === Byte.SPACE || bytes[to - 1] === Byte.COLON || bytes[to - 1] === Byte.QUOTE || bytes[to - 1] === Byte.APOSTROPHE)) to--;
  const closing = bytes[to - 1];
  if (to > start && (closing === 0x29 || closing === Byte.CLOSE_BRACKET)) {
    const opening = closing === 0x29 ? 0x28 : Byte.OPEN_BRACKET;
    const limit = Math.max(start, to - 64);
    let from = to - 1;
    while (from > limit && bytes[from] !== opening) from--;
    if (bytes[from] !== opening) return to;
    to = from;
    while (to > start && bytes[to - 1] === Byte.SPACE) to--;
  }
  return to;
}

/** Where the name that ends at `to` begins. */
function nameStart(scan: Scan, to: number): number {
  const limit = Math.max(scan.start, to - 64);
  let from = to;
  while (from > limit && (isNameByte(scan.bytes[from - 1] as number) || scan.bytes[from - 1] === Byte.AT)) from--;
  return from;
}

function isNameByte(byte: number): boolean {
  return (FOLD[byte] as number) > 0 || byte === Byte.DOT || byte === Byte.PLUS;
}
