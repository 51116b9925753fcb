import { type BigIntStats, statSync } from 'node:fs';
import { remoteKindOf } from './file-system.ts';

/** What changed less than this ago may change once more without showing: times of files go by the kernel's clock tick, or whole seconds. */
const SETTLED_NS = 5_000_000_000n;
const NS_PER_MS = 1_000_000n;

/** A folder as it was before it was read. */
interface State {
  readonly device: bigint;
  readonly inode: bigint;
  /** Whatever comes into a folder, leaves it or gets another name there changes this one, which nobody can set. */
  readonly changedNs: bigint;
}

/**
 * What folders were when they were read: as long as they are that, they hold the same names, and need not be read again.
 * A folder on a network is never trusted, nor one that has changed just now.
 */
export class FolderStates {
  readonly #states = new Map<string, State>();
  /** Whether the file systems of these devices are on a network. */
  readonly #remote = new Map<bigint, boolean>();
  #isTrusted = true;
  readonly #now: () => number;

  /** `now`: wall clock, ms since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Everything is read anew. */
  clear(): void {
    this.#states.clear();
    this.#remote.clear(); // numbers of devices are used again
    this.#isTrusted = true;
  }

  /** A folder is about to be read. */
  note(folder: string): void {
    if (!this.#isTrusted) return; // nobody will ask
    const stat = statIf(folder);
    if (stat === undefined || BigInt(Math.floor(this.#now())) * NS_PER_MS - stat.ctimeNs < SETTLED_NS || this.#isRemote(folder, stat)) return this.distrust();
    this.#states.set(folder, { device: stat.dev, inode: stat.ino, changedNs: stat.ctimeNs });
  }

  /** Something was found that may become something else without its folder showing it. */
  distrust(): void {
    this.#isTrusted = false;
  }

  /** Whether all folders hold the names that they held when they were noted. */
  get areSame(): boolean {
    return this.#isTrusted && [...this.#states].every(([folder, state]) => isSame(state, statIf(folder)));
  }

  #isRemote(folder: string, { dev }: BigIntStats): boolean {
    const isRemote = this.#remote.get(dev) ?? remoteKindOf(folder) !== undefined;
    this.#remote.set(dev, isRemote);
    return isRemote;
  }
}

function isSame(state: State, stat: BigIntStats | undefined): boolean {
  return stat !== undefined && stat.dev === state.device && stat.ino === state.inode && stat.ctimeNs === state.changedNs;
}

function statIf(folder: string): BigIntStats | undefined {
  try {
    return statSync(folder, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // a folder above it is not ours to enter
  }
}
