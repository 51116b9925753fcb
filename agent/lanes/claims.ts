import { existsSync } from 'node:fs';
import { realPath } from '../inputs/moved-file.ts';
import { familyOf, isStampedInside, uncompressed } from '../inputs/rotation-name.ts';
import type { Checkpoint } from '../state/checkpoints.ts';

/** What a file weighs beside its bytes: small ones are spread by their number. */
const FILE_BYTES = 65_536;
/** Names and files that are remembered; beyond it those are forgotten that no lane has a checkpoint of. */
const MOST_KNOWN = 20_000;
/** A file that was dealt out gets its checkpoint within this time, in ms. */
const YOUNG_MS = 60_000;

interface Known {
  readonly lane: number;
  readonly sinceMs: number;
}

/**
 * Deals out files to lanes. A file stays with its lane, under whatever name, and so do all generations of a log: rotation
 * keeps their order only where one lane sees them all. A log that nobody has goes where there is least to read.
 */
export class Claims {
  readonly #files = new Map<string, Known>();
  /** By family, and by path where a name is none. */
  readonly #logs = new Map<string, Known>();
  readonly #bytes: number[];
  readonly #inUse: () => Iterable<Checkpoint>;
  #most = MOST_KNOWN;

  /** `inUse`: the checkpoints of all lanes. */
  constructor(lanes: number, inUse: () => Iterable<Checkpoint>) {
    this.#bytes = Array.from({ length: lanes }, () => 0);
    this.#inUse = inUse;
  }

  /**
   * The lane that reads the file at a path. `file`: device and inode; `bytes`: what there is to be read of it; `seenAt`:
   * where it lies, if the path is a link.
   */
  laneOf(input: string, path: string, file: string, bytes: number, seenAt = realPath(path)): number {
    const logs = [...new Set([path, seenAt].flatMap((one) => this.#logsOf(input, one)))];
    const known = this.#files.get(`${input}/${file}`) ?? logs.map((log) => this.#logs.get(log)).find((found) => found !== undefined);
    const lane = known?.lane ?? this.#bytes.indexOf(Math.min(...this.#bytes));
    const entry = { lane, sinceMs: performance.now() };
    if (!this.#files.has(`${input}/${file}`)) {
      this.#bytes[lane] = (this.#bytes[lane] ?? 0) + FILE_BYTES + bytes;
      this.#files.set(`${input}/${file}`, entry);
    }
    for (const log of logs) if (!this.#logs.has(log)) this.#logs.set(log, entry);
    if (this.#known > this.#most) this.#tidy();
    return lane;
  }

  /** What a path may be a generation of. `app-1.log` is one of `app.log` if there is, or was, such a file; else a log by itself. */
  #logsOf(input: string, path: string): string[] {
    const family = `${input}/${familyOf(path)}`;
    if (!isStampedInside(path)) return [family];
    const own = `${input}/${uncompressed(path)}`;
    return this.#logs.has(family) || existsSync(familyOf(path)) ? [own, family] : [own];
  }

  get #known(): number {
    return this.#files.size + this.#logs.size;
  }

  #tidy(): void {
    const files = new Set<string>();
    const logs = new Set<string>();
    for (const { input, device, inode, path, seenAt = path } of this.#inUse()) {
      files.add(`${input}/${device}:${inode}`);
      for (const one of [path, seenAt]) logs.add(`${input}/${familyOf(one)}`).add(`${input}/${uncompressed(one)}`);
    }
    const oldMs = performance.now() - YOUNG_MS;
    for (const [known, used] of [[this.#files, files], [this.#logs, logs]] as const) {
      for (const [key, { sinceMs }] of known) if (sinceMs < oldMs && !used.has(key)) known.delete(key);
    }
    this.#most = Math.max(MOST_KNOWN, 2 * this.#known); // or it would be done for every file, where there are that many
  }
}
