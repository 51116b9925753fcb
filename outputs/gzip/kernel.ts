import { setImmediate } from 'node:timers/promises';
import { GzipKernel } from '../../agent/kernel/gzip-kernel.ts';
import type { Compressor } from './compressor.ts';
import { Room } from './room.ts';

/** Bytes that are compressed in one turn of the event loop: a millisecond or two. */
const TURN_BYTES = 1_048_576;

/** shipper's own deflate, in the thread that asks for it. */
export class KernelCompressor implements Compressor {
  readonly #kernel = new GzipKernel();
  readonly #room = new Room();

  async compress(body: Uint8Array): Promise<Uint8Array> {
    const kernel = this.#kernel;
    this.#room.clear();
    this.#room.add(kernel.begin());
    for (let at = 0, isLast = false; !isLast; ) {
      const part = body.subarray(at, at + kernel.blockBytes);
      at += part.length;
      isLast = at === body.length;
      this.#room.add(kernel.block(part, isLast));
      if (at % TURN_BYTES === 0 && !isLast) await setImmediate();
    }
    this.#room.add(kernel.end());
    return this.#room.content;
  }
}
