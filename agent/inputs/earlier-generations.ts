import { closeSync } from 'node:fs';
import type { CompressedFiles } from './compressed-files.ts';
import type { Discovery } from './discovery.ts';
import type { FileInputOptions } from './file-input-options.ts';
import type { FileIntake, OpenedFile } from './file-intake.ts';
import { isGzip } from './gzip-file.ts';
import { type FoundFile, MissedGenerations } from './missed-generations.ts';
import { Resumption } from './resumption.ts';
import { type TailedFile, type TailedFiles, setOrphaned } from './tailed-files.ts';

/** What the input does for it. */
export interface EarlierGenerationsHost {
  readonly options: Pick<FileInputOptions, 'name' | 'checkpoints'>;
  readonly discovery: Discovery;
  readonly files: TailedFiles;
  readonly intake: FileIntake;
  readonly compressed: CompressedFiles;
  /** Reads a file from now on. */
  readonly add: (opened: OpenedFile) => TailedFile;
  readonly isStopped: () => boolean;
}

/**
 * Takes up generations that are in their places no more, before what is there now: those of which an earlier run has left
 * checkpoints, and those that nobody has seen.
 */
export class EarlierGenerations {
  readonly #host: EarlierGenerationsHost;
  readonly #resumption: Resumption;
  readonly #missed: MissedGenerations;
  /** One search after the other: what one has found the next one knows. */
  #missing = Promise.resolve();

  constructor(host: EarlierGenerationsHost) {
    const { options, discovery, files, intake, compressed, add } = host;
    const { name: input, checkpoints } = options;
    const opened = (file: OpenedFile): TailedFile => {
      const source = add(file);
      setOrphaned(source);
      return source;
    };
    this.#host = host;
    this.#resumption = new Resumption({ input, checkpoints, files, intake, compressed, isMeant: (path) => discovery.matches(path), opened });
    this.#missed = new MissedGenerations({ input, checkpoints, files, isSpokenFor: (path) => discovery.wishFor(path) !== 'not meant', isExpected: (path, file) => this.isExpected(path, file) });
  }

  /** Goes on with generations that were renamed, copied or compressed while nobody looked, and reads those after them. */
  async resume(): Promise<void> {
    for (const path of await this.#resumption.look()) await this.takeUpMissed(path);
  }

  /** All that could be resumed is. */
  resumed(): void {
    this.#resumption.end();
  }

  /** Whether a file holds what is on its way in from a path, or was left there by an earlier run and has to be taken up yet. */
  isExpected(path: string, file: FoundFile): boolean {
    return this.#resumption.isOfLeft(path, file) || this.#host.intake.isOpening(path, file);
  }

  /** Generations that nobody has seen at their path: each is read after the one before it, and before the one that is there now. */
  takeUpMissed(path: string): Promise<void> {
    const turn = this.#missing.then(() => this.#openMissed(path));
    this.#missing = turn.catch(() => undefined); // whoever has asked is told
    return turn;
  }

  /** Looks once more at paths at which names were being changed when it looked. */
  async lookAgain(): Promise<void> {
    for (const path of this.#missed.again) await this.takeUpMissed(path);
  }

  async #openMissed(path: string): Promise<void> {
    const { files, intake, compressed, add, isStopped } = this.#host;
    for (const found of this.#missed.open(path)) {
      const before = files.before(path, undefined);
      const opened = await (isGzip(found.path) ? compressed : intake).adopt(found, path, before?.id);
      if (opened === undefined) continue;
      if (isStopped()) {
        closeSync(opened.descriptor);
        continue;
      }
      const source = add(opened);
      source.predecessor = before;
      setOrphaned(source);
      files.left(path, source);
    }
  }
}
