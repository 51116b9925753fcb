import { closeSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CompressedFiles } from './compressed-files.ts';
import { Copies } from './copies.ts';
import { Descriptors } from './descriptors.ts';
import { Discovery } from './discovery.ts';
import { EarlierGenerations } from './earlier-generations.ts';
import { FileClaims } from './file-claims.ts';
import type { FileInputOptions } from './file-input-options.ts';
import { FileIntake, type OpenedFile, keyOf } from './file-intake.ts';
import type { FileOwner } from './file-source-options.ts';
import { FileSource } from './file-source.ts';
import { FolderWatch } from './folder-watch.ts';
import { isOfEmpty } from './fingerprint.ts';
import { type GzipOwner, GzipSource } from './gzip-source.ts';
import { type Input, InputError, WakeUp } from './input.ts';
import { Looks } from './looks.ts';
import type { FoundFile } from './missed-generations.ts';
import { isAtPlace } from './moved-file.ts';
import { problemOf } from './named-file.ts';
import { PollTimer } from './poll-timer.ts';
import { Rotation } from './rotation.ts';
import type { Source } from './source.ts';
import { StartAt } from './start-at.ts';
import { type TailedFile, TailedFiles, setOrphaned } from './tailed-files.ts';
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
  readonly #earlier: EarlierGenerations;
  readonly #copies: Copies;
  readonly #startAt: StartAt;
  readonly #watch = new FolderWatch((path, renamed) => this.#hint(path, renamed));
  readonly #wakeUp = new WakeUp();
  readonly #files = new TailedFiles();
  readonly #looks = new Looks((path) => this.#takeUp(path), () => this.#state === 'stopped');
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
    const [discovery, files] = [this.#discovery, this.#files];
    const isBusy = (id: string): boolean => files.isBusy(id);
    const isCopy = (file: FoundFile): boolean => !once && this.#copies.isCopy(file, this.#state === 'starting'); // once reads all there is
    this.#intake = new FileIntake({ input: name, checkpoints, encoding, ownFiles, wishFor: (path) => discovery.wishFor(path), isBusy, isCopy, warn });
    const opened = (file: OpenedFile): void => void (this.#state === 'stopped' ? closeSync(file.descriptor) : this.#add(file));
    this.#compressed = new CompressedFiles({ input: name, checkpoints, once, settleMs, isBusy, opened, rested: () => this.#wakeUp.wake(), warn });
    const [intake, compressed] = [this.#intake, this.#compressed];
    this.#rotation = new Rotation({ options, files, intake, compressed, wake: (source) => this.#wake(source), consider: (path) => void this.#looks.at(path) });
    this.#earlier = new EarlierGenerations({ options, discovery, files, intake, compressed, add: (file) => this.#add(file), isStopped: () => this.#state === 'stopped' });
    this.#copies = new Copies({ files, isMeant: (path) => discovery.matches(path), isExpected: (path, file) => this.#earlier.isExpected(path, file), copyMs: options.copyMs });
    this.#startAt = new StartAt(name, share?.known ?? checkpoints.previous(name));
    this.#timer = new PollTimer(() => this.#poll(), options.pollMs);
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#speaks) this.#unreadable.check(this.#discovery.literals);
    await this.#earlier.resume();
    const found = await this.#discover();
    await this.#earlier.resume(); // what has left its place meanwhile
    this.#earlier.resumed();
    if (found === 0 && this.#speaks) this.#tellNone();
    for (const opened of this.#options.deleted ?? []) setOrphaned(this.#add(opened));
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

  /** What is true, whatever the hints said. */
  async #poll(): Promise<void> {
    const startMs = performance.now();
    for (const opened of await this.#rotation.look()) this.#add(opened);
    await this.#earlier.lookAgain();
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
    for (let at = 0; at < fresh.length; at += atOnce) await Promise.all(fresh.slice(at, at + atOnce).map((path) => this.#looks.at(path)));
    if (!this.#options.once && this.#state !== 'stopped') {
      this.#watch.follow(new Set([...this.#discovery.folders, ...[...this.#files.paths].map((path) => dirname(path))]));
    }
    return paths.length;
  }

  #hint(path: string, renamed: boolean): void {
    const source = this.#files.byPath(path);
    if (source === undefined) {
      if (!renamed && this.#claims?.isForeign(path) === true) return; // something was appended
      if (this.#discovery.matches(path)) void this.#looks.at(path);
    } else if (renamed) this.#rotation.check(source);
    else this.#wake(source);
  }

  #wake(source: TailedFile): void {
    if (this.#state === 'stopped') return;
    this.#files.wake(source);
    this.#wakeUp.wake();
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
        return await this.#looks.at(path); // what is there may have changed meanwhile
      }
      if (stat.size === 0n) return await this.#intake.noteEmpty(path, stat);
      const fromEnd = this.#isFromEnd && !this.#startAt.isKnown(path);
      if (this.#compressed.consider(path, stat, fromEnd)) return;
      if (this.#files.before(path, undefined) !== undefined) await this.#earlier.takeUpMissed(path);
      const opened = await this.#intake.open(path, keyOf(stat), fromEnd, this.#files.before(path, undefined)?.id);
      if (opened === 'another') return await this.#looks.at(path);
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
