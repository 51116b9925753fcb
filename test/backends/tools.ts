import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const READY_MS = 180_000; // a busy machine is slow, and no test depends on how long it is
const POLL_MS = 50;
const exec = promisify(execFile);

/** Where downloads are kept, outside the checkout: a second run is fast. */
export function cacheFolder(name: string): string {
  const folder = path.join(process.env['SHIPPER_TEST_CACHE'] ?? path.join(homedir(), '.cache', 'shipper-tests'), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder that is gone when the work is done. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shipper-backend-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Runs a program to its end; throws with what it wrote if that is not 0. */
export async function command(program: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<string> {
  const { stdout } = await exec(program, args, { ...options, env: { ...process.env, ...options.env }, maxBuffer: 64 * 2 ** 20 });
  return stdout;
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
  stop(): Promise<void>;
}

/** Starts a server and waits until it takes connections. What it writes goes to a file in `folder`, and into the error if it does not start. */
export async function startServer(program: string, args: readonly string[], port: number, folder: string, env: Record<string, string> = {}): Promise<Running> {
  const log = path.join(folder, `${path.basename(program)}.log`);
  const descriptor = openSync(log, 'a');
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', descriptor, descriptor] });
  closeSync(descriptor);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.on('error', () => undefined); // it shows as a port that does not open
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
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
  return { stop };
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
