import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Feed, FeedOptions } from './feed.ts';
import { lineOf, nameOf } from './line.ts';

/** How many rotated files are kept, as far as they are delivered. */
const KEPT_FILES = 3;

/** What all feeds into a file have in common. */
abstract class FileFeed implements Feed {
  readonly isReadAgain = true;
  readonly holdsPosition: boolean = false;
  readonly options: FeedOptions;
  readonly file: string;
  /** The second half of a line of which the first is written. */
  #half = '';
  /** Behind the last line of each file that is written no more, by stream. */
  readonly #ends: ReadonlyMap<string, number>[] = [];
  abstract readonly streams: readonly string[];
  abstract readonly inputs: string;

  constructor(options: FeedOptions) {
    this.options = options;
    this.file = path.join(options.folder, 'app.log');
    writeFileSync(this.file, '');
  }

  arguments(): readonly string[] {
    return [];
  }

  openStdin(): 'ignore' {
    return 'ignore';
  }

  abstract written(stream: string): number;
  /** The next line or lines as they stand in the file. */
  abstract next(): string;
  abstract turn(): boolean;

  sourceOf(stream: string, n: number): string {
    const generation = this.#ends.findIndex((ends) => n < (ends.get(stream) ?? 0));
    return `${stream} in file ${generation < 0 ? this.#ends.length : generation}`;
  }

  /** What is written from now on is in another file, or another generation of this one. */
  protected beginAnew(): void {
    this.#ends.push(new Map(this.streams.map((stream) => [stream, this.written(stream)])));
  }

  write(lines: number): void {
    let text = this.#half;
    this.#half = '';
    for (let i = 0; i < lines; i++) text += this.next();
    if (this.options.random.oneIn(4)) {
      const cut = text.length - 1 - this.options.random.below(12); // within the last line
      this.#half = text.slice(cut);
      text = text.slice(0, cut);
    }
    appendFileSync(this.file, text);
  }

  ended(): Promise<void> {
    return Promise.resolve();
  }

  isUnread(_name: string): boolean {
    return false; // whether read or not, it is read again
  }

  isExcused(_name: string): boolean {
    return false;
  }

  get cuts(): number {
    return 0;
  }

  finish(): void {
    if (this.#half !== '') appendFileSync(this.file, this.#half);
    this.#half = '';
  }

  close(): void {}
}

/** One stream of plain lines, numbered through. */
abstract class PlainFeed extends FileFeed {
  readonly streams: readonly string[] = ['file'];
  protected count = 0;

  written(): number {
    return this.count;
  }

  next(): string {
    return `${lineOf(this.count++, 'file')}\n`;
  }
}

/** A file that is renamed, by an application that opens a new one then. The pattern finds both. */
export class RenamedFile extends PlainFeed {
  readonly inputs = `{app: {type: file, paths: ['${this.file}*']}}`;
  readonly #rotated: { readonly file: string; readonly end: number }[] = [];
  #turns = 0;

  turn(): boolean {
    this.finish();
    const file = `${this.file}.${++this.#turns}`;
    renameSync(this.file, file);
    writeFileSync(this.file, '');
    this.beginAnew();
    this.#rotated.push({ file, end: this.count });
    for (let oldest = this.#rotated[0]; this.#rotated.length > KEPT_FILES && oldest !== undefined && this.#isDelivered(oldest.end); oldest = this.#rotated[0]) {
      rmSync(oldest.file);
      this.#rotated.shift();
    }
    return true;
  }

  #isDelivered(end: number): boolean {
    for (let n = 0; n < end; n++) if (!this.options.isSettled(nameOf(n, 'file'))) return false;
    return true;
  }
}

/** A container's file: two streams, long lines in pieces, renamed as the kubelet does it. */
export class ContainerFile extends FileFeed {
  override readonly holdsPosition = true;
  readonly streams = ['stdout', 'stderr'];
  readonly inputs = `{app: {type: file, paths: ['${this.file}*']}}`;
  readonly #counts = new Map(this.streams.map((stream) => [stream, 0]));
  #turns = 0;

  written(stream: string): number {
    return this.#counts.get(stream) ?? 0;
  }

  next(): string {
    const stream = this.options.random.of(this.streams);
    const n = this.written(stream);
    this.#counts.set(stream, n + 1);
    const text = lineOf(n, stream);
    const cut = this.options.random.oneIn(5) ? this.options.random.below(text.length) : 0;
    const head = `2026-11-22T10:00:00.123456789Z ${stream}`;
    return cut > 0 ? `${head} P ${text.slice(0, cut)}\n${head} F ${text.slice(cut)}\n` : `${head} F ${text}\n`;
  }

  turn(): boolean {
    this.finish();
    renameSync(this.file, `${this.file}.20261122-${String(++this.#turns).padStart(6, '0')}`);
    writeFileSync(this.file, '');
    this.beginAnew();
    return true;
  }
}

/**
 * A file that is copied and truncated. Nobody asks the reader first, so what it has not read by then is lost: half of
 * the truncations wait until all is delivered, where nothing may be missing; the others are the window that is measured.
 */
export class TruncatedFile extends PlainFeed {
  readonly inputs = `{app: {type: file, paths: ['${this.file}']}}`;
  /** Lines that nobody can read any more and the agent has not sent yet, or has sent and not delivered when it was killed. */
  readonly #gone = new Set<string>();
  /** Lines that were sent before their file was truncated, and are not delivered. */
  readonly #sent = new Set<string>();
  #from = 0;
  #cuts = 0;

  override get cuts(): number {
    return this.#cuts;
  }

  turn(): boolean {
    const isRace = this.options.random.oneIn(2);
    this.finish();
    const left = this.#unsettled();
    if (!isRace && left.length > 0) return false;
    copyFileSync(this.file, `${this.file}.1`);
    truncateSync(this.file);
    this.#cuts++;
    this.beginAnew();
    const sentUpTo = left.findLastIndex((name) => this.options.isSeen(name)); // and with it, all before it is read
    left.forEach((name, at) => (at <= sentUpTo ? this.#sent : this.#gone).add(name));
    this.#from = this.count;
    return true;
  }

  /** A kill takes away what was read and not delivered. */
  override ended(): Promise<void> {
    for (const name of this.#sent) if (!this.options.isSettled(name)) this.#gone.add(name);
    this.#sent.clear();
    return Promise.resolve();
  }

  override isExcused(name: string): boolean {
    return this.#gone.has(name);
  }

  #unsettled(): string[] {
    return Array.from({ length: this.count - this.#from }, (_, at) => nameOf(this.#from + at, 'file')).filter((name) => !this.options.isSettled(name));
  }
}
