import { readFileSync } from 'node:fs';
import type { Arena } from '../arena.ts';
import { encodePlain } from './encode-plain.ts';

/** Writes `count` pieces from the list at address `list` to address `start`; returns the end of what was written. Marks count from `origin`. */
export type Encode = (list: number, count: number, start: number, origin: number) => number;

let compiled: WebAssembly.Module | undefined;

/** The encoding kernel over an arena's memory. It is compiled once per process. */
export function loadKernel(arena: Arena): Encode {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./encode.wasm', import.meta.url)));
  const { encode } = new WebAssembly.Instance(compiled, { env: { memory: arena.memory } }).exports;
  if (typeof encode !== 'function') throw new Error('encode.wasm does not export encode');
  return encode as Encode; // its signature is that of assembly/encode.ts
}

/** The same in plain TypeScript: the oracle of the tests, and the reference of the benchmarks. */
export function plainKernel(arena: Arena): Encode {
  const ints = new Int32Array(arena.memory.buffer);
  return (list, count, start, origin) => encodePlain(arena.bytes, ints.subarray(list / 4), count, arena.bytes, start, origin);
}
