import type { Arena } from './arena.ts';
import type { Stored } from './stored.ts';

/** `2026-11-22T10:00:00.000Z` */
const LENGTH = 24;

/** When the chunk at work was read, as a text in the arena: the time of records that have none, where one is needed. */
export class ObservedTime {
  readonly stored: Stored;
  readonly #bytes: Buffer<ArrayBuffer>;
  #wallMs = NaN;

  constructor(arena: Arena) {
    const { start } = arena.claim(LENGTH);
    this.stored = { address: start, length: LENGTH };
    this.#bytes = Buffer.from(arena.memory.buffer, start, LENGTH);
  }

  /** Between chunks only: what was encoded for the last one has its time already. */
  set(wallMs: number): void {
    if (wallMs === this.#wallMs) return;
    this.#wallMs = wallMs;
    this.#bytes.write(new Date(wallMs).toISOString(), 'latin1');
  }
}
