import type { Checkpoints } from '../state/checkpoints.ts';
import type { Encoding } from './decoding/names.ts';
import type { Descriptors } from './descriptors.ts';
import type { FileShare } from './file-claims.ts';
import type { OpenedFile } from './file-intake.ts';

export interface FileInputOptions {
  readonly name: string;
  /** Paths and globs; relative ones start in the working directory. */
  readonly paths: readonly string[];
  readonly exclude?: readonly string[];
  /** Where files without a checkpoint begin that are there at the start. Later ones begin at their beginning. */
  readonly startAt?: 'beginning' | 'end';
  /** An input with the same paths has just ended in this process: what it did not know yet came meanwhile, and `startAt` is not about it. */
  readonly isTakingOver?: boolean;
  /** Read to the present end, then finish. What can't be read is an error, and is not waited for. */
  readonly once?: boolean;
  /** Refuse paths that are no logs: they were named on the command line. Else they are left out with a warning. */
  readonly refuseBinary?: boolean;
  /** What files are in that have no byte order mark; without it UTF-8. */
  readonly encoding?: Encoding;
  /** Files that shipper itself writes, as `device:inode`: reading them would feed it its own output. */
  readonly ownFiles?: ReadonlySet<string>;
  /** Whether a path is that of a file that shipper itself writes. */
  readonly isOwn?: (path: string) => boolean;
  /** Files that shipper's own messages are appended to, as `device:inode`: these are left out, the rest is read. */
  readonly ownMessages?: ReadonlySet<string>;
  /** Deleted files that another FileInput held. */
  readonly deleted?: readonly OpenedFile[];
  /** Several lanes read what the paths name, each file one of them. */
  readonly share?: FileShare;
  /** Most bytes that deleted files may keep on the disk until they are read to their end; beyond it the oldest are let go of. Without it all are kept. */
  readonly maxDeletedBytes?: number | undefined;
  readonly checkpoints: Checkpoints;
  /** Shared among inputs, as descriptors are. */
  readonly descriptors?: Descriptors;
  /** The next free position in the pipeline's table of sources. */
  readonly claimIndex: () => number;
  /** Takes what turned out to be lost only after the source had ended, in bytes. */
  readonly lost?: (source: number, bytes: number) => void;
  readonly warn: (message: string) => void;
  /** Time between two looks at every path, in ms. */
  readonly pollMs?: number;
  /** How many such looks there are between two for checkpoints that nothing needs. */
  readonly sweepPolls?: number;
  /** How long a file that was renamed or deleted is held after its last bytes, in ms. */
  readonly graceMs?: number;
  /** How long a compressed file must be left alone to count as complete, in ms. */
  readonly settleMs?: number;
  /** How long the compressed copy of a file that was truncated, or deleted and let go of, is looked for, in ms. */
  readonly searchMs?: number;
  /** How long after it was made a copy is waited for its original to be truncated, in ms. */
  readonly copyMs?: number;
}
