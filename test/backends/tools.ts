import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const READY_MS = 180_000; // a busy machine is slow, and no test depends on how long it is
const STOPPED_MS = 30_000;
const POLL_MS = 50;
const LONGEST_COMMAND_MS = 1_200_000; // a build on a busy machine; a download that hangs must not hang the run
const exec = promisify(execFile);

// Whatever ends this run, neither servers nor folders outlast it.
const servers = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of servers) signalGroup(child, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

/** Where downloads are kept, outside the checkout: a second run is fast. */
export function cacheFolder(name: string): string {
  const base = process.env['SHIPPER_TEST_CACHE'] ?? path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'shipper-tests');
  const folder = path.join(base, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder that is gone when the work is done. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shipper-backend-'));
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    folders.delete(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Runs a program to its end; throws with what it wrote if that is not 0. */
export async function command(program: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<string> {
  const { stdout } = await exec(program, args, { ...options, env: { ...process.env, ...options.env }, maxBuffer: 64 * 2 ** 20, timeout: LONGEST_COMMAND_MS, killSignal: 'SIGKILL' });
  return stdout;
}

/** What a test needs can't be had here: the test is skipped, and this is why. */
export class Unavailable extends Error {}

/** Gets something by `work`; where that fails, the test that needs it is skipped. */
export async function obtain<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Unavailable(`${what} could not be got: ${(error instanceof Error ? error.message : String(error)).trim().replace(/\s+/g, ' ').slice(-300)}`);
  }
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
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', descriptor, descriptor], detached: true });
  servers.add(child);
  closeSync(descriptor);
  const ended = new Promise<void>((resolve) => child.on('close', () => { servers.delete(child); resolve(); }));
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
    throw new Error(`${program} did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
  }
  return { stop, ended, signal: (name) => signalGroup(child, name) };
}

/** To a server and to all that it has started: some are launchers. */
function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || !isAlive(child)) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    child.kill(name); // the group is gone
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}

/** Throws if something is not as it should be: the row would be worth nothing. */
export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
