import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import type { Field } from '../agent/fields.ts';
import { ALIASES, aliasTable } from './aliases.ts';
import { assign, typeOf } from './json-members.ts';
import { assignArray, Outcome } from './values/assign.ts';
import { hasDuplicates } from './values/json-duplicates.ts';
import { Json, ROW, TABLES, UNSURE } from './values/json-scan.ts';

// What the reading of a JSON line's members asks of TypeScript, for what is rare. A kernel imports these functions.

let chunk: Chunk | undefined;
let event: LogEvent | undefined;

/** The record whose members are read next. */
export function attachJson(itsChunk: Chunk, itsEvent: LogEvent): void {
  chunk = itsChunk;
  event = itsEvent;
}

/** `assignArray` for the record at work. */
export function setFromArray(start: number, end: number, field: Field, how: number): number {
  return chunk === undefined || event === undefined ? Outcome.UNUSABLE : assignArray(chunk, start, end, field, how, event);
}

/** Whether the object or array at [start, end) has a key twice. */
export function valueHasDuplicates(start: number, end: number): boolean {
  return chunk !== undefined && hasDuplicates(chunk, start, end);
}

/** Fields from the nested object in a row of the line's table, which itself stays as it is; `container`: the id of its key. */
export function descend(row: number, container: number): void {
  if (chunk !== undefined && event !== undefined) into(chunk, chunk.scanners.members.tables[0] as Int32Array, row, container, 1, event);
}

function into(itsChunk: Chunk, outer: Int32Array, outerRow: number, container: number, depth: number, itsEvent: LogEvent): void {
  const scanner = itsChunk.scanners.members;
  if (depth >= TABLES) return;
  const table = scanner.tables[depth] as Int32Array;
  const listed = scanner.list(outer[outerRow + 2] as number, outer[outerRow + 3] as number, depth, container);
  const count = listed < 0 ? 0 : listed & (UNSURE - 1);
  let hasContainers = false;
  let weakest = 0;
  for (let row = 0; row < count * ROW; row += ROW) {
    const id = table[row + 5] as number;
    if (id < 0) continue;
    if (typeOf(table, row) === Json.OBJECT && aliasTable.isContainer(id)) hasContainers = true;
    const rank = ALIASES[id]?.rank ?? 0;
    if (rank > weakest) weakest = rank;
    if (rank === 0) setNested(itsChunk, table, row, id, itsEvent);
  }
  for (let row = 0; hasContainers && row < count * ROW; row += ROW) {
    const id = table[row + 5] as number;
    if (typeOf(table, row) === Json.OBJECT && aliasTable.isContainer(id)) into(itsChunk, table, row, id, depth + 1, itsEvent);
  }
  for (let rank = 1; rank <= weakest; rank++) {
    for (let row = 0; row < count * ROW; row += ROW) {
      const id = table[row + 5] as number;
      if (id >= 0 && ALIASES[id]?.rank === rank) setNested(itsChunk, table, row, id, itsEvent);
    }
  }
}

function setNested(itsChunk: Chunk, table: Int32Array, row: number, id: number, itsEvent: LogEvent): void {
  const alias = ALIASES[id];
  if (alias !== undefined && !itsEvent.has(alias.field)) assign(itsChunk, table, row, alias.field, alias.how, itsEvent);
}
