import { Field } from '../../agent/fields.ts';
import { addPair } from '../pair.ts';
import { ipv4End } from '../extract/ip.ts';
import { Byte, isBlank, isDigit, isHexDigit, isLetter, isUpper, skipBlanks, skipColour, skipDigits } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';
import { equals, isClassName, isKeyOfValue, isLoggerWord, isParticiple, isQualified, isSimpleName, isThreadName, nameEnd } from '../values/names.ts';
import { scanTimestamp } from '../values/timestamps.ts';
import { readService } from './dovecot.ts';
import { isLevelNext } from './levels.ts';
import { readFunction, readFunctionColumn, readPlace } from './places.ts';
import { readBehindSpans } from './spans.ts';
import { isColumnEnd, isDashed, isIndented, isPaddedColon, type Header } from './state.ts';

/** Takes a name that is not in brackets: a logger, a thread, a place in code, `channel.LEVEL`. The position behind it, or -1. */
export function readName(header: Header, at: number): number {
  const { bytes, end, event } = header;
  const to = nameEnd(bytes, at, end);
  if (to === at || to >= end) return -1;
  const column = header.bar ? readFunctionColumn(header, at) : -1;
  if (column > 0) return column;
  if (header.hasLevel && isProse(bytes, at, to)) return -1;
  const place = readPlace(header, at, to);
  if (place > 0) return place;
  if (!header.hasLevel) return readChannel(header, at, to) || (header.hasTime ? readBeforeLevel(header, at, to) : -1);
  if (event.has(Field.logger)) return -1;
  const located = header.bar && bytes[to] === Byte.COLON ? readFunction(header, at, to) : -1;
  return located > 0 ? located : readAfterLevel(header, at, to);
}

/** Hot: most texts begin with a word and a blank and another word, and nothing else needs to be looked at. */
function isProse(bytes: Uint8Array, at: number, to: number): boolean {
  if (bytes[to] !== Byte.SPACE || !isLetter(bytes[to + 1])) return false;
  for (let from = at; from < to; from++) if (!isLetter(bytes[from])) return false;
  return to - at !== 2; // Flask's ` in `
}

/** Takes a number that is a process: in front of the level, or in front of the time when something stands before it. -1: it is text. */
export function readProcess(header: Header, at: number): number {
  const { bytes, end } = header;
  const to = skipDigits(bytes, at, end);
  if (header.hasLevel || to - at > 10) return -1;
  if (!header.hasTime) return header.items > 0 && scanTimestamp(bytes, header.skipSeparators(to), end) > 0 && header.process(at, to) ? to : -1;
  let last = to;
  if (bytes[to] === Byte.COLON && isDigit(bytes[to + 1])) last = skipDigits(bytes, to + 1, end);
  else {
    const second = skipBlanks(bytes, to, end);
    if (second > to && isDigit(bytes[second])) last = skipDigits(bytes, second, end);
  }
  if (!isLevelNext(header, last)) return -1;
  if (!header.process(at, to)) return -1;
  if (last > to) header.span(Field.thread, last === to ? to : startOfDigits(bytes, last), last);
  return last;
}

/** `7fd7cd3cc080 Info: `, `0x7f69 INFO `: an address behind the time is a thread when a level follows. The position behind it, or -1. */
export function readHexThread(header: Header, at: number): number {
  const { bytes, end, event } = header;
  if (!header.hasTime || header.hasLevel || event.has(Field.thread)) return -1;
  const from = bytes[at] === Byte.ZERO && bytes[at + 1] === 0x78 ? at + 2 : at;
  let to = from;
  let letters = 0;
  while (to < end && to - from < 17 && isHexDigit(bytes[to] as number)) if (isLetter(bytes[to++])) letters++;
  if (to - from < 8 || to - from > 16 || letters === 0 || bytes[to] !== Byte.SPACE) return -1;
  let word = to + 1;
  while (word < end && isLetter(bytes[word])) word++;
  const isLevel = levelAt(bytes, to + 1, word) >= 0 && (bytes[word] === Byte.COLON || isUpper(bytes[to + 2]) && isBlank(bytes[word]));
  if (!isLevel && !isLevelNext(header, to)) return -1;
  header.span(Field.thread, at, to);
  return to;
}

/** The name behind `LEVEL/`: Icinga's and Android's component, Celery's process. The position behind it, or -1. */
export function readSlashed(header: Header, at: number): number {
  const { bytes, end } = header;
  const to = nameEnd(bytes, at + 1, end);
  if (to === at + 1) return -1;
  header.span(header.open !== 0 && bytes[to] === header.open ? Field.thread : Field.logger, at + 1, to);
  if (bytes[to] !== Byte.OPEN_PAREN) return to;
  const digits = skipBlanks(bytes, to + 1, end);
  const close = skipDigits(bytes, digits, end);
  return close > digits && bytes[close] === Byte.CLOSE_PAREN && header.process(digits, close) ? close + 1 : to;
}

/** Monolog's `channel.LEVEL:`. 0: it is not. */
function readChannel(header: Header, at: number, to: number): number {
  const { bytes } = header;
  if (bytes[to] !== Byte.COLON) return 0;
  let dot = to - 1;
  while (dot > at && bytes[dot] !== Byte.DOT) dot--;
  if (dot === at || !isUpper(bytes[dot + 1]) || !isUpper(bytes[dot + 2])) return 0;
  const level = levelAt(bytes, dot + 1, to);
  if (level < 0) return 0;
  header.logger(at, dot);
  header.level(level, dot + 1, to);
  return to;
}

const MOST_PAIRS = 4;

/** `request_id=F1 pid=77 INFO`: pairs between time and level, which become fields or members. The position behind them, or -1. */
export function readPairsBeforeLevel(header: Header, at: number): number {
  const to = pairsEnd(header, at);
  if (to < 0 || !isLevelNext(header, to)) return -1;
  const { bytes } = header;
  for (let from = at; from < to; ) {
    const equal = nameEnd(bytes, from, to);
    let valueEnd = equal + 1;
    while (valueEnd < to && !isBlank(bytes[valueEnd]) && !isNextPair(bytes, valueEnd, to)) valueEnd++;
    addPair(from, equal, equal + 1, valueEnd, false);
    if (equals(bytes, from, equal, 'client') && ipv4End(bytes, equal + 1, valueEnd) === valueEnd) header.span(Field.client_ip, equal + 1, valueEnd);
    from = skipBlanks(bytes, bytes[valueEnd] === Byte.COMMA ? valueEnd + 1 : valueEnd, to);
  }
  return to;
}

/** `,db=` behind a value: PostgreSQL's `user=%u,db=%d`. */
function isNextPair(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== Byte.COMMA) return false;
  const to = nameEnd(bytes, at + 1, end);
  return to > at + 1 && bytes[to] === Byte.EQUALS;
}

function pairsEnd(header: Header, at: number): number {
  const { bytes, end } = header;
  let from = at;
  let last = -1;
  for (let count = 0; count < MOST_PAIRS; count++) {
    const equal = nameEnd(bytes, from, end);
    if (equal === from || bytes[equal] !== Byte.EQUALS) break;
    last = equal + 1;
    while (last < end && !isBlank(bytes[last])) last++;
    from = skipBlanks(bytes, last, end);
  }
  return last;
}

/** A name between time and level: ` - payments - INFO`, ` main INFO`. */
function readBeforeLevel(header: Header, at: number, to: number): number {
  const { bytes, event } = header;
  const service = bytes[to] === Byte.OPEN_PAREN ? readService(header, at, to) : -1;
  if (service > 0) return service;
  if (!isLevelNext(header, skipProcess(bytes, to, header.end))) return -1;
  if (isThreadName(bytes, at, to) && !event.has(Field.thread)) header.span(Field.thread, at, to);
  else if (!event.has(Field.logger) && (isSimpleName(bytes, at, to) || isQualified(bytes, at, to))) header.logger(at, to);
  else return -1;
  return to;
}

/** Behind the process in brackets that follows a name: `shop.jobs [77]: INFO`. */
function skipProcess(bytes: Uint8Array, at: number, end: number): number {
  const open = skipBlanks(bytes, at, end);
  if (bytes[open] !== Byte.OPEN_BRACKET) return at;
  const to = skipDigits(bytes, open + 1, end);
  return to > open + 1 && bytes[to] === Byte.CLOSE_BRACKET ? to + 1 : at;
}

function readAfterLevel(header: Header, at: number, to: number): number {
  const { bytes, end } = header;
  const module = readModule(header, at, to);
  if (module > 0) return module;
  if (isIndented(header, at)) return -1;
  if (bytes[to] === Byte.OPEN_BRACE && header.hasTime) {
    readBehindSpans(header, to);
    return -1;
  }
  const qualified = isQualified(bytes, at, to);
  const simple = qualified || isSimpleName(bytes, at, to);
  if (bytes[to] === Byte.COLON) {
    if (header.nameStart >= 0 && !qualified) return -1; // the name in brackets is the logger, this one begins the text
    const spaced = isBlank(bytes[to + 1]) || bytes[to + 1] === Byte.NEWLINE;
    const tight = header.hasTime && at === header.levelEnd + 1 && bytes[at - 1] === Byte.COLON; // `10:00:00:INFO:shop.cart:text`
    if (!(tight ? simple : spaced ? isLoggerWord(bytes, at, to) && !isKeyOfValue(bytes, at, to, end) || header.letter && simple && levelAt(bytes, at, to) < 0 : isClassName(bytes, at, to))) return -1;
  } else if (bytes[to] === Byte.TAB && header.tab && simple) {
    if (bytes[to + 1] === Byte.OPEN_BRACE) return -1; // zap: the text is one word, its fields follow
    if (!header.event.has(Field.thread) && isThreadName(bytes, at, to)) {
      header.span(Field.thread, at, to);
      return to;
    }
  } else if (qualified && bytes[to] === Byte.OPEN_BRACKET && isUpper(bytes[at]) && skipProcess(bytes, to, end) > to) {
    header.logger(at, to); // .NET's category and the number of its event
    return skipProcess(bytes, to, end);
  } else if (header.open !== 0 && bytes[to] === header.open && simple) {
    header.logger(at, to);
    return to;
  } else if (isFlask(bytes, at, to)) return readFlask(header, to);
  else if (qualified && bytes[to] === Byte.SPACE && bytes[to + 1] === Byte.OPEN_BRACKET && header.hasTime) {
    header.logger(at, to); // a context in brackets follows: OpenStack
    return to;
  } else if (!header.event.has(Field.thread) && (isColumnEnd(bytes, to, end) || isMarkedOff(bytes, at, to)) && header.hasTime && isThreadName(bytes, at, to)) {
    header.span(Field.thread, at, to);
    return to;
  } else if (!(simple && isSetOff(header, at, to)) && !(isBlank(bytes[to]) && isClassName(bytes, at, to))) return -1;
  header.logger(at, to);
  return Math.min(to, end);
}

/** Django's verbose `module process thread text`: the thread's number is as long as an address. -1: it is not. */
function readModule(header: Header, at: number, to: number): number {
  const { bytes, end, event } = header;
  if (bytes[to] !== Byte.SPACE || !isDigit(bytes[to + 1]) || !header.hasTime || event.has(Field.pid) || event.has(Field.thread)) return -1;
  const process = skipDigits(bytes, to + 1, end);
  const thread = skipDigits(bytes, process + 1, end);
  if (process - to > 11 || thread - process < 12 || bytes[process] !== Byte.SPACE || bytes[thread] !== Byte.SPACE || !isSimpleName(bytes, at, to)) return -1;
  header.logger(at, to);
  header.process(to + 1, process);
  header.span(Field.thread, process + 1, thread);
  return thread;
}

/** Whether what follows shows that the word before it was a column of its own. */
function isSetOff(header: Header, from: number, to: number): boolean {
  const { bytes, end } = header;
  return isDashed(bytes, to, end) && !(header.hasLevel && isUpper(bytes[from]) && isParticiple(bytes, from, to)) || isPaddedColon(bytes, to, end) || isDashedGroup(bytes, to, end)
    || header.hasTime && (isColumnEnd(bytes, to, end) && !isPairNext(bytes, to, end) || isMarkedOff(bytes, from, to));
}

/** Whether a `key=` follows, maybe coloured: then the word before it is a text, padded (log15, geth). */
function isPairNext(bytes: Uint8Array, at: number, end: number): boolean {
  const from = skipColour(bytes, skipBlanks(bytes, at, end), end);
  const to = nameEnd(bytes, from, end);
  return to > from && bytes[skipColour(bytes, to, end)] === Byte.EQUALS;
}

/** Between two commas or semicolons, without blanks. */
function isMarkedOff(bytes: Uint8Array, from: number, to: number): boolean {
  return (bytes[to] === Byte.COMMA || bytes[to] === Byte.SEMICOLON) && bytes[from - 1] === bytes[to];
}

/** Hadoop's `%c{2} (%F:%M(%L)) - %m`: a place in parentheses before the dash. */
function isDashedGroup(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== Byte.SPACE || bytes[at + 1] !== Byte.OPEN_PAREN) return false;
  const limit = Math.min(end, at + 160);
  let to = at + 2;
  while (to < limit && !isBlank(bytes[to])) to++;
  return bytes[to - 1] === Byte.CLOSE_PAREN && isDashed(bytes, to, end);
}

/** Flask's `INFO in module: text`. */
function isFlask(bytes: Uint8Array, at: number, to: number): boolean {
  return to - at === 2 && bytes[at] === 105 && bytes[at + 1] === 110 && bytes[to] === Byte.SPACE;
}

function readFlask(header: Header, at: number): number {
  const to = nameEnd(header.bytes, at + 1, header.end);
  if (to === at + 1 || header.bytes[to] !== Byte.COLON || !isBlank(header.bytes[to + 1])) return -1;
  header.logger(at + 1, to);
  return to;
}

function startOfDigits(bytes: Uint8Array, at: number): number {
  while (isDigit(bytes[at - 1])) at--;
  return at;
}
