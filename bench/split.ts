import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Corpus } from './corpus.ts';

const BLOCK_BYTES = 1 << 20;
const LONGEST_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;

/** The same lines in `count` files, about equally long, for as long as `use` takes. Its path is a pattern then. */
export async function inFiles<T>(corpus: Corpus, count: number, use: (split: Corpus) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), 'shipper-bench-'));
  try {
    write(corpus, count, directory);
    return await use({ ...corpus, path: path.join(directory, '*.log') });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function write({ path: from, bytes }: Corpus, count: number, directory: string): void {
  const source = openSync(from, 'r');
  for (let n = 0, at = 0; n < count; n++) {
    const end = n === count - 1 ? bytes : lineEnd(source, Math.floor(bytes / count * (n + 1)));
    copy(source, at, end, path.join(directory, `${n}.log`));
    at = end;
  }
  closeSync(source);
}

/** Where the line ends that begins before `at` or there. */
function lineEnd(source: number, at: number): number {
  const block = Buffer.alloc(LONGEST_LINE_BYTES);
  readSync(source, block, 0, block.length, at - 1);
  return at + block.indexOf(NEWLINE);
}

function copy(source: number, start: number, end: number, to: string): void {
  const target = openSync(to, 'w');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = start; at < end; ) at += writeSync(target, block, 0, readSync(source, block, 0, Math.min(BLOCK_BYTES, end - at), at));
  closeSync(target);
}
