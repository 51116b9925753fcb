import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import type { RunState } from '../agent/kernel/run-state.ts';
import { readProse, settleProse } from './extract/prose.ts';
import { readHeader } from './header/read.ts';
import { readMembers } from './json-members.ts';

/**
 * What reads text byte by byte, and so costs most: as plain TypeScript here, as a kernel that is made of the same
 * TypeScript in the lane.
 */
export interface Reader {
  /** Reads the header of the record at [start, end) into the event; whether it has one. */
  readHeader(chunk: Chunk, start: number, end: number, event: LogEvent): boolean;
  /** Gives the event what the `count` members of a JSON line say that are listed in `table`. False: it has no room for them. */
  readMembers(chunk: Chunk, table: Int32Array, count: number, event: LogEvent): boolean;
  /** Reads the prose at [start, end) into the event. True: it may be a line of columns, and nothing is set until `settleProse`. */
  readProse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean;
  settleProse(event: LogEvent): void;
  /** Takes records of the chunk by itself, as far as it can; how many. Absent: it can't. */
  readRun?(run: RunState, chunk: Chunk, event: LogEvent): number;
}

/** Reads in plain TypeScript: what the kernel is held against, and what reads messages of several lines. */
export const plainReader: Reader = { readHeader, readMembers, readProse, settleProse };
