import { readdirSync } from 'node:fs';
import path from 'node:path';
import { FIELDS } from '../../agent/fields.ts';
import type { Dialect } from '../../outputs/dialects/dialect.ts';
import { events, ROOT, run } from '../e2e/run-shipper.ts';
import { expect } from './tools.ts';

type Event = Record<string, unknown>;

export const SAMPLES = readdirSync(path.join(ROOT, 'samples')).map((file) => path.join('samples', file));

/** The events of all samples, as the console shows them. */
export async function sampleEvents(): Promise<Event[]> {
  const { stdout, code, stderr } = await run(['--once', ...SAMPLES, '-o', 'console=json']);
  expect(code === 0, stderr);
  return events(stdout);
}

/** How many of the events there are among the documents, each once: field by field, under the dialect's names, with the same types. */
export function countRight(expected: readonly Event[], documents: readonly Event[], dialect: Dialect): number {
  const left = new Map<string, number>();
  for (const document of documents) add(left, canonical(toEvent(document, dialect)), 1);
  return expected.filter((event) => {
    const key = canonical(event);
    const isThere = (left.get(key) ?? 0) > 0;
    if (isThere) add(left, key, -1);
    return isThere;
  }).length;
}

/** What is only added for the network is left out, and so is the order. A record without a time has got one. */
function canonical(event: Event): string {
  const { host: _host, service: _service, timestamp: _timestamp, ...rest } = event;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A document with the canonical names again. */
function toEvent(document: Event, dialect: Dialect): Event {
  const rest = structuredClone(document);
  const event: Event = {};
  for (const { field, path: names, as } of dialect.leaves) {
    const value = take(rest, names);
    if (value !== undefined && (as === undefined || as === 'nanoseconds')) event[field] = as === 'nanoseconds' ? Number(value) / 1e6 : value;
  }
  for (const root of Object.keys(JSON.parse(`{${dialect.constants ?? ''}}`) as Event)) delete rest[root];
  const { [dialect.aside ?? '']: aside, ...own } = rest;
  return { ...own, ...(aside as Event | undefined), ...Object.fromEntries(FIELDS.filter((field) => field in event).map((field) => [field, event[field]])) };
}

/** Takes a value out of nested objects, and the objects that are empty then. */
function take(from: Event, [name = '', ...below]: readonly string[]): unknown {
  const value = from[name];
  if (below.length === 0) {
    delete from[name];
    return value;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const inner = take(value as Event, below);
  if (Object.keys(value).length === 0) delete from[name];
  return inner;
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
