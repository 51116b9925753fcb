import type { Checkpoint } from '../state/checkpoints.ts';
import { realPath } from './moved-file.ts';
import { familyOf, isCountedByItself, uncompressed } from './rotation-name.ts';

/** Where a generation of a log was read, or seen empty. */
export type KnownPlace = Pick<Checkpoint, 'input' | 'path' | 'seenAt'>;

/**
 * The rule of `start_at: end`: it is about logs of which nothing was ever read. A file begins behind its last line if
 *  1. it is there when shipper starts, and
 *  2. it is not known by its content, and
 *  3. no file was ever read, or seen empty, at its path, or at that of a log of which it is a generation by its name.
 * What came to the place of a file that was read (by rotation, truncation, deletion) is new, and so are generations that
 * nobody has seen: they are read from their beginning. It rests on names and content alone, never on times, which may tie
 * or go backwards. Where names leave it open (`app-1.log` beside `app.log`) the file is read: repeats, but no loss.
 */
export class StartAt {
  /** Logs that are known, by path. */
  readonly #logs = new Set<string>();

  /** `known`: what earlier runs have left, of all lanes. */
  constructor(input: string, known: Iterable<KnownPlace>) {
    for (const place of known) {
      if (place.input !== input) continue;
      for (const path of [place.path, place.seenAt ?? place.path]) {
        this.#logs.add(uncompressed(path));
        if (!isCountedByItself(path)) this.#logs.add(familyOf(path)); // else `worker-1.log` would speak for `worker-2.log`
      }
    }
  }

  /** Whether the file at a path, which is not known by its content, belongs to a log that is. */
  isKnown(path: string): boolean {
    if (this.#logs.size === 0) return false;
    return [path, realPath(path)].some((one) => this.#logs.has(uncompressed(one)) || this.#logs.has(familyOf(one)));
  }
}
