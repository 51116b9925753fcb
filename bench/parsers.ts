// `npm run bench:parsers`: each parser's own examples, again and again, through the path that ships: detection, format,
// extraction; without encoding and network. A slow one stands out by its ratio to a fixed loop over the same bytes.
//   -- --only A,B     parsers
import { parseArgs } from 'node:util';
import { Arena } from '../agent/arena.ts';
import { LANE_BYTES } from '../agent/lane.ts';
import { LogEvent } from '../agent/event.ts';
import { kernelScanners, SCANNER_BYTES } from '../agent/kernel/kernel-scanners.ts';
import { InputChunk } from '../agent/records/input-chunk.ts';
import { identify } from '../parsers/aliases.ts';
import { PARSERS } from '../parsers/index.ts';
import type { Parser } from '../parsers/parser.ts';
import { readRecord } from '../parsers/read.ts';
import { referenceMbps } from './reference.ts';

const CHUNK_BYTES = 262_144;
const SCRATCH_PER_RECORD = 65_536;
const ROUND_MS = 300;
const ROUNDS = 3;

const { values } = parseArgs({ options: { only: { type: 'string' } } });
const arena = new Arena({ input: CHUNK_BYTES, scratch: 1_048_576, constants: 262_144 }, SCANNER_BYTES + LANE_BYTES);
const event = new LogEvent(arena);
const chunk = new InputChunk(arena, kernelScanners(arena, identify));

const chosen = PARSERS.filter(({ name }) => values.only?.split(',').includes(name) ?? true);
const width = Math.max(...chosen.map(({ name }) => name.length));
console.log(`${'parser'.padEnd(width)}    MB/s  records/s  ratio to reference loop`);
for (const parser of chosen) console.log(row(parser));

function row(parser: Parser): string {
  const lines = parser.examples.filter((example) => example.event !== undefined).map(({ line }) => Buffer.from(line));
  const ends = fill(lines);
  const length = ends.at(-1) ?? 0;
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) best = Math.max(best, passesPerSecond(ends, length));
  const mbps = best * length / 1e6;
  const reference = referenceMbps(chunk.bytes.subarray(0, length));
  return `${parser.name.padEnd(width)}  ${mbps.toFixed(1).padStart(6)}  ${Math.round(best * ends.length).toLocaleString('en-US').padStart(9)}  ${(mbps / reference).toFixed(3)}`;
}

/** Fills the chunk with the records, over and over. Gives where each ends, its newline included. */
function fill(records: readonly Buffer[]): number[] {
  const ends: number[] = [];
  for (let at = 0, n = 0; ; n++) {
    const record = records[n % records.length];
    if (record === undefined || at + record.length + 1 > CHUNK_BYTES) return ends;
    chunk.bytes.set(record, at);
    at += record.length;
    chunk.bytes[at++] = 0x0a;
    ends.push(at);
  }
}

function passesPerSecond(ends: readonly number[], length: number): number {
  const startedAt = performance.now();
  for (let passes = 1; ; passes++) {
    pass(ends, length);
    const ms = performance.now() - startedAt;
    if (ms > ROUND_MS) return passes / ms * 1000;
  }
}

/** What a lane does with a chunk, but for encoding. */
function pass(ends: readonly number[], length: number): void {
  chunk.set(length);
  arena.resetScratch();
  let start = 0;
  for (const end of ends) {
    if (arena.scratchLeft < SCRATCH_PER_RECORD) arena.resetScratch();
    event.begin(chunk, start, end - 1);
    readRecord(chunk, start, end - 1, event);
    start = end;
  }
}
