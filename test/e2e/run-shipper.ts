import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

export const ROOT = path.join(import.meta.dirname, '..', '..');
/** The compiled program: what users run is what is tested. */
export const CLI = path.join(ROOT, 'dist', 'agent', 'cli.js');

// A process that hangs must fail its test and not the whole run. No test may depend on how long it is.
const LIMIT_MS = 300_000;
const POLL_MS = 10;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  /** What goes to stdin, which is then closed. Without it stdin is empty. */
  readonly stdin?: string | Uint8Array;
  /** Beside PATH and a state directory of its own, nothing is in the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Files it may have open at once. */
  readonly openFiles?: number;
  /** What it reads as stdin instead: a file, or a named pipe. */
  readonly stdinFile?: string;
}

// Neither a process nor its state outlasts the run, however that ends.
const children = new Map<ChildProcess, string>();
process.on('exit', () => {
  for (const [child, state] of children) {
    child.kill('SIGKILL');
    rmSync(state, { recursive: true, force: true });
  }
});

/** A shipper that is running. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** What has come so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

/** Runs shipper to its end. */
export async function run(args: readonly string[], options: Options = {}): Promise<Ended> {
  const running = start(args, options);
  running.child.stdin.end(options.stdin ?? '');
  return running.ended;
}

/** Starts shipper with an open stdin. */
export function start(args: readonly string[], options: Options = {}): Running {
  const state = mkdtempSync(path.join(tmpdir(), 'shipper-state-'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: state, SHIPPER_STATE_DIR: path.join(state, 'state'), ...options.env };
  const shell = [options.openFiles === undefined ? '' : `ulimit -n ${options.openFiles}; `, 'exec "$0" "$@"', options.stdinFile === undefined ? '' : ` < '${options.stdinFile}'`].join('');
  const [program = '', ...before] = options.openFiles === undefined && options.stdinFile === undefined ? [process.execPath] : ['sh', '-c', shell, process.execPath];
  const child = spawn(program, [...before, CLI, ...args], { env, cwd: options.cwd ?? ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (block: Buffer) => stdout.push(block));
  child.stderr.on('data', (block: Buffer) => stderr.push(block));
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  const text = (blocks: Buffer[]) => () => Buffer.concat(blocks).toString();
  children.set(child, state);
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      children.delete(child);
      rmSync(state, { recursive: true, force: true });
      resolve({ code, signal, stdout: text(stdout)(), stderr: text(stderr)() });
    });
  });
  return { child, stdout: text(stdout), stderr: text(stderr), ended };
}

/** Waits until `holds` gives something else than false or undefined, and gives that. */
export async function until<T>(holds: () => T | false | undefined, what: string): Promise<T> {
  const givenUpAt = Date.now() + LIMIT_MS;
  for (;;) {
    const value = holds();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > givenUpAt) throw new Error(`waited in vain for ${what}`);
    await wait(POLL_MS);
  }
}

/** The events of NDJSON output. Throws at a line that is not JSON. */
export function events(ndjson: string): Record<string, unknown>[] {
  return ndjson.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}
