import { loadTold, ownStore, type Checkpoint } from '../state/checkpoints.ts';

/**
 * The checkpoints of several lanes in one folder, so that a restart may deal out files in another way. Each lane knows its
 * own and gives all of them whenever some have changed; the newest of all lanes are written together.
 */
export class SharedCheckpoints {
  /** What an earlier run has left. */
  readonly known: readonly Checkpoint[];
  /** State was there and could not be read. */
  readonly lost: boolean;
  readonly #write: (checkpoints: readonly Checkpoint[]) => Promise<void>;
  readonly #lanes = new Map<number, readonly Checkpoint[]>();
  #writing: Promise<void> = Promise.resolve();
  /** The write that begins once the one under way has ended. */
  #next: Promise<void> | undefined;

  /** `folder`: undefined where none can be written; then `known` is what is known. */
  constructor(folder: string | undefined, known: readonly Checkpoint[], warn: (message: string) => void) {
    const loaded = folder === undefined ? undefined : loadTold(folder, warn);
    this.known = loaded?.checkpoints ?? known;
    this.lost = loaded?.lost ?? false;
    this.#write = ownStore(folder, loaded?.generation ?? 0);
  }

  /** Those that a lane begins with. */
  give(lane: number, checkpoints: readonly Checkpoint[]): void {
    this.#lanes.set(lane, checkpoints);
  }

  of(lane: number): readonly Checkpoint[] {
    return this.#lanes.get(lane) ?? [];
  }

  all(): Checkpoint[] {
    return [...this.#lanes.values()].flat();
  }

  /** Takes all that a lane knows. Settles once it is durable. */
  store(lane: number, checkpoints: readonly Checkpoint[]): Promise<void> {
    this.#lanes.set(lane, checkpoints);
    return (this.#next ??= this.#writing.catch(() => undefined).then(() => {
      this.#next = undefined;
      return (this.#writing = this.#write(this.all()));
    }));
  }
}
