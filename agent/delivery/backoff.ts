/** How long to wait between tries, in ms. */
export interface BackoffLimits {
  /** Longest wait after the first failure; it doubles with each further one. */
  readonly baseMs: number;
  /** Longest wait of all. */
  readonly capMs: number;
}

export interface RetryLimits extends BackoffLimits {
  /** Longest wait between tries while a person has to act; at least half of it. */
  readonly blockedMs: number;
  /** Longest wait that a destination can ask for. */
  readonly retryAfterCapMs: number;
  /** Failures in a row after which the records are suspected to be the reason: each further one is a trial, if another record passes. */
  readonly suspicions: number;
  /** Trials in a row after which a record is refused: another one was delivered, and this one, sent at once, failed. */
  readonly trials: number;
}

export const RETRY_LIMITS: RetryLimits = { baseMs: 500, capMs: 45_000, blockedMs: 30_000, retryAfterCapMs: 3_600_000, suspicions: 5, trials: 3 };

/**
 * Wait after failure number `failures` (from 1): exponential with full jitter, so that many agents do not come back in
 * step. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const longest = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(failures - 1, 30));
  return longest * random();
}

/** Waits that can all be cut short. */
export class Pauses {
  readonly #wakes = new Set<() => void>();

  /** Settles after `ms`, or as soon as `endAll` is called. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, 0x7fffffff)); // beyond that a timer fires at once
      this.#wakes.add(wake);
    });
  }

  endAll(): void {
    for (const wake of [...this.#wakes]) wake();
  }
}
