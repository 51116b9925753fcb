import { statSync } from 'node:fs';
import type { CompressedFiles } from './compressed-files.ts';
import type { OpenedFile } from './file-intake.ts';
import type { FileSource } from './file-source.ts';
import { isGzip } from './gzip-file.ts';
import { descendantsOf } from './moved-file.ts';

/** How long a compressed copy is looked for, in ms; one is expected only if a file was compressed that recently. */
const SEARCH_MS = 30_000;

/** Files that were truncated, or deleted and let go of, and whose copy was compressed before anybody could look at it. */
export class LostGenerations {
  readonly #compressed: CompressedFiles;
  readonly #warn: (message: string) => void;
  readonly #count: (source: FileSource) => void;
  readonly #lost = new Map<FileSource, number>();

  readonly #searchMs: number;

  /** `count`: takes those whose copy was not found. */
  constructor(compressed: CompressedFiles, warn: (message: string) => void, count: (source: FileSource) => void, searchMs = SEARCH_MS) {
    this.#count = count;
    this.#searchMs = searchMs;
    this.#compressed = compressed;
    this.#warn = warn;
  }

  /** Whether what a truncated file held may be in a compressed one. If so it is looked for. */
  add(source: FileSource): boolean {
    const mayBeThere = mayBeCompressed(source);
    if (mayBeThere) this.#lost.set(source, performance.now() + this.#searchMs);
    return mayBeThere;
  }

  /** Opens those that are found by now. What was read of them before has to be safe first. */
  async search(): Promise<OpenedFile[]> {
    const found: OpenedFile[] = [];
    for (const [source, untilMs] of this.#lost) {
      const opened = source.isSettled ? await this.#compressed.resume({ ...source.asRead(), offset: source.acknowledged, detached: true }) : undefined;
      if (opened !== undefined) found.push(opened);
      else if (performance.now() < untilMs || !source.isSettled) continue;
      else this.#tell(source);
      this.#lost.delete(source);
    }
    return found;
  }

  /** This run does not look any longer. */
  leave(): void {
    for (const { path, missing } of this.#lost.keys()) this.#warn(`${path} was truncated or deleted before its last ${missing} bytes could be taken, and no copy of it was found yet: the next run looks for it`);
  }

  #tell(source: FileSource): void {
    this.#warn(`${source.path} was truncated or deleted, and there is no copy of what it held; what had not been read is lost: ${source.missing} bytes`);
    this.#count(source);
  }
}

/** Whether rotation may have left a compressed copy of what a file held. */
export function mayBeCompressed(source: FileSource): boolean {
  return descendantsOf(source.asRead()).some((path) => isRecent(path) && isGzip(path));
}

function isRecent(path: string): boolean {
  try {
    return Date.now() - statSync(path).ctimeMs < SEARCH_MS;
  } catch {
    return false; // it is gone
  }
}
