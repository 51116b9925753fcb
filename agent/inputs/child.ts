import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { type Readable, Transform, pipeline } from 'node:stream';
import { UserError } from '../exit-codes.ts';
import { errorCode, errorText } from '../state/error-code.ts';
import { realPipes } from './real-pipe.ts';

export type StreamName = 'stdout' | 'stderr';
type Streams = Readonly<Record<StreamName, Readable>>;

/** What a shell says of a command that it can't find, or can't run. */
const [NOT_FOUND, NOT_EXECUTABLE] = [127, 126];

/** A program that shipper runs: in a process group of its own, its stdin that of shipper. */
export class Child {
  /** Its exit code, or 128 and the number of the signal that ended it, as shells say it. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;
  readonly #raw: Streams;
  readonly #streams: Streams;

  private constructor(child: ChildProcess, raw: Streams, tee: boolean) {
    this.#process = child;
    this.#raw = raw;
    this.#streams = { stdout: taken(raw.stdout, tee ? process.stdout : undefined), stderr: taken(raw.stderr, tee ? process.stderr : undefined) };
    this.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])));
  }

  /** Runs it, without a shell. `tee`: what it writes is passed on too. Throws a UserError if it can't be run. */
  static async start(command: readonly string[], tee: boolean): Promise<Child> {
    const [program = '', ...args] = command;
    const { child, raw } = spawnPiped(program, args);
    const started = new Child(child, raw, tee);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(cantRun(program, error)));
    });
    return started;
  }

  stream(name: StreamName): Readable {
    return this.#streams[name];
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Whether somebody else, a process it has started, may still write to its streams. */
  get isHeldOpen(): boolean {
    return !this.#raw.stdout.readableEnded || !this.#raw.stderr.readableEnded;
  }

  /** Sends a signal to it and to what it has started, as a terminal does. */
  signal(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }
}

/** Its own process group; what it writes comes out of `raw`. */
function spawnPiped(program: string, args: readonly string[]): { child: ChildProcess; raw: Streams } {
  const pipes = realPipes(['stdout', 'stderr']);
  if (pipes === undefined) {
    const child = spawn(program, args, { stdio: ['inherit', 'pipe', 'pipe'], detached: true });
    return { child, raw: child };
  }
  const { stdout, stderr } = pipes;
  try {
    return { child: spawn(program, args, { stdio: ['inherit', stdout.writeEnd, stderr.writeEnd], detached: true }), raw: { stdout: stdout.stream, stderr: stderr.stream } };
  } finally {
    closeSync(stdout.writeEnd);
    closeSync(stderr.writeEnd);
  }
}

function cantRun(program: string, error: unknown): UserError {
  if (errorCode(error) === 'ENOENT') return new UserError(`${program}: command not found`, NOT_FOUND);
  const why = errorCode(error) === 'EACCES' ? 'it is not executable' : errorText(error);
  return new UserError(`${program} can't be run: ${why}`, NOT_EXECUTABLE);
}

/**
 * The stream as it is; and byte by byte on `target` before that, whose reader sets the pace, as without shipper. It is
 * read from now on: Node throws away what nobody reads when a child ends.
 */
function taken(stream: Readable, target: NodeJS.WriteStream | undefined): Readable {
  let isGone = target === undefined;
  target?.on('error', () => (isGone = true)); // nobody reads it any more; the records go on
  const taken = new Transform({
    transform(piece: Buffer, _, done) {
      if (isGone) done(null, piece);
      else target?.write(piece, () => done(null, piece));
    },
  });
  pipeline(stream, taken, () => undefined); // an error shows behind it, too
  return taken;
}
