import type { Chunk } from '../agent/chunk.ts';

// What the reading of an access log's lines asks of their chunk's scanner. A kernel imports this function.

let chunk: Chunk | undefined;

/** The chunk whose lines are cut next. */
export function attachAccess(itsChunk: Chunk): void {
  chunk = itsChunk;
}

/** Cuts the line at [start, end) into the row of its chunk's scanner: see values/access-scan.ts. */
export function cutAccess(start: number, end: number): boolean {
  return chunk !== undefined && chunk.scanners.access.scan(start, end);
}
