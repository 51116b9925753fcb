import { closeSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Checkpoint } from '../state/checkpoints.ts';
import { CompressedFiles } from './compressed-files.ts';
import { Descriptors } from './descriptors.ts';
import { Discovery } from './discovery.ts';
import { FileClaims } from './file-claims.ts';
import type { FileInputOptions } from './file-input-options.ts';
import { FileIntake, type OpenedFile, keyOf } from './file-intake.ts';
import type { FileOwner } from './file-source-options.ts';
import { FileSource } from './file-source.ts';
import { FolderWatch } from './folder-watch.ts';
import { isOfEmpty } from './fingerprint.ts';
import { isGzip } from './gzip-file.ts';
import { type GzipOwner, GzipSource } from './gzip-source.ts';
import { type Input, InputError, WakeUp } from './input.ts';
import { MissedGenerations } from './missed-generations.ts';
import { isAtPlace, isFinished } from './moved-file.ts';
import { problemOf } from './named-file.ts';
import { PollTimer } from './poll-timer.ts';
import { Rotation } from './rotation.ts';
import type { Source } from './source.ts';
import { StartAt } from './start-at.ts';
import { type TailedFile, TailedFiles } from './tailed-files.ts';
import { Unreadable } from './unreadable.ts';

export type { FileInputOptions } from './file-input-options.ts';

const SETTLE_MS = 2_000;
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
  readonly #rotation: Rotation;
  readonly #missed: MissedGenerations;
  /** One search after the other: what one has found the next one knows. */
  #missing = Promise.resolve();
  readonly #startAt: StartAt;
  readonly #watch = new FolderWatch((path, renamed) => this.#hint(path, renamed));
  readonly #wakeUp = new WakeUp();
  readonly #files = new TailedFiles();
  /** Paths that are being looked at, and whether they have to be once more. */
  readonly #looks = new Map<string, boolean>();
  readonly #unreadable: Unreadable;
  readonly #claims: FileClaims | undefined;
  readonly #speaks: boolean;
  readonly #timer: PollTimer;
  #polls = 0;
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
    this.#intake = new FileIntake({ input: name, checkpoints, encoding, ownFiles, wishFor: (path) => this.#discovery.wishFor(path), warn });
    const opened = (file: OpenedFile): void => void (this.#state === 'stopped' ? closeSync(file.descriptor) : this.#add(file));
    this.#compressed = new CompressedFiles({ input: name, checkpoints, once, settleMs, isBusy: (id) => this.#files.isBusy(id), opened, rested: () => this.#wakeUp.wake(), warn });
    this.#rotation = new Rotation({
      options,
      files: this.#files,
      intake: this.#intake,
      compressed: this.#compressed,
      wake: (source) => this.#wake(source),
      consider: (path) => void this.#consider(path),
    });
    this.#missed = new MissedGenerations({ input: name, checkpoints, files: this.#files, isSpokenFor: (path) => this.#discovery.wishFor(path) !== 'not meant' });
    this.#startAt = new StartAt(name, share?.known ?? checkpoints.previous(name));
    this.#timer = new PollTimer(() => this.#poll(), options.pollMs);
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
    if (!this.#options.once) this.#timer.schedule(this.#watch.isBlind);
  }

  sources(): Iterable<Source> {
    return this.#files.ready();
  }

  known(): Iterable<Source> {
    return [...this.#files.all, ...this.#files.compressed, ...this.#rotation.givenUp];
  }

  get deletedBytes(): number {
    return this.#rotation.deletedBytes;
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
    this.#rotation.leave();
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
    return this.#rotation.truncated(source);
  }

  done(source: TailedFile): void {
    this.#files.release(source);
    this.#rotation.done(source);
    if (source instanceof GzipSource) this.#compressed.done(source.file);
    this.#wakeUp.wake();
  }

  #end(): void {
    this.#timer.stop();
    this.#watch.close();
    this.#compressed.stop();
    this.#state = 'stopped';
    this.#files.sleep();
    this.#wakeUp.wake();
  }

  #tellNone(): void {
    const { once, paths, warn } = this.#options;
    const message = `no file matches ${paths.join(', ')}`;
    const isClosed = this.#discovery.closed.size > 0; // there may be one behind what was said of a folder
    if (once) throw isClosed ? new InputError(`${message}, as far as it may be looked for`, 77) : new InputError(message, 66);
    warn(`${message}: waiting for one`);
  }

  /** Generations that were renamed, copied or compressed while nobody looked: they come before what is in their places now. */
  async #resume(): Promise<void> {
    const left = new Set<string>();
    const resumed = new Map<string, { readonly source: TailedFile; readonly checkpoint: Checkpoint }>();
    for (const checkpoint of this.#options.checkpoints.previous(this.name)) {
      if (!this.#discovery.matches(checkpoint.path)) continue;
      const isHere = isAtPlace(checkpoint);
      if (!isHere && checkpoint.goneSinceMs === undefined) left.add(checkpoint.path);
      if (isHere || isFinished(checkpoint)) continue;
      const opened = this.#intake.openMoved(checkpoint) ?? this.#intake.openCopy(checkpoint, checkpoint.offset) ?? (await this.#compressed.resume(checkpoint)) ?? this.#intake.openStrayCopy(checkpoint, checkpoint.offset);
      if (opened === undefined) continue;
      const source = this.#add(opened);
      this.#orphaned(source);
      resumed.set(source.id, { source, checkpoint });
    }
    for (const { source, checkpoint } of resumed.values()) source.predecessor = resumed.get(checkpoint.after ?? '')?.source;
    const older = new Set([...resumed.values()].map(({ checkpoint }) => checkpoint.after));
    for (const { source, checkpoint } of resumed.values()) if (!older.has(source.id)) this.#files.left(checkpoint.path, source);
    for (const path of left) await this.#takeUpMissed(path);
  }

  /** Generations that nobody has seen at their path: each is read after the one before it, and before the one that is there now. */
  #takeUpMissed(path: string): Promise<void> {
    const turn = this.#missing.then(() => this.#openMissed(path));
    this.#missing = turn.catch(() => undefined); // whoever has asked is told
    return turn;
  }

  async #openMissed(path: string): Promise<void> {
    for (const found of this.#missed.open(path)) {
      const before = this.#files.before(path, undefined);
      const opened = await (isGzip(found.path) ? this.#compressed : this.#intake).adopt(found, path, before?.id);
      if (opened === undefined) continue;
      if (this.#state === 'stopped') {
        closeSync(opened.descriptor);
        continue;
      }
      const source = this.#add(opened);
      source.predecessor = before;
      this.#orphaned(source);
      this.#files.left(path, source);
    }
  }

  #orphaned(source: TailedFile): void {
    if (source instanceof FileSource) source.orphanedAtMs = performance.now();
  }

  /** What is true, whatever the hints said. */
  async #poll(): Promise<void> {
    const startMs = performance.now();
    for (const opened of await this.#rotation.look()) this.#add(opened);
    for (const path of this.#missed.again) await this.#takeUpMissed(path);
    this.#timer.took(2 * (performance.now() - startMs)); // finding what is new costs about as much
    await this.#discover();
    if (this.#polls++ % (this.#options.sweepPolls ?? SWEEP_POLLS) === 0) this.#sweep();
    if (this.#state !== 'stopped') this.#timer.schedule(this.#watch.isBlind);
  }

  #sweep(): void {
    const { checkpoints } = this.#options;
    const empty = checkpoints.all().filter((one) => one.input === this.name && isOfEmpty(one) && isAtPlace(one));
    checkpoints.sweep(this.name, new Set([...this.#files.ids, ...this.#compressed.found(), ...empty.map(({ id }) => id)]));
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
    } else if (renamed) this.#rotation.check(source);
    else this.#wake(source);
  }

  #wake(source: TailedFile): void {
    if (this.#state === 'stopped') return;
    this.#files.wake(source);
    this.#wakeUp.wake();
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
      if (known !== undefined) return this.#rotation.found(known, path);
      if (stat.size === 0n && this.#options.startAt !== 'end') return; // its id shall be bound to something
      const before = this.#files.byPath(path);
      if (before !== undefined) this.#rotation.check(before); // it has left, and nobody has seen that yet
      const isOurs = this.#claims === undefined || this.#claims.isOurs(path, keyOf(stat));
      if (isOurs === false) return;
      if (isOurs === undefined) {
        await this.#claims?.ask(path, keyOf(stat), Number(stat.size));
        return await this.#consider(path); // what is there may have changed meanwhile
      }
      if (stat.size === 0n) return await this.#intake.noteEmpty(path, stat);
      const fromEnd = this.#isFromEnd && !this.#startAt.isKnown(path);
      if (this.#compressed.consider(path, stat, fromEnd) || (this.#state === 'running' && this.#rotation.isCopying(path, stat))) return;
      if (this.#files.before(path, undefined) !== undefined) await this.#takeUpMissed(path);
      const opened = await this.#intake.open(path, fromEnd, this.#files.before(path, undefined)?.id);
      if (opened === undefined) return;
      if (this.#state === 'stopped') closeSync(opened.descriptor);
      else this.#add(opened, path);
    } catch (error) {
      if (this.#options.once) throw problemOf(path, false) ?? error;
      this.#unreadable.tell(path, error);
    }
  }

  /** Whether files of logs that are not known begin at their end just now. */
  get #isFromEnd(): boolean {
    const { startAt, isTakingOver, checkpoints } = this.#options;
    return startAt === 'end' && this.#state === 'starting' && isTakingOver !== true && !checkpoints.lost;
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
}
