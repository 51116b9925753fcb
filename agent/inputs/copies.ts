import { closeSync, fstatSync, openSync } from 'node:fs';
import { keyOf } from './file-intake.ts';
import { isBeginningOf } from './fingerprint.ts';
import type { FileSource } from './file-source.ts';
import type { FoundFile } from './missed-generations.ts';
import { familyOf, mayBecome } from './rotation-name.ts';
import type { TailedFiles } from './tailed-files.ts';

export interface CopiesOptions {
  readonly files: TailedFiles;
  /** Whether a file holds what is on its way in from a path, or was left there by an earlier run and has to be taken up yet. */
  readonly isExpected: (place: string, file: FoundFile) => boolean;
  /** Whether a path is to be read. */
  readonly isMeant: (path: string) => boolean;
  /** How long a copy is waited for its original to be truncated, in ms. */
  readonly copyMs?: number | undefined;
}

/** From its last growth to the truncation a copy is given so long, in ms: whoever copies truncates at once, as fast as his machine is. */
const COPY_MS = 10_000;
const MOST_WAITING = 1_000;

/**
 * Tells copies from generations, when copytruncate goes on while shipper starts, looks and dies. The copy is made block by
 * block, the application writes on meanwhile, and everything from the last block to the truncation is gone. So a file that
 * nobody knows by its inode, and that has a name which rotation gives, is one of these:
 *
 * 1. The copy of a file that has not been truncated, whole or half made: as far as it goes it is the same as its original,
 *    which is being read, or is only on its way in. It is left alone. All it holds is read from the original; and once that
 *    is truncated, from the copy (`Rotation.truncated`), under the original's id and from where that was safe.
 * 2. The copy of a file that has been truncated, by which its checkpoint is known: the same first bytes, and the same
 *    before the place up to which it was read. Or it is shorter than that, where what was written behind the last block
 *    was read in time; then it has the same first bytes as far as it goes (`isShorterCopy`).
 * 3. What was never looked at in its own place: a generation like any other, read from its beginning.
 *
 * What makes it hold at any moment: whether a file is a copy is asked of the open file, in the same turn in which it would
 * be taken up. That the original has not been truncated is looked at after the comparison, as it is after each read
 * (`FileIdentity.isIn`), so that no bytes of two generations are taken for one. A file is that of its checkpoint if it
 * begins as it did when that was made, though nothing was read of it yet. And a folder in which names were changed during
 * a search is searched again.
 *
 * A copy that is in case 1 for long, because somebody has only made a copy, is read as a file of its own in the end, if it
 * is meant: the beginning of a log may be all there is of another.
 */
export class Copies {
  readonly #options: CopiesOptions;
  readonly #waiting = new Map<string, { readonly size: bigint; readonly sinceMs: number }>();

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** Whether a file that nobody knows is a copy: of a file that is read, or else of the one that its name is derived from. `isStarting`: files are still being taken up. */
  isCopy(file: FoundFile, isStarting: boolean): boolean {
    const { files, isMeant, isExpected } = this.#options;
    const { path, stat } = file;
    const place = familyOf(path);
    const inPlace = files.byPath(place);
    const originals = isStarting ? [inPlace].filter((one) => one !== undefined) : [...files.all].filter((one) => mayBecome(one.path, path));
    const isCopied = isCopyOfAny(originals, file);
    if (files.byKey(keyOf(stat)) !== undefined) return true; // one of them was truncated, and goes on in it
    const isOnItsWay = place !== path && isMeant(place) && ((inPlace === undefined && isCopyOf(place, file)) || isExpected(place, file));
    return (isCopied || isOnItsWay) && this.#isWaitedFor(file);
  }

  #isWaitedFor({ stat }: FoundFile): boolean {
    const { copyMs = COPY_MS } = this.#options;
    const key = keyOf(stat);
    const before = this.#waiting.get(key);
    if (before?.size === stat.size) return performance.now() - before.sinceMs < copyMs;
    if (this.#waiting.size >= MOST_WAITING) this.#waiting.clear();
    this.#waiting.set(key, { size: stat.size, sinceMs: performance.now() });
    return copyMs > 0;
  }
}

/** Whether a file is a copy of what is at a path now, or of its beginning. It came into being later then, as far as the file system knows. */
export function isCopyOf(path: string, { descriptor, stat }: FoundFile): boolean {
  let original: number | undefined;
  try {
    original = openSync(path, 'r');
    const there = fstatSync(original, { bigint: true });
    const isEarlier = there.birthtimeNs === 0n || stat.birthtimeNs === 0n || there.birthtimeNs <= stat.birthtimeNs;
    return keyOf(there) !== keyOf(stat) && isEarlier && isBeginningOf(descriptor, Number(stat.size), original);
  } catch {
    return false; // it is gone, or not ours to read
  } finally {
    if (original !== undefined) closeSync(original);
  }
}

/** Whether a file is a copy of one of these, or of its beginning. */
export function isCopyOfAny(sources: readonly FileSource[], { descriptor, stat }: FoundFile): boolean {
  return sources.filter((one) => one.isCopiedBy(descriptor, Number(stat.size))).length > 0; // each of them has to look
}
