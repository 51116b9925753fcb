import type { Config } from './config/schema.ts';
import type { StopRules } from './pipeline.ts';

/** After Ctrl-C the application that is piped in ends too: its last lines are read as long as they come this close together, in ms. */
const INTERRUPT_QUIET_MS = 200;
/** Of the time until everything must be over, this much is kept for delivery and the disk; a quarter where it is short. In ms. */
const DELIVERY_MS = 5_000;

/** What an ending can be told from outside. */
export type Order = NodeJS.Signals | 'hand over' | 'quit';

type Times = Pick<Config, 'stop_delay' | 'shutdown_timeout' | 'drain_timeout'>;

/** How a run comes to its end: what a signal asks for, and until when. Times are of the monotonic clock, in ms. */
export class Ending implements StopRules {
  readonly #config: Times;
  readonly #stop = new AbortController();
  readonly #quit = new AbortController();
  readonly #hurried = new AbortController();
  #quietMs: number;
  #readUntilMs = Infinity;
  #deadlineMs = Infinity;
  #isHandedOver = false;
  readonly #orders: Order[] = [];
  readonly #followers: ((order: Order) => void)[] = [];

  constructor(config: Times) {
    this.#config = config;
    this.#quietMs = config.stop_delay;
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get quit(): AbortSignal {
    return this.#quit.signal;
  }

  get stalledMs(): number {
    return this.#config.drain_timeout;
  }

  quietMs(): number {
    return this.#quietMs;
  }

  readUntilMs(): number {
    return Math.min(this.#readUntilMs, this.#latestReadMs);
  }

  /** Aborted when there is a deadline. */
  get hurried(): AbortSignal {
    return this.#hurried.signal;
  }

  /** When delivery has to be over: Infinity as long as nobody has asked for an end. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** `tell` gets what this ending was and will be told: lanes of other threads come to their end as it does. */
  follow(tell: (order: Order) => void): void {
    for (const order of this.#orders) tell(order);
    this.#followers.push(tell);
  }

  obey(order: Order): void {
    if (order === 'hand over') this.handOver();
    else if (order === 'quit') this.quitNow();
    else this.signal(order);
  }

  /** The first signal lets everything come to its end, the second one ends it at once. */
  signal(signal: NodeJS.Signals): void {
    this.#tell(signal);
    if (this.#hurried.signal.aborted) return this.#quitNow();
    if (signal === 'SIGINT') this.#quietMs = Math.min(this.#quietMs, INTERRUPT_QUIET_MS);
    this.hurry(this.#config.shutdown_timeout);
    this.stopReading();
  }

  /** From now on there are `withinMs` for all that is left to do. */
  hurry(withinMs: number): void {
    this.#deadlineMs = Math.min(this.#deadlineMs, performance.now() + withinMs);
    this.#hurried.abort();
  }

  /** Nothing new is to be expected: read on until it is quiet, for `withinMs` at most. */
  stopReading(withinMs = Infinity): void {
    this.#readUntilMs = Math.min(this.#readUntilMs, performance.now() + withinMs);
    this.#stop.abort();
  }

  /** Another configuration takes over: reading stops at once, and what is not delivered shortly is left to it. */
  handOver(): void {
    this.#tell('hand over');
    this.#isHandedOver = true;
    this.#quitNow();
  }

  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  quitNow(): void {
    this.#tell('quit');
    this.#quitNow();
  }

  #quitNow(): void {
    this.#stop.abort();
    this.#quit.abort();
  }

  #tell(order: Order): void {
    this.#orders.push(order);
    for (const tell of this.#followers) tell(order);
  }

  get #latestReadMs(): number {
    return this.#deadlineMs - Math.min(DELIVERY_MS, this.#config.shutdown_timeout / 4);
  }
}
