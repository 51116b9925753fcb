/** How an output fares. `sinceMs` is of the monotonic clock. */
export type HealthState =
  | { readonly kind: 'working' }
  /** It will be well again by itself. */
  | { readonly kind: 'failing'; readonly reason: string; readonly sinceMs: number }
  /** A person has to act. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly sinceMs: number };

const REPORTED_FAILURES = 3; // fewer in a row are nothing to wake anyone for

/** What is known of an output's health, and what people are told of it: once when it fails, once when it works again. */
export class Health {
  #state: HealthState = { kind: 'working' };
  #reported: HealthState['kind'] = 'working';
  readonly #name: string;
  readonly #report: (message: string) => void;
  readonly #now: () => number;

  constructor(name: string, report: (message: string) => void, now: () => number) {
    this.#name = name;
    this.#report = report;
    this.#now = now;
  }

  get state(): HealthState {
    return this.#state;
  }

  works(): void {
    const before = this.#state;
    this.#state = { kind: 'working' };
    if (before.kind === 'working' || this.#reported === 'working') return;
    this.#reported = 'working';
    this.#report(`${this.#name}: delivering again after ${Math.round((this.#now() - before.sinceMs) / 1000)} s`);
  }

  /** `failures`: how many in a row. */
  fails(reason: string, failures: number): void {
    this.#state = { kind: 'failing', reason, sinceMs: this.#sinceMs };
    if (failures >= REPORTED_FAILURES) this.#tell('failing', `${sentence(reason)}; trying again until it works`);
  }

  blocked(reason: string): void {
    this.#state = { kind: 'blocked', reason, sinceMs: this.#sinceMs };
    this.#tell('blocked', `${sentence(reason)}; everything is kept and tried again until this is put right`);
  }

  get #sinceMs(): number {
    return this.#state.kind === 'working' ? this.#now() : this.#state.sinceMs;
  }

  #tell(kind: HealthState['kind'], message: string): void {
    if (this.#reported === kind) return;
    this.#reported = kind;
    this.#report(`${this.#name}: ${message}`);
  }
}

/** Servers end their reasons as they like. */
function sentence(reason: string): string {
  return reason.replace(/[.;:\s]+$/, '');
}
