import { type BigIntStats, closeSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CompressedFiles } from './compressed-files.ts';
import { DeletedFiles } from './deleted-files.ts';
import { Descriptors } from './descriptors.ts';
import { Discovery } from './discovery.ts';
import { FileClaims } from './file-claims.ts';
import type { FileInputOptions } from './file-input-options.ts';
import { isRemote } from './file-system.ts';
import { FileIntake, type OpenedFile, keyOf } from './file-intake.ts';
import { type FileOwner, FileSource } from './file-source.ts';
import { FolderWatch } from './folder-watch.ts';
import { type GzipOwner, GzipSource } from './gzip-source.ts';
import { type Input, InputError, WakeUp } from './input.ts';
import { LostGenerations, mayBeCompressed } from './lost-generations.ts';
import { isAtPlace, isFinished, statIf } from './moved-file.ts';
import { problemOf } from './named-file.ts';
import { mayBecome } from './rotation-name.ts';
import type { Source } from './source.ts';
import { type TailedFile, TailedFiles } from './tailed-files.ts';
import { Unreadable } from './unreadable.ts';

export type { FileInputOptions } from './file-input-options.ts';

const POLL_MS = 500;
/** With so many files that a look takes long, looks are rarer: they cost this share of a core at most. Appends are seen by hints meanwhile. */
const POLL_SHARE = 0.0025;
const LONGEST_POLL_MS = 10_000;
/** The same where hints can't be had. */
const BLIND_POLL_MS = 2_000;
/** Applications go on writing to a renamed file until they are told to open the new one. */
const GRACE_MS = 60_000;
const SETTLE_MS = 2_000;
/** What was written to last this long ago is no copy that is being made, in ms. */
const COPY_MS = 10_000;
/** Polls between two looks for checkpoints that nothing needs. */
const SWEEP_POLLS = 120;

/** Tails the files that paths and globs name: each generation of each file is a source. */
export class FileInput implements Input, FileOwner, GzipOwner {
  readonly name: string;
  readonly #options: FileInputOptions;
  readonly #discovery: Discovery;
  readonly #descriptors: Descriptors;
  readonly #intake: FileIntake;
  readonly #compressed: CompressedFiles;
  readonly #lost: LostGenerations;
  readonly #watch = new FolderWatch((path, renamed) => this.#hint(path, renamed));
  readonly #wakeUp = new WakeUp();
  readonly #files = new TailedFiles();
  /** Paths that are being looked at, and whether they have to be once more. */
  readonly #looks = new Map<string, boolean>();
  readonly #deleted: DeletedFiles;
  readonly #unreadable: Unreadable;
  readonly #claims: FileClaims | undefined;
  readonly #speaks: boolean;
  #timer: NodeJS.Timeout | undefined;
  #polls = 0;
  /** What the last look cost, in ms. */
  #lastCostMs = Infinity;
  #state: 'starting' | 'running' | 'stopped' = 'starting';

  constructor(options: FileInputOptions) {
    this.name = options.name;
    this.#options = options;
    this.#discovery = new Discovery(options.paths, options.exclude, options.isOwn);
    this.#descriptors = options.descriptors ?? new Descriptors();
    const { name, share, checkpoints, encoding = 'utf-8', ownFiles = new Set(), once = false, settleMs = SETTLE_MS, warn } = options;
    this.#claims = share && new FileClaims(name, share.claim);
    this.#speaks = share?.speaks ?? true;
    this.#unreadable = new Unreadable(options);
    this.#intake = new FileIntake({ input: name, checkpoints, encoding, ownFiles, warn });
    const opened = (file: OpenedFile): void => void (this.#state === 'stopped' ? closeSync(file.descriptor) : this.#add(file));
    this.#compressed = new CompressedFiles({ input: name, checkpoints, once, settleMs, isBusy: (id) => this.#files.isBusy(id), opened, rested: () => this.#wakeUp.wake(), warn });
    this.#lost = new LostGenerations(this.#compressed, warn, ({ index, missing }) => options.lost?.(index, missing), options.searchMs);
    this.#deleted = new DeletedFiles({ input: name, maxBytes: options.maxDeletedBytes, giveUp: (source) => this.#giveUp(source), warn });
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#speaks) this.#unreadable.check(this.#discovery.literals);
    await this.#resume();
    const found = await this.#discover();
    if (found === 0 && this.#speaks) this.#tellNone();
    for (const opened of this.#options.deleted ?? []) this.#orphaned(this.#add(opened));
    if (signal.aborted) return this.#end();
    signal.addEventListener('abort', () => this.#end(), { once: true });
    this.#state = 'running';
    if (!this.#options.once) this.#schedule(0);
  }

  sources(): Iterable<Source> {
    return this.#files.ready();
  }

  known(): Iterable<Source> {
    return [...this.#files.all, ...this.#files.compressed, ...this.#deleted.givenUp];
  }

  get deletedBytes(): number {
    return this.#deleted.bytes;
  }

  async waitForData(): Promise<void> {
    if (!this.#files.hasReady && !this.finished) await this.#wakeUp.wait();
  }

  get ending(): boolean {
    return this.#options.once || this.finished;
  }

  get finished(): boolean {
    const isRead = this.#options.once === true && !this.#files.hasReady && this.#compressed.isIdle; // nothing comes back to it then
    return this.#state === 'stopped' || (this.#state === 'running' && isRead);
  }

  leave(): void {
    this.#lost.leave();
    for (const source of this.#files.unsafe) {
      if (!(source instanceof FileSource)) continue;
      const { heldAlone } = source;
      const alone = heldAlone === 0 || source.mayGoOn || mayBeCompressed(source) ? 0 : heldAlone; // a copy is looked for by the next run
      const lost = alone + (source.isDone ? 0 : source.lost);
      if (alone > 0) this.#options.warn(`${source.path} is gone, and ${alone} bytes of it are not delivered: nobody can read them again`);
      if (lost > 0) this.#options.lost?.(source.index, lost);
    }
  }

  async stop(): Promise<void> {
    this.#end();
    await this.#options.checkpoints.flush(); // as long as markers can be read
    for (const source of this.#files.all) this.#descriptors.close(source);
    await Promise.all([...this.#files.compressed].map((source) => source.close()));
  }

  /** Opens those of its files that nobody else could open again. */
  openDeleted(): OpenedFile[] {
    return [...this.#files.all, ...this.#files.compressed].flatMap((source) => source.openDeleted() ?? []);
  }

  ready(source: TailedFile): void {
    this.#wake(source);
  }

  idle(source: TailedFile): void {
    this.#files.idle(source);
    if (!this.#files.hasReady) return;
    this.#wakeUp.wake(); // what it held back has its turn
  }

  truncated(source: FileSource): OpenedFile | undefined {
    const copy = this.#intake.openCopy(source.asRead(), source.acknowledged) ?? this.#intake.openCopy(source.asCopied(), source.acknowledged);
    const { key, meantPath } = source;
    if (copy === undefined) {
      source.detach();
      this.#files.unplace(source);
      this.#deleted.givenUp.add(source);
      if (!this.#options.once && this.#lost.add(source)) source.mayGoOn = true;
    } else {
      source.moveTo(copy);
      this.#files.moved(source, key);
      source.orphanedAtMs = performance.now();
    }
    this.#files.left(meantPath, source);
    if (!this.#options.once) void this.#consider(meantPath);
    return copy;
  }

  done(source: TailedFile): void {
    this.#files.release(source);
    this.#deleted.done(source);
    if (source instanceof GzipSource) this.#compressed.done(source.file);
    this.#wakeUp.wake();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#watch.close();
    this.#compressed.stop();
    this.#state = 'stopped';
    this.#files.sleep();
    this.#wakeUp.wake();
  }

  #tellNone(): void {
    const { once, paths, warn } = this.#options;
    const message = `no file matches ${paths.join(', ')}`;
    if (once) throw new InputError(message, 66);
    warn(`${message}: waiting for one`);
  }

  /** Generations that were renamed, copied or compressed while nobody looked: they come before what is in their places now. */
  async #resume(): Promise<void> {
    for (const checkpoint of this.#options.checkpoints.previous(this.name)) {
      if (!this.#discovery.matches(checkpoint.path) || isFinished(checkpoint) || isAtPlace(checkpoint)) continue;
      const opened = this.#intake.openMoved(checkpoint) ?? this.#intake.openCopy(checkpoint, checkpoint.offset) ?? (await this.#compressed.resume(checkpoint));
      if (opened === undefined) continue;
      const source = this.#add(opened);
      this.#orphaned(source);
      this.#files.left(checkpoint.path, source);
    }
  }

  #orphaned(source: TailedFile): void {
    if (source instanceof FileSource) source.orphanedAtMs = performance.now();
  }

  #schedule(costMs: number): void {
    const pollMs = this.#options.pollMs ?? POLL_MS;
    const longestMs = this.#watch.isBlind ? BLIND_POLL_MS : LONGEST_POLL_MS;
    this.#timer = setTimeout(() => void this.#poll(), Math.max(pollMs, Math.min(costMs / POLL_SHARE, longestMs)));
  }

  /** What is true, whatever the hints said. */
  async #poll(): Promise<void> {
    const startMs = performance.now();
    for (const source of [...this.#files.all]) this.#check(source);
    this.#deleted.look(this.#files.all);
    this.#files.tidy();
    for (const opened of await this.#lost.search()) this.#add(opened);
    const tookMs = 2 * (performance.now() - startMs); // finding what is new costs about as much
    const costMs = Math.min(tookMs, this.#lastCostMs); // one that took long may have had to wait for the machine
    this.#lastCostMs = tookMs;
    await this.#discover();
    if (this.#polls++ % SWEEP_POLLS === 0) this.#sweep();
    if (this.#state !== 'stopped') this.#schedule(costMs);
  }

  #sweep(): void {
    this.#options.checkpoints.sweep(this.name, this.#files.ids);
    this.#unreadable.tidy();
  }

  /** Takes up what is new. Gives the number of paths there are. */
  async #discover(): Promise<number> {
    const paths = await this.#discovery.scan();
    for (const [folder, error] of this.#speaks ? this.#discovery.closed : []) this.#unreadable.tell(folder, error);
    if (this.#speaks && this.#discovery.own !== undefined) this.#unreadable.tellOwn(this.#discovery.own);
    const fresh = paths.filter((path) => this.#files.byPath(path) === undefined);
    // Ids are made durable in one write for many files. Until then their descriptors are open, beside those that are kept.
    const atOnce = Math.max(1, Math.floor(this.#descriptors.limit / 2));
    for (let at = 0; at < fresh.length; at += atOnce) await Promise.all(fresh.slice(at, at + atOnce).map((path) => this.#consider(path)));
    if (!this.#options.once && this.#state !== 'stopped') {
      this.#watch.follow(new Set([...this.#discovery.folders, ...[...this.#files.paths].map((path) => dirname(path))]));
    }
    return paths.length;
  }

  #hint(path: string, renamed: boolean): void {
    const source = this.#files.byPath(path);
    if (source === undefined) {
      if (!renamed && this.#claims?.isForeign(path) === true) return; // something was appended
      if (this.#discovery.matches(path)) void this.#consider(path);
    } else if (renamed) this.#check(source);
    else this.#wake(source);
  }

  #wake(source: TailedFile): void {
    if (this.#state === 'stopped') return;
    this.#files.wake(source);
    this.#wakeUp.wake();
  }

  /** Compares a source with what its path says now. */
  #check(source: FileSource): void {
    if (source.orphanedAtMs !== undefined) return this.#checkOrphan(source);
    const stat = statIf(source.path);
    if (stat === undefined || ((stat.ino !== source.seen.inode || stat.dev !== source.seen.device) && !this.#isRenumbered(source))) return this.#orphan(source);
    const size = Number(stat.size);
    // Same size, other time: it may have been truncated and filled again. Reading finds out.
    if (size !== source.position || stat.mtimeNs !== source.seen.changedNs) this.#wake(source);
    source.seen = { ...source.seen, size, changedNs: stat.mtimeNs };
  }

  /** Network file systems may number their files anew: then content says that it is the same one. */
  #isRenumbered(source: FileSource): boolean {
    const same = isRemote(source.path) ? this.#intake.openSame(source.path, source.asRead(), source.acknowledged) : undefined;
    if (same === undefined) return false;
    const { key } = source;
    source.moveTo(same);
    this.#files.moved(source, key);
    this.#files.name(source, source.meantPath);
    return true;
  }

  /** The path is another file now, or none. The old one is read to its end, and a while longer. */
  #orphan(source: FileSource): void {
    source.orphanedAtMs = performance.now();
    this.#files.unname(source);
    this.#files.left(source.meantPath, source);
    this.#checkOrphan(source);
    void this.#consider(source.meantPath);
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

  /** A deleted file is let go of. Rotation may have left a compressed copy of it. One that was read is given the time to be taken. */
  #giveUp(source: FileSource): void {
    if (source.unread === 0 && !source.ended) {
      source.end();
      return this.#wake(source);
    }
    source.detach();
    this.#files.unplace(source);
    if (source.offset < source.knownEnd && this.#lost.add(source)) source.mayGoOn = true;
    source.giveUp('was deleted, and is let go of for max_deleted_bytes');
    this.#wake(source);
  }

  /** Looks at a path; one look at a time, so that generations come one after the other. */
  async #consider(path: string): Promise<void> {
    const isLookedAt = this.#looks.has(path);
    this.#looks.set(path, isLookedAt);
    if (isLookedAt) return; // and once more afterwards
    let again = false;
    try {
      await this.#takeUp(path);
    } finally {
      again = this.#looks.get(path) === true;
      this.#looks.delete(path);
    }
    if (again && this.#state !== 'stopped') await this.#consider(path);
  }

  /** Takes up the file at a path, if there is one, it is not empty, and it is not known. */
  async #takeUp(path: string): Promise<void> {
    try {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile()) return;
      const known = this.#files.byKey(keyOf(stat));
      if (known !== undefined) return this.#found(known, path);
      if (stat.size === 0n) return; // its id shall be bound to something
      const before = this.#files.byPath(path);
      if (before !== undefined) this.#check(before); // it has left, and nobody has seen that yet
      const isOurs = this.#claims === undefined || this.#claims.isOurs(path, keyOf(stat));
      if (isOurs === false) return;
      if (isOurs === undefined) {
        await this.#claims?.ask(path, keyOf(stat), Number(stat.size));
        return await this.#consider(path); // what is there may have changed meanwhile
      }
      const fromEnd = this.#options.startAt === 'end' && this.#state === 'starting' && !this.#options.checkpoints.lost;
      if (this.#compressed.consider(path, stat, fromEnd) || this.#isCopying(path, stat)) return;
      const opened = await this.#intake.open(path, fromEnd, this.#files.before(path, undefined)?.id);
      if (opened === undefined) return;
      if (this.#state === 'stopped') closeSync(opened.descriptor);
      else this.#add(opened, path);
    } catch (error) {
      if (this.#options.once) throw problemOf(path, false) ?? error;
      this.#unreadable.tell(path, error);
    }
  }

  /** Whether it is the copy of a file that was truncated, or is about to be: then that file is followed to it. */
  #isCopying(path: string, stat: BigIntStats): boolean {
    if (this.#state !== 'running') return false;
    const originals = [...this.#files.all].filter((source) => mayBecome(source.path, path));
    for (const source of originals) source.look();
    if (this.#files.byKey(keyOf(stat)) !== undefined) return true;
    return Date.now() - Number(stat.ctimeMs) <= (this.#options.copyMs ?? COPY_MS) && originals.some((source) => source.isCopiedBy(path, Number(stat.size)));
  }

  /** `path`: the name that is meant, if it has one. */
  #add(opened: OpenedFile, path?: string): TailedFile {
    const { claimIndex, checkpoints, once, ownMessages, warn } = this.#options;
    const { device, inode, gzip } = opened.checkpoint;
    const given = { ...opened, index: claimIndex(), checkpoints, owner: this, warn };
    const hasOwnMessages = ownMessages?.has(`${device}:${inode}`) === true;
    const source = gzip ? new GzipSource(given) : new FileSource({ ...given, hasOwnMessages, limit: once ? opened.size : Infinity, descriptors: this.#descriptors });
    if (path !== undefined) source.predecessor = this.#files.before(path, opened.checkpoint.after);
    this.#files.add(source);
    if (path !== undefined && source instanceof FileSource) this.#files.name(source, path);
    if (source.predecessor !== undefined) this.#wake(source.predecessor); // it may have got its last lines just before
    this.#wake(source);
    return source;
  }

  /** A renamed file is followed to a name that is meant as well. A second name of a file that has one means nothing. */
  #found(source: FileSource, path: string): void {
    if (source.orphanedAtMs === undefined) return;
    source.orphanedAtMs = undefined;
    this.#files.name(source, path);
    this.#wake(source);
  }
}
