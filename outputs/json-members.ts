/** A member of a JSON object, as positions: its key begins with its quote at `keyStart`, its value is `[start, end)`, quotes included. */
export interface Member {
  readonly keyStart: number;
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA] = [...'"\\{}[],'].map((character) => character.charCodeAt(0)) as [number, number, number, number, number, number, number];
const SPACE = 0x20;

/** The value of a member of the object at [start, end), which shipper wrote itself: valid, no key twice. What stands between its tokens may be as the source wrote it. */
export function memberOf(body: Uint8Array, start: number, end: number, key: Uint8Array): Member | undefined {
  let at = skipBlanks(body, start + 1, end);
  while (at < end && body[at] === QUOTE) {
    const keyEnd = stringEnd(body, at, end);
    const valueStart = skipBlanks(body, skipBlanks(body, keyEnd, end) + 1, end);
    const valueEnd = body[valueStart] === QUOTE ? stringEnd(body, valueStart, end) : plainEnd(body, valueStart, end);
    if (keyEnd - at - 2 === key.length && isAt(body, at + 1, key)) return { keyStart: at, start: valueStart, end: valueEnd };
    at = skipBlanks(body, skipBlanks(body, valueEnd, end) + 1, end);
  }
  return undefined;
}

/** The member that a path of names joined by dots leads to; a key may have dots in it itself. */
export function memberAt(body: Uint8Array, start: number, end: number, names: readonly string[]): Member | undefined {
  for (let count = 1; count <= names.length; count++) {
    const member = memberOf(body, start, end, Buffer.from(names.slice(0, count).join('.')));
    if (member === undefined) continue;
    if (count === names.length) return member;
    const inner = body[member.start] === OPEN_BRACE ? memberAt(body, member.start, member.end, names.slice(count)) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** All that JSON takes for blank lies below the space, and nothing else may stand there. */
function skipBlanks(body: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (body[at] as number) <= SPACE) at++;
  return at;
}

/** Behind the closing quote. */
function stringEnd(body: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** The end of a number, a word, an array or an object. */
function plainEnd(body: Uint8Array, start: number, end: number): number {
  let depth = 0;
  let at = start;
  while (at < end) {
    const byte = body[at];
    if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || (byte as number) <= SPACE)) break;
    if (byte === QUOTE) {
      at = stringEnd(body, at, end);
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    at++;
  }
  return at;
}

function isAt(body: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (body[at + i] !== text[i]) return false;
  return true;
}
