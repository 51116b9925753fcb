/** Bytes of a stream that have come and are not used up yet, in the pieces in which they came. */
export class Window {
  readonly #pieces: Buffer[] = [];
  #start: number;
  #end: number;

  /** `start`: offset, in the stream, of the first byte to come. */
  constructor(start = 0) {
    this.#start = this.#end = start;
  }

  /** Offset up to which bytes have come. */
  get end(): number {
    return this.#end;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#end += piece.length;
  }

  /** Copies what is there from an offset on, as far as it fits. Gives the number of bytes. */
  copy(offset: number, target: Uint8Array): number {
    let from = offset - this.#start;
    let filled = 0;
    for (const piece of this.#pieces) {
      if (filled === target.length) break;
      if (from < piece.length) {
        const part = piece.subarray(from, from + target.length - filled);
        target.set(part, filled);
        filled += part.length;
      }
      from = Math.max(0, from - piece.length);
    }
    return filled;
  }

  /** Lets go of the pieces before an offset. */
  drop(offset: number): void {
    for (let first = this.#pieces[0]; first !== undefined && this.#start + first.length <= offset; first = this.#pieces[0]) {
      this.#start += first.length;
      this.#pieces.shift();
    }
  }
}
