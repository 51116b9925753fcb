import { identify } from '../aliases.ts';
import { DEPTH, ROW, scanObject, TABLES, UNSURE, type MemberScanner } from './json-scan.ts';

/** Lists members in plain TypeScript: what the kernel is held against, and what reads chunks outside of an arena's input. */
export class PlainScanner implements MemberScanner {
  readonly table = new Int32Array(TABLES * DEPTH);
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  list(start: number, end: number, depth: number, container: number): number {
    if (depth >= TABLES) return -1;
    const table = this.table.subarray(depth * DEPTH, (depth + 1) * DEPTH);
    const count = scanObject(this.#bytes, start, end, table);
    for (let row = 0; row < count * ROW; row += ROW) table[row + 5] = identify(this.#bytes, table[row] as number, table[row + 1] as number, container);
    return count <= 0 ? count : count + UNSURE;
  }
}
