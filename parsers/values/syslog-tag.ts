import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, decimal, isBlank, isDigit, isLetter, isWord, skipBlanks, skipDigits } from './bytes.ts';
import { levelAt } from './levels.ts';

const LONGEST_HOST = 255;
const LONGEST_TAG = 64;

/** Where the host name from `at` on ends: a name, or an address with its colons. `at` when there is none. */
export function hostEnd(bytes: Uint8Array, at: number, end: number): number {
  const limit = Math.min(end, at + LONGEST_HOST);
  let to = at;
  while (to < limit && (isWord(bytes[to]) || bytes[to] === Byte.DOT || bytes[to] === Byte.DASH || bytes[to] === Byte.COLON)) to++;
  return bytes[to] === Byte.SPACE && bytes[to - 1] !== Byte.COLON && levelAt(bytes, at, to) < 0 ? to : at;
}

/**
 * Reads `tag[pid]: ` or `tag: ` at `at` into `service` and `pid`. RFC 3164 lets a tag be alphanumeric; real programs also
 * use `- _ . / @ < > ( )` and a version behind it. The position of the text; -1: there is no tag.
 */
export function readTag(bytes: Uint8Array, at: number, end: number, event: LogEvent): number {
  let to = tagEnd(bytes, at, Math.min(end, at + LONGEST_TAG));
  // macOS has programs whose names have a blank, and puts another one in parentheses behind the process.
  const second = bytes[to] === Byte.SPACE && isLetter(bytes[to + 1]) ? tagEnd(bytes, to + 1, Math.min(end, at + LONGEST_TAG)) : to;
  if (second > to && bytes[second] === Byte.OPEN_BRACKET && isDigit(bytes[second + 1])) to = second;
  if (to === at || to >= end || !isLetter(bytes[at]) && bytes[at] !== Byte.OPEN_PAREN && bytes[at] !== Byte.SLASH && bytes[at] !== Byte.UNDERSCORE) return -1;
  let colon = to;
  if (bytes[to] === Byte.OPEN_BRACKET) {
    const pidEnd = skipDigits(bytes, to + 1, end);
    if (pidEnd === to + 1 || pidEnd - to > 11 || bytes[pidEnd] !== Byte.CLOSE_BRACKET) return -1;
    event.number(Field.pid, decimal(bytes, to + 1, pidEnd), to + 1, pidEnd);
    colon = pidEnd + 1;
    if (bytes[colon] === Byte.SPACE && bytes[colon + 1] === Byte.OPEN_PAREN) {
      event.span(Field.service, at, to);
      return colon + 1;
    }
  } else if (bytes[to] === Byte.SPACE && isDigit(bytes[to + 1])) {
    while (colon < end && colon < to + 16 && bytes[colon] !== Byte.COLON && !isBlank(bytes[colon + 1])) colon++;
    if (bytes[colon + 1] === Byte.COLON) colon++;
  }
  if (bytes[colon] !== Byte.COLON || colon + 1 < end && !isBlank(bytes[colon + 1])) return -1;
  if (!event.has(Field.pid) && levelAt(bytes, at, to) >= 0) return -1;
  event.span(Field.service, at, to);
  return skipBlanks(bytes, colon + 1, end);
}

/** The level a syslog text begins with, which is the program's own: `warning: …`, `[warn] …`, `ERROR …`. Nothing is taken from the text. */
export function setLeadingLevel(bytes: Uint8Array, at: number, end: number, event: LogEvent): void {
  const isBracketed = bytes[at] === Byte.OPEN_BRACKET || bytes[at] === Byte.LESS;
  const from = isBracketed ? at + 1 : at;
  let to = from;
  while (to < end && to - from < 14 && isLetter(bytes[to])) to++;
  const closed = isBracketed ? bytes[to] === Byte.CLOSE_BRACKET || bytes[to] === Byte.GREATER : bytes[to] === Byte.COLON;
  if (!closed || to - from < 3) return;
  const level = levelAt(bytes, from, to);
  if (level >= 0) event.level(level, from, to);
}

function tagEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end) {
    const byte = bytes[to];
    if (!isWord(byte) && byte !== Byte.DASH && byte !== Byte.DOT && byte !== Byte.SLASH && byte !== Byte.AT && byte !== Byte.LESS
      && byte !== Byte.GREATER && byte !== Byte.OPEN_PAREN && byte !== Byte.CLOSE_PAREN) break;
    to++;
  }
  return to;
}
