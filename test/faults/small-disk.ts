import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { atExit } from './at-exit.ts';

const SIZE = '24m';

/** A file system in memory, small enough to be filled. */
export class SmallDisk {
  readonly folder: string;
  #isFull = false;
  #wasFull = false;
  readonly #forget = atExit(() => this.unmount());

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Undefined: it can't be mounted here. */
  static mount(folder: string): SmallDisk | undefined {
    mkdirSync(folder);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'shipper-faults', folder], { stdio: 'ignore' });
    return status === 0 ? new SmallDisk(folder) : undefined;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether it was full in this life, or is. */
  get wasFull(): boolean {
    return this.#wasFull;
  }

  beginLife(): void {
    this.#wasFull = this.#isFull;
  }

  /** Leaves no block. */
  fill(): void {
    this.#isFull = this.#wasFull = true;
    const { bavail, bsize } = statfsSync(this.folder);
    this.#takes('filling', Math.max(0, bavail * bsize - bsize)); // the agent may be writing, too
    for (let at = 0; ; at++) if (!this.#takes(`filling-${at}`, bsize)) return;
  }

  free(): void {
    this.#isFull = false;
    for (const name of readdirSync(this.folder)) if (name.startsWith('filling')) rmSync(path.join(this.folder, name));
  }

  unmount(): void {
    this.#forget();
    spawnSync('umount', ['-l', this.folder]);
  }

  #takes(name: string, bytes: number): boolean {
    try {
      writeFileSync(path.join(this.folder, name), Buffer.alloc(bytes));
      return true;
    } catch {
      return false;
    }
  }
}
