import path from 'node:path';
import type { Assembly, AssemblyOptions, LaneShare, Legacy } from '../assembly.ts';
import type { Config } from '../config/schema.ts';
import type { Order } from '../ending.ts';
import type { LaneStatus } from '../health/status.ts';
import type { OpenedFile } from '../inputs/file-intake.ts';
import { statIf } from '../inputs/moved-file.ts';
import { isStampedInside } from '../inputs/rotation-name.ts';
import type { KnownPlace } from '../inputs/start-at.ts';
import { log } from '../log.ts';
import type { Outcome } from '../outcome.ts';
import type { Checkpoint } from '../state/checkpoints.ts';
import { StateDirectory } from '../state/state-directory.ts';
import { Claims } from './claims.ts';
import { laneConfig } from './lane-count.ts';
import { LaneHandle } from './lane-handle.ts';
import type { LaneData, MainApi } from './protocol.ts';
import { SharedCheckpoints } from './shared-checkpoints.ts';
import type { Handlers } from './wire.ts';

type Options = Pick<AssemblyOptions, 'once' | 'stateDir' | 'legacy'>;
type Deleted = Map<string, OpenedFile[]>;

/** The lane of the main thread. */
const MAIN = 0;

/**
 * The lanes beside that of the main thread, and what all have in common: the main thread deals out files, writes the
 * checkpoints and the dead letters of all lanes, and adds up. Nothing per line or per batch goes from thread to thread.
 */
export class OtherLanes {
  readonly #config: Config;
  readonly #count: number;
  readonly #options: Options;
  readonly #state: StateDirectory | undefined;
  readonly #checkpoints: SharedCheckpoints;
  readonly #claims: Claims;
  readonly #deleted: Deleted[];
  readonly #handles: readonly LaneHandle[];
  #main: Assembly | undefined;

  private constructor(config: Config, count: number, options: Options, state: StateDirectory | undefined) {
    const { legacy } = options;
    this.#config = config;
    this.#count = count;
    this.#options = options;
    this.#state = state;
    this.#checkpoints = new SharedCheckpoints(state?.path, legacy?.checkpoints ?? [], log.warn);
    this.#claims = new Claims(count, () => this.#checkpoints.all());
    const known = Array.from({ length: count }, (): Checkpoint[] => []);
    // Names that may be those of generations come after the names that decide it.
    for (const checkpoint of this.#checkpoints.known.toSorted((a, b) => Number(isStampedInside(a.path)) - Number(isStampedInside(b.path)))) known[this.#laneOf(checkpoint)]?.push(checkpoint);
    known.forEach((checkpoints, lane) => this.#checkpoints.give(lane, checkpoints));
    this.#deleted = this.#dealOut(legacy?.deleted ?? new Map());
    // Threads take a while to begin, in which the main thread makes its own parts.
    this.#handles = Array.from({ length: count - 1 }, (_, index) => new LaneHandle(this.#dataOf(index + 1), this.#answers(index + 1)));
  }

  /** Opens what they have in common, and starts the threads: for `count` lanes, the main thread's included. Throws StateDirectoryInUse. */
  static async open(config: Config, count: number, options: Options): Promise<OtherLanes> {
    const ownFolder = Object.values(config.inputs).some(({ type }) => type === 'stdin');
    const state = options.legacy?.state ?? (await StateDirectory.open(options.stateDir, { ownFolder, warn: log.warn }));
    return new OtherLanes(config, count, options, state);
  }

  /** For the lane of the main thread. */
  get main(): { readonly config: Config; readonly share: LaneShare; readonly deleted: ReadonlyMap<string, readonly OpenedFile[]> } {
    return {
      config: laneConfig(this.#config, this.#count, true),
      deleted: this.#deleted[MAIN] ?? new Map(),
      share: {
        lanes: this.#count,
        folder: this.#state?.path,
        state: this.#state,
        files: { speaks: true, known: this.#places, claim: async (input, path, file, bytes) => this.#claims.laneOf(input, path, file, bytes) === MAIN },
        checkpoints: { known: this.#checkpoints.of(MAIN), lost: this.#checkpoints.lost, store: (checkpoints) => this.#checkpoints.store(MAIN, checkpoints) },
      },
    };
  }

  /** Has the threads make what the main thread has made. Throws what keeps one of them from it. */
  async assemble(main: Assembly): Promise<void> {
    this.#main = main;
    await Promise.all(this.#handles.map((handle) => handle.assemble()));
  }

  async start(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.start()));
  }

  /** `failed`: one of them has died. */
  async ship(failed: () => void): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.ship(failed)));
  }

  order(order: Order): void {
    for (const handle of this.#handles) handle.order(order);
  }

  async status(): Promise<LaneStatus[]> {
    return (await Promise.all(this.#handles.map((handle) => handle.status()))).flat();
  }

  get hasFailed(): boolean {
    return this.#handles.some(({ hasFailed }) => hasFailed);
  }

  async end(): Promise<Outcome[]> {
    const outcomes = await Promise.all(this.#handles.map((handle) => handle.end()));
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  /** Ends them, and adds what they leave to what the main thread's lane has left. */
  async handOver(): Promise<{ readonly outcomes: Outcome[]; readonly deleted: Map<string, readonly OpenedFile[]> }> {
    const left = (await Promise.all(this.#handles.map((handle) => handle.handOver()))).filter((one) => one !== undefined);
    const deleted = new Map<string, OpenedFile[]>();
    for (const [input, files] of left.flatMap((one) => [...one.deleted])) deleted.set(input, [...(deleted.get(input) ?? []), ...files]);
    return { outcomes: left.map(({ outcome }) => outcome), deleted };
  }

  /** Ends the threads as they are. */
  async terminate(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.terminate()));
  }

  /** Of all lanes, as it was last written. */
  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints.all();
  }

  #dataOf(lane: number): LaneData {
    const { once, stateDir, legacy } = this.#options;
    return {
      config: laneConfig(this.#config, this.#count, false),
      number: lane + 1,
      of: this.#count,
      once,
      stateDir: path.resolve(stateDir),
      folder: this.#state?.path,
      checkpoints: this.#checkpoints.of(lane),
      lost: this.#checkpoints.lost,
      known: this.#places,
      before: legacy && { config: legacy.config, deleted: this.#deleted[lane] ?? new Map() },
    };
  }

  /** Nobody else asks for them, and there may be many. */
  get #places(): KnownPlace[] {
    const isAsked = ({ input }: Checkpoint): boolean => {
      const options = this.#config.inputs[input];
      return options?.type === 'file' && options.start_at === 'end';
    };
    return this.#checkpoints.known.filter(isAsked).map(({ input, path, seenAt }) => ({ input, path, ...(seenAt !== undefined && { seenAt }) }));
  }

  #answers(lane: number): Handlers<MainApi> {
    return {
      claim: ({ input, path, file, bytes }) => this.#claims.laneOf(input, path, file, bytes) === lane,
      store: (checkpoints) => this.#checkpoints.store(lane, checkpoints),
      refuse: async ({ output, letters }) => (await this.#main?.deadLetters[output]?.append(letters))?.message,
    };
  }

  #laneOf({ input, path, seenAt = path, device, inode, offset }: Checkpoint): number {
    const stat = statIf(seenAt);
    const behind = stat !== undefined && String(stat.ino) === inode ? Number(stat.size) - offset : 0;
    return this.#claims.laneOf(input, path, `${device}:${inode}`, Math.max(0, behind), seenAt);
  }

  #dealOut(deleted: Legacy['deleted']): Deleted[] {
    const lanes = Array.from({ length: this.#count }, (): Deleted => new Map());
    for (const [input, files] of deleted) {
      for (const file of files) {
        const lane = lanes[this.#laneOf(file.checkpoint)];
        lane?.set(input, [...(lane.get(input) ?? []), file]);
      }
    }
    return lanes;
  }
}
