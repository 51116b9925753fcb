import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { assign, typeOf } from './json-assign.ts';
import { listNested } from './json-host.ts';
import { isKind, Kind, meaning, Meaning } from './keys.ts';
import { DEPTH, Json, ROW, TABLES, UNSURE } from './values/json-scan.ts';

// Fields from objects inside of a JSON line. Portable: see extract/prose.ts.

/**
 * Gives the event what it lacks from the nested object in a row of the table, which itself stays as it is; `container`:
 * the id of its key. Its members are listed at `depth`. Outer objects come before inner ones, weak spellings last.
 */
export function descend(chunk: Chunk, table: Int32Array, outer: number, container: number, depth: number, event: LogEvent): void {
  if (depth >= TABLES) return;
  const listed = listNested(table[outer + 2] as number, table[outer + 3] as number, depth, container);
  const first = depth * DEPTH;
  const end = listed < 0 ? first : first + (listed & (UNSURE - 1)) * ROW;
  const weakest = setStrong(chunk, table, first, end, event);
  for (let row = first; row < end; row += ROW) {
    const id = table[row + 5] as number;
    if (typeOf(table, row) === Json.OBJECT && isKind(id, Kind.CONTAINER)) descend(chunk, table, row, id, depth + 1, event);
  }
  for (let rank = 1; rank <= weakest; rank++) {
    for (let row = first; row < end; row += ROW) {
      const id = table[row + 5] as number;
      if (isKind(id, Kind.ALIAS) && meaning(id, Meaning.RANK) === rank) setNested(chunk, table, row, id, event);
    }
  }
}

/** Sets what has a strong spelling. The rank of the weakest one there is. */
function setStrong(chunk: Chunk, table: Int32Array, first: number, end: number, event: LogEvent): number {
  let weakest = 0;
  for (let row = first; row < end; row += ROW) {
    const id = table[row + 5] as number;
    if (!isKind(id, Kind.ALIAS)) continue;
    const rank = meaning(id, Meaning.RANK);
    if (rank > weakest) weakest = rank;
    if (rank === 0) setNested(chunk, table, row, id, event);
  }
  return weakest;
}

function setNested(chunk: Chunk, table: Int32Array, row: number, id: number, event: LogEvent): void {
  const field = meaning(id, Meaning.FIELD);
  if (!event.has(field)) assign(chunk, table, row, field, meaning(id, Meaning.HOW), event);
}
