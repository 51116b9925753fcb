import { type Checkpoint, loadCheckpoints, type Loaded, storeCheckpoints } from './checkpoint-file.ts';
import { errorText } from './error-code.ts';

export type { Checkpoint } from './checkpoint-file.ts';

export interface CheckpointsOptions {
  /** Folder of the state directory; undefined: nothing is written or read. */
  readonly folder: string | undefined;
  /** What is known already, where there is no folder, or others have read it. */
  readonly known?: readonly Checkpoint[];
  /** Makes all that is known durable, instead of this: somebody else writes to the folder. */
  readonly store?: (checkpoints: readonly Checkpoint[]) => Promise<void>;
  /** With `store`: checkpoints were there and could not be read. */
  readonly lost?: boolean;
  readonly warn: (message: string) => void;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
  /** Least time between two writes, in ms. */
  readonly intervalMs?: number;
  /** How long the checkpoint of a file that is gone is kept, in ms. */
  readonly keepMs?: number;
}

const INTERVAL_MS = 1_000;
const RETRY_MS = 5_000;
const KEEP_MS = 7 * 24 * 3_600_000;
/** The same where the content is gone and at best a copy of it is left, which shows soon. */
const KEEP_DETACHED_MS = 3_600_000;
/** Positions of more files than this are not written for each batch: that would take longer than to send it. */
const NOTED_AT_ONCE = 256;
/** Checkpoints of files that are gone: no more than this many, the ones longest gone are dropped first. */
const KEEP_COUNT = 2_000;

/** How far each generation of each file is safe. One per input, device and inode; and those whose content has left its inode. */
export class Checkpoints {
  /** State was there and could not be read: positions are unknown, so files are read from their beginning. */
  readonly lost: boolean;
  readonly #folder: string | undefined;
  readonly #store: (checkpoints: readonly Checkpoint[]) => Promise<void>;
  readonly #warn: (message: string) => void;
  readonly #now: () => number;
  readonly #intervalMs: number;
  readonly #keepMs: number;
  readonly #checkpoints = new Map<string, Checkpoint>();
  readonly #previous: readonly Checkpoint[];
  /** What has moved since the last write, by key; looked at only when it is written. */
  readonly #changed = new Map<string, () => Checkpoint>();
  #unwritten = false;
  /** When the last write began, in ms of the monotonic clock. */
  #writtenAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #failing = false;
  #isClosed = false;

  constructor({ folder, known = [], store, lost = false, warn, now = Date.now, intervalMs = INTERVAL_MS, keepMs = KEEP_MS }: CheckpointsOptions) {
    const loaded = folder === undefined || store !== undefined ? undefined : loadTold(folder, warn);
    this.lost = loaded?.lost ?? lost;
    this.#previous = loaded?.checkpoints ?? known;
    this.#store = store ?? ownStore(folder, loaded?.generation ?? 0);
    this.#folder = folder;
    this.#warn = warn;
    this.#now = now;
    this.#intervalMs = intervalMs;
    this.#keepMs = keepMs;
    for (const checkpoint of this.#previous) this.#checkpoints.set(keyOf(checkpoint), checkpoint);
  }

  /** What is known of a file. Whether its content is still the same is for the caller to see. */
  find(input: string, device: string, inode: string): Checkpoint | undefined {
    return this.#checkpoints.get(`${input}/${device}:${inode}`);
  }

  /** What a checkpoint has become; undefined: it is forgotten. */
  latest(checkpoint: Checkpoint): Checkpoint | undefined {
    const key = this.#keyFor(checkpoint);
    if (key === undefined) return undefined;
    this.#apply(key);
    return this.#checkpoints.get(key);
  }

  /** All that is known, as it was last written. */
  all(): Checkpoint[] {
    return [...this.#checkpoints.values()];
  }

  /** What an earlier run left for an input. */
  previous(input: string): readonly Checkpoint[] {
    return this.#previous.filter((checkpoint) => checkpoint.input === input && this.#checkpoints.get(keyOf(checkpoint))?.id === checkpoint.id);
  }

  /**
   * Takes up a new generation of a file. The one that had its inode before is kept: there may be a copy of it. Resolves
   * once it is durable, or could not be made durable: then lines may be repeated under another id after a crash, and
   * none is lost.
   */
  async adopt(checkpoint: Checkpoint): Promise<void> {
    const before = this.find(checkpoint.input, checkpoint.device, checkpoint.inode);
    if (before !== undefined && before.id !== checkpoint.id) this.detach(before);
    this.#changed.delete(keyOf(checkpoint));
    this.#checkpoints.set(keyOf(checkpoint), checkpoint);
    this.#unwritten = true;
    await this.flush();
  }

  /** What a checkpoint is about is not in its file any more, and may be found in a copy. */
  detach(checkpoint: Checkpoint): void {
    const latest = this.latest(checkpoint);
    if (latest !== undefined && latest.detached === undefined) this.move(latest, { ...latest, detached: true });
  }

  /** What a checkpoint is about is in another file now: `next` takes its place, in the same write. */
  move(checkpoint: Checkpoint, next: Checkpoint): void {
    const key = this.#keyFor(checkpoint);
    if (key !== undefined) this.#forget(key);
    this.#changed.delete(keyOf(next));
    this.#checkpoints.set(keyOf(next), next);
    this.#unwritten = true;
    this.#schedule();
  }

  /** A source has moved; `snapshot` is called when the next generation is written, at most once per interval. */
  changed(checkpoint: Checkpoint, snapshot: () => Checkpoint): void {
    const key = this.#keyFor(checkpoint);
    if (key === undefined) return;
    this.#changed.set(key, snapshot);
    this.#unwritten = true;
    this.#schedule();
  }

  /** Drops what no file has been seen for in a long time. `input`: whose checkpoints are judged; `inUse`: ids that belong to a file. */
  sweep(input: string, inUse: ReadonlySet<string>): void {
    const now = this.#now();
    const gone: [string, number][] = [];
    for (const [key, checkpoint] of this.#checkpoints) {
      if (checkpoint.input !== input) continue;
      const { goneSinceMs, ...rest } = checkpoint;
      if (inUse.has(checkpoint.id)) {
        if (goneSinceMs !== undefined) this.#checkpoints.set(key, rest);
        continue;
      }
      if (goneSinceMs === undefined) this.#checkpoints.set(key, { ...rest, goneSinceMs: now });
      gone.push([key, goneSinceMs ?? now]);
    }
    gone.sort((a, b) => b[1] - a[1]);
    for (const [position, [key, sinceMs]] of gone.entries()) {
      const keepMs = this.#checkpoints.get(key)?.detached ? Math.min(KEEP_DETACHED_MS, this.#keepMs) : this.#keepMs;
      if (position < KEEP_COUNT && now - sinceMs <= keepMs) continue;
      this.#forget(key);
    }
  }

  /** Resolves once all that was known at the call is on disk, or the attempt failed. */
  async flush(): Promise<void> {
    await this.#writing; // what it writes was gathered before
    if (!this.#unwritten || this.#isClosed) return this.#writing;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  /** As `flush`, for those who want to know it of each batch. With very many files they have to do with the next write. */
  async note(): Promise<void> {
    if (this.#folder !== undefined && this.#checkpoints.size <= NOTED_AT_ONCE && !this.#failing) await this.flush();
  }

  /** Writes what is left. What is changed afterwards is not written: the folder may be another's by then. */
  async close(): Promise<void> {
    await this.flush();
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One turn of the loop, so that a thousand files found together cost one write.
    await new Promise((resolve) => setImmediate(resolve));
    this.#unwritten = false;
    this.#writtenAtMs = performance.now();
    for (const key of [...this.#changed.keys()]) this.#apply(key);
    try {
      await this.#store([...this.#checkpoints.values()]);
      if (this.#failing) this.#warn(`checkpoints are written to ${this.#folder} again`);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#warn(`checkpoints can't be written (${errorText(error)}): going on, and trying again; a restart now would repeat lines`);
      this.#failing = true;
      this.#unwritten = true;
      this.#schedule();
    }
  }

  /** Takes over what has changed. */
  #apply(key: string): void {
    const snapshot = this.#changed.get(key);
    const detached = this.#checkpoints.get(key)?.detached;
    if (snapshot !== undefined) this.#checkpoints.set(key, { ...snapshot(), ...(detached && { detached }) });
    this.#changed.delete(key);
  }

  #forget(key: string): void {
    this.#checkpoints.delete(key);
    this.#changed.delete(key);
  }

  /** Where a generation is kept: another may have its file meanwhile. */
  #keyFor(checkpoint: Checkpoint): string | undefined {
    const key = keyOf(checkpoint);
    if (this.#checkpoints.get(key)?.id === checkpoint.id) return key;
    const detached = detachedKey(checkpoint);
    return this.#checkpoints.has(detached) ? detached : undefined;
  }

  /** The first change is written at once: a process that never gets old gets on nevertheless. */
  #schedule(): void {
    const waitMs = this.#failing ? RETRY_MS : Math.max(0, this.#writtenAtMs + this.#intervalMs - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, waitMs).unref(); // whoever ends calls close()
  }
}

/** Reads a folder's checkpoints, and says what was found damaged. */
export function loadTold(folder: string, warn: (message: string) => void): Loaded {
  const loaded = loadCheckpoints(folder);
  for (const problem of loaded.problems) {
    warn(`checkpoint file damaged: ${problem}; ${loaded.lost ? 'files are read from their beginning' : 'the generation beside it is used'}`);
  }
  return loaded;
}

/** Writes generations to a folder, the first behind `generation`; without a folder nothing is written. */
export function ownStore(folder: string | undefined, generation: number): (checkpoints: readonly Checkpoint[]) => Promise<void> {
  let last = generation;
  return async (checkpoints) => {
    if (folder === undefined) return;
    // The first time both files are made: if the disk is full later, they have their blocks.
    for (let left = last === 0 ? 2 : 1; left > 0; left--) {
      await storeCheckpoints(folder, last + 1, checkpoints);
      last++;
    }
  };
}

function keyOf(checkpoint: Checkpoint): string {
  return checkpoint.detached ? detachedKey(checkpoint) : `${checkpoint.input}/${checkpoint.device}:${checkpoint.inode}`;
}

function detachedKey({ input, id }: Checkpoint): string {
  return `${input}/${id}`;
}
