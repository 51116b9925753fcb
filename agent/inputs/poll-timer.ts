const POLL_MS = 500;
/** With so many files that a look takes long, looks are rarer: they cost this share of a core at most. Appends are seen by hints meanwhile. */
const POLL_SHARE = 0.0025;
const LONGEST_POLL_MS = 10_000;
/** The same where hints can't be had. */
const BLIND_POLL_MS = 2_000;

/** Says when to look at all files again: the dearer a look is, the rarer. */
export class PollTimer {
  readonly #pollMs: number;
  readonly #poll: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  /** What the last two looks cost, in ms. */
  #costsMs: readonly [number, number] = [Infinity, 0];

  /** `pollMs`: time between two looks where they cost little. */
  constructor(poll: () => Promise<void>, pollMs = POLL_MS) {
    this.#poll = poll;
    this.#pollMs = pollMs;
  }

  /** Takes note of what a look has cost, in ms. */
  took(costMs: number): void {
    this.#costsMs = [this.#costsMs[1], costMs];
  }

  /** Looks once more after a while. `isBlind`: nothing says that something has happened. */
  schedule(isBlind: boolean): void {
    const costMs = Math.min(...this.#costsMs); // one that took long may have had to wait for the machine
    const longestMs = isBlind ? BLIND_POLL_MS : LONGEST_POLL_MS;
    this.#timer = setTimeout(() => void this.#poll(), Math.max(this.#pollMs, Math.min(costMs / POLL_SHARE, longestMs)));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
