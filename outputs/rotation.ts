import { createReadStream, createWriteStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface RotationOptions {
  /** Size and age at which a new file is begun; absent: neither counts. */
  readonly bytes?: number | undefined;
  readonly age?: number | undefined;
  /** Full files that are kept; absent: all. */
  readonly keep?: number | undefined;
  readonly compression: 'gzip' | 'none';
}

/** How long `close` waits for a file that is being compressed; if it takes longer, the next run begins it anew. */
const CLOSE_MS = 5_000;
/** What is behind the name of a full file: when it was put aside, so that names sort by age. */
const STAMP = /^\d{8}T\d{9}Z(-\d+)?$/;
const [GZ, UNFINISHED] = ['.gz', '.gz.tmp'];

/** Puts full files aside as PATH.TIME, compresses them in the background to PATH.TIME.gz, and deletes the oldest. */
export class Rotation {
  readonly #path: string;
  readonly #options: RotationOptions;
  readonly #warn: (message: string) => void;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  #begunMs: number | undefined;
  #tidying: Promise<void> = Promise.resolve();

  /** `warn` takes messages for a person. `now`: ms since 1970. */
  constructor(path: string, options: RotationOptions, warn: (message: string) => void, now = Date.now) {
    this.#path = path;
    this.#options = options;
    this.#warn = warn;
    this.#now = now;
  }

  /** Whether the file, with `size` bytes in it, must be put aside before `more` are written. */
  async isDue(size: number, more: number): Promise<boolean> {
    const { bytes = Infinity, age = Infinity } = this.#options;
    if (size === 0) this.#begunMs = this.#now();
    if (size === 0 || bytes === Infinity && age === Infinity) return false;
    this.#begunMs ??= await begunMs(this.#path);
    return size + more > bytes || this.#now() - this.#begunMs >= age;
  }

  /** Puts the file aside; whoever writes to it must open it anew. Throws system errors. */
  async rotate(): Promise<void> {
    const stamp = new Date(this.#now()).toISOString().replace(/[-:.]/g, '');
    const taken = new Set((await this.#rotated()).map(({ stamp }) => stamp));
    let free = stamp;
    for (let n = 1; taken.has(free); n++) free = `${stamp}-${n}`;
    await rename(this.#path, `${this.#path}.${free}`);
    this.#begunMs = this.#now();
    this.tidy();
  }

  /** Compresses and deletes in the background what is to be; also what an earlier run has left. */
  tidy(): void {
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#warn(`can't compress or delete full files of ${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), CLOSE_MS);
    await this.#tidying;
    clearTimeout(timer);
  }

  async #tidy(): Promise<void> {
    const { keep = Infinity, compression } = this.#options;
    const files = await this.#rotated();
    const old = files.slice(0, Math.max(0, files.length - keep));
    for (const { file } of old) await rm(file, { force: true });
    if (compression === 'none') return;
    for (const { file, isPlain } of files.slice(old.length)) if (isPlain && !this.#stop.signal.aborted) await compress(file, this.#stop.signal);
  }

  /** Files that were put aside, the oldest first. */
  async #rotated(): Promise<{ file: string; stamp: string; isPlain: boolean }[]> {
    const prefix = `${basename(this.#path)}.`;
    const folder = dirname(this.#path);
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(prefix));
    return names
      .map((name) => ({ file: join(folder, name), stamp: name.slice(prefix.length).replace(/\.gz$/, ''), isPlain: !name.endsWith(GZ) }))
      .filter(({ stamp }) => STAMP.test(stamp))
      .sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
  }
}

/** When the file was made. Not every file system knows: then, when it was last written. */
async function begunMs(path: string): Promise<number> {
  const { birthtimeMs, mtimeMs } = await stat(path);
  return birthtimeMs > 0 ? birthtimeMs : mtimeMs;
}

/** The compressed file is on the disk before the other one is deleted; what a crash leaves is one of them, and a beginning that is written over. */
async function compress(file: string, signal: AbortSignal): Promise<void> {
  const { mode } = await stat(file);
  const unfinished = file + UNFINISHED;
  try {
    await pipeline(createReadStream(file), createGzip(), createWriteStream(unfinished, { mode }), { signal });
    await syncFile(unfinished);
    await rename(unfinished, file + GZ);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await rm(file);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
