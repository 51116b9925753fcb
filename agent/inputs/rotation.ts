import type { CompressedFiles } from './compressed-files.ts';
import { DeletedFiles } from './deleted-files.ts';
import type { FileInputOptions } from './file-input-options.ts';
import type { FileIntake, OpenedFile } from './file-intake.ts';
import { FileSource } from './file-source.ts';
import { isRemote } from './file-system.ts';
import { isShorterCopy } from './fingerprint.ts';
import { LostGenerations, mayBeCompressed } from './lost-generations.ts';
import { statIf } from './moved-file.ts';
import type { TailedFile, TailedFiles } from './tailed-files.ts';

/** Applications go on writing to a renamed file until they are told to open the new one. */
const GRACE_MS = 60_000;

/** What the input does for it. */
export interface RotationHost {
  readonly options: FileInputOptions;
  readonly files: TailedFiles;
  readonly intake: FileIntake;
  readonly compressed: CompressedFiles;
  /** A source may have something to be read. */
  readonly wake: (source: TailedFile) => void;
  /** Something new may be at a path. */
  readonly consider: (path: string) => void;
}

/**
 * Follows files that are tailed through what rotation does to them: renamed, deleted, copied and truncated, numbered
 * anew. A generation whose path is another file now is an orphan: it is read to its end, and a while longer.
 */
export class Rotation {
  readonly #host: RotationHost;
  readonly #deleted: DeletedFiles;
  readonly #lost: LostGenerations;

  constructor(host: RotationHost) {
    const { name, maxDeletedBytes, lost, searchMs, warn } = host.options;
    this.#host = host;
    this.#deleted = new DeletedFiles({ input: name, maxBytes: maxDeletedBytes, giveUp: (source) => this.#giveUp(source), warn });
    this.#lost = new LostGenerations(host.compressed, warn, ({ index, missing }) => lost?.(index, missing), searchMs);
  }

  /** Bytes of deleted files that the disk keeps. */
  get deletedBytes(): number {
    return this.#deleted.bytes;
  }

  /** Let go of, and not yet at their end for those who read. */
  get givenUp(): Iterable<FileSource> {
    return this.#deleted.givenUp;
  }

  /** Compares all with what their paths say now. Gives files that hold what was lost. */
  async look(): Promise<OpenedFile[]> {
    const { files } = this.#host;
    for (const source of [...files.all]) this.check(source);
    this.#deleted.look(files.all);
    files.tidy();
    return this.#lost.search();
  }

  /** Compares a source with what its path says now. */
  check(source: FileSource): void {
    if (source.orphanedAtMs !== undefined) return this.#checkOrphan(source);
    const stat = statIf(source.path);
    if (stat === undefined || ((stat.ino !== source.seen.inode || stat.dev !== source.seen.device) && !this.#isRenumbered(source))) return this.#orphan(source);
    const size = Number(stat.size);
    // Same size, other time: it may have been truncated and filled again. Reading finds out.
    const isChanged = size !== source.position || stat.mtimeNs !== source.seen.changedNs;
    if (isChanged) this.#host.wake(source);
    if (!isChanged || source.isIntact) source.seen = { ...source.seen, size, changedNs: stat.mtimeNs }; // else it is another generation's
  }

  /** A renamed file is followed to a name that is meant as well. A second name of a file that has one means nothing. */
  found(source: FileSource, path: string): void {
    if (source.orphanedAtMs === undefined) return;
    source.orphanedAtMs = undefined;
    this.#host.files.name(source, path);
    this.#host.wake(source);
  }

  /** The file no longer holds what was read of it. Gives the copy in which the source goes on, if there is one. */
  truncated(source: FileSource): OpenedFile | undefined {
    const { intake, files, options, consider } = this.#host;
    const { acknowledged } = source;
    const known = source.asRead();
    const copy = intake.openCopy(known, acknowledged) ?? intake.openStrayCopy(known, acknowledged) ?? intake.openCopy(known, acknowledged, isShorterCopy);
    const { key, meantPath } = source.identity;
    if (copy === undefined) {
      source.detach();
      files.unplace(source);
      this.#deleted.givenUp.add(source);
      if (!options.once && this.#lost.add(source)) source.mayGoOn = true;
    } else {
      source.moveTo(copy);
      files.moved(source, key);
      source.orphanedAtMs = performance.now();
    }
    files.left(meantPath, source);
    if (!options.once) consider(meantPath);
    return copy;
  }

  /** A source has come to its end. */
  done(source: TailedFile): void {
    this.#deleted.done(source);
  }

  /** Says and counts what nobody can read again once this process has ended. */
  leave(): void {
    const { files, options } = this.#host;
    this.#lost.leave();
    for (const source of files.unsafe) {
      if (!(source instanceof FileSource)) continue;
      const { heldAlone } = source;
      const alone = heldAlone === 0 || source.mayGoOn || mayBeCompressed(source) ? 0 : heldAlone; // a copy is looked for by the next run
      const lost = alone + (source.isDone ? 0 : source.lost);
      if (alone > 0) options.warn(`${source.path} is gone, and ${alone} bytes of it are not delivered: nobody can read them again`);
      if (lost > 0) options.lost?.(source.index, lost);
    }
  }

  /** Network file systems may number their files anew: then content says that it is the same one. */
  #isRenumbered(source: FileSource): boolean {
    const { intake, files } = this.#host;
    const same = isRemote(source.path) ? intake.openSame(source.path, source.asRead(), source.acknowledged) : undefined;
    if (same === undefined) return false;
    const { key, meantPath } = source.identity;
    source.moveTo(same);
    files.moved(source, key);
    files.name(source, meantPath);
    return true;
  }

  /** The path is another file now, or none. */
  #orphan(source: FileSource): void {
    const { files, consider } = this.#host;
    const { meantPath } = source.identity;
    source.orphanedAtMs = performance.now();
    files.unname(source);
    files.left(meantPath, source);
    this.#checkOrphan(source);
    consider(meantPath);
  }

  #checkOrphan(source: FileSource): void {
    const size = source.sizeNow() ?? source.position;
    source.seen = { ...source.seen, size };
    if (size !== source.position) return this.#host.wake(source);
    const quietSinceMs = Math.max(source.orphanedAtMs ?? 0, source.activeAtMs);
    if (performance.now() - quietSinceMs < (this.#host.options.graceMs ?? GRACE_MS)) return;
    source.end();
    this.#host.wake(source);
  }

  /** A deleted file is let go of. Rotation may have left a compressed copy of it. One that was read is given the time to be taken. */
  #giveUp(source: FileSource): void {
    const { files, wake } = this.#host;
    if (source.unread === 0 && !source.ended) {
      source.end();
      return wake(source);
    }
    source.detach();
    files.unplace(source);
    if (source.offset < source.knownEnd && this.#lost.add(source)) source.mayGoOn = true;
    source.giveUp('was deleted, and is let go of for max_deleted_bytes');
    wake(source);
  }
}
