import { closeSync } from 'node:fs';
import type { Legacy } from './assembly.ts';
import type { Config } from './config/schema.ts';
import { Ending } from './ending.ts';
import { openHealth } from './health/open.ts';
import type { HealthServer } from './health/server.ts';
import { holdHangup, releaseHangup } from './hangup.ts';
import { keepHeapSmall } from './v8-flags.ts';
import { Lanes } from './lanes/lanes.ts';
import { log, setLogLevel } from './log.ts';
import { tellSummary } from './outcome.ts';
import { unfit, type Reload } from './reload.ts';
import { errorText } from './state/error-code.ts';
import { rethrow } from './work.ts';

export interface AgentOptions {
  /** Read files to their present end, deliver, exit. */
  readonly once: boolean;
  /** Send what earlier runs have left for another address of the same type of output, too. */
  readonly adopt?: boolean;
  readonly stateDir: string;
  /** Reads the configuration again; absent: there is none that could have changed. */
  readonly reload?: () => Promise<Reload>;
}

/** A configuration that takes over as soon as what is at work has stopped. */
interface Next {
  readonly config: Config;
  /** It has taken over, or could not. */
  readonly done: () => void;
}

/** A run from its start to its end: one configuration after the other is at work, each with lanes of its own. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#signal(signal);
  readonly #onHangup = (): void => this.#hangup();
  #config: Config;
  #ending: Ending;
  #health: HealthServer | undefined;
  #lanes: Lanes | undefined;
  #next: Next | undefined;
  #signals: NodeJS.Signals[] = [];
  /** Reloads that are under way or asked for: two at most, as one that is under way may not know what has changed since. */
  #reloads = 0;

  constructor(config: Config, options: AgentOptions) {
    this.#config = config;
    this.#options = options;
    this.#ending = new Ending(config);
  }

  /** Gives the exit code. */
  async run(): Promise<number> {
    this.#listen();
    try {
      this.#health = await openHealth(this.#config.listen);
      this.#lanes = await this.#begin(this.#config).catch(rethrow);
      for (;;) {
        const lanes = this.#lanes;
        this.#health?.show(() => lanes.status(), this.#config.stalled_after);
        await lanes.ship(this.#ending);
        if (this.#next === undefined) return await lanes.finish();
        this.#lanes = await this.#swap(lanes, this.#next);
      }
    } finally {
      this.#unlisten();
      await this.#lanes?.terminate();
      await this.#health?.close();
    }
  }

  async #begin(config: Config, legacy?: Legacy): Promise<Lanes> {
    setLogLevel(config.log_level);
    const { once, adopt = false, stateDir } = this.#options;
    const lanes = await Lanes.assemble(config, { once, adopt, stateDir, env: process.env, ...(legacy && { legacy }) });
    keepHeapSmall();
    try {
      await lanes.start();
      return lanes;
    } catch (error) {
      const { deleted } = (await lanes.handOver()).legacy;
      if (legacy !== undefined) legacy.deleted = deleted; // the descriptors of before are closed
      throw error;
    }
  }

  /** The next configuration takes over, or, if it can't be started, the one that was at work goes on. */
  async #swap(before: Lanes, { config, done }: Next): Promise<Lanes> {
    const { legacy, outcomes } = await before.handOver();
    tellSummary(outcomes);
    const lanes = await this.#begin(config, legacy).then((begun) => this.#adopt(config, begun, legacy), (error: unknown) => this.#keep(error, legacy));
    this.#next = undefined;
    this.#ending = new Ending(this.#config);
    done();
    for (const signal of this.#signals) this.#ending.signal(signal); // it came while nothing was at work
    return lanes;
  }

  async #adopt(config: Config, lanes: Lanes, { deleted }: Legacy): Promise<Lanes> {
    for (const [input, files] of deleted) if (!(input in config.inputs)) for (const { descriptor } of files) closeSync(descriptor);
    if (config.listen !== this.#config.listen) await this.#moveHealth(config.listen);
    this.#config = config;
    log.info('reloaded: the new configuration is at work');
    return lanes;
  }

  async #keep(error: unknown, legacy: Legacy): Promise<Lanes> {
    log.error(`not reloaded, the old configuration stays at work: ${errorText(error)}`);
    return this.#begin(this.#config, legacy).catch(rethrow);
  }

  /** The old address is left first: the new one may have the same port. */
  async #moveHealth(address: string | undefined): Promise<void> {
    await this.#health?.close();
    this.#health = undefined;
    this.#health = await openHealth(address).catch((error: unknown) => {
      log.error(`${errorText(error)}: there is no address for health and metrics now`);
      return undefined;
    });
  }

  #signal(signal: NodeJS.Signals): void {
    this.#signals.push(signal);
    if (this.#signals.length === 2) log.warn(`${signal} came after ${String(this.#signals[0])}: it ends at once`);
    this.#ending.signal(signal);
  }

  /** However many signals come while a reload is under way, they are one more. */
  #hangup(): void {
    this.#reloads = Math.min(this.#reloads + 1, 2);
    if (this.#reloads === 1) void this.#reloadAsAsked();
  }

  async #reloadAsAsked(): Promise<void> {
    for (; this.#reloads > 0; this.#reloads--) await this.#reload();
  }

  /**
   * Reads the configuration and checks it, while work goes on. Only if it is right, what is at work is told to stop.
   * Settles when the new one is at work, or is not to be.
   */
  async #reload(): Promise<void> {
    const read = this.#options.reload;
    if (read === undefined || this.#signals.length > 0) return;
    const result = await read().catch((error: unknown): Reload => ({ ok: false, reason: errorText(error) }));
    const reason = result.ok ? unfit(this.#config, result, this.#options) : result.reason;
    if (reason !== undefined) return log.error(`not reloaded, the old configuration stays at work: ${reason}`);
    if (!result.ok || this.#signals.length > 0) return;
    const { config } = result;
    await new Promise<void>((done) => {
      this.#next = { config, done };
      this.#ending.handOver();
    });
  }

  #listen(): void {
    process.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal);
    if (this.#options.reload !== undefined) process.on('SIGHUP', this.#onHangup); // else it is the end of a terminal, as for any program
    releaseHangup();
  }

  #unlisten(): void {
    if (this.#options.reload !== undefined) holdHangup(); // too late to mean anything
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal).off('SIGHUP', this.#onHangup);
  }
}
