import { Byte, isBlank, isDigit, isLetter, isLower, isUpper, skipDigits } from '../values/bytes.ts';
import { durationMs } from '../values/durations.ts';
import { ipv4End, ipv6End } from '../extract/ip.ts';
import { statusEnd } from '../extract/tokens.ts';
import { quoteEnd } from '../values/access-scan.ts';
import { isMethod } from '../values/request-line.ts';
import { equals } from '../values/names.ts';

/** What a cell can be, by its look alone. */
export const Kind = {
  /** Nothing stands there: `-`, `null`, `""`. */
  NONE: 0, WORD: 1, INTEGER: 2, STATUS: 3, DECIMAL: 4, DURATION: 5, ADDRESS: 6, METHOD: 7, PATH: 8, REQUEST: 9, VERSION: 10, AGENT: 11, URL: 12, ID: 13, BRACKET: 14, TEXT: 15,
  /** `10/0/30/69/109` of HAProxy. */
  TIMERS: 16,
  /** `TCP_MISS/200` of Squid. */
  RESULT: 17,
  /** `8945 bytes`. */
  SIZE: 18,
} as const;

/** More columns than this no access log has that says something new in them. */
const MOST_CELLS = 48;
/** Longest line that is cut. */
const MOST_BYTES = 16_384;

/** The cells of one line: columns between bars or tabs, else words, quotations and brackets. Used again for each. */
class Cells {
  count = 0;
  /** Columns are set off by bars or tabs, so that blanks are part of them. */
  isTable = false;
  readonly start = new Int32Array(MOST_CELLS);
  readonly end = new Int32Array(MOST_CELLS);
  readonly kind = new Uint8Array(MOST_CELLS);
  readonly quoted = new Uint8Array(MOST_CELLS);
  bytes: Uint8Array = new Uint8Array(0);

  cut(bytes: Uint8Array, start: number, limit: number): void {
    const end = Math.min(limit, start + MOST_BYTES);
    this.bytes = bytes;
    this.count = 0;
    const separator = separatorOf(bytes, start, end);
    this.isTable = separator !== 0;
    let at = start;
    while (at < end && this.count < MOST_CELLS) at = separator === 0 ? this.#word(at, end) : this.#column(at, end, separator);
  }

  #add(start: number, end: number, kind: number, quoted: boolean): void {
    const index = this.count++;
    this.start[index] = start;
    this.end[index] = end;
    this.kind[index] = kind;
    this.quoted[index] = quoted ? 1 : 0;
  }

  #column(at: number, end: number, separator: number): number {
    const { bytes } = this;
    let to = at;
    while (to < end && bytes[to] !== separator) to++;
    let [from, last] = [at, to];
    while (from < last && isBlank(bytes[from])) from++;
    while (last > from && isBlank(bytes[last - 1])) last--;
    const method = methodEnd(bytes, from, last);
    if (method > 0 && method < last) { // gin: `GET      "/path"`
      this.#add(from, method, Kind.METHOD, false);
      while (method < last && isBlank(bytes[from])) from++;
      from = method;
      while (from < last && isBlank(bytes[from])) from++;
      if (this.count >= MOST_CELLS) return to + 1;
    }
    const quoted = last - from >= 2 && bytes[from] === Byte.QUOTE && bytes[last - 1] === Byte.QUOTE;
    if (quoted) [from, last] = [from + 1, last - 1];
    this.#add(from, last, kindOf(bytes, from, last), quoted);
    return to + 1;
  }

  #word(at: number, end: number): number {
    const { bytes } = this;
    const first = bytes[at];
    if (isBlank(first)) return at + 1;
    if (first === Byte.QUOTE) {
      const close = quoteEnd(bytes, at + 1, end);
      if (close < 0) return end;
      const isRequest = requestStart(bytes, at + 1, close) > 0;
      this.#add(at + 1, close, isRequest ? Kind.REQUEST : kindOf(bytes, at + 1, close), true);
      return close + 1;
    }
    if (first === Byte.OPEN_BRACKET || first === Byte.OPEN_BRACE) {
      const close = closingOf(bytes, at, end, first === Byte.OPEN_BRACE ? Byte.CLOSE_BRACE : Byte.CLOSE_BRACKET);
      if (close > 0) {
        this.#add(at + 1, close, Kind.BRACKET, false);
        return close + 1;
      }
    }
    let to = at;
    while (to < end && !isBlank(bytes[to])) to++;
    let [from, last] = [at, to];
    while (last > from + 1 && (bytes[last - 1] === Byte.COLON || bytes[last - 1] === Byte.COMMA || bytes[last - 1] === Byte.SEMICOLON || bytes[last - 1] === Byte.CLOSE_PAREN && (bytes[from] === Byte.OPEN_PAREN || last - from === 3 && bytes[from] === 0x6d && bytes[from + 1] === 0x73))) last--; // `(7 ms)`
    if (bytes[from] === Byte.OPEN_PAREN && last > from + 1) from++;
    const kind = kindOf(bytes, from, last);
    const hasMore = kind === Kind.AGENT && bytes[to] === Byte.SPACE && bytes[to + 1] === Byte.OPEN_PAREN;
    if (hasMore) last = to = end; // an agent without quotes, `Mozilla/5.0 (…) …`, can only be the last column
    this.#add(from, last, kind, false);
    return to;
  }
}

/** The line at hand. */
export const cells = new Cells();

/** The byte that sets columns off: a bar between blanks or a tab, at least three times; 0: none. */
function separatorOf(bytes: Uint8Array, start: number, end: number): number {
  let [bars, tabs] = [0, 0];
  for (let at = start; at < end; at++) {
    if (bytes[at] === Byte.TAB) tabs++;
    else if (bytes[at] === Byte.PIPE && bytes[at + 1] === Byte.SPACE) bars++;
    if (tabs > 2) return Byte.TAB;
    if (bars > 2) return Byte.PIPE;
  }
  return 0;
}

function closingOf(bytes: Uint8Array, at: number, end: number, closer: number): number {
  const limit = Math.min(end, at + 1024);
  for (let to = at + 1; to < limit; to++) if (bytes[to] === closer && (to + 1 >= end || isBlank(bytes[to + 1]) || bytes[to + 1] === Byte.COLON)) return to;
  return -1;
}

/** Where the upper-case method at `at` ends, or -1. */
function methodEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && to < at + 10 && isUpper(bytes[to])) to++;
  return to - at >= 3 && (to === end || isBlank(bytes[to])) && isMethod(bytes, at, to) ? to : -1;
}

/** Where the target of the request line that is all of [start, end) begins, or -1. */
function requestStart(bytes: Uint8Array, start: number, end: number): number {
  const method = methodEnd(bytes, start, end);
  if (method < 0 || method + 1 >= end) return -1;
  const target = bytes[method + 1];
  return target === Byte.SLASH || target === Byte.STAR || isLetter(target) ? method + 1 : -1;
}

function kindOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return Kind.NONE;
  const first = bytes[start] as number;
  if (isDigit(first) || (first === Byte.DASH || first === Byte.PLUS) && isDigit(bytes[start + 1])) return kindOfNumber(bytes, start, end);
  if (first === Byte.DASH) return length === 1 || length <= 5 && bytes[start + 1] === Byte.DASH || bytes[start + 1] === Byte.SPACE ? Kind.NONE : Kind.WORD;
  if (first === Byte.SLASH || first === Byte.STAR && length === 1) return Kind.PATH;
  if (first === Byte.OPEN_BRACKET || first === Byte.COLON) return addressEnd(bytes, start, end) === end ? Kind.ADDRESS : Kind.TEXT;
  if (!isLetter(first)) return Kind.TEXT;
  if (length > 7 && isUrl(bytes, start, end)) return Kind.URL;
  if (addressEnd(bytes, start, end) === end) return Kind.ADDRESS;
  if (isId(bytes, start, end)) return Kind.ID;
  return kindOfWord(bytes, start, end);
}

function kindOfWord(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  while (to < end && (isLetter(bytes[to]) || isDigit(bytes[to]) || bytes[to] === Byte.DASH || bytes[to] === Byte.UNDERSCORE || bytes[to] === Byte.DOT)) to++;
  if (bytes[to] === Byte.SLASH && to < end) {
    if (end - to <= 4 && to - start === 4 && isUpper(bytes[start]) && isUpper(bytes[start + 3])) return Kind.VERSION;
    if (isUpper(bytes[start + 1]) && end - to === 4 && skipDigits(bytes, to + 1, end) === end && bytes.subarray(start, to).includes(Byte.UNDERSCORE)) return Kind.RESULT;
    if (ipv4End(bytes, to + 1, end) > 0) return Kind.WORD;
    if (isDigit(bytes[to + 1]) || bytes[to + 1] === 0x76 && isDigit(bytes[to + 2])) return Kind.AGENT;
  }
  if (end - start === 4 && (bytes[start] === 0x6e || bytes[start] === 0x4e) && bytes[start + 2] === bytes[start + 3]) return Kind.NONE; // null
  if (equals(bytes, start, end, 'undefined')) return Kind.NONE;
  if (methodEnd(bytes, start, end) === end) return Kind.METHOD;
  for (let at = start; at < end; at++) if (isBlank(bytes[at])) return Kind.TEXT;
  return Kind.WORD;
}

function kindOfNumber(bytes: Uint8Array, start: number, end: number): number {
  const from = isDigit(bytes[start]) ? start : start + 1;
  const digits = skipDigits(bytes, from, end);
  if (digits === end) return from > start ? Kind.NONE : statusEnd(bytes, start, end) === end ? Kind.STATUS : isId(bytes, start, end) ? Kind.ID : Kind.INTEGER;
  if (addressEnd(bytes, start, end) === end) return Kind.ADDRESS;
  if (bytes[digits] === Byte.DOT && skipDigits(bytes, digits + 1, end) === end && end > digits + 1) return Kind.DECIMAL;
  if (bytes[digits] === Byte.SLASH) return isTimers(bytes, start, end) ? Kind.TIMERS : Kind.TEXT;
  if (digits + 1 === end && ((bytes[digits] as number) | 0x20) === 0x62) return Kind.SIZE; // `2B`
  if (bytes[digits] === Byte.SPACE && ((bytes[digits + 1] as number) | 0x20) === 0x62 && end - digits <= 6) return Kind.SIZE;
  if (durationMs(bytes, start, end) >= 0) return Kind.DURATION;
  return isId(bytes, start, end) ? Kind.ID : Kind.TEXT;
}

/** Five numbers with slashes: HAProxy's timers. */
function isTimers(bytes: Uint8Array, start: number, end: number): boolean {
  let slashes = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === Byte.SLASH) slashes++;
    else if (!isDigit(bytes[at]) && bytes[at] !== Byte.DASH && bytes[at] !== Byte.PLUS) return false;
  }
  return slashes === 4 || slashes === 2;
}

/** Where the address at `at` ends, its port and brackets included; -1: none. */
function addressEnd(bytes: Uint8Array, start: number, end: number): number {
  const from = bytes[start] === Byte.OPEN_BRACKET ? start + 1 : start;
  let to = addressOnly(bytes, from, end);
  if (to < 0) return -1;
  if (from > start && bytes[to++] !== Byte.CLOSE_BRACKET) return -1;
  return bytes[to] === Byte.COLON && to < end ? skipDigits(bytes, to + 1, end) : to;
}

/** Where the address at `at` ends without a port, or -1. */
export function addressOnly(bytes: Uint8Array, at: number, end: number): number {
  const to = ipv4End(bytes, isMapped(bytes, at, end) ? at + 7 : at, end);
  return to > 0 ? to : ipv6End(bytes, at, end);
}

/** Whether an IPv4 address in IPv6 clothes begins at `at`, `::ffff:10.0.0.1`. */
export function isMapped(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at > 13 && bytes[at] === Byte.COLON && bytes[at + 1] === Byte.COLON && ((bytes[at + 2] as number) | 0x20) === 0x66 && bytes[at + 6] === Byte.COLON;
}

function isUrl(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + 12);
  let at = start;
  while (at < limit && isLower(bytes[at])) at++;
  return bytes[at] === Byte.COLON && bytes[at + 1] === Byte.SLASH && bytes[at + 2] === Byte.SLASH;
}

/** A UUID, or at least twenty hexadecimal digits. */
export function isId(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length !== 36 && length < 20) return false;
  let dashes = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === Byte.DASH) dashes++;
    else if (!isDigit(byte) && !((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)) return false;
  }
  return dashes === 0 || dashes === 4 && length === 36;
}
