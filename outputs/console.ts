import { fstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { WriteStream } from 'node:tty';
import type { ConsoleOptions } from './console-options.ts';
import { PrettyPrinter } from './console-pretty.ts';
import { flat } from './dialects/flat.ts';
import type { Destination, Output, Verdict } from './output.ts';

/** stdout: JSON lines, or on a terminal lines for people. When its reader goes away, `closed` is aborted. */
export function consoleOutput(name: string, options: ConsoleOptions): Output {
  const closing = new AbortController();
  return {
    name,
    type: 'console',
    network: false,
    dialect: flat,
    framing: { before: '', after: '\n' },
    limits: options.batch,
    ageMs: options.batch.age,
    connections: 1,
    closed: closing.signal,
    check: () => Promise.resolve({ kind: 'ok' }),
    open: () => Promise.resolve(open(options.format, closing)),
  };
}

function open(format: ConsoleOptions['format'], closing: AbortController): Destination {
  const pretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
  const stat = fstatSync(STDOUT);
  const isStored = stat.isFile() || (stat.isCharacterDevice() && !process.stdout.isTTY); // a device has no reader that could go away
  const destination = isStored ? new FileConsole() : new StreamConsole(process.stdout, closing);
  return pretty ? new PrettyConsole(destination, new PrettyPrinter(hasColors(process.stdout), () => process.stdout.columns || WIDTH)) : destination;
}

const STDOUT = 1;
const WIDTH = 120; // where stdout is not a terminal
const GONE: Verdict = { kind: 'retry', reason: 'stdout was closed by its reader' };

/** Decided once. https://no-color.org */
function hasColors(stream: WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0';
  return stream.isTTY && stream.hasColors();
}

/** A pipe or terminal. Its reader sets the pace: a batch is delivered when the last byte is in the pipe. */
class StreamConsole implements Destination {
  readonly #stream: WriteStream;
  readonly #closing: AbortController;
  readonly #onError = (): void => this.#closing.abort(); // EPIPE, or EIO of a terminal that is gone: nothing can be written any more

  constructor(stream: WriteStream, closing: AbortController) {
    this.#stream = stream;
    this.#closing = closing;
    stream.on('error', this.#onError);
  }

  send(body: Uint8Array): Promise<Verdict> {
    if (this.#closing.signal.aborted) return Promise.resolve(GONE);
    return new Promise((resolve) => {
      this.#stream.write(body, (error) => {
        if (error) this.#closing.abort();
        resolve(error ? GONE : { kind: 'delivered' });
      });
    });
  }

  /** Leaves one listener, however often it is opened anew: a late EPIPE must not become a stack trace. */
  close(): Promise<void> {
    if (!this.#stream.listeners('error').includes(ignore)) this.#stream.on('error', ignore);
    this.#stream.off('error', this.#onError);
    return Promise.resolve();
  }
}

function ignore(): void {}

const writeAsync = promisify(write);

/** `> FILE`. Node's stream would block while it writes, and be beyond repair after the first full disk. */
class FileConsole implements Destination {
  /** Bytes of the batch that were written before an error: the next try goes on behind them. */
  #written = 0;

  async send(body: Uint8Array): Promise<Verdict> {
    try {
      while (this.#written < body.length) this.#written += (await writeAsync(STDOUT, body, this.#written, body.length - this.#written)).bytesWritten;
      this.#written = 0;
      return { kind: 'delivered' };
    } catch (error) {
      return { kind: 'retry', reason: `can't write to stdout: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class PrettyConsole implements Destination {
  readonly #inner: Destination;
  readonly #printer: PrettyPrinter;
  /** What is being written: a second try must be the same text. */
  #text: Uint8Array<ArrayBuffer> | undefined;

  constructor(inner: Destination, printer: PrettyPrinter) {
    this.#inner = inner;
    this.#printer = printer;
  }

  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    this.#text ??= new TextEncoder().encode(this.#printer.print(new TextDecoder().decode(body)));
    const verdict = await this.#inner.send(this.#text, count, signal);
    if (verdict.kind === 'delivered') this.#text = undefined;
    return verdict;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
