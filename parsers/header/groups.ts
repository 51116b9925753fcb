import { Field } from '../../agent/fields.ts';
import { Byte, holds, isBlank, isDigit, isLetter, isUpper, isWord, skipBlanks, skipColour, skipDigits } from '../values/bytes.ts';
import { levelAt, strongLevelAt } from '../values/levels.ts';
import { equals, isCaller, isClassName, isMachineName, isQualified, isRequestId, isSimpleName, isThreadName } from '../values/names.ts';
import { readTimestamp } from '../values/timestamps.ts';
import { readPairs } from './group-pairs.ts';
import { readNumbers, readProcess, readProcessAndThread } from './group-processes.ts';
import { isLevelNext } from './levels.ts';
import type { Header } from './state.ts';

const LONGEST_GROUP = 200;
/** Kinds of bytes that only some contents have, so that most readers need not look at all. */
const WORD = 1;
const BLANK = 2;
const OTHER = 4;
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => (isWord(byte) || byte === Byte.DASH || byte === Byte.DOT ? WORD : byte === Byte.SPACE ? BLANK : OTHER));
/** What closes a group, by what opens it. */
export const CLOSERS = new Uint8Array(256);
for (const pair of ['[]', '()', '{}', '<>']) CLOSERS[pair.charCodeAt(0)] = pair.charCodeAt(1);

/** Takes what stands in brackets at `at`: a time, a level, a process, a thread, a logger, a place. The position behind it, or -1. */
export function readGroup(header: Header, at: number): number {
  const { bytes, end } = header;
  const opener = bytes[at] as number;
  const closer = CLOSERS[opener] as number;
  const inner = skipColour(bytes, skipBlanks(bytes, at + 1, end), end);
  if (!header.hasTime && (opener !== Byte.LESS || header.items === 0)) {
    const level = opener === Byte.OPEN_BRACKET && header.items === 0 && bytes[inner + 1] === Byte.SPACE && isUpper(bytes[inner]) ? levelAt(bytes, inner, inner + 1) : -1;
    if (level >= 0) { // Tornado, Jupyter: `[I 2026-11-22 10:00:00 Shop] text`
      const behind = readTimestamp(header.chunk, inner + 2, end, header.event);
      if (behind > 0) {
        header.level(level, inner, inner + 1);
        return behindTime(header, behind, closer);
      }
    }
    const after = readTimestamp(header.chunk, inner, end, header.event);
    if (after > 0) return behindTime(header, after, closer);
  }
  const close = closingOf(header, at, opener, closer);
  if (close < 0) return -1;
  return readContent(header, inner, contentEnd(bytes, inner, close), opener) ? close + 1 : -1;
}

/** Where the content of a group ends that closes at `close`: before blanks and colours. */
function contentEnd(bytes: Uint8Array, from: number, close: number): number {
  let last = close;
  for (;;) {
    while (last > from && isBlank(bytes[last - 1])) last--;
    if (!hasColours) return last;
    let escape = last;
    while (escape > from && last - escape < LONGEST_COLOUR && bytes[escape] !== Byte.ESCAPE) escape--;
    if (escape === last || skipColour(bytes, escape, last) !== last) return last;
    last = escape;
  }
}

/** The group that `closingOf` looked at last has colours in it. */
let hasColours = false;

/** `ESC[38;2;255;255;255m`. */
const LONGEST_COLOUR = 20;

function behindTime(header: Header, after: number, closer: number): number {
  header.hasTime = true;
  const next = skipBlanks(header.bytes, after, header.end);
  if (header.bytes[next] === closer) return next + 1;
  header.open = closer;
  return after;
}

/** Where the group closes that opens at `at`; -1 when it does not. Leaves in `seen` what kinds of bytes are in it. */
function closingOf(header: Header, at: number, opener: number, closer: number): number {
  const bytes = header.bytes;
  const limit = Math.min(header.end, at + LONGEST_GROUP);
  let depth = 1;
  header.seen = 0;
  hasColours = false;
  for (let to = at + 1; to < limit; to++) {
    const byte = bytes[to] as number;
    if (byte === closer && --depth === 0) return to;
    if (byte === opener) depth++;
    else if (byte < Byte.SPACE) {
      if (byte === Byte.NEWLINE) return -1;
      const colour = byte === Byte.ESCAPE ? skipColour(bytes, to, limit) : to; // winston: `[ESC[32minfoESC[39m]`
      if (colour > to) {
        hasColours = true;
        to = colour - 1;
        continue;
      }
    }
    header.seen |= KIND[byte] as number;
  }
  return -1;
}

/** Sets the field the content is for; false when it is for none, so that the text begins here. */
function readContent(header: Header, start: number, end: number, opener: number): boolean {
  const { bytes } = header;
  if (start >= end) return header.items > 0 && opener !== Byte.LESS;
  if (!header.hasLevel) {
    const level = levelOfGroup(header, start, end);
    if (level >= 0) {
      header.level(level, start, end);
      return true;
    }
  }
  if (opener === Byte.LESS) return readErlangProcess(header, start, end) || readPlace(header, start, end);
  if (opener === Byte.OPEN_PAREN && readOwner(header, start, end)) return true;
  if (isDigit(bytes[start]) || bytes[start] === Byte.HASH) return readNumbers(header, start, end);
  if (header.seen === WORD) return opener === Byte.OPEN_PAREN && readPlace(header, start, end) || readName(header, start, end, opener);
  if (readProcess(header, start, end) || readProcessAndThread(header, start, end) || readClient(header, start, end)) return true;
  if (opener === Byte.OPEN_BRACE && bytes[start] === Byte.OPEN_BRACE) return readContent(header, start + 1, end - 1, opener);
  if (readPlace(header, start, end)) return true;
  return readLocated(header, start, end) || readNumberedClass(header, start, end) || readNamedLevel(header, start, end) || readPairs(header, start, end) || readName(header, start, end, opener);
}

/** Erlang's name of a process, `<0.692.0>`, in the column after the level. */
function readErlangProcess(header: Header, start: number, end: number): boolean {
  if (!header.hasLevel || !header.hasTime || header.event.has(Field.thread)) return false;
  let dots = 0;
  for (let at = start; at < end; at++) {
    if (header.bytes[at] === Byte.DOT) dots++;
    else if (!isDigit(header.bytes[at])) return false;
  }
  if (dots !== 2) return false;
  header.span(Field.thread, start - 1, end + 1);
  return true;
}

/** Without a time `[system]`, `[1]` and `[c]` are ordinary text. */
function levelOfGroup(header: Header, start: number, end: number): number {
  const { bytes } = header;
  if (header.hasTime || isUpper(bytes[start]) && !isDigit(bytes[end - 1])) return levelAt(bytes, start, end);
  return strongLevelAt(bytes, start, end);
}

/** Apache's `client 1.2.3.4:60444`. */
function readClient(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  if (!header.hasTime || end - start < 10 || !equals(bytes, start, start + 7, 'client ')) return false;
  let colon = end - 1;
  while (colon > start && isDigit(bytes[colon])) colon--;
  // Since 2.4, which also writes the process, the port is there; an IPv6 address has no brackets then.
  const hasPort = bytes[colon] === Byte.COLON && (header.event.has(Field.pid) || !holds(bytes, start, colon, Byte.COLON));
  header.span(Field.client_ip, start + 7, hasPort ? colon : end);
  return true;
}

/** A place in code: `main.rs:268`, `prepare@Feature.cpp:187`, `source/server.cc:168`, `Block.java:flush(419)`. */
function readPlace(header: Header, start: number, end: number): boolean {
  if (header.event.has(Field.caller) || !isCaller(header.bytes, start, end)) return false;
  header.span(Field.caller, start, end);
  return true;
}

/** ZooKeeper's `%t:%C{1}@%L`: `[NIOWorkerThread-3:NIOServerCnxn@514]`. */
function readLocated(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  let at = end - 1;
  while (at > start && isDigit(bytes[at])) at--;
  if (at === end - 1 || bytes[at] !== Byte.AT || !header.hasTime) return false;
  let colon = at;
  while (colon > start && bytes[colon] !== Byte.COLON) colon--;
  if (colon === start) return false;
  header.span(Field.thread, start, colon);
  header.span(Field.logger, colon + 1, at);
  header.span(Field.caller, colon + 1, end);
  header.nameStart = -1;
  return true;
}

/** `o.s.w.s.DispatcherServlet:91`: a class and a line of it. */
function readNumberedClass(header: Header, start: number, end: number): boolean {
  const { bytes, event } = header;
  let colon = end - 1;
  while (colon > start && isDigit(bytes[colon])) colon--;
  if (colon === end - 1 || bytes[colon] !== Byte.COLON || event.has(Field.logger) || event.has(Field.caller) || !isClassName(bytes, start, colon)) return false;
  header.logger(start, colon);
  header.span(Field.caller, start, end);
  return true;
}

/** A name and a level: Apache's `[core:error]`, Minecraft's `[Server thread/INFO]`, Twisted's `[web.server#info]`. */
function readNamedLevel(header: Header, start: number, end: number): boolean {
  if (header.hasLevel || !header.hasTime) return false;
  const { bytes } = header;
  let mark = end - 1;
  while (mark > start && isLetter(bytes[mark])) mark--;
  const isThread = bytes[mark] === Byte.SLASH;
  if (!isThread && (bytes[mark] !== Byte.COLON && bytes[mark] !== Byte.HASH || !isSimpleName(bytes, start, mark) && !isQualified(bytes, start, mark))) return false;
  const level = levelAt(bytes, mark + 1, end);
  if (level < 0) return false;
  header.span(isThread ? Field.thread : Field.logger, start, mark);
  header.level(level, mark + 1, end);
  return true;
}

function readName(header: Header, start: number, end: number, opener: number): boolean {
  const { bytes, event } = header;
  if (opener === Byte.OPEN_PAREN && !header.hasLevel) return false;
  if (event.has(Field.logger) && isBlank(bytes[start - 2]) && isMachineName(bytes, start, end)) return true; // Elasticsearch's node
  if (isRequestId(bytes, start, end) && !event.has(Field.request_id)) {
    header.span(Field.request_id, start, end);
    return true;
  }
  if (!event.has(Field.thread) && (isThreadName(bytes, start, end) || isThreadColumn(header, start, end))) {
    header.span(Field.thread, start, end);
    return true;
  }
  if (header.letter && event.has(Field.logger) && !event.has(Field.thread) && isSimpleName(bytes, start, end)) {
    header.span(Field.thread, start, end); // MongoDB
    return true;
  }
  if (event.has(Field.logger) || opener === Byte.OPEN_PAREN) return false;
  if (isQualified(bytes, start, end)) {
    header.logger(start, end);
    return true;
  }
  if (!isSimpleName(bytes, start, end) && !(header.hasLevel && isTagList(bytes, start, end))) return false;
  if (header.nameStart >= 0) {
    if (!header.hasLevel || !header.hasTime || event.has(Field.service) || header.nameStart > event.fromOf(Field.timestamp)) return false;
    event.span(Field.service, header.nameStart, header.nameEnd); // Nest: the name in front of the time is the application's
  }
  header.nameStart = start;
  header.nameEnd = end;
  return true;
}

/** pino-pretty's `(shop): `, `(shop/77): `, `(77 on web1): `, `(shop/77 on web1): ` behind the level. */
function readOwner(header: Header, start: number, end: number): boolean {
  const { bytes, event } = header;
  if (!header.hasLevel || !header.hasTime || bytes[skipBlanks(bytes, end, header.end) + 1] !== Byte.COLON || event.has(Field.pid)) return false;
  let to = start;
  while (to < end && (isWord(bytes[to]) || bytes[to] === Byte.DASH || bytes[to] === Byte.DOT)) to++;
  const isNumber = skipDigits(bytes, start, to) === to;
  const pid = isNumber ? start : bytes[to] === Byte.SLASH ? to + 1 : to;
  const pidEnd = skipDigits(bytes, pid, end);
  const hasHost = equals(bytes, pidEnd, Math.min(end, pidEnd + 4), ' on ');
  if (to === start || isNumber && !hasHost || !hasHost && pidEnd !== end) return false;
  if (!isNumber && !isSimpleName(bytes, start, to)) return false;
  if (!isNumber) header.logger(start, to);
  if (pidEnd > pid && !header.process(pid, pidEnd)) return false;
  if (hasHost) event.span(Field.host, pidEnd + 4, end);
  return true;
}

/** `security,http`: tags, in the place of a name. */
function isTagList(bytes: Uint8Array, start: number, end: number): boolean {
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && bytes[at] !== Byte.COMMA) continue;
    if (!isSimpleName(bytes, from, at)) return false;
    from = at + 1;
  }
  return true;
}

/** A name with blanks between time and level: log4j's `[%t] %p`. */
function isThreadColumn(header: Header, start: number, end: number): boolean {
  const { bytes } = header;
  if (header.hasLevel || !header.hasTime || !isLetter(bytes[start]) || (header.seen & BLANK) === 0) return false;
  for (let at = start; at < end; at++) if (bytes[at] === Byte.EQUALS || bytes[at] === Byte.COLON) return false;
  return isLevelNext(header, end + 1);
}
