import { Field } from '../../agent/fields.ts';
import { ipv4End } from '../extract/ip.ts';
import { Byte, isBlank, isDigit, isLetter, isUpper, isWord, skipBlanks, skipColour, skipDigits } from '../values/bytes.ts';
import { levelAt, levelOfSeverity } from '../values/levels.ts';
import { equals, isSimpleName } from '../values/names.ts';
import { hostEnd, readTag, setLeadingLevel } from '../values/syslog-tag.ts';
import { hadDate, readTimestamp, scanTimestamp } from '../values/timestamps.ts';
import { isLevelNext, readLevelWord } from './levels.ts';
import type { Header } from './state.ts';

const LONGEST_PREFIX = 96;
const LONGEST_TAG = 48;
const DECORATION = new Uint8Array(256);
for (const mark of '=>*#!') DECORATION[mark.charCodeAt(0)] = 1;

/** Over what draws the eye to a level, `==> WARNING: …`, `*** ERROR: …`. */
export function skipDecoration(header: Header, at: number): number {
  const { bytes, end } = header;
  let to = at;
  while (to < end && to - at < 5 && DECORATION[bytes[to] as number] === 1) to++;
  return to - at > 1 && bytes[to] === Byte.SPACE && isUpper(bytes[to + 1]) && isUpper(bytes[to + 2]) ? to + 1 : at;
}

/** The name that docker compose puts in front of each line, `web-1  | `. Where the header itself begins. */
export function readCompose(header: Header, at: number): number {
  const { bytes, end } = header;
  if (!isLetter(bytes[at])) return at;
  let to = at;
  while (to < end && !isBlank(bytes[to]) && to - at < LONGEST_PREFIX) to++;
  if (!isDigit(bytes[to - 1]) || bytes[to] !== Byte.SPACE || bytes[to + 1] !== Byte.SPACE || !isSimpleName(bytes, at, to)) return at;
  const bar = skipBlanks(bytes, to, end);
  if (bytes[bar] !== Byte.PIPE || bytes[bar + 1] !== Byte.SPACE) return at;
  header.span(Field.service, at, to);
  return header.skipSeparators(bar + 1);
}

/**
 * A full time behind one or two words that are none of prose: `https 2026-…`, `1.2.3.4 2026-…`. The words stay in the text.
 * Where the text begins.
 */
export function readBehindPrefix(header: Header, start: number): number {
  const { bytes, end } = header;
  let at = start;
  if (isColumnOfCapitals(bytes, start, end)) return readTimeAt(header, start);
  for (let words = 0; words < 2; words++) {
    if (isUpper(bytes[at])) return start;
    while (at < end && !isBlank(bytes[at]) && bytes[at] !== Byte.NEWLINE && at - start < LONGEST_PREFIX) at++;
    if (!isBlank(bytes[at]) || bytes[at - 1] === Byte.COLON || bytes[at - 1] === Byte.COMMA) return start;
    const from = skipBlanks(bytes, at, end);
    at = bytes[from] === Byte.OPEN_BRACKET ? from + 1 : from;
    if (scanTimestamp(bytes, at, end) > 0 && hadDate()) {
      readTimestamp(header.chunk, at, end, header.event);
      header.hasTime = true;
      const address = ipv4End(bytes, start, end);
      if (address > 0 && words === 0 && isBlank(bytes[address])) header.span(Field.client_ip, start, address);
      return start;
    }
  }
  return start;
}

/** `host name[pid] LEVEL ` behind a time (coloredlogs). The position of the text, or -1. */
export function readHostAndLogger(header: Header, at: number): number {
  const { bytes, end, event } = header;
  const to = skipColour(bytes, wordEnd(bytes, at, end), end);
  const from = header.skipSeparators(to);
  const open = wordEnd(bytes, from, end);
  const close = skipDigits(bytes, open + 1, end);
  if (to === at || from === to || open === from || bytes[open] !== Byte.OPEN_BRACKET || close === open + 1 || bytes[close] !== Byte.CLOSE_BRACKET) return -1;
  const level = header.skipSeparators(close + 1);
  if (!isLevelNext(header, close + 1) || event.has(Field.logger)) return -1;
  event.span(Field.host, at, wordEnd(bytes, at, end));
  event.span(Field.logger, from, open);
  if (!event.has(Field.pid)) header.process(open + 1, close);
  const after = readLevelWord(header, level);
  return header.skipSeparators(after > 0 ? after : level);
}

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (isWord(bytes[to]) || bytes[to] === Byte.DASH || bytes[to] === Byte.DOT)) to++;
  return to;
}

/** tinyproxy's `CONNECT   Nov 22 10:00:00 [77]: `: a word that is no level, padded as levels are. */
function isColumnOfCapitals(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && isUpper(bytes[to])) to++;
  const next = skipBlanks(bytes, to, end);
  return to - at > 2 && next - to > 1 && scanTimestamp(bytes, next, end) > 0 && hadDate();
}

/** Takes the time behind the word at `start`, and a process in brackets behind that. Where the text begins. */
function readTimeAt(header: Header, start: number): number {
  const { bytes, end } = header;
  let at = start;
  while (isUpper(bytes[at])) at++;
  const after = readTimestamp(header.chunk, skipBlanks(bytes, at, end), end, header.event);
  header.hasTime = true;
  const open = skipBlanks(bytes, after, end);
  const close = skipDigits(bytes, open + 1, end);
  if (bytes[open] !== Byte.OPEN_BRACKET || close === open + 1 || bytes[close] !== Byte.CLOSE_BRACKET) return header.skipSeparators(after);
  header.process(open + 1, close);
  return header.skipSeparators(close + 1);
}

/**
 * `tag[pid]: ` without a host, behind a time or alone, as daemons write to their stderr what goes to syslog else, and
 * unbound's `tag[pid:thread] level: `. The position of the text, or -1.
 */
export function readTagged(header: Header, at: number): number {
  const { bytes, end, event } = header;
  if (header.hasLevel || event.has(Field.service) || header.items > (header.hasTime ? 1 : 0)) return -1;
  let open = at;
  while (open < end && open - at < LONGEST_TAG && (isWord(bytes[open]) || bytes[open] === Byte.DASH || bytes[open] === Byte.SLASH)) open++;
  if (bytes[open] !== Byte.OPEN_BRACKET || levelAt(bytes, at, open) >= 0) return -1;
  if (isSeverity(bytes, at, open)) return readSeverity(header, at, open);
  const to = skipDigits(bytes, open + 1, end);
  if (to === open + 1 || to - open > 11) return -1;
  const hasThread = bytes[to] === Byte.COLON && isDigit(bytes[to + 1]);
  const close = hasThread ? skipDigits(bytes, to + 1, end) : to;
  if (bytes[close] !== Byte.CLOSE_BRACKET || !(bytes[close + 1] === Byte.COLON && isBlank(bytes[close + 2]) || hasThread && isBlank(bytes[close + 1]))) return -1;
  event.span(Field.service, at, open);
  header.process(open + 1, to);
  if (hasThread) event.span(Field.thread, to + 1, close);
  else if (header.hasTime) header.closed = true;
  const text = skipBlanks(bytes, hasThread ? close + 1 : close + 2, end);
  if (!hasThread) setLeadingLevel(bytes, text, end, event);
  header.hasLevel = event.has(Field.level);
  return text;
}

/** stunnel's `LOG3[0]: `, `LOG5[ui]: `: syslog's severity, and the connection it is about or what the program is at. */
function isSeverity(bytes: Uint8Array, at: number, to: number): boolean {
  return to - at === 4 && equals(bytes, at, at + 3, 'LOG') && isDigit(bytes[at + 3]) && (bytes[at + 3] as number) < 0x38;
}

function readSeverity(header: Header, at: number, open: number): number {
  const { bytes, end } = header;
  let close = open + 1;
  while (close < end && isWord(bytes[close])) close++;
  if (close === open + 1 || bytes[close] !== Byte.CLOSE_BRACKET || bytes[close + 1] !== Byte.COLON || !isBlank(bytes[close + 2])) return -1;
  header.level(levelOfSeverity((bytes[at + 3] as number) - 0x30), at, open);
  header.span(Field.thread, open + 1, close);
  header.closed = true;
  return close + 3;
}

/**
 * `host tag[pid]: ` behind an ISO time, as rsyslog's RSYSLOG_FileFormat writes it. Without a process only behind
 * microseconds, as that one always writes them: else two words of prose would do. The position of the text, or -1.
 */
export function readHostAndTag(header: Header, at: number): number {
  const { bytes, end, event } = header;
  const isWeekday = bytes[header.lineStart + 3] === Byte.SPACE && isUpper(bytes[header.lineStart]); // journalctl -o short-full
  const start = isWeekday ? header.lineStart + 4 : header.lineStart;
  const isEpoch = at > start + 16 && bytes[start + 10] === Byte.DOT && isDigit(bytes[start + 16]); // journalctl -o short-unix
  const separator = bytes[start + 10];
  if (!isEpoch && (separator !== 84 && separator !== Byte.SPACE || bytes[start + 4] !== Byte.DASH)) return -1;
  const to = hostEnd(bytes, at, end);
  if (to === at) return -1;
  const text = readTag(bytes, to + 1, end, event);
  if (text < 0) return -1;
  const isSure = isWeekday || isEpoch || event.has(Field.pid) || equals(bytes, event.fromOf(Field.service), event.toOf(Field.service), 'kernel');
  if (!isSure && !(at > start + 25 && bytes[start + 19] === Byte.DOT && isDigit(bytes[start + 25]))) {
    event.unset(Field.service);
    return -1;
  }
  event.span(Field.host, at, to);
  setLeadingLevel(bytes, text, end, event);
  header.hasLevel = event.has(Field.level);
  return text;
}
