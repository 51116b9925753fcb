import { identify } from '../aliases.ts';
import { MAX_ROWS, ROW, scanObject, TABLES, UNSURE, type MemberScanner } from './json-scan.ts';

/** Lists members in plain TypeScript: what the kernel is held against, and what reads chunks outside of an arena's input. */
export class PlainScanner implements MemberScanner {
  readonly tables: readonly Int32Array[] = Array.from({ length: TABLES }, () => new Int32Array(MAX_ROWS * ROW));
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  list(start: number, end: number, depth: number, container: number): number {
    const table = this.tables[depth];
    if (table === undefined) return -1;
    const count = scanObject(this.#bytes, start, end, table);
    for (let row = 0; row < count * ROW; row += ROW) table[row + 5] = identify(this.#bytes, table[row] as number, table[row + 1] as number, container);
    return count <= 0 ? count : count + UNSURE;
  }
}
