import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import type { Field } from '../agent/fields.ts';
import { assignArray, Outcome } from './values/assign.ts';
import { hasDuplicates } from './values/json-duplicates.ts';

// What the reading of a JSON line's members, and of a line of an access log, asks of TypeScript. A kernel imports these
// functions, or what another kernel has for them.

let chunk: Chunk | undefined;
let event: LogEvent | undefined;

/** The record whose members are read next. */
export function attachJson(itsChunk: Chunk, itsEvent: LogEvent): void {
  chunk = itsChunk;
  event = itsEvent;
}

/** Lists the members of the line at [start, end), as its chunk's scanner does: see json-scan.ts. */
export function listMembers(start: number, end: number): number {
  return listNested(start, end, 0, -1);
}

/** The same for an object inside of it, whose key has the id `container`. */
export function listNested(start: number, end: number, depth: number, container: number): number {
  return chunk === undefined ? -1 : chunk.scanners.members.list(start, end, depth, container);
}

/** Cuts the line at [start, end) of an access log into the row of its chunk's scanner: see values/access-scan.ts. */
export function cutAccess(start: number, end: number): boolean {
  return chunk !== undefined && chunk.scanners.access.scan(start, end);
}

/** `assignArray` for the record at work. */
export function setFromArray(start: number, end: number, field: Field, how: number): number {
  return chunk === undefined || event === undefined ? Outcome.UNUSABLE : assignArray(chunk, start, end, field, how, event);
}

/** Whether the object or array at [start, end) has a key twice. */
export function valueHasDuplicates(start: number, end: number): boolean {
  return chunk !== undefined && hasDuplicates(chunk, start, end);
}
