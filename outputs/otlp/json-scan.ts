const [QUOTE, COMMA, OPEN_BRACKET, BACKSLASH, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE, SPACE] = [0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x20];

/** Position behind the string whose first quote is at `at`. What is scanned here was written by shipper: it is valid. */
export function afterString(json: Uint8Array, at: number): number {
  for (at++; json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++;
  return at + 1;
}

/** Position behind the value that begins at `at`. */
export function afterValue(json: Uint8Array, at: number): number {
  const first = json[at];
  if (first === QUOTE) return afterString(json, at);
  return first === OPEN_BRACE || first === OPEN_BRACKET ? afterNested(json, at) : afterWord(json, at);
}

/** Position of the next byte that is no blank. */
export function afterBlanks(json: Uint8Array, at: number): number {
  while ((json[at] as number) <= SPACE) at++;
  return at;
}

function afterNested(json: Uint8Array, at: number): number {
  let depth = 0;
  do {
    const byte = json[at];
    if (byte === QUOTE) at = afterString(json, at) - 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    at++;
  } while (depth > 0);
  return at;
}

/** A number, true, false, null. */
function afterWord(json: Uint8Array, at: number): number {
  let byte = json[at] as number;
  while (byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET && byte > SPACE) byte = json[++at] as number;
  return at;
}
