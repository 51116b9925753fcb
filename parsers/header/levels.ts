import { Byte, isBlank, isDigit, isLetter, isLower, isUpper, isWord, skipBlanks, skipColour } from '../values/bytes.ts';
import { levelAt, strongLevelAt } from '../values/levels.ts';
import { hadDate, scanTimestamp } from '../values/timestamps.ts';
import { isColumnEnd, isDashed, type Header } from './state.ts';
import { Level } from '../../agent/levels.ts';

const LONGEST_WORD = 13;

/**
 * A level as a word of its own: `INFO`, `warn:`, `Error:`, `I |`. How much more than the word is asked for depends on
 * how it is written. The position behind it; `at` when the level was set but the word begins the text; -1 when there is none.
 */
export function readLevelWord(header: Header, at: number): number {
  if (header.hasLevel) return -1;
  const { bytes, end } = header;
  let to = at;
  while (to < end && to - at <= LONGEST_WORD && (isLetter(bytes[to]) || isDigit(bytes[to]))) to++;
  const level = levelAt(bytes, at, to);
  if (level < 0 || bytes[to] === Byte.UNDERSCORE) return -1;
  const taken = to - at === 1 ? isLetterLevel(header, at) : wordEnd(header, at, to, level);
  if (taken < 0) return -1;
  header.level(level, at, to);
  return taken ? to : at;
}

/** Whether `LEVEL:`, `level:`, `[level]` or `<level>` stands somewhere near behind `at`, or a column `LEVEL` anywhere: the level of a line whose header is not understood. */
export function findLevel(header: Header, at: number): void {
  const { bytes } = header;
  const near = Math.min(header.end, at + 120);
  for (let from = at; from < header.end && bytes[from] !== Byte.NEWLINE; from++) {
    if (!isUpper(bytes[from]) && !isLower(bytes[from]) || isWord(bytes[from - 1])) continue;
    let to = from;
    while (to < header.end && isWord(bytes[to])) to++;
    if (from < near && stands(bytes, from, to) || isColumn(bytes, from, to, header.end)) {
      const level = levelAt(bytes, from, to);
      if (level >= 0) return header.level(level, from, to);
    }
    from = to;
  }
}

/** Whether a level comes next: in brackets, or as a word in capital letters. */
export function isLevelNext(header: Header, from: number): boolean {
  const { bytes, end } = header;
  const { tab, bar, dash } = header;
  let at = header.skipSeparators(from);
  const separated = header.tab || header.bar || header.dash || bytes[from] === Byte.COLON;
  [header.tab, header.bar, header.dash] = [tab, bar, dash];
  const bracketed = bytes[at] === Byte.OPEN_BRACKET || bytes[at] === Byte.LESS;
  if (bracketed) at = skipBlanks(bytes, at + 1, end);
  let to = at;
  while (to < end && to - at < 14 && isWord(bytes[to])) to++;
  if (bracketed) return levelAt(bytes, at, to) >= 0;
  if (to - at < 3 || levelAt(bytes, at, to) < 0) return to - at === 1 && isUpper(bytes[at]) && levelAt(bytes, at, to) >= 0 && isBlank(bytes[to]);
  if (isUpper(bytes[at + 1])) return isBlank(bytes[to]) || bytes[to] === Byte.ESCAPE || bytes[to] === Byte.COLON || bytes[to] === Byte.PIPE || bytes[to] === Byte.NEWLINE;
  return separated && strongLevelAt(bytes, at, to) >= 0 && (isDashed(bytes, to, end) || bytes[to] === Byte.COLON || isColumnEnd(bytes, to, end));
}

/** A word in capital letters that is a column by itself, between tabs, commas, bars, quotes or wide gaps. */
function isColumn(bytes: Uint8Array, from: number, to: number, end: number): boolean {
  if (to - from < 4 || !isUpper(bytes[from]) || !isUpper(bytes[from + 1]) || !isUpper(bytes[from + 2])) return false;
  const before = bytes[from - 1] as number;
  const isOpen = SEPARATES[before] === 1 || isBlank(before) && (isBlank(bytes[from - 2]) || bytes[from - 2] === Byte.QUOTE || bytes[from - 2] === Byte.PIPE);
  return isOpen && (to >= end || SEPARATES[bytes[to] as number] === 1 || isColumnEnd(bytes, to, end));
}

/** What stands between columns. */
const SEPARATES = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte === Byte.TAB || byte === Byte.COMMA || byte === Byte.PIPE || byte === Byte.SEMICOLON || byte === Byte.QUOTE));

function stands(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 3) return false;
  const before = bytes[from - 1];
  const behind = bytes[to];
  if (before === Byte.OPEN_BRACKET) return behind === Byte.CLOSE_BRACKET;
  if (before === Byte.LESS) return behind === Byte.GREATER;
  if (behind !== Byte.COLON || !isBlank(bytes[to + 1])) return false;
  return isBlank(before) ? isUpper(bytes[from + 1]) || strongLevelAt(bytes, from, to) >= 0 : before === Byte.DOT && isUpper(bytes[from + 1]);
}

/** 1: the word is a level and belongs to the header; 0: it is one, but the text begins with it; -1: it is none. */
function wordEnd(header: Header, at: number, to: number, level: number): number {
  const { bytes, end } = header;
  const behind = bytes[to] === Byte.ESCAPE ? skipColour(bytes, to, end) : to;
  const next = to < end ? (bytes[bytes[behind] === Byte.COLON ? behind : to] as number) : Byte.NEWLINE;
  const strong = strongLevelAt(bytes, at, to) >= 0;
  const known = header.hasTime || header.tab || header.bar;
  if (next === Byte.SLASH) return known && isLetter(bytes[to + 1]) ? 1 : header.items === 0 && strong && isLower(bytes[at]) && isSlashed(header, to) ? 1 : -1;
  if (!ends(header, at, next, to)) return -1;
  if (isUpper(bytes[at]) && isUpper(bytes[at + 1])) return strong || known && !isTitle(header, to, level) || next === Byte.COLON ? 1 : -1;
  if (next === Byte.COLON && isLower(bytes[at])) return strong || known ? 1 : -1;
  if (next === Byte.COLON) return known ? 1 : strong ? 0 : -1;
  if (!known) return -1;
  if (next === Byte.TAB || next === Byte.PIPE || next === header.open || isColumnEnd(bytes, to, end)) return 1;
  if (!strong || !isBlank(next)) return -1;
  return level < Level.warn || to - at <= 4 ? 1 : 0;
}

/** vsftpd's `FAIL LOGIN: `: the first of two words in capital letters, and no level. */
function isTitle(header: Header, to: number, level: number): boolean {
  const { bytes } = header;
  return level === Level.error && bytes[to] === Byte.SPACE && isUpper(bytes[to + 1]) && isUpper(bytes[to + 2]);
}

function ends(header: Header, at: number, next: number, to: number): boolean {
  if (next === Byte.DASH) return isBlank(header.bytes[to + 1]);
  if (next === Byte.COLON) return header.bytes[to] !== Byte.COLON || header.bytes[to + 1] !== Byte.COLON;
  if (next === Byte.SEMICOLON) return header.bytes[at - 1] === Byte.SEMICOLON;
  return isBlank(next) || next === Byte.NEWLINE || next === Byte.RETURN || next === Byte.COMMA || next === Byte.PIPE || next === Byte.ESCAPE || next === 92
    || next === header.open || next === Byte.OPEN_BRACKET || next === Byte.OPEN_PAREN;
}

/** `information/cli: ` (Icinga): a level, a slash, a name and a colon. */
function isSlashed(header: Header, slash: number): boolean {
  let to = slash + 1;
  while (to < header.end && isWord(header.bytes[to])) to++;
  return to > slash + 1 && header.bytes[to] === Byte.COLON && isBlank(header.bytes[to + 1]);
}

/**
 * A single letter behind a time: `I | embed: …`, `W [x]`, `E/Tag: …`, `i indexserver   …`. An `I` in front of an
 * ordinary word is a person.
 */
function isLetterLevel(header: Header, at: number): number {
  const { bytes, end } = header;
  const next = bytes[at + 1];
  if (!header.hasTime) {
    if (!isUpper(bytes[at]) || next !== Byte.SPACE) return -1;
    if (bytes[at + 2] === Byte.OPEN_BRACKET) return scanTimestamp(bytes, at + 3, end) > 0 ? 1 : -1;
    return scanTimestamp(bytes, at + 2, end) > 0 && hadDate() ? 1 : -1;
  }
  if (next === Byte.SLASH) return isLetter(bytes[at + 2]) ? 1 : -1;
  if (next === 33) return isBlank(bytes[at + 2]) ? 1 : -1; // Telegraf's `E!`
  if (next === Byte.COLON || next === Byte.PIPE || next === Byte.TAB || next === header.open && next !== 0) return 1;
  if (next !== Byte.SPACE) return -1;
  const after = skipBlanks(bytes, at + 1, end);
  const first = bytes[after] as number;
  if (after - at > 2 || first === Byte.PIPE || first === Byte.OPEN_BRACKET || isDigit(first)) return 1;
  let to = after;
  while (to < end && !isBlank(bytes[to]) && bytes[to] !== Byte.NEWLINE) to++;
  const named = isNamed(bytes, after, to) || (to < end && isColumnEnd(bytes, to, end));
  return named || isUpper(bytes[at]) && IS_SURE[bytes[at] as number] === 1 ? 1 : -1;
}

/** Letters of levels that are no words in capitals. */
const IS_SURE = new Uint8Array(256);
for (const letter of 'EWDF') IS_SURE[letter.charCodeAt(0)] = 1;

/** Whether a word is no word of prose: it holds a mark or a digit, or ends in a colon. */
function isNamed(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at] as number;
    if (!isLetter(byte) && byte !== Byte.APOSTROPHE && byte !== Byte.COMMA && !(at === end - 1 && byte === Byte.DOT)) return true;
  }
  return false;
}
