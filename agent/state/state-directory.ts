import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode, errorText } from './error-code.ts';
import { lockFolder, type Lock } from './lock.ts';
import { newSourceId } from './source-id.ts';

export interface StateDirectoryOptions {
  /** A run that reads stdin shares the directory with others: it works in a folder of its own in it. */
  readonly ownFolder: boolean;
  /** That folder is for a lane of an agent which holds the directory itself. */
  readonly isLane?: boolean;
  readonly warn: (message: string) => void;
}

/** Another process works in the same state directory. */
export class StateDirectoryInUse extends Error {
  readonly exitCode = 78;
  constructor(path: string) {
    super(`state directory ${path} is in use by another shipper; give this one its own with --state-dir`);
  }
}

/** Where runs that read stdin have their folders, and further lanes of an agent. */
export const RUNS = 'runs';
const LANE = 'lane-';
const MOST_ATTEMPTS = 10;
/** Files of a run's folder that hold nothing undelivered. */
const WORTHLESS = /^(lock[.-]|checkpoints[.-])/;

/** The folder in which one process keeps what must outlive it. Nobody else works in it as long as it is open. */
export class StateDirectory {
  /** The folder to work in. */
  readonly path: string;
  readonly #lock: Lock;
  readonly #temporary: boolean;

  private constructor(path: string, lock: Lock, temporary: boolean) {
    this.path = path;
    this.#lock = lock;
    this.#temporary = temporary;
  }

  /** Creates and locks it. Undefined, with one warning, when it can't be written; throws StateDirectoryInUse. */
  static async open(directory: string, { ownFolder, isLane = false, warn }: StateDirectoryOptions): Promise<StateDirectory | undefined> {
    const root = resolve(directory);
    try {
      return ownFolder ? await StateDirectory.#openRun(join(root, RUNS), isLane ? LANE : '') : await StateDirectory.#openShared(root);
    } catch (error) {
      if (error instanceof StateDirectoryInUse) throw error;
      warn(`state directory ${root} can't be written (${errorText(error)}): positions and buffers are kept in memory only, and a restart will repeat lines`);
      return undefined;
    }
  }

  static async #openShared(root: string): Promise<StateDirectory> {
    makeFolder(root);
    const lock = await lockFolder(root);
    if (lock === undefined) throw new StateDirectoryInUse(root);
    return new StateDirectory(root, lock, false);
  }

  /** Another run may take the new folder for a dead one, before it is locked, and sweep it away. */
  static async #openRun(runs: string, prefix: string): Promise<StateDirectory> {
    for (let attempt = 1; ; attempt++) {
      const path = join(runs, prefix + newSourceId());
      makeFolder(path);
      const lock = await lockFolder(path).catch((error: unknown) => {
        if (errorCode(error) !== 'ENOENT' || attempt === MOST_ATTEMPTS) throw error;
        return undefined;
      });
      if (lock === undefined) continue;
      await removeDeadRuns(runs);
      return new StateDirectory(path, lock, true);
    }
  }

  /** Unlocks it. The folder of a run goes with it, when all that was in it has been delivered. */
  async close(): Promise<void> {
    if (this.#temporary) removeIfWorthless(this.path);
    await this.#lock.release();
  }
}

/** Whether a folder of `runs` was that of a lane of the agent which holds the directory itself. */
export function isLaneFolder(folder: string): boolean {
  return new RegExp(`^${LANE}.{16}$`).test(basename(folder));
}

/** mkdir's own `recursive` never returns (Node 20) where a file system says ENOENT to a folder whose parent exists, as /proc does. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, 0o700);
  }
}

/** Folders of runs that died with nothing left to deliver. One that still holds a buffer stays. */
async function removeDeadRuns(runs: string): Promise<void> {
  for (const name of readdirSync(runs)) {
    const folder = join(runs, name);
    if (!isWorthless(folder)) continue;
    const lock = await lockFolder(folder).catch(() => undefined); // it went away meanwhile, or belongs to another user
    if (lock === undefined) continue;
    removeIfWorthless(folder);
    await lock.release();
  }
}

/** Removes a locked run's folder if nothing undelivered is in it. */
export function removeIfWorthless(folder: string): void {
  if (isWorthless(folder)) rmSync(folder, { recursive: true, force: true });
}

function isWorthless(folder: string): boolean {
  try {
    return readdirSync(folder).every((name) => WORTHLESS.test(name));
  } catch {
    return false; // not a folder, or gone
  }
}
