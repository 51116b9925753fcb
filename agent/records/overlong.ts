import { placeOf, type Source } from '../inputs/source.ts';

const [LF, CR] = [0x0a, 0x0d];

/** A line that is longer than a record may be: its beginning, where it starts, and how long it is as far as was read. */
export interface HeldLine {
  readonly head: Uint8Array<ArrayBuffer>;
  readonly offset: number;
  /** As text, and where it ends in the source. */
  length: number;
  end: number;
  endsInCr: boolean;
}

/**
 * Lines too long for any buffer. Their beginning is kept, the rest is only counted, so that memory stays flat whatever
 * comes, and reading goes on at the next line.
 */
export class Overlong {
  readonly #held = new Map<number, HeldLine>();
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  holds(source: Source): boolean {
    return this.#held.size > 0 && this.#held.has(source.index);
  }

  /** Keeps the beginning of the line of which `bytes` were read. */
  begin(source: Source, bytes: Uint8Array<ArrayBuffer>): void {
    const head = bytes.slice(0, cutAt(bytes, 0, this.#maxBytes));
    const endsInCr = bytes.at(-1) === CR;
    this.#held.set(source.index, { head, offset: source.offset, length: bytes.length, end: placeOf(source, bytes.length - (endsInCr ? 1 : 0)), endsInCr });
    source.advance(bytes.length);
  }

  /** Counts on. The number of bytes that end the line (its newline included), or -1 when it goes on. `final`: it ends here. */
  read(source: Source, bytes: Uint8Array<ArrayBuffer>, length: number, final: boolean): number {
    const held = this.#held.get(source.index);
    if (held === undefined) return -1;
    const newline = bytes.subarray(0, length).indexOf(LF);
    const end = newline >= 0 ? newline : length;
    if (end > 0) {
      held.endsInCr = bytes[end - 1] === CR;
      held.end = placeOf(source, end - (held.endsInCr ? 1 : 0));
    }
    held.length += end;
    if (newline < 0 && !(final && length === 0)) {
      source.advance(length);
      return -1;
    }
    if (held.endsInCr) held.length--;
    return newline < 0 ? 0 : end + 1;
  }

  /** The line whose last `end` bytes ended it could not go on its way: as if they had not been read. */
  putBack(source: Source, held: HeldLine, end: number): void {
    held.length -= Math.max(0, end - 1) - (held.endsInCr ? 1 : 0);
    this.#held.set(source.index, held);
  }

  take(source: Source): HeldLine | undefined {
    const held = this.#held.get(source.index);
    this.#held.delete(source.index);
    return held;
  }
}

/** The last position up to `start + limit` at which no UTF-8 character is cut. */
export function cutAt(bytes: Uint8Array, start: number, limit: number): number {
  let end = start + limit;
  for (let back = 0; back < 3 && end > start && ((bytes[end] ?? 0) & 0xc0) === 0x80; back++) end--;
  return end;
}
