import { read } from 'node:fs';
import type { TransformOptions } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, type Gunzip, type ZlibOptions } from 'node:zlib';
import { errorText } from '../state/error-code.ts';

const readAt = promisify(read);

/** Compressed bytes that are fed at once: in general, and where the file is damaged, ever finer. */
const [PIECE_BYTES, ...FINE_BYTES] = [65_536, 1_024, 1] as const;
/** First bytes that are kept: those that may say which encoding it is. */
const HEAD_BYTES = 4;
/** Uncompressed bytes that come at once, and that wait to be taken, about. */
const [OUTPUT_BYTES, WAITING_BYTES] = [16_384, 131_072];

/**
 * What a gzip file holds, from an offset on, piece by piece and no faster than it is taken. Several members are one
 * stream, as gzip has it. Of a damaged file comes all that lies before the damage.
 */
export class GzipStream {
  /** What is wrong with the file; undefined: nothing, as far as it was read. */
  problem: string | undefined;
  /** The first bytes, once they were passed. */
  head = Buffer.alloc(0);
  /** Resolves when the descriptor is not used any more. */
  readonly released: Promise<void>;
  readonly #descriptor: number;
  readonly #changed: () => void;
  #gunzip: Gunzip;
  #failure: Error | undefined;
  /** Offset of the next byte to come out, and of the next one that is wanted. */
  #at = 0;
  #wanted: number;
  #isFed = false;
  #isClosed = false;

  /** `descriptor` stays open. `changed` is called when something came, and at the end; never before this returns. */
  constructor(descriptor: number, offset: number, changed: () => void) {
    this.#descriptor = descriptor;
    this.#wanted = offset;
    this.#changed = changed;
    this.#gunzip = this.#begin();
    this.released = this.#run();
  }

  /** Everything was taken. */
  get ended(): boolean {
    return this.#isFed && this.#gunzip.readableLength === 0;
  }

  /** Uncompressed bytes up to what was taken last; in the end, how long the content is. */
  get position(): number {
    return this.#at;
  }

  /** What comes next; undefined: nothing is there now. */
  take(): Buffer | undefined {
    for (let piece = this.#next(); piece !== null; piece = this.#next()) {
      const start = this.#at;
      if (start < HEAD_BYTES) this.head = Buffer.concat([this.head.subarray(0, start), piece]).subarray(0, HEAD_BYTES);
      this.#at += piece.length;
      if (this.#at <= this.#wanted) continue;
      const fresh = piece.subarray(Math.max(0, this.#wanted - start));
      this.#wanted = this.#at;
      return fresh;
    }
    return undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#gunzip.destroy();
  }

  #next(): Buffer | null {
    return this.#gunzip.read() as Buffer | null; // no encoding is set
  }

  async #run(): Promise<void> {
    try {
      let damagedFrom = await this.#feed(Infinity, PIECE_BYTES);
      for (const bytes of FINE_BYTES) if (damagedFrom !== undefined) damagedFrom = await this.#feedFinely(damagedFrom, bytes);
    } catch (error) {
      this.problem = errorText(error);
    }
    this.#isFed = true;
    this.#changed();
  }

  /** zlib keeps to itself what it has made of a piece in which it finds damage: so once more, and that in smaller ones. */
  #feedFinely(damagedFrom: number, bytes: number): Promise<number | undefined> {
    this.#at = 0;
    this.#gunzip = this.#begin();
    return this.#feed(damagedFrom, bytes);
  }

  /** From the beginning to the end, or to what is damaged; `fine` bytes at once from `fineFrom` on. Where the piece begins that is damaged; undefined: none. */
  async #feed(fineFrom: number, fine: number): Promise<number | undefined> {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let at = 0; !this.#isClosed; ) {
      const most = at < fineFrom ? Math.min(PIECE_BYTES, fineFrom - at) : fine;
      const { bytesRead } = await readAt(this.#descriptor, buffer, 0, most, at);
      if (this.#isClosed) break; // while it was read
      if (bytesRead === 0) return void (await this.#finish());
      if (!(await this.#write(buffer.subarray(0, bytesRead)))) return at;
      at += bytesRead;
    }
    return undefined;
  }

  /** Resolves when zlib has made all of it that can be made. False: it is damaged. */
  async #write(piece: Buffer): Promise<boolean> {
    const gunzip = this.#gunzip;
    await new Promise<void>((resolve) => {
      gunzip.once('close', resolve);
      gunzip.write(piece, () => {
        gunzip.off('close', resolve);
        resolve();
      });
    });
    this.problem = this.#failure?.message;
    return this.#failure === undefined;
  }

  /** Says whether the file ends in the middle: an error of zlib's, but only once everything else has come out. */
  async #finish(): Promise<void> {
    const gunzip = this.#gunzip;
    await new Promise<void>((resolve) => gunzip.once('close', resolve).once('end', resolve).end());
    this.problem = this.#failure?.message;
  }

  #begin(): Gunzip {
    this.#failure = undefined;
    const options: ZlibOptions & TransformOptions = { chunkSize: OUTPUT_BYTES, highWaterMark: WAITING_BYTES }; // it hands the latter on
    const gunzip = createGunzip(options);
    return gunzip.on('readable', this.#changed).on('error', (error) => (this.#failure = error));
  }
}
