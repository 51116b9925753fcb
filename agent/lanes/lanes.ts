import { assemble, type Assembly, type AssemblyOptions, type Legacy } from '../assembly.ts';
import type { Config } from '../config/schema.ts';
import type { Ending } from '../ending.ts';
import { ExitCode } from '../exit-codes.ts';
import { StatusReader, together, type LaneStatus } from '../health/status.ts';
import { conclude, outcomeOf, type Outcome } from '../outcome.ts';
import { closeParts, end, handOver, ship, start } from '../work.ts';
import { laneCount } from './lane-count.ts';
import type { OtherLanes } from './other-lanes.ts';

/** All lanes of one configuration: that of the main thread, and where it asks for more, those in threads of their own. */
export class Lanes {
  readonly #config: Config;
  readonly #parts: Assembly;
  readonly #status: StatusReader;
  readonly #others: OtherLanes | undefined;

  private constructor(config: Config, parts: Assembly, others: OtherLanes | undefined) {
    this.#config = config;
    this.#parts = parts;
    this.#status = new StatusReader(parts);
    this.#others = others;
  }

  /** Makes all parts; nothing is read yet. Throws as `assemble` does. */
  static async assemble(config: Config, options: AssemblyOptions): Promise<Lanes> {
    const count = laneCount(config);
    if (count === 1) return new Lanes(config, await assemble({ ...config, lanes: 1 }, options), undefined);
    const { OtherLanes } = await import('./other-lanes.ts');
    const others = await OtherLanes.open(config, count, options);
    let parts: Assembly | undefined;
    try {
      parts = await assembleMain(others, options);
      await others.assemble(parts);
    } catch (error) {
      await others.terminate();
      if (parts !== undefined) await closeParts(parts);
      throw error;
    }
    return new Lanes(config, parts, others);
  }

  /** Looks for files and opens what there is, at the same time in all lanes. */
  async start(): Promise<void> {
    const [own, others] = await Promise.allSettled([start(this.#parts), this.#others?.start()]);
    for (const result of [own, others]) if (result.status === 'rejected') throw result.reason;
  }

  /** Reads and delivers until all is done, or it is told to end. If a lane dies, the others come to their end in good order. */
  async ship(ending: Ending): Promise<void> {
    ending.follow((order) => this.#others?.order(order));
    await Promise.all([ship(this.#parts, this.#config, ending), this.#others?.ship(() => ending.signal('SIGTERM'))]);
  }

  async status(): Promise<LaneStatus> {
    const others = (await this.#others?.status()) ?? [];
    return together([this.#status.read(), ...others]);
  }

  /** Closes everything and says what became of what was read. Gives the exit code. */
  async finish(): Promise<number> {
    const others = (await this.#others?.end()) ?? [];
    const code = conclude([await end(this.#parts), ...others], this.#config, this.#parts.state?.path);
    return this.#others?.hasFailed === true ? ExitCode.SOFTWARE : code;
  }

  /** Ends what must not outlive a failure of the main thread. Nothing, if the lanes have come to their end. */
  async terminate(): Promise<void> {
    await this.#others?.terminate();
  }

  /** Closes everything but the state directory. */
  async handOver(): Promise<{ readonly legacy: Legacy; readonly outcomes: Outcome[] }> {
    const others = await this.#others?.handOver();
    const own = await handOver(this.#parts, this.#config);
    const outcomes = [outcomeOf(this.#parts), ...(others?.outcomes ?? [])];
    if (this.#others === undefined || others === undefined) return { legacy: own, outcomes };
    const { deleted } = others;
    for (const [input, files] of own.deleted) deleted.set(input, [...(deleted.get(input) ?? []), ...files]);
    return { legacy: { ...own, checkpoints: this.#others.checkpoints, deleted }, outcomes };
  }
}

function assembleMain({ main: { config, share, deleted } }: OtherLanes, options: AssemblyOptions): Promise<Assembly> {
  const { legacy } = options;
  return assemble(config, { ...options, share, ...(legacy && { legacy: { ...legacy, deleted } }) });
}
