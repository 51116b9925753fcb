import { constants, createGzip, type Gzip, type ZlibReset } from 'node:zlib';
import { free } from './free.ts';

const LEVEL = 1; // 6 takes three times as long for 8 % less
/** Compressed bytes that come at once: each time costs a turn of the event loop. */
const PIECE_BYTES = 262_144;

const idle: Compressor[] = [];

/**
 * Compresses `body`, off the main thread, and lends it to `use`. When that has settled, its memory is used again: there is
 * as much of it as bodies were under way at once.
 */
export async function gzipped<T>(body: Uint8Array, use: (compressed: Uint8Array) => Promise<T>): Promise<T> {
  const compressor = idle.pop() ?? new Compressor();
  const result = await use(await compressor.compress(body)).finally(() => idle.push(compressor));
  return result;
}

/** zlib's own memory, a quarter of a megabyte, and room for what comes out, both used again and again. */
class Compressor {
  readonly #zip = createGzip({ level: LEVEL, chunkSize: PIECE_BYTES }) as Gzip & ZlibReset; // the types forget that it can be reset
  #room = Buffer.alloc(0);
  #length = 0;

  constructor() {
    this.#zip.on('data', (piece: Buffer) => this.#take(piece));
  }

  /** One at a time. What it gives is valid until the next. */
  compress(body: Uint8Array): Promise<Uint8Array> {
    const zip = this.#zip;
    this.#length = 0;
    return new Promise((resolve, reject) => {
      zip.once('error', reject);
      zip.write(body);
      zip.flush(constants.Z_FINISH, () => {
        zip.off('error', reject);
        while (zip.read() !== null); // what has not been told as data yet is by this
        zip.reset();
        resolve(this.#room.subarray(0, this.#length));
      });
    });
  }

  #take(piece: Buffer): void {
    if (this.#length + piece.length > this.#room.length) this.#grow(this.#length + piece.length);
    piece.copy(this.#room, this.#length);
    this.#length += piece.length;
    if (piece.byteOffset + piece.length === piece.buffer.byteLength) free([piece]); // full: nothing more comes into it
  }

  #grow(least: number): void {
    const room = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#room.length, PIECE_BYTES));
    this.#room.copy(room, 0, 0, this.#length);
    free([this.#room]);
    this.#room = room;
  }
}
