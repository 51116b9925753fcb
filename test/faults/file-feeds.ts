import { appendFileSync, closeSync, openSync, readSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { NO_WINDOW, type Feed, type FeedOptions, type Window } from './feed.ts';
import { lineOf, nameOf } from './line.ts';

/** How many rotated files are kept, as far as they are delivered. */
const KEPT_FILES = 3;

/** What all feeds into a file have in common. */
abstract class FileFeed implements Feed {
  readonly isReadAgain = true;
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

  goOn(): void {}

  ended(): Promise<void> {
    return Promise.resolve();
  }

  isUnread(_name: string): boolean {
    return false; // whether read or not, it is read again
  }

  get window(): Window {
    return NO_WINDOW;
  }

  /** Whether all lines of a stream before this one are stored, or among the dead letters, or were lost in the window. */
  protected isDelivered(stream: string, end: number): boolean {
    for (let n = 0; n < end; n++) if (!this.options.isSettled(nameOf(n, stream)) && !this.window.lines.has(nameOf(n, stream))) return false;
    return true;
  }

  get isHalfWritten(): boolean {
    return this.#half !== '';
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
    for (let oldest = this.#rotated[0]; this.#rotated.length > KEPT_FILES && oldest !== undefined && this.isDelivered('file', oldest.end); oldest = this.#rotated[0]) {
      rmSync(oldest.file);
      this.#rotated.shift();
    }
    return true;
  }
}

/** A container's file: two streams, long lines in pieces, renamed as the kubelet does it. */
export class ContainerFile extends FileFeed {
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

/** A copy that is being made, block by block. */
interface Copying {
  readonly from: number;
  readonly to: number;
  /** Bytes that are copied. */
  size: number;
  /** The first line that is not in it as a whole; undefined: it has not come to the file's end yet. */
  firstBehind?: number;
}

/** The most bytes that are copied at once. */
const COPY_BLOCK = 65_536;

/**
 * A file that is copied and truncated, as logrotate's copytruncate does it: block by block, while the application writes
 * on, and while agents die, start and look. Nobody asks the reader first, but the copies stay until they are delivered:
 * so nothing may be missing but what was written after the last block of a copy was read and before the truncation, which
 * is in no file any more. That is known here to the line.
 */
export class TruncatedFile extends PlainFeed {
  readonly inputs: string;
  readonly #isPattern: boolean;
  /** Lines behind the copies, the newest copy first. */
  readonly #copies: number[] = [];
  readonly #window = { truncations: 0, lines: new Set<string>(), bytes: 0, pieces: 0 };
  #copying: Copying | undefined;
  /** The first line of this generation. */
  #first = 0;

  /** `isPattern`: the copies are meant too. Else a generation that nobody has looked at before it was truncated would not be known. */
  constructor(options: FeedOptions, isPattern: boolean) {
    super(options);
    this.#isPattern = isPattern;
    this.inputs = `{app: {type: file, paths: ['${this.file}${isPattern ? '*' : ''}']}}`;
  }

  override get window(): Window {
    return this.#window;
  }

  turn(): boolean {
    const isKnown = this.#isPattern || this.options.isSeen(nameOf(this.#first, 'file'));
    if (this.#copying !== undefined || this.count === this.#first || !isKnown) return false;
    this.#shift();
    this.#copying = { from: openSync(this.file, 'r'), to: openSync(`${this.file}.1`, 'wx'), size: 0 };
    if (this.options.random.oneIn(3)) this.#copyToEnd(); // in no time, as good as
    return true;
  }

  override goOn(): void {
    if (this.#copying?.firstBehind === undefined) this.#copyBlock();
    else if (this.options.random.oneIn(3)) this.#truncate();
  }

  override finish(): void {
    super.finish();
    this.#copyToEnd();
    this.#truncate();
  }

  override close(): void {
    if (this.#copying === undefined) return;
    closeSync(this.#copying.from);
    closeSync(this.#copying.to);
    this.#copying = undefined;
  }

  /** Makes room for a copy, as logrotate does; the oldest go as soon as they are delivered. */
  #shift(): void {
    for (let oldest = this.#copies.at(-1); this.#copies.length >= KEPT_FILES && oldest !== undefined && this.isDelivered('file', oldest); oldest = this.#copies.at(-1)) {
      rmSync(`${this.file}.${this.#copies.length}`);
      this.#copies.pop();
    }
    for (let at = this.#copies.length; at > 0; at--) renameSync(`${this.file}.${at}`, `${this.file}.${at + 1}`);
  }

  #copyToEnd(): void {
    while (this.#copying !== undefined && this.#copying.firstBehind === undefined) this.#copyBlock();
  }

  #copyBlock(): void {
    const copying = this.#copying;
    if (copying === undefined) return;
    const block = Buffer.alloc(1 + this.options.random.below(COPY_BLOCK));
    const length = readSync(copying.from, block, 0, block.length, copying.size);
    writeSync(copying.to, block, 0, length);
    copying.size += length;
    if (length > 0) return;
    copying.firstBehind = this.isHalfWritten ? this.count - 1 : this.count;
    if (this.isHalfWritten) this.#window.pieces++; // the copy ends with its beginning
    this.#copies.unshift(copying.firstBehind);
  }

  #truncate(): void {
    const copying = this.#copying;
    if (copying?.firstBehind === undefined) return;
    this.#window.bytes += statSync(this.file).size - copying.size;
    truncateSync(this.file);
    for (let n = copying.firstBehind; n < this.count; n++) this.#window.lines.add(nameOf(n, 'file'));
    if (this.isHalfWritten) this.#window.pieces += 2; // its beginning may have been read, and its end will be
    this.#window.truncations++;
    this.beginAnew();
    this.#first = this.count;
    this.close();
  }
}
