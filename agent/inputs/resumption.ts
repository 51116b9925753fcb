import type { Checkpoint, Checkpoints } from '../state/checkpoints.ts';
import type { CompressedFiles } from './compressed-files.ts';
import type { FileIntake, OpenedFile } from './file-intake.ts';
import { isCopyOfKnown, isShorterCopy } from './fingerprint.ts';
import type { FoundFile } from './missed-generations.ts';
import { isAtPlace, isFinished } from './moved-file.ts';
import type { TailedFile, TailedFiles } from './tailed-files.ts';

export interface ResumptionOptions {
  readonly input: string;
  readonly checkpoints: Checkpoints;
  readonly files: TailedFiles;
  readonly intake: FileIntake;
  readonly compressed: CompressedFiles;
  /** Whether a path is to be read. */
  readonly isMeant: (path: string) => boolean;
  /** What is read from now on, though it is not in its place. */
  readonly opened: (file: OpenedFile) => TailedFile;
}

/**
 * Takes up what earlier runs have left. What is in its place still is found there like any other file. What is not was
 * renamed, copied or compressed, and is looked for: before the files are taken up, since it comes before what is in its
 * place now; and once more afterwards, since it may have left its place between the look and the taking up.
 */
export class Resumption {
  readonly #options: ResumptionOptions;
  /** What is not being read yet. */
  readonly #left: Map<string, Checkpoint>;

  constructor(options: ResumptionOptions) {
    const { input, checkpoints, isMeant } = options;
    this.#options = options;
    this.#left = new Map(checkpoints.previous(input).filter(({ path }) => isMeant(path)).map((one) => [one.id, one]));
  }

  /** Looks for all that is not in its place. Gives the paths at which there are others now, or none. */
  async look(): Promise<Set<string>> {
    const { files, checkpoints, opened } = this.#options;
    const paths = new Set<string>();
    const resumed = new Map<string, { readonly source: TailedFile; readonly checkpoint: Checkpoint }>();
    const live = files.ids;
    for (const one of [...this.#left.values()]) {
      const checkpoint = live.has(one.id) ? undefined : checkpoints.latest(one);
      if (checkpoint !== undefined && isAtPlace(checkpoint)) continue;
      this.#left.delete(one.id);
      if (checkpoint !== undefined && checkpoint.goneSinceMs === undefined) paths.add(checkpoint.path);
      const file = checkpoint && (await this.#find(checkpoint));
      if (checkpoint !== undefined && file !== undefined) resumed.set(checkpoint.id, { source: opened(file), checkpoint });
    }
    this.#order([...resumed.values()]);
    return paths;
  }

  /** All that could be taken up is. */
  end(): void {
    this.#left.clear();
  }

  /** Whether a file holds what is left of one that was read at a path, and that is to be taken up there yet. */
  isOfLeft(place: string, { descriptor, stat }: FoundFile): boolean {
    const size = Number(stat.size);
    const { checkpoints } = this.#options;
    for (const one of this.#left.values()) {
      if (one.path !== place && one.seenAt !== place) continue;
      const checkpoint = checkpoints.latest(one);
      if (checkpoint !== undefined && isCopyOfKnown(descriptor, size, checkpoint)) return true;
    }
    return false;
  }

  async #find(checkpoint: Checkpoint): Promise<OpenedFile | undefined> {
    const { intake, compressed } = this.#options;
    if (isFinished(checkpoint)) return undefined;
    const found = intake.openMoved(checkpoint) ?? intake.openCopy(checkpoint, checkpoint.offset) ?? (await compressed.resume(checkpoint));
    return found ?? intake.openStrayCopy(checkpoint, checkpoint.offset) ?? intake.openCopy(checkpoint, checkpoint.offset, isShorterCopy); // where all of it is, is better
  }

  /** Each comes after the one before it, and the last one of a path before what is there. */
  #order(resumed: readonly { readonly source: TailedFile; readonly checkpoint: Checkpoint }[]): void {
    const { files } = this.#options;
    const byId = new Map(resumed.map((one) => [one.source.id, one.source]));
    const older = new Set(resumed.map(({ checkpoint }) => checkpoint.after));
    for (const { source, checkpoint } of resumed) {
      source.predecessor = byId.get(checkpoint.after ?? '');
      if (older.has(source.id)) continue;
      files.left(checkpoint.path, source);
      const inPlace = files.byPath(checkpoint.path);
      if (inPlace !== undefined) inPlace.predecessor ??= source;
    }
  }
}
