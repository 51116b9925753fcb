import type { Checkpoints } from '../state/checkpoints.ts';
import type { Descriptors } from './descriptors.ts';
import type { OpenedFile } from './file-intake.ts';
import type { FileSource } from './file-source.ts';

/** Who looks after file sources and is told what reading them brings to light. */
export interface FileOwner {
  /** Nothing more is there now. */
  idle(source: FileSource): void;
  /** The file no longer holds what was read of it; the path holds a new generation. Gives a copy of the old one, if there is one. */
  truncated(source: FileSource): OpenedFile | undefined;
  /** It has ended and everything was read. */
  done(source: FileSource): void;
}

/** What a file source is made of. */
export interface FileSourceOptions extends OpenedFile {
  readonly index: number;
  /** First offset that is not read; Infinity follows the file. */
  readonly limit: number;
  readonly descriptors: Descriptors;
  readonly checkpoints: Checkpoints;
  readonly owner: FileOwner;
  /** shipper's own messages are appended to it. */
  readonly hasOwnMessages: boolean;
  readonly warn: (message: string) => void;
}
