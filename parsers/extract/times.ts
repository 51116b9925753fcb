import { Field } from '../../agent/fields.ts';
import { Byte, isDigit, isUpper, type Float } from '../values/bytes.ts';
import { decimal, numberEnd } from '../values/durations.ts';
import { FOLD } from '../values/word-table.ts';
import { Sure, type Scan } from './scan.ts';
import { beforeStart, marksAt, readValue, skipSpaces, token, wordBefore } from './tokens.ts';
import { Cue, Mark } from './words.ts';

/**
 * Which of a message's durations is how long the reported thing took. Grammar decides: `took D`, `completed in D`,
 * `(D)`, `= D`; a word of waiting, limits or the future in the same clause (`retry in D`, `timeout of D`, `D ago`) is against it.
 */

/** A duration of `ms` was read from [start, to); written as a clock, it needs a word for it. */
export function takeDuration(scan: Scan, start: number, to: number, ms: Float, isClock: boolean): void {
  const sure = sureness(scan, start, to);
  if (sure === 0) return;
  if (isClock && (sure < Sure.PHRASE || (wordBefore(scan, start) & Mark.NUMBER) !== 0)) return; // behind a number it is a time: `at 261125 18:37:22`
  if (sure >= Sure.PHRASE && isSentence(scan, scan.cueStart)) scan.beginTail(scan.cueStart);
  scan.offerNumber(Field.duration_ms, sure, ms, start, to, 'duration');
  scan.requestEnd = (scan.seen & Mark.REQUEST) !== 0 || scan.requestEnd >= 0 ? to : -1;
}

/** `took`, `duration`, `duration_ms` end at `at`: milliseconds if they say so; else seconds of a raw floating-point number may follow, which has no unit. */
export function afterElapsed(scan: Scan, isMillis: boolean, at: number): void {
  if (!readValue(scan, at) || !token.isNamed) return;
  const { bytes } = scan;
  const to = numberEnd(bytes, token.start, token.end);
  if (to !== token.end) return;
  if (isMillis) return scan.offerNumber(Field.duration_ms, Sure.NAMED, decimal(bytes, token.start, to, 0), token.start, to, 'duration key');
  let point = token.start;
  while (point < to && bytes[point] !== Byte.DOT) point++;
  if (to - point < RAW_DECIMALS) return;
  if (scan.cue !== Cue.BAD) scan.offerNumber(Field.duration_ms, Sure.PHRASE, decimal(bytes, token.start, to, 3), token.start, to, 'seconds without a unit');
}

/** More decimals than anybody writes by hand, and more than milliseconds have: a program printed its floating-point seconds. */
const RAW_DECIMALS = 7;
/** How far a duration may stand behind the word that announces it. */
const NEAR = 48;
const BESIDE = 10;

function sureness(scan: Scan, start: number, to: number): number {
  if (scan.cue === Cue.BAD || isSpokenAgainst(scan, to)) return 0;
  if (followsEquals(scan, start)) return Sure.TOTAL;
  const distance = start - scan.cueEnd;
  switch (scan.cue) {
    case Cue.VERB: return distance <= NEAR ? Sure.PHRASE : Sure.LIKELY;
    case Cue.NOUN: if (distance <= BESIDE) return Sure.PHRASE; break;
    case Cue.IN: if (distance <= BESIDE) return isPast(scan) ? Sure.PHRASE : 0; break;
    case Cue.AFTER: if (distance <= BESIDE) return isOver(scan, to) ? Sure.LIKELY : 0; break;
  }
  if (isAlone(scan, start, to)) return Sure.LIKELY;
  return isOfRequest(scan, start) ? Sure.LIKELY : 0;
}

/** `30s ago`, `500ms behind`, `5s timeout`. */
function isSpokenAgainst(scan: Scan, to: number): boolean {
  const next = skipSpaces(scan.bytes, to, scan.end);
  return next > to && next < scan.end && (marksAt(scan, next) & Mark.UNTIMED) !== 0;
}

/** `1s + 2s = 3s`. */
function followsEquals(scan: Scan, start: number): boolean {
  return start - 2 > scan.start && scan.bytes[start - 1] === Byte.SPACE && scan.bytes[start - 2] === Byte.EQUALS;
}

/** `done in D`, but neither `restarting in D` nor `will try again in D`, nor a rate: `10 changes in 300 seconds`. */
function isPast(scan: Scan): boolean {
  const last = wordBefore(scan, scan.cueStart);
  if ((last & (Mark.FUTURE | Mark.GOING)) !== 0) return false;
  const isRate = (last & Mark.PLURAL) !== 0 && (wordBefore(scan, beforeStart) & Mark.NUMBER) !== 0;
  return !isRate || (wordBefore(scan, beforeStart) & Mark.PAST) !== 0;
}

/** `exited with code 0 after D`; it must be known that something ended. */
function isOver(scan: Scan, to: number): boolean {
  const next = skipSpaces(scan.bytes, to, scan.end);
  const isFromStart = next > to && (marksAt(scan, next) & Mark.PEER) !== 0;
  if (isFromStart) return true;
  let at = scan.cueStart;
  for (let words = 0; words < 4; words++) {
    if ((wordBefore(scan, at) & (Mark.EXIT | Mark.PAST)) !== 0) return true;
    at = beforeStart;
  }
  return false;
}

/** `(12.3 ms)`, `[45ms]`: nothing else in the brackets. */
function isAlone(scan: Scan, start: number, to: number): boolean {
  const { bytes } = scan;
  if (start === scan.start || to >= scan.end) return false;
  const opening = bytes[start - 1];
  return (opening === 0x28 && (bytes[to] === 0x29 || bytes[to] === Byte.SPACE || bytes[to] === Byte.COMMA)) || (opening === Byte.OPEN_BRACKET && bytes[to] === Byte.CLOSE_BRACKET);
}

/** `GET /x 200 12ms`, `POST /x - 12ms`: beside what belongs to a request. */
function isOfRequest(scan: Scan, start: number): boolean {
  if (scan.requestEnd < 0 || start - scan.requestEnd > 12) return false;
  for (let at = scan.requestEnd; at < start; at++) if ((FOLD[scan.bytes[at] as number] as number) > 1 && scan.bytes[at] !== 0xe2 && (scan.bytes[at] as number) < 0x80) return false;
  return true;
}

/** Whether a sentence or a part in brackets or behind a comma begins at `at`. */
function isSentence(scan: Scan, at: number): boolean {
  const { bytes } = scan;
  if (at - 2 <= scan.start) return false;
  const before = bytes[at - 1] === Byte.SPACE ? bytes[at - 2] : bytes[at - 1];
  if (before === Byte.DOT) return isUpper(bytes[at]) || isDigit(bytes[at]);
  return before === Byte.COMMA || before === Byte.SEMICOLON || before === Byte.PIPE || before === 0x28 || before === Byte.OPEN_BRACKET;
}
