import { type Charset, packed, REPLACEMENT } from './charset.ts';

/** UTF-16, as Windows writes it. A surrogate without its other half, and half a unit at the end, become U+FFFD. */
export class Utf16 implements Charset {
  readonly unitBytes = 2;
  /** Which byte of a unit is the low one. */
  readonly #low: number;

  constructor(isLittleEndian: boolean) {
    this.#low = isLittleEndian ? 0 : 1;
  }

  read(bytes: Uint8Array, at: number, end: number, final: boolean): number {
    if (at + 2 > end) return final && at < end ? packed(REPLACEMENT, 1) : 0;
    const unit = this.#unit(bytes, at);
    if ((unit & 0xf800) !== 0xd800) return packed(unit, 2);
    if (unit >= 0xdc00) return packed(REPLACEMENT, 2);
    if (at + 4 > end) return final ? packed(REPLACEMENT, 2) : 0;
    const next = this.#unit(bytes, at + 2);
    if ((next & 0xfc00) !== 0xdc00) return packed(REPLACEMENT, 2);
    return packed(0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff), 4);
  }

  #unit(bytes: Uint8Array, at: number): number {
    return (bytes[at + this.#low] as number) | ((bytes[at + 1 - this.#low] as number) << 8);
  }
}
