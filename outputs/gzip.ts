import { performance } from 'node:perf_hooks';
import { spareCores } from '../agent/cores.ts';
import type { Compressor } from './gzip/compressor.ts';
import { KernelCompressor } from './gzip/kernel.ts';
import { ZlibCompressor } from './gzip/zlib.ts';

/** Up to here a body is compressed about as soon as it is handed over to another thread. */
const LITTLE_BYTES = 262_144;
/** A thread that is busy for that much of the time has no time to spare: some is always spent on waiting. */
const BUSY = 0.9;

const idleKernels: Compressor[] = [];
const idleZlibs: Compressor[] = [];
let lastUse = performance.eventLoopUtilization();

/**
 * Compresses `body` and lends it to `use`. When that has settled, its memory is used again: there is as much of it as
 * bodies were under way at once.
 */
export async function gzipped<T>(body: Uint8Array, use: (compressed: Uint8Array) => Promise<T>): Promise<T> {
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, lastUse);
  lastUse = now;
  return isForZlib({ bytes: body.length, busy: utilization, spareCores: spareCores() })
    ? lent(idleZlibs, () => new ZlibCompressor(), body, use)
    : lent(idleKernels, () => new KernelCompressor(), body, use);
}

/**
 * The kernel takes half of the processor time, and it takes that from the thread that reads. So zlib, which has threads of
 * its own, is for a thread that has enough to do (`busy`: the part of its time, since the last body), while a core has not.
 */
export function isForZlib({ bytes, busy, spareCores }: { readonly bytes: number; readonly busy: number; readonly spareCores: number }): boolean {
  return bytes > LITTLE_BYTES && busy > BUSY && spareCores >= 1;
}

async function lent<T>(idle: Compressor[], make: () => Compressor, body: Uint8Array, use: (compressed: Uint8Array) => Promise<T>): Promise<T> {
  const compressor = idle.pop() ?? make();
  const compressed = await compressor.compress(body); // one that fails is not used again
  return use(compressed).finally(() => idle.push(compressor));
}
