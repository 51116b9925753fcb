/** A member of a JSON object, as positions: its value is `[start, end)`, quotes included. */
export interface Member {
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COMMA] = [...'"\\{}[],'].map((character) => character.charCodeAt(0)) as [number, number, number, number, number, number, number];

/** The value of a top-level member of the document at [start, end), which shipper wrote itself: compact, valid, no key twice. */
export function memberOf(body: Uint8Array, start: number, end: number, key: Uint8Array): Member | undefined {
  let at = start + 1;
  while (at < end && body[at] === QUOTE) {
    const keyEnd = stringEnd(body, at, end);
    const valueStart = keyEnd + 1;
    const valueEnd = body[valueStart] === QUOTE ? stringEnd(body, valueStart, end) : plainEnd(body, valueStart, end);
    if (keyEnd - at - 2 === key.length && isAt(body, at + 1, key)) return { start: valueStart, end: valueEnd };
    at = valueEnd + 1;
  }
  return undefined;
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
    if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) break;
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
