import type { Arena } from '../arena.ts';
import { COLUMNS, type AccessScanner } from '../../parsers/values/access-scan.ts';
import type { AccessKernel } from './kernel.ts';

const TIME_BYTES = 64;

/** Bytes a scanner claims of an arena. */
export const ACCESS_BYTES = TIME_BYTES + COLUMNS * 4 + 256;

/** Cuts lines of access logs in the arena's input region by the kernel. */
export class KernelAccessScanner implements AccessScanner {
  readonly row: Int32Array;
  readonly #kernel: AccessKernel;

  constructor(arena: Arena, kernel: AccessKernel) {
    const time = arena.claim(TIME_BYTES).start;
    this.row = new Int32Array(arena.memory.buffer, arena.claim(COLUMNS * 4).start, COLUMNS);
    kernel.setUpAccess(time, this.row.byteOffset, arena.input.start);
    this.#kernel = kernel;
  }

  /** Cuts lines for another kernel, and where to. */
  get alone(): { readonly cut: (start: number, end: number) => number; readonly row: number } {
    return { cut: this.#kernel.access, row: this.row.byteOffset };
  }

  scan(start: number, end: number): boolean {
    return this.#kernel.access(start, end) === 1;
  }
}
