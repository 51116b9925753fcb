import type { FileSource } from './file-source.ts';
import type { TailedFile } from './tailed-files.ts';

export interface DeletedFilesOptions {
  /** Name of the input. */
  readonly input: string;
  /** Most bytes that are kept; undefined: all are. */
  readonly maxBytes: number | undefined;
  /** Closes a file, read or not. */
  readonly giveUp: (source: FileSource) => void;
  readonly warn: (message: string) => void;
}

/** Where nobody has set a limit, more than this is told. */
const MUCH_BYTES = 2 ** 30;

/**
 * Files that were deleted and are held open until they are read to their end. The disk keeps them for as long: with a
 * destination that is down and a rotation that deletes, that is all there is of their lines, and may fill the disk.
 */
export class DeletedFiles {
  /** How many they were at the last look. */
  bytes = 0;
  /** Let go of, and not yet at their end for those who read. */
  readonly givenUp = new Set<FileSource>();
  readonly #options: DeletedFilesOptions;
  #isTold = false;

  constructor(options: DeletedFilesOptions) {
    this.#options = options;
  }

  /** Adds up what they keep; beyond the limit the oldest go. */
  look(sources: Iterable<FileSource>): void {
    const deleted = [...sources].map((source) => ({ source, bytes: source.deletedBytes })).filter(({ bytes }) => bytes > 0);
    this.bytes = deleted.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.#options.maxBytes === undefined) return this.#tell();
    deleted.sort((a, b) => (a.source.orphanedAtMs ?? 0) - (b.source.orphanedAtMs ?? 0));
    for (const { source, bytes } of deleted) {
      if (this.bytes <= this.#options.maxBytes) return;
      this.bytes -= bytes;
      this.givenUp.add(source);
      this.#options.giveUp(source);
    }
  }

  /** It has come to its end. */
  done(source: TailedFile): void {
    for (const one of this.givenUp) if (one === source) this.givenUp.delete(one);
  }

  #tell(): void {
    const isMuch = this.bytes > MUCH_BYTES;
    if (isMuch && !this.#isTold) this.#options.warn(`${this.#options.input}: deleted files that are not read to their end keep ${Math.round(this.bytes / 2 ** 20)} MiB of the disk; max_deleted_bytes sets a limit`);
    this.#isTold = isMuch;
  }
}
