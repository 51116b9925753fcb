import { closeSync } from 'node:fs';
import type { Checkpoint } from '../state/checkpoints.ts';
import type { CompressedFiles } from './compressed-files.ts';
import type { Discovery } from './discovery.ts';
import type { FileInputOptions } from './file-input-options.ts';
import type { FileIntake, OpenedFile } from './file-intake.ts';
import { isGzip } from './gzip-file.ts';
import { MissedGenerations } from './missed-generations.ts';
import { isAtPlace, isFinished } from './moved-file.ts';
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
  readonly #missed: MissedGenerations;
  /** One search after the other: what one has found the next one knows. */
  #missing = Promise.resolve();

  constructor(host: EarlierGenerationsHost) {
    const { options, discovery, files } = host;
    this.#host = host;
    this.#missed = new MissedGenerations({ input: options.name, checkpoints: options.checkpoints, files, isSpokenFor: (path) => discovery.wishFor(path) !== 'not meant' });
  }

  /** Goes on with generations that were renamed, copied or compressed while nobody looked. */
  async resume(): Promise<void> {
    const { options, discovery, files, add } = this.#host;
    const left = new Set<string>();
    const resumed = new Map<string, { readonly source: TailedFile; readonly checkpoint: Checkpoint }>();
    for (const checkpoint of options.checkpoints.previous(options.name)) {
      if (!discovery.matches(checkpoint.path)) continue;
      const isHere = isAtPlace(checkpoint);
      if (!isHere && checkpoint.goneSinceMs === undefined) left.add(checkpoint.path);
      const opened = isHere || isFinished(checkpoint) ? undefined : await this.#open(checkpoint);
      if (opened === undefined) continue;
      const source = add(opened);
      setOrphaned(source);
      resumed.set(source.id, { source, checkpoint });
    }
    for (const { source, checkpoint } of resumed.values()) source.predecessor = resumed.get(checkpoint.after ?? '')?.source;
    const older = new Set([...resumed.values()].map(({ checkpoint }) => checkpoint.after));
    for (const { source, checkpoint } of resumed.values()) if (!older.has(source.id)) files.left(checkpoint.path, source);
    for (const path of left) await this.takeUpMissed(path);
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

  async #open(checkpoint: Checkpoint): Promise<OpenedFile | undefined> {
    const { intake, compressed } = this.#host;
    return intake.openMoved(checkpoint) ?? intake.openCopy(checkpoint, checkpoint.offset) ?? (await compressed.resume(checkpoint)) ?? intake.openStrayCopy(checkpoint, checkpoint.offset);
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
