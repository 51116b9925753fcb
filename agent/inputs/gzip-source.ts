import { closeSync } from 'node:fs';
import type { Checkpoint, Checkpoints } from '../state/checkpoints.ts';
import { openDeletedFile } from './deleted-file.ts';
import type { OpenedFile } from './file-intake.ts';
import { GzipStream } from './gzip-stream.ts';
import type { LearnedShape } from '../records/head.ts';
import type { Source, StreamPositions } from './source.ts';
import type { TailedFile } from './tailed-files.ts';
import { Window } from './window.ts';

/** Who looks after gzip sources. */
export interface GzipOwner {
  /** Something has come, or it has ended. */
  ready(source: GzipSource): void;
  /** Nothing more is there now. */
  idle(source: GzipSource): void;
  /** It has ended and everything was read. */
  done(source: GzipSource): void;
}

export interface GzipSourceOptions extends OpenedFile {
  readonly index: number;
  readonly checkpoints: Checkpoints;
  readonly owner: GzipOwner;
  readonly warn: (message: string) => void;
}

/** What a gzip file holds. Positions are in the uncompressed stream; the memory it takes is what nobody has taken yet. */
export class GzipSource implements Source {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly input: string;
  offset: number;
  predecessor: TailedFile | undefined;
  learned: readonly LearnedShape[] | undefined;
  ahead: StreamPositions | undefined;
  readonly #options: GzipSourceOptions;
  readonly #stream: GzipStream;
  readonly #window: Window;
  #checkpoint: Checkpoint;
  #acknowledged: number;
  #position: number;
  #isDone = false;

  constructor(options: GzipSourceOptions) {
    const { checkpoint, descriptor, owner } = options;
    this.#options = options;
    this.#checkpoint = checkpoint;
    this.index = options.index;
    this.id = checkpoint.id;
    this.name = options.path;
    this.input = checkpoint.input;
    this.learned = checkpoint.learned;
    this.ahead = checkpoint.ahead;
    this.offset = this.#acknowledged = this.#position = checkpoint.offset;
    this.#window = new Window(this.offset);
    this.#stream = new GzipStream(descriptor, this.offset, () => owner.ready(this));
    void this.#stream.released.then(() => closeSync(descriptor));
  }

  get ended(): boolean {
    return this.#stream.ended;
  }

  /** A file that is complete is never quiet before its end: what comes late only took long to uncompress. */
  get activeAtMs(): number {
    return this.ended ? 0 : Infinity;
  }

  get knownEnd(): number {
    return this.#window.end;
  }

  /** The file as it was opened. */
  get file(): OpenedFile {
    return this.#options;
  }

  /** All that was made into records is safe. */
  get isSettled(): boolean {
    return this.#acknowledged >= this.offset;
  }

  read(target: Uint8Array<ArrayBuffer>, skip: number): number {
    if (target.length === 0 || this.#isDone) return 0;
    const hadEnded = this.ended;
    const from = this.offset + skip;
    while (this.#window.end < from + target.length) {
      const piece = this.#stream.take();
      if (piece === undefined) break;
      this.#window.add(piece);
    }
    const length = this.#window.copy(from, target);
    this.#position = Math.max(this.#position, from + length);
    if (length === 0 && hadEnded && skip === 0) this.#finish();
    else if (length < target.length && !this.ended) this.#options.owner.idle(this);
    return length;
  }

  /** No more of them than its stream keeps. */
  readHead(target: Uint8Array<ArrayBuffer>, bytes: number): number {
    const head = this.#stream.head.subarray(0, Math.min(bytes, target.length));
    target.set(head);
    return head.length;
  }

  advance(bytes: number): void {
    this.offset += bytes;
    this.#window.drop(this.offset);
  }

  acknowledge(offset: number, ahead?: StreamPositions): void {
    if (offset <= this.#acknowledged && ahead === undefined) return;
    this.#acknowledged = offset;
    this.ahead = ahead;
    this.#changed();
  }

  /** Stops reading. */
  close(): Promise<void> {
    this.#stream.close();
    return this.#stream.released;
  }

  /** The file, opened once more, if no path leads to it any more. Linux only. */
  openDeleted(): OpenedFile | undefined {
    const opened = this.#isDone ? undefined : openDeletedFile(this.#options.descriptor);
    return opened && { ...this.#options, ...opened, checkpoint: this.#snapshot() };
  }

  #finish(): void {
    const { path, warn, owner } = this.#options;
    const { problem } = this.#stream;
    if (problem !== undefined) warn(`${path} is damaged or not complete (${problem}): the ${this.#stream.position} bytes that could be uncompressed were read`);
    this.#isDone = true;
    this.#changed();
    owner.done(this);
  }

  #changed(): void {
    this.#options.checkpoints.changed(this.#checkpoint, () => this.#snapshot());
  }

  #snapshot(): Checkpoint {
    const gzip = this.#isDone ? { end: this.#position } : {};
    const learned = this.learned === undefined ? {} : { learned: [...this.learned] };
    const { learned: _, ahead: __, ...rest } = this.#checkpoint; // they may have to go
    return (this.#checkpoint = { ...rest, ...learned, ...(this.ahead && { ahead: this.ahead }), offset: this.#acknowledged, gzip });
  }
}
