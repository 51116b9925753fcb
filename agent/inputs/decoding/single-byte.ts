import { TextDecoder } from 'node:util';
import { type Charset, packed, REPLACEMENT } from './charset.ts';

/** What windows-1252 has where Latin-1 has control characters, from 0x80 on. https://encoding.spec.whatwg.org/index-windows-1252.txt */
const WINDOWS_1252 = '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** Encodings of which each byte is a character: a table. */
export class SingleByte implements Charset {
  readonly unitBytes = 1;
  readonly #characters = new Int32Array(256);

  /** `name`: as the WHATWG's standard has it. */
  constructor(name: string) {
    const decoder = new TextDecoder(name);
    for (let byte = 0; byte < 256; byte++) {
      const codePoint = byte < 0x80 ? byte : (decoder.decode(Uint8Array.of(byte)).codePointAt(0) ?? REPLACEMENT);
      this.#characters[byte] = packed(codePoint, 1);
    }
    if (name === 'windows-1252') this.#putWindows1252();
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    return at < end ? (this.#characters[bytes[at] as number] as number) : 0;
  }

  /** Node 20 takes windows-1252 for Latin-1. */
  #putWindows1252(): void {
    for (let index = 0; index < WINDOWS_1252.length; index++) this.#characters[0x80 + index] = packed(WINDOWS_1252.charCodeAt(index), 1);
  }
}
