import type { Arena } from '../arena.ts';
import { COLUMNS, type AccessScanner } from '../../parsers/values/access-scan.ts';
import type { AccessKernel } from './kernel.ts';

const TIME_BYTES = 64;

/** Bytes a scanner claims of an arena. */
export const ACCESS_BYTES = TIME_BYTES + COLUMNS * 4 + 256;

/** Cuts lines of access logs in the arena's input region by the kernel. */
export class KernelAccessScanner implements AccessScanner {
  readonly row: Int32Array;
  readonly #address: number;
  readonly #kernel: AccessKernel;
  readonly #base: number;

  constructor(arena: Arena, kernel: AccessKernel) {
    kernel.setUpAccess(arena.claim(TIME_BYTES).start);
    this.#address = arena.claim(COLUMNS * 4).start;
    this.row = new Int32Array(arena.memory.buffer, this.#address, COLUMNS);
    this.#kernel = kernel;
    this.#base = arena.input.start;
  }

  scan(start: number, end: number): boolean {
    return this.#kernel.access(this.#base + start, this.#base + end, this.#address, this.#base) === 1;
  }
}
