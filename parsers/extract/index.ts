import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { readColumns } from '../columns/request.ts';
import { attach } from './host.ts';
import { MAY_BE_COLUMNS } from './prose.ts';
import { PHRASE } from './scan.ts';
import { slugOf } from './slug.ts';

/** What was found in one message, by field: where its value stands, what it is if it is a number, and which rule found it. */
export interface Findings {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** NaN: the text itself; PHRASE: a type that is made of it. */
  readonly numbers: Float64Array;
  rule(field: Field): string;
}

/** Reads prose: in plain TypeScript, or by a kernel. */
export interface ProseReader {
  /** Reads [start, end) of the chunk; `taken`: the fields that need not be looked for. The fields that were found, and MAY_BE_COLUMNS. */
  read(chunk: Chunk, start: number, end: number, taken: number): number;
  readonly findings: Findings;
}

/**
 * Entities in free text: who, how long, which error, which request. Reads the message at [start, end) of the chunk and
 * sets the fields the event does not have yet. Where it is unsure it leaves a field out.
 */
export function extract(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  attach(chunk, event);
  const { prose } = chunk.scanners;
  const found = prose.read(chunk, start, end, event.present | event.blocked);
  if ((found & MAY_BE_COLUMNS) !== 0 && readColumns(chunk, start, end, event)) return;
  if (found !== 0) settle(prose.findings, found & ~MAY_BE_COLUMNS, chunk, event);
}

/** Gives the event what it does not have yet. */
function settle(findings: Findings, found: number, chunk: Chunk, event: LogEvent): void {
  const { from, to, numbers } = findings;
  for (let rest = found; rest !== 0; rest &= rest - 1) {
    const field: Field = 31 - Math.clz32(rest & -rest);
    if (event.has(field)) continue;
    event.rule = findings.rule(field);
    const [start, end, value] = [from[field] as number, to[field] as number, numbers[field] as number];
    if (Number.isNaN(value)) event.span(field, start, end);
    else if (value !== PHRASE) event.number(field, value, start, end);
    else setType(field, start, end, chunk, event);
  }
}

function setType(field: Field, start: number, end: number, chunk: Chunk, event: LogEvent): void {
  const slug = slugOf(chunk.bytes, start, end);
  if (slug !== '') event.value(field, slug, start, end);
}
