const [BACKSLASH, PERCENT, AMPERSAND, ESC] = [0x5c, 0x25, 0x26, 0x1b];
const OTHER_LETTER = 0xff;
/** Backslashes before a character at most: that is a text in five strings of JSON in each other. */
const DEEPEST = 64;

/**
 * A text as its reader will see it: `\u0040`, `\x40`, `%40` and `&#64;` are an @, `\"` a quote, however often they were
 * escaped again on their way (JSON in a string of JSON); colours of a terminal are not there. Secrets are looked for here, and found places told in the
 * bytes. Where there are no escapes it is those bytes.
 */
export class View {
  bytes: Uint8Array = new Uint8Array();
  start = 0;
  end = 0;
  #isPlain = true;
  #text = new Uint8Array(4096);
  /** By position in the view: where its character begins in the bytes, and in how many strings of JSON the quote there lies. */
  #from = new Int32Array(4097);
  #depths = new Uint8Array(4096);

  /** Shows [start, end) of `bytes`. */
  show(bytes: Uint8Array, start: number, end: number): void {
    this.#isPlain = !hasEscape(bytes, start, end);
    if (this.#isPlain) {
      this.bytes = bytes;
      this.start = start;
      this.end = end;
    } else this.#resolve(bytes, start, end);
  }

  /** Where the character at a position of the view begins in the bytes. */
  placeOf(position: number): number {
    return this.#isPlain ? position : (this.#from[position] as number);
  }

  /** How deep the quote at a position is escaped: 0 for `"`, 1 for `\"`, 2 for `\\\"`. */
  depthOf(position: number): number {
    return this.#isPlain ? 0 : (this.#depths[position] as number);
  }

  #resolve(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > this.#text.length) {
      this.#text = new Uint8Array(end - start);
      this.#from = new Int32Array(end - start + 1);
      this.#depths = new Uint8Array(end - start);
    }
    const text = this.#text;
    const isJson = mayBeJson(bytes, start, end);
    let to = 0;
    for (let at = start; at < end; ) {
      const byte = bytes[at] as number;
      this.#from[to] = at;
      this.#depths[to] = 0;
      text[to] = byte;
      at = byte === BACKSLASH ? this.#backslashes(bytes, at, end, to, isJson) : byte === PERCENT || byte === AMPERSAND ? this.#reference(bytes, at, end, to) : at + 1;
      const colour = text[to] === ESC ? colourEnd(bytes, at, end) : 0;
      if (colour > 0) at = colour; // it is left out when the text is written, and what stood around it stands together
      else to++;
    }
    this.#from[to] = end;
    this.bytes = text;
    this.start = 0;
    this.end = to;
  }

  /** A run of backslashes and what it escapes; where it ends. */
  #backslashes(bytes: Uint8Array, at: number, end: number, to: number, isJson: boolean): number {
    let after = at;
    while (after < end && after - at < DEEPEST && bytes[after] === BACKSLASH) after++;
    const letter = bytes[after] as number;
    if (after >= end) return at + 1;
    if (letter === 0x75 || letter === 0x78) return this.#coded(bytes, at, after + 1, letter === 0x75 ? 4 : 2, end, to);
    if (letter === 0x22 || letter === 0x27 || letter === 0x2f) {
      this.#text[to] = letter;
      this.#depths[to] = trailingOnes(after - at);
      return after + 1;
    }
    const control = letter === 0x6e || letter === 0x72 ? 0x0a : letter === 0x74 ? 0x20 : 0;
    if (control === 0 || !isJson) return at + 1;
    this.#text[to] = control;
    return after + 1;
  }

  #coded(bytes: Uint8Array, at: number, digits: number, count: number, end: number, to: number): number {
    const code = digits + count <= end ? hexOf(bytes, digits, count) : -1;
    if (code < 0) return at + 1;
    this.#text[to] = code < 0x80 ? code : OTHER_LETTER;
    if (code === 0x22 || code === 0x27) this.#depths[to] = trailingOnes(digits - 1 - at);
    return digits + count;
  }

  /** `%40`, `&#64;`, `&#x40;`: only what stands between the parts of secrets. */
  #reference(bytes: Uint8Array, at: number, end: number, to: number): number {
    const isPercent = bytes[at] === PERCENT;
    if (isPercent) {
      const code = at + 3 <= end ? hexOf(bytes, at + 1, 2) : -1;
      if (code !== 0x40 && code !== 0x3a && code !== 0x3d && code !== 0x2b) return at + 1;
      this.#text[to] = code;
      return at + 3;
    }
    if (bytes[at + 1] !== 0x23) return at + 1;
    const isHex = bytes[at + 2] === 0x78 || bytes[at + 2] === 0x58;
    const code = isHex ? hexOf(bytes, at + 3, 2) : hexOf(bytes, at + 2, 2);
    const semicolon = at + (isHex ? 5 : 4);
    if (semicolon >= end || bytes[semicolon] !== 0x3b || code !== (isHex ? 0x40 : 0x64)) return at + 1; // the decimal 64, read as hexadecimal
    this.#text[to] = 0x40;
    return semicolon + 1;
  }
}

/** Whether `\n` is a line's end here, and not the begin of a name behind a backslash. */
function mayBeJson(bytes: Uint8Array, start: number, end: number): boolean {
  const isMark = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x22;
  return isMark(bytes[start]) || bytes[start] === 0x5b && start + 1 < end && isMark(bytes[start + 1]);
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH || byte === PERCENT || byte === AMPERSAND || byte === ESC) return true;
  }
  return false;
}

/** Where the control sequence ends that follows an ESC before `at`: of those that colour, erase and move, which is what programs write; 0: there is none. */
function colourEnd(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== 0x5b) return 0;
  let to = at + 1;
  for (let digits = 0; to < end && digits <= 3; to++) {
    const byte = bytes[to] as number;
    if (byte === 0x3b) digits = 0;
    else if (byte >= 0x30 && byte <= 0x39) digits++;
    else return byte === 0x6d || byte === 0x4b || byte === 0x4a || byte === 0x48 ? to + 1 : 0;
  }
  return 0;
}

function hexOf(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const byte = bytes[index] as number;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66 ? (byte | 0x20) - 0x57 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** A quote in n strings in each other has 2^n - 1 backslashes before it, and twice that many more for each backslash that is content. */
function trailingOnes(count: number): number {
  return 31 - Math.clz32(~count & (count + 1));
}
