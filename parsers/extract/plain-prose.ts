import type { Chunk } from '../../agent/chunk.ts';
import type { Field } from '../../agent/fields.ts';
import type { Findings, ProseReader } from './index.ts';
import { readProse, scan } from './prose.ts';

/** Reads prose in plain TypeScript: what the kernel is held against, and what reads messages of several lines. */
export const plainProse: ProseReader = {
  read: (chunk: Chunk, start: number, end: number, taken: number) => readProse(chunk.bytes, start, end, taken),
  findings: { from: scan.from, to: scan.to, numbers: scan.numbers, rule: (field: Field) => scan.rules[field] as string } satisfies Findings,
};
