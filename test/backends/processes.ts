import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { endsWithUs, isAlive, signalGroup } from './cleanup.ts';

const READY_MS = 300_000; // a busy machine is slow, and no test depends on how long it is
const STOPPED_MS = 30_000;
const POLL_MS = 50;
const LONGEST_COMMAND_MS = 900_000; // a build on a busy machine; a download that hangs must not hang the run
/** What Linux sends to a server when this run is killed and can end nothing any more. */
const DEATH_SIGNAL = ['setpriv', '--pdeathsig', 'KILL'];

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and gives what it has written; throws with its messages if that is not 0. */
export function command(program: string, args: readonly string[], { cwd, env }: CommandOptions = {}): Promise<string> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  endsWithUs(child);
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (block: Buffer) => stdout.push(block));
  child.stderr.on('data', (block: Buffer) => stderr.push(block));
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), LONGEST_COMMAND_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new Error(`${path.basename(program)} ended with ${code ?? signal}:\n${Buffer.concat([...stdout, ...stderr]).toString()}`));
    });
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that is running. */
export interface Running {
  /** By SIGTERM, or else by SIGKILL. */
  stop(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<void>;
}

/** Starts a server and waits until it takes connections. What it writes goes to a file in `folder`, and into the error if it does not start. */
export async function startServer(program: string, args: readonly string[], port: number, folder: string, env: Record<string, string> = {}): Promise<Running> {
  const log = path.join(folder, `${path.basename(program)}.log`);
  const descriptor = openSync(log, 'a');
  const [first = program, ...rest] = [...(diesWithParent() ? DEATH_SIGNAL : []), program, ...args];
  const child = spawn(first, rest, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', descriptor, descriptor], detached: true });
  endsWithUs(child);
  closeSync(descriptor);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.on('error', () => undefined); // it shows as a port that does not open
  const stop = async (): Promise<void> => {
    signalGroup(child, 'SIGTERM');
    signalGroup(child, 'SIGCONT'); // one that a test has frozen would not hear it
    const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOPPED_MS);
    if (isAlive(child)) await ended;
    clearTimeout(timer);
  };
  const givenUpAt = Date.now() + READY_MS;
  while (!(await isOpen(port))) {
    if (isAlive(child) && Date.now() < givenUpAt) {
      await wait(POLL_MS);
      continue;
    }
    await stop();
    const said = readFileSync(log, 'utf8');
    throw new Error(`${program} did not start:\n${said.length < 8_000 ? said : `${said.slice(0, 4_000)}\n…\n${said.slice(-4_000)}`}`);
  }
  return { stop, ended, signal: (name) => signalGroup(child, name) };
}

let hasDeathSignal: boolean | undefined;

function diesWithParent(): boolean {
  const [program = '', ...args] = DEATH_SIGNAL;
  return (hasDeathSignal ??= spawnSync(program, [...args, 'true']).status === 0);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}
