/** The inside of a JSON string: [start, end) of a document. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, COLON, SPACE, U] = [0x22, 0x5c, 0x3a, 0x20, 0x75];

/** The longest string of a JSON document that is no key; empty if there is none. */
export function longestText(json: Buffer): TextSpan {
  let longest: TextSpan = { start: 0, end: 0 };
  for (let open = json.indexOf(QUOTE); open >= 0; ) {
    const end = closingQuote(json, open);
    if (end - open - 1 > longest.end - longest.start && !isKey(json, end)) longest = { start: open + 1, end };
    open = json.indexOf(QUOTE, end + 1);
  }
  return longest;
}

/** The document with `excess` bytes less: a text ends earlier, between two characters, and with `mark`. If the text is too short for that, nothing but the mark is left of it. */
export function cutText(json: Buffer, { start, end }: TextSpan, excess: number, mark: Buffer): Buffer {
  const cut = boundary(json, start, Math.max(start, end - excess - mark.length));
  return Buffer.concat([json.subarray(0, cut), mark, json.subarray(end)]);
}

function closingQuote(json: Buffer, open: number): number {
  let at = json.indexOf(QUOTE, open + 1);
  while (at > 0 && isEscaped(json, at)) at = json.indexOf(QUOTE, at + 1);
  return at < 0 ? json.length : at;
}

function isEscaped(json: Buffer, at: number): boolean {
  let before = at - 1;
  while (json[before] === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

function isKey(json: Buffer, closing: number): boolean {
  let at = closing + 1;
  while (json[at] === SPACE) at++;
  return json[at] === COLON;
}

/** The last position, at `most`, at which a string may be cut: not within a character, nor within an escape or a pair of them. */
function boundary(json: Buffer, start: number, most: number): number {
  let at = start;
  for (let next = at + width(json, at); next <= most; next = at + width(json, at)) at = next;
  return at;
}

function width(json: Buffer, at: number): number {
  const byte = json[at] ?? 0;
  if (byte === BACKSLASH) return json[at + 1] !== U ? 2 : isHighSurrogate(json, at) ? 12 : 6;
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** `\ud83d`, of which another escape is the second half. */
function isHighSurrogate(json: Buffer, at: number): boolean {
  return /^\\u[dD][89abAB][0-9a-fA-F]{2}\\u$/.test(json.toString('latin1', at, at + 8));
}
