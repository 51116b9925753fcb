import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { errorText } from '../state/error-code.ts';
import { newSourceId } from '../state/source-id.ts';
import { type Input, InputError, WakeUp } from './input.ts';
import type { Source } from './source.ts';
import { Window } from './window.ts';

export interface StreamInputOptions {
  readonly name: string;
  /** For people: `stdin`. */
  readonly sourceName: string;
  readonly stream: Readable;
  readonly claimIndex: () => number;
  readonly warn: (message: string) => void;
  /** Bytes that may wait to be read before the stream is paused. */
  readonly limitBytes?: number;
}

const LIMIT_BYTES = 1_048_576;

/** One run of stdin, or of any other stream that can't be read twice. */
export class StreamInput implements Input {
  readonly name: string;
  readonly #options: StreamInputOptions;
  readonly #wakeUp = new WakeUp();
  readonly #source: StreamSource;
  #stopped = false;

  constructor(options: StreamInputOptions) {
    this.name = options.name;
    this.#options = options;
    this.#source = new StreamSource(options, () => this.#wakeUp.wake());
  }

  start(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
    else this.#source.open();
    return Promise.resolve();
  }

  *sources(): Iterable<Source> {
    if (!this.#stopped && this.#source.mayRead) yield this.#source;
  }

  known(): Iterable<Source> {
    return [this.#source];
  }

  async waitForData(): Promise<void> {
    if (!this.finished && !this.#source.mayRead) await this.#wakeUp.wait();
  }

  get ending(): boolean {
    return this.#stopped || this.#source.ended;
  }

  get finished(): boolean {
    return this.#stopped || this.#source.done;
  }

  stop(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #end(): void {
    if (!this.#stopped) this.#options.stream.destroy();
    this.#stopped = true;
    this.#wakeUp.wake();
  }
}

/** stdin to its end, however it is redirected. Throws InputError when it is a folder. */
export function stdinInput(options: Omit<StreamInputOptions, 'stream' | 'sourceName'>): StreamInput {
  if (fstatSync(0).isDirectory()) throw new InputError('stdin is a directory', 66);
  return new StreamInput({ ...options, stream: process.stdin, sourceName: 'stdin' });
}

/** Holds what came and was not made into records yet: at most the limit beyond what was read, and a pipe's worth. */
class StreamSource implements Source {
  readonly readOnce = true;
  readonly index: number;
  readonly id = newSourceId();
  readonly name: string;
  readonly input: string;
  offset = 0;
  ended = false;
  isCutShort = false;
  activeAtMs = performance.now();
  done = false;
  #isHeld = false;
  readonly #stream: Readable;
  readonly #wake: () => void;
  readonly #warn: (message: string) => void;
  readonly #limitBytes: number;
  readonly #window = new Window();
  /** Offset up to which bytes were read. */
  #position = 0;

  constructor({ claimIndex, sourceName, name, stream, warn, limitBytes = LIMIT_BYTES }: StreamInputOptions, wake: () => void) {
    this.index = claimIndex();
    this.name = sourceName;
    this.input = name;
    this.#stream = stream;
    this.#wake = wake;
    this.#warn = warn;
    this.#limitBytes = limitBytes;
  }

  get knownEnd(): number {
    return this.#window.end;
  }

  get unread(): number {
    return this.#window.end - this.#position;
  }

  /** Something is there to be read, or the end to be noticed. */
  get mayRead(): boolean {
    return !this.done && (this.ended || this.#window.end > this.#position);
  }

  open(): void {
    this.#stream.on('data', (piece: Buffer) => this.#take(piece));
    this.#stream.on('error', (error) => {
      this.#warn(`${this.name} can't be read any further: ${errorText(error)}`);
      this.isCutShort = true;
      this.#end();
    });
    for (const event of ['end', 'close']) this.#stream.on(event, () => this.#end());
  }

  read(target: Uint8Array<ArrayBuffer>, skip: number): number {
    if (target.length === 0) return 0;
    const filled = this.#window.copy(this.offset + skip, target);
    this.#position = Math.max(this.#position, this.offset + skip + filled);
    if (filled === 0 && this.ended && skip === 0) this.done = true;
    if (!this.#isHeld && this.#stream.isPaused() && this.#window.end - this.#position < this.#limitBytes / 2) this.#stream.resume();
    return filled;
  }

  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    while (this.#stream.read() !== null) continue; // while it was paused, more has come than it gave; each piece is a `data` event
    this.#stream.destroy(); // what is in a pipe stays there: a stream that is only paused takes some of it
  }

  advance(bytes: number): void {
    this.offset += bytes;
    this.#window.drop(this.offset);
  }

  /** Nothing can be read again, so nothing is remembered. */
  acknowledge(): void {}

  #take(piece: Buffer): void {
    this.#window.add(piece);
    this.activeAtMs = performance.now();
    if (this.#window.end - this.#position >= this.#limitBytes) this.#stream.pause();
    this.#wake();
  }

  #end(): void {
    this.ended = true;
    this.#wake();
  }
}
