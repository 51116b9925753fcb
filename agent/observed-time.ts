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
    this.#bytes.write(isoTime(wallMs), 'latin1');
  }
}

/** ISO 8601. Date's own `toISOString` makes V8 load the names of all time zones, 2 MB. */
function isoTime(ms: number): string {
  const date = new Date(ms);
  const day = [digits(date.getUTCFullYear(), 4), digits(date.getUTCMonth() + 1, 2), digits(date.getUTCDate(), 2)];
  const time = [digits(date.getUTCHours(), 2), digits(date.getUTCMinutes(), 2), digits(date.getUTCSeconds(), 2)];
  return `${day.join('-')}T${time.join(':')}.${digits(date.getUTCMilliseconds(), 3)}Z`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
