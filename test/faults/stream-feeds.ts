import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '../../agent/state/error-code.ts';
import { NO_WINDOW, type Feed, type FeedOptions } from './feed.ts';
import { lineOf, namesIn } from './line.ts';

/** A pipe takes this much whole or not at all, as JSON too. */
const BLOCK_BYTES = 3_500;
/** A pipe holds no more. */
const PIPE_BYTES = 65_536;

/**
 * `app | shipper`, where the pipe outlives the agent, so that what lies in it is there for the next one: it is no loss,
 * and no excuse. What an agent had taken out of it when it was killed, and had not brought to safety, is nowhere any more.
 */
export class Stdin implements Feed {
  readonly streams = ['stdin'];
  readonly isReadAgain = false;
  readonly inputs = '';
  readonly #pipe: string;
  readonly #ends: number;
  #count = 0;
  #unread = new Set<string>();

  constructor({ folder }: FeedOptions) {
    this.#pipe = makePipe(folder);
    this.#ends = openSync(this.#pipe, constants.O_RDWR | constants.O_NONBLOCK); // both ends: it never comes to its end
  }

  arguments(): readonly string[] {
    return [];
  }

  openStdin(): number {
    return openSync(this.#pipe, constants.O_RDONLY);
  }

  written(): number {
    return this.#count;
  }

  write(lines: number): void {
    for (let written = 0; written < lines; ) {
      const [block, next] = blockOf(this.#count, lines - written, 'stdin');
      if (!put(this.#ends, block)) return;
      written += next - this.#count;
      this.#count = next;
    }
  }

  sourceOf(stream: string): string {
    return stream;
  }

  turn(): boolean {
    return false;
  }

  goOn(): void {}

  /** Looks at what lies in the pipe, and puts it back: nobody else reads it meanwhile. */
  ended(): Promise<void> {
    const left = emptied(this.#ends);
    if (left !== '' && !put(this.#ends, left)) throw new Error('what was in the pipe does not fit into it any more');
    this.#unread = new Set(namesIn(left));
    return Promise.resolve();
  }

  isUnread(name: string): boolean {
    return this.#unread.has(name);
  }

  readonly window = NO_WINDOW;

  finish(): void {}

  close(): void {
    closeSync(this.#ends);
  }
}

/** `shipper exec`: each life has a program of its own, which dies with it. */
export class Exec implements Feed {
  readonly streams = ['stdout', 'stderr'];
  readonly isReadAgain = false;
  readonly inputs = '';
  readonly #options: FeedOptions;
  readonly #file: string;
  readonly #pipe: string;
  /** Lines that the program was told to write, by stream. */
  #told = [0, 0];
  /** What it is told through. */
  #commands: number | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#file = path.join(options.folder, 'written');
    this.#pipe = makePipe(options.folder);
    writeFileSync(this.#file, Buffer.alloc(24));
  }

  arguments(): readonly string[] {
    return ['--', process.execPath, path.join(import.meta.dirname, 'generator.mjs'), this.#file, ...this.#told.map(String)];
  }

  openStdin(): number {
    const readEnd = openSync(this.#pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#commands = openSync(this.#pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    return readEnd;
  }

  written(stream: string): number {
    return Number(new BigUint64Array(new Uint8Array(readFileSync(this.#file)).buffer)[this.streams.indexOf(stream)]);
  }

  write(lines: number): void {
    const at = this.#options.random.below(2);
    const [block, next] = blockOf(this.#told[at] ?? 0, lines, this.streams[at] ?? '');
    if (this.#commands !== undefined && put(this.#commands, `${JSON.stringify([at, block, next])}\n`)) this.#told[at] = next;
  }

  sourceOf(stream: string): string {
    return stream;
  }

  turn(): boolean {
    return false;
  }

  goOn(): void {}

  /** Waits until nobody holds its stdin: its program has noticed. What it did not write was never said. */
  async ended(): Promise<void> {
    if (this.#commands !== undefined) closeSync(this.#commands);
    this.#commands = undefined;
    while (hasReader(this.#pipe)) await wait(2);
    this.#told = this.streams.map((stream) => this.written(stream));
  }

  isUnread(): boolean {
    return false; // its pipe dies with it
  }

  readonly window = NO_WINDOW;

  finish(): void {}

  close(): void {}
}

function makePipe(folder: string): string {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

/** Whether there was room in a pipe. */
function put(pipe: number, block: string): boolean {
  try {
    writeSync(pipe, block);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EAGAIN' || errorCode(error) === 'EPIPE') return false;
    throw error;
  }
}

/** Takes out all that lies in a pipe. */
function emptied(pipe: number): string {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(PIPE_BYTES);
    try {
      pieces.push(piece.subarray(0, readSync(pipe, piece)));
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') return Buffer.concat(pieces).toString('latin1');
      throw error;
    }
  }
}

function hasReader(pipe: string): boolean {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENXIO') return false;
    throw error;
  }
}

/** Lines from `first` on as one block, and the number behind the last. */
function blockOf(first: number, lines: number, stream: string): [string, number] {
  let block = '';
  let n = first;
  for (; n < first + lines; n++) {
    const line = `${lineOf(n, stream)}\n`;
    if (block.length + line.length > BLOCK_BYTES) break;
    block += line;
  }
  return [block, n];
}
