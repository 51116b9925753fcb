import { setFlagsFromString } from 'node:v8';

// All of a process has the same flags, threads too. V8 takes nothing of what Node and the build have compiled for it while
// its flags are others than they were then: they may differ from those of a start only while nothing is loaded that matters.

/**
 * Until it pays, nothing is optimized: an agent that has little to read would keep 10 MB for it, of V8's compiler and of
 * what that needs. The number is how much a kernel's function does before it is optimized, in a measure of V8's; it comes
 * to some MiB of input.
 */
export const OPTIMIZE_LATER = ['--no-opt', '--no-maglev', '--wasm-tiering-budget=100000000'];
/** Without Maglev, which stands between V8's other compilers in newer versions: it takes 3 MB more, and no less time. */
const OPTIMIZE = ['--opt', '--wasm-tiering-budget=1800000'];
/** What these are when a process starts: V8 11 comes with Node 20, 12 with 22, 13 with 24. */
const VERSION = Number.parseInt(process.versions.v8, 10);
export const START = ['--opt', VERSION > 12 ? '--maglev' : '--no-maglev', `--wasm-tiering-budget=${VERSION > 11 ? 13_000_000 : 1_800_000}`];
/** Bytes that were read when it pays. */
const WORTH_BYTES = 2_097_152;

/**
 * What the agent makes is short-lived and little. V8 would make its nursery 16 MB large in time, and never take that back;
 * and let the rest grow by half and more before it looks for garbage there. What a start has compiled is not needed again,
 * and goes with the first garbage. To be set when all is loaded.
 */
const SMALL_HEAP = ['--semi-space-growth-factor=1', '--heap-growing-percent=30', '--bytecode-old-age=1'];

export function keepHeapSmall(): void {
  setFlags(SMALL_HEAP);
}

let leftBytes = WORTH_BYTES;

/** So many bytes more were read. V8 is told time and again: what is loaded in between puts it off. */
export function hasRead(bytes: number): void {
  leftBytes -= bytes;
  if (leftBytes > 0) return;
  leftBytes = WORTH_BYTES;
  setFlags(OPTIMIZE);
}

export function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}
