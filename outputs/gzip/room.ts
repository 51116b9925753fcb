import { free } from '../free.ts';

const LEAST_BYTES = 262_144;

/** Memory that pieces are put together in, used again and again: it is as long as the longest was, at most twice. */
export class Room {
  #bytes = Buffer.alloc(0);
  #length = 0;

  /** What was added since `clear`. A view: valid until the next of both. */
  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  add(piece: Uint8Array): void {
    const end = this.#length + piece.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(piece, this.#length);
    this.#length = end;
  }

  #grow(least: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#bytes.length, LEAST_BYTES));
    bytes.set(this.content);
    free([this.#bytes]);
    this.#bytes = bytes;
  }
}
