const QUIET_TURNS = 3;

/** What `setTimeout` gives, as far as it is used. */
interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
  ref(): Timer;
  unref(): Timer;
}

/**
 * Lets hours pass in no time: `setTimeout`, `performance.now` and `Date.now` of this process go by it until `restore`.
 * Sockets and files are real and have all the time they need, as time stands still between two calls of `pass`. (Node's
 * own timers do not go by it.)
 */
export class VirtualClock {
  readonly #real = { setTimeout, clearTimeout, now: performance.now.bind(performance), date: Date.now };
  readonly #timers = new Set<Timer>();
  readonly #wallMs = Date.now() - performance.now();
  #nowMs = performance.now();

  constructor() {
    const later = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer => this.#add(() => callback(...args), ms);
    globalThis.setTimeout = Object.assign(later, { __promisify__: setTimeout.__promisify__ }) as unknown as typeof setTimeout; // a timer that is only kept and cleared
    globalThis.clearTimeout = ((timer?: Timer) => timer !== undefined && this.#timers.delete(timer)) as typeof clearTimeout;
    performance.now = () => this.#nowMs;
    Date.now = () => Math.floor(this.#wallMs + this.#nowMs);
  }

  /** Lets time pass, from timer to timer; before each, what they have begun comes to rest. */
  async pass(ms: number, atRest: () => boolean): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await rest(atRest);
      const next = [...this.#timers].reduce<Timer | undefined>((first, timer) => (first === undefined || timer.atMs < first.atMs ? timer : first), undefined);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = untilMs;
  }

  restore(): void {
    globalThis.setTimeout = this.#real.setTimeout;
    globalThis.clearTimeout = this.#real.clearTimeout;
    performance.now = this.#real.now;
    Date.now = this.#real.date;
  }

  #add(wake: () => void, ms: number): Timer {
    const timer: Timer = { atMs: this.#nowMs + Math.max(1, ms), wake, ref: () => timer, unref: () => timer };
    this.#timers.add(timer);
    return timer;
  }
}

/** Until nothing has happened for some turns of the loop, in which sockets and files are looked at. */
async function rest(atRest: () => boolean): Promise<void> {
  for (let turns = 0; turns < QUIET_TURNS; turns = atRest() ? turns + 1 : 0) await new Promise(setImmediate);
}
