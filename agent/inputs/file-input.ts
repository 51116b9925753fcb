import { type BigIntStats, closeSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Checkpoints } from '../state/checkpoints.ts';
import { Descriptors } from './descriptors.ts';
import { Discovery } from './discovery.ts';
import { FileIntake, type OpenedFile, keyOf } from './file-intake.ts';
import { type FileOwner, FileSource } from './file-source.ts';
import { FolderWatch } from './folder-watch.ts';
import { type Input, InputError, WakeUp } from './input.ts';
import { realPath } from './moved-file.ts';
import { fromSystem, problemOf } from './named-file.ts';
import type { Source } from './source.ts';

export interface FileInputOptions {
  readonly name: string;
  /** Paths and globs; relative ones start in the working directory. */
  readonly paths: readonly string[];
  readonly exclude?: readonly string[];
  /** Where files without a checkpoint begin that are there at the start. Later ones begin at their beginning. */
  readonly startAt?: 'beginning' | 'end';
  /** Read to the present end, then finish. What can't be read is an error, and is not waited for. */
  readonly once?: boolean;
  /** Refuse paths that are no logs: they were named on the command line. Else they are left out with a warning. */
  readonly refuseBinary?: boolean;
  /** Binary-looking content is expected: another encoding is configured. */
  readonly anyContent?: boolean;
  /** Files that shipper itself writes, as `device:inode`: reading them would feed it its own output. */
  readonly ownFiles?: ReadonlySet<string>;
  /** Deleted files that another FileInput held. */
  readonly deleted?: readonly OpenedFile[];
  readonly checkpoints: Checkpoints;
  /** Shared among inputs, as descriptors are. */
  readonly descriptors?: Descriptors;
  /** The next free position in the pipeline's table of sources. */
  readonly claimIndex: () => number;
  readonly warn: (message: string) => void;
  /** Time between two looks at every path, in ms. */
  readonly pollMs?: number;
  /** How long a file that was renamed or deleted is held after its last bytes, in ms. */
  readonly graceMs?: number;
}

const POLL_MS = 500;
/** With so many files that a look takes long, looks are rarer: they cost this share of a core at most. Appends are seen by hints meanwhile. */
const POLL_SHARE = 0.01;
const LONGEST_POLL_MS = 10_000;
/** Applications go on writing to a renamed file until they are told to open the new one. */
const GRACE_MS = 60_000;
/** Polls between two looks for checkpoints that nothing needs. */
const SWEEP_POLLS = 120;
const MOST_UNREADABLE = 10_000;

/** Tails the files that paths and globs name: each generation of each file is a source. */
export class FileInput implements Input, FileOwner {
  readonly name: string;
  readonly #options: FileInputOptions;
  readonly #discovery: Discovery;
  readonly #descriptors: Descriptors;
  readonly #intake: FileIntake;
  readonly #watch = new FolderWatch((path, renamed) => this.#hint(path, renamed));
  readonly #wakeUp = new WakeUp();
  /** Sources that are not done, by device and inode. A truncated one has lost its place to its successor. */
  readonly #files = new Map<string, FileSource>();
  /** The same by path, and by the real path where that is another. Without those whose path is another file now. */
  readonly #paths = new Map<string, FileSource>();
  readonly #ready = new Set<FileSource>();
  /** Paths that can't be opened; said once. */
  readonly #unreadable = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #polls = 0;
  #state: 'starting' | 'running' | 'stopped' = 'starting';

  constructor(options: FileInputOptions) {
    this.name = options.name;
    this.#options = options;
    this.#discovery = new Discovery(options.paths, options.exclude);
    this.#descriptors = options.descriptors ?? new Descriptors();
    const { checkpoints, anyContent = false, ownFiles = new Set(), warn } = options;
    this.#intake = new FileIntake({ input: options.name, checkpoints, anyContent, ownFiles, warn });
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#checkLiterals();
    const found = await this.#discover();
    if (this.#options.once && found === 0) throw new InputError(`no file matches ${this.#options.paths.join(', ')}`, 66);
    this.#resumeMoved();
    for (const opened of this.#options.deleted ?? []) this.#add(opened).orphanedAtMs = performance.now();
    if (signal.aborted) return this.#end();
    signal.addEventListener('abort', () => this.#end(), { once: true });
    this.#state = 'running';
    if (!this.#options.once) this.#schedule(0);
  }

  *sources(): Iterable<Source> {
    for (const source of [...this.#ready]) {
      if (!this.#ready.delete(source)) continue; // went while others had their turn
      this.#ready.add(source); // to the end of the queue, so that whoever comes next begins with another
      yield source;
    }
  }

  known(): Iterable<Source> {
    return this.#files.values();
  }

  async waitForData(): Promise<void> {
    if (this.#ready.size === 0 && !this.finished) await this.#wakeUp.wait();
  }

  get ending(): boolean {
    return this.#options.once || this.finished;
  }

  get finished(): boolean {
    const isRead = this.#options.once === true && this.#ready.size === 0; // nothing comes back to it then
    return this.#state === 'stopped' || (this.#state === 'running' && isRead);
  }

  async stop(): Promise<void> {
    this.#end();
    await this.#options.checkpoints.flush(); // as long as markers can be read
    for (const source of this.#files.values()) this.#descriptors.close(source);
  }

  /** Opens those of its files that nobody else could open again. */
  openDeleted(): OpenedFile[] {
    return [...this.#files.values()].flatMap((source) => source.openDeleted() ?? []);
  }

  idle(source: FileSource): void {
    this.#ready.delete(source);
  }

  truncated(source: FileSource): void {
    source.forget();
    this.#release(source);
    if (!this.#options.once) void this.#consider(source.path);
  }

  done(source: FileSource): void {
    this.#ready.delete(source);
    this.#release(source);
    this.#wakeUp.wake();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#watch.close();
    this.#state = 'stopped';
    this.#ready.clear();
    this.#wakeUp.wake();
  }

  #checkLiterals(): void {
    const { once, refuseBinary, warn } = this.#options;
    for (const path of this.#discovery.literals) {
      const problem = problemOf(path, refuseBinary === true);
      if (problem === undefined) continue;
      if (once || !problem.mayCome) throw problem;
      warn(`${problem.message}: waiting for it`);
      this.#unreadable.add(path);
    }
  }

  /** Files that were renamed while nobody looked, and whose new names are not among those meant. */
  #resumeMoved(): void {
    for (const checkpoint of this.#options.checkpoints.previous(this.name)) {
      if (this.#files.has(`${checkpoint.device}:${checkpoint.inode}`) || !this.#discovery.matches(checkpoint.path)) continue;
      const opened = this.#intake.openMoved(checkpoint);
      if (opened !== undefined) this.#add(opened).orphanedAtMs = performance.now();
    }
  }

  #schedule(costMs: number): void {
    const pollMs = this.#options.pollMs ?? POLL_MS;
    this.#timer = setTimeout(() => void this.#poll(), Math.max(pollMs, Math.min(costMs / POLL_SHARE, LONGEST_POLL_MS)));
  }

  /** What is true, whatever the hints said. */
  async #poll(): Promise<void> {
    const startMs = performance.now();
    for (const source of [...this.#files.values()]) this.#check(source);
    const costMs = 2 * (performance.now() - startMs); // finding what is new costs about as much
    await this.#discover();
    if (this.#polls++ % SWEEP_POLLS === 0) this.#sweep();
    if (this.#state !== 'stopped') this.#schedule(costMs);
  }

  #sweep(): void {
    this.#options.checkpoints.sweep(this.name, new Set([...this.#files.values()].map((source) => source.id)));
    if (this.#unreadable.size > MOST_UNREADABLE) this.#unreadable.clear(); // then they are said once more
  }

  /** Takes up what is new. Gives the number of paths there are. */
  async #discover(): Promise<number> {
    const paths = await this.#discovery.scan();
    for (const [folder, error] of this.#discovery.closed) this.#tellOnce(folder, error);
    await Promise.all(paths.map((path) => (this.#paths.has(path) ? undefined : this.#consider(path))));
    if (!this.#options.once && this.#state !== 'stopped') {
      this.#watch.follow(new Set([...this.#discovery.folders, ...[...this.#paths.keys()].map((path) => dirname(path))]));
    }
    return paths.length;
  }

  #hint(path: string, renamed: boolean): void {
    const source = this.#paths.get(path);
    if (source === undefined) {
      if (this.#discovery.matches(path)) void this.#consider(path);
    } else if (renamed) this.#check(source);
    else this.#wake(source);
  }

  #wake(source: FileSource): void {
    if (this.#state === 'stopped') return;
    this.#ready.add(source);
    this.#wakeUp.wake();
  }

  /** Compares a source with what its path says now. */
  #check(source: FileSource): void {
    if (source.orphanedAtMs !== undefined) return this.#checkOrphan(source);
    const stat = statIf(source.path);
    if (stat === undefined || stat.ino !== source.seen.inode || stat.dev !== source.seen.device) return this.#orphan(source);
    const size = Number(stat.size);
    // Same size, other time: it may have been truncated and filled again. Reading finds out.
    if (size !== source.position || stat.mtimeNs !== source.seen.changedNs) this.#wake(source);
    source.seen = { ...source.seen, size, changedNs: stat.mtimeNs };
  }

  /** The path is another file now, or none. The old one is read to its end, and a while longer. */
  #orphan(source: FileSource): void {
    source.orphanedAtMs = performance.now();
    this.#unname(source);
    this.#checkOrphan(source);
    void this.#consider(source.path);
  }

  #checkOrphan(source: FileSource): void {
    const size = source.sizeNow() ?? source.position;
    source.seen = { ...source.seen, size };
    if (size !== source.position) return this.#wake(source);
    const quietSinceMs = Math.max(source.orphanedAtMs ?? 0, source.activeAtMs);
    if (performance.now() - quietSinceMs < (this.#options.graceMs ?? GRACE_MS)) return;
    source.end();
    this.#wake(source);
  }

  /** Takes up the file at a path, if there is one, it is not empty, and it is not known. */
  async #consider(path: string): Promise<void> {
    try {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile()) return;
      const known = this.#files.get(keyOf(stat));
      if (known !== undefined) return this.#found(known, path);
      if (stat.size === 0n) return; // its id shall be bound to something
      const fromEnd = this.#options.startAt === 'end' && this.#state === 'starting' && !this.#options.checkpoints.lost;
      const opened = await this.#intake.open(path, fromEnd);
      if (opened === undefined) return;
      if (this.#state === 'stopped') closeSync(opened.descriptor);
      else this.#add(opened, path);
    } catch (error) {
      if (this.#options.once) throw problemOf(path, false) ?? error;
      this.#tellOnce(path, error);
    }
  }

  /** Says that a file or folder can't be read, and what to do about it. */
  #tellOnce(path: string, error: unknown): void {
    if (!this.#unreadable.has(path)) this.#options.warn(`${fromSystem(path, error).message}${this.#options.once ? '' : ': trying again'}`);
    this.#unreadable.add(path);
  }

  /** `path`: the name that is meant, if it has one. */
  #add(opened: OpenedFile, path?: string): FileSource {
    const { claimIndex, checkpoints, once, warn } = this.#options;
    const limit = once ? opened.size : Infinity;
    const source = new FileSource({ ...opened, index: claimIndex(), limit, descriptors: this.#descriptors, checkpoints, owner: this, warn });
    this.#files.set(`${source.device}:${source.inode}`, source);
    if (path !== undefined) this.#name(source, path);
    this.#wake(source);
    return source;
  }

  /** A renamed file is followed to a name that is meant as well. A second name of a file that has one means nothing. */
  #found(source: FileSource, path: string): void {
    if (source.orphanedAtMs === undefined) return;
    source.orphanedAtMs = undefined;
    this.#name(source, path);
    this.#wake(source);
  }

  #name(source: FileSource, path: string): void {
    source.path = path;
    this.#paths.set(path, source);
    this.#paths.set(realPath(path), source);
  }

  #unname(source: FileSource): void {
    for (const [path, other] of this.#paths) if (other === source) this.#paths.delete(path);
  }

  #release(source: FileSource): void {
    const key = `${source.device}:${source.inode}`;
    if (this.#files.get(key) === source) this.#files.delete(key);
    this.#unname(source);
  }
}

function statIf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // a folder of it is not ours to see any more
  }
}
