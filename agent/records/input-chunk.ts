import { isUtf8 } from 'node:buffer';
import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import type { Scanners } from '../../parsers/values/scanners.ts';

/** The chunk that lies in the arena's input region: filled again and again. */
export class InputChunk implements Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly base: number;
  valid = true;
  readonly scanners: Scanners;
  readonly #buffer: Buffer<ArrayBuffer>;
  #length = 0;
  #text: string | undefined;

  constructor(arena: Arena, scanners: Scanners) {
    this.scanners = scanners;
    const { start, end } = arena.input;
    this.base = start;
    this.bytes = arena.bytes.subarray(start, end);
    this.#buffer = Buffer.from(this.bytes.buffer, start, end - start);
  }

  /** Bytes it can hold. */
  get room(): number {
    return this.bytes.length;
  }

  /** Where bytes are read into: from position `from` up to `to`. */
  target(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, to);
  }

  /** Its first `length` bytes are new. */
  set(length: number): void {
    this.#length = length;
    this.#text = undefined;
    this.valid = isUtf8(this.bytes.subarray(0, length));
  }

  get text(): string {
    return (this.#text ??= this.#buffer.toString('latin1', 0, this.#length));
  }
}
