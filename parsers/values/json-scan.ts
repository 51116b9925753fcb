/** A row of the table `scanObject` fills: key start and end (without quotes), value start and end (with them), type, and a place for its reader. */
export const ROW = 6;

/** Types of JSON values. `ESCAPED`: a string with a backslash in it. */
export const Json = { STRING: 0, ESCAPED: 1, NUMBER: 2, WORD: 3, NULL: 4, OBJECT: 5, ARRAY: 6 } as const;

/** Deepest nesting that is read; what is deeper makes the line text. */
const MAX_DEPTH = 64;

/** Added to a type: an object inside may have a key twice, which only a closer look can tell. */
export const DOUBTFUL = 16;
/** Added to a number of rows: a key may be there twice, which only a closer look can tell. */
export const UNSURE = 0x10000;

/** Lists members. A chunk brings one; this file has the plain one. */
export interface MemberScanner {
  /** Rows for each depth of objects in objects that is listed: those of a depth begin at DEPTH times it. */
  readonly table: Int32Array;
  /**
   * Lists the members of the object that is all of [start, end) but white space in the rows of `depth`; the sixth
   * column is the key's id inside `container` (-1: at the top), see aliases.ts. Returns their number, UNSURE added or
   * not; -1 if it isn't an object, or has more members than the table holds.
   */
  list(start: number, end: number, depth: number, container: number): number;
}

/** Longest table. */
export const MAX_ROWS = 2000;
/** How deep objects in objects are listed. */
export const TABLES = 3;
/** Integers of one depth. */
export const DEPTH = MAX_ROWS * ROW;

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, DOT, ZERO, NINE] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2e, 0x30, 0x39];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Reads the JSON object that is all of [start, end) but white space: every token is checked, and the top-level members
 * are listed in `table`, ROW integers each. Returns their number; -1 if it isn't an object, or has more members than
 * the table holds.
 */
export function scanObject(bytes: Uint8Array, start: number, end: number, table: Int32Array): number {
  let at = space(bytes, start, end);
  if (at >= end || bytes[at] !== OPEN_BRACE) return -1;
  at = space(bytes, at + 1, end);
  let count = 0;
  if (bytes[at] === CLOSE_BRACE && at < end) return space(bytes, at + 1, end) === end ? 0 : -1;
  for (let row = 0; row + ROW <= table.length; row += ROW) {
    if (at >= end || bytes[at] !== QUOTE) return -1;
    const keyEnd = stringEnd(bytes, at, end);
    if (keyEnd < 0) return -1;
    table[row] = at + 1;
    table[row + 1] = keyEnd - 1;
    at = space(bytes, keyEnd, end);
    if (at >= end || bytes[at] !== COLON) return -1;
    at = space(bytes, at + 1, end);
    table[row + 2] = at;
    const valueEnd = value(bytes, at, end, 1);
    if (valueEnd < 0) return -1;
    table[row + 3] = valueEnd;
    table[row + 4] = typeOf(bytes, at, valueEnd);
    count++;
    at = space(bytes, valueEnd, end);
    if (at >= end) return -1;
    if (bytes[at] === CLOSE_BRACE) return space(bytes, at + 1, end) === end ? count : -1;
    if (bytes[at] !== COMMA) return -1;
    at = space(bytes, at + 1, end);
  }
  return -1;
}

/** Position of the first byte from `at` on that is not white space of JSON. */
function space(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
  return at;
}

/** Position behind the string whose opening quote is at `at`; -1 if it is not a valid one. */
export function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (at++; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== BACKSLASH) continue;
    at++;
    const escape = at < end ? (bytes[at] as number) : 0;
    if (escape === 0x75) {
      if (at + 4 >= end || !isHex(bytes, at + 1)) return -1;
      at += 4;
    } else if (escape !== QUOTE && escape !== BACKSLASH && escape !== 0x2f && escape !== 0x62 && escape !== 0x66 && escape !== 0x6e && escape !== 0x72 && escape !== 0x74) return -1;
  }
  return -1;
}

function isHex(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + i] as number;
    if (!((byte >= ZERO && byte <= NINE) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66))) return false;
  }
  return true;
}

/** Position behind the value at `at`; -1 if it is not valid. */
function value(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end) return -1;
  const byte = bytes[at] as number;
  if (byte === QUOTE) return stringEnd(bytes, at, end);
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return nested(bytes, at, end, depth);
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return numberEnd(bytes, at, end);
  if (byte === 0x74) return word(bytes, at, end, 'true');
  if (byte === 0x66) return word(bytes, at, end, 'false');
  if (byte === 0x6e) return word(bytes, at, end, 'null');
  return -1;
}

function word(bytes: Uint8Array, at: number, end: number, text: string): number {
  if (at + text.length > end) return -1;
  for (let i = 1; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return -1;
  return at + text.length;
}

/** Position behind the JSON number at `at`; -1: none. */
export function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === MINUS) at++;
  if (at >= end) return -1;
  if (bytes[at] === ZERO) at++;
  else {
    const first = at;
    at = digits(bytes, at, end);
    if (at === first) return -1;
  }
  if (at < end && bytes[at] === DOT) {
    const first = ++at;
    at = digits(bytes, at, end);
    if (at === first) return -1;
  }
  if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
    at++;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === MINUS)) at++;
    const first = at;
    at = digits(bytes, at, end);
    if (at === first) return -1;
  }
  return at;
}

function digits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++;
  return at;
}

function nested(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (depth >= MAX_DEPTH) return -1;
  const isObject = bytes[at] === OPEN_BRACE;
  const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
  at = space(bytes, at + 1, end);
  if (at < end && bytes[at] === close) return at + 1;
  while (at < end) {
    if (isObject) {
      if (bytes[at] !== QUOTE) return -1;
      at = stringEnd(bytes, at, end);
      if (at < 0) return -1;
      at = space(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return -1;
      at = space(bytes, at + 1, end);
    }
    at = value(bytes, at, end, depth + 1);
    if (at < 0) return -1;
    at = space(bytes, at, end);
    if (at >= end) return -1;
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = space(bytes, at + 1, end);
  }
  return -1;
}

function typeOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] as number;
  if (first === QUOTE) {
    for (let at = start + 1; at < end; at++) if (bytes[at] === BACKSLASH) return Json.ESCAPED;
    return Json.STRING;
  }
  if (first === OPEN_BRACE) return Json.OBJECT;
  if (first === OPEN_BRACKET) return Json.ARRAY;
  if (first === 0x6e) return Json.NULL;
  return first === 0x74 || first === 0x66 ? Json.WORD : Json.NUMBER;
}
