import { TextDecoder } from 'node:util';
import { type Charset, packed, REPLACEMENT } from './charset.ts';

/** Bytes of the longest character: GB18030 has some of four, EUC-JP of three. */
const LONGEST = 4;
const PAIRS = 65_536;
/** In the table: two bytes that are no character. */
const NONE = -1;

/**
 * Encodings of East Asia: ASCII is itself, and a character begins with a byte beyond it. None has a newline as a later
 * byte, and one that should not be there is left for what comes next: lines are the same whatever is in them.
 */
export class MultiByte implements Charset {
  readonly unitBytes = 1;
  readonly #decoder: TextDecoder;
  /** Single bytes beyond ASCII, and pairs, as far as they were met; 0: not yet. */
  readonly #singles = new Int32Array(256);
  readonly #pairs = new Int32Array(PAIRS);

  /** `name`: as the WHATWG's standard has it. */
  constructor(name: string) {
    this.#decoder = new TextDecoder(name, { fatal: true });
  }

  read(bytes: Uint8Array, at: number, end: number, final: boolean): number {
    if (at === end) return 0;
    const first = bytes[at] as number;
    if (first < 0x80) return packed(first, 1);
    const single = (this.#singles[first] ||= this.#decode(bytes, at, 1));
    if (single !== NONE) return single;
    if (at + 2 > end) return final ? packed(REPLACEMENT, 1) : 0;
    const pair = (first << 8) | (bytes[at + 1] as number);
    const double = (this.#pairs[pair] ||= this.#decode(bytes, at, 2));
    return double === NONE ? this.#readLong(bytes, at, end, final) : double;
  }

  /** What is no character of one or two bytes: a longer one, or none. */
  #readLong(bytes: Uint8Array, at: number, end: number, final: boolean): number {
    for (let length = 3; length <= LONGEST && at + length <= end; length++) {
      const character = this.#decode(bytes, at, length);
      if (character !== NONE) return character;
    }
    const mayGoOn = at + LONGEST > end && !final && !bytes.subarray(at, end).includes(0x0a);
    // A byte of ASCII is one even where it should not be: a line's end above all.
    return mayGoOn ? 0 : packed(REPLACEMENT, (bytes[at + 1] as number) < 0x80 ? 1 : 2);
  }

  /** The one character that these bytes are, or NONE. */
  #decode(bytes: Uint8Array, at: number, length: number): number {
    try {
      const text = this.#decoder.decode(bytes.subarray(at, at + length));
      const codePoint = text.codePointAt(0) ?? REPLACEMENT;
      const isOne = text.length === (codePoint > 0xffff ? 2 : 1);
      return isOne ? packed(codePoint, length) : NONE;
    } catch {
      return NONE;
    }
  }
}
