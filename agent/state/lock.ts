import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { errorCode } from './error-code.ts';

/** A lock that is held. It ends with the process, however that ends. */
export interface Lock {
  release(): Promise<void>;
}

const NAME = /^lock\.(\d+)$/;
const CANDIDATE = /^lock-[0-9a-f]{12}$/;
/** What bind or link say where a file system has no sockets or no hard links. */
const UNSUPPORTED = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'EXDEV']);
/** sockaddr_un holds 108 bytes on Linux, 104 on macOS. */
const LONGEST_SOCKET_PATH = 100;

/**
 * Locks a folder so that the kernel frees it at death. Undefined: somebody else holds it. Throws the system's error
 * when the folder can't be written.
 *
 * Node has no flock. A Unix socket in the folder does the same: it answers as long as its process lives and refuses
 * afterwards, across containers too, where neither process ids nor abstract sockets mean anything. A stale lock is
 * never removed before a higher number is taken, and the highest number is the lock: so of two that find a stale lock,
 * only one gets the next number (link fails for the other), and numbers never start anew.
 */
export async function lockFolder(folder: string): Promise<Lock | undefined> {
  const short = shortened(folder);
  try {
    return await compete(folder, short.path);
  } catch (error) {
    if (process.platform === 'linux' && UNSUPPORTED.has(errorCode(error))) return lockByName(folder);
    throw error;
  } finally {
    short.close();
  }
}

/** Whether somebody works in a folder, as far as can be told without touching it. */
export async function isHeld(folder: string): Promise<boolean> {
  const short = shortened(folder);
  try {
    const last = highest(folder);
    return await answers(last > 0 ? join(short.path, `lock.${last}`) : nameOf(folder));
  } catch {
    return false; // it is gone
  } finally {
    short.close();
  }
}

async function compete(folder: string, short: string): Promise<Lock | undefined> {
  for (;;) {
    const candidate = `lock-${randomBytes(6).toString('hex')}`;
    const server = await listen(join(short, candidate));
    const outcome = await take(folder, short, candidate);
    rmSync(join(folder, candidate), { force: true });
    if (outcome === 'taken') return { release: () => closed(server) };
    await closed(server);
    if (outcome === 'held') return undefined;
  }
}

/** 'again': somebody was faster, or swept the candidate away. */
async function take(folder: string, short: string, candidate: string): Promise<'taken' | 'held' | 'again'> {
  const last = highest(folder);
  if (last > 0 && (await answers(join(short, `lock.${last}`)))) return 'held';
  try {
    linkSync(join(folder, candidate), join(folder, `lock.${last + 1}`));
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return 'again';
    throw error;
  }
  // Slow between look and link: the lock has gone through other hands meanwhile, and this number is an old one.
  if (highest(folder) > last + 1) {
    rmSync(join(folder, `lock.${last + 1}`), { force: true });
    return 'again';
  }
  sweep(folder, last + 1);
  return 'taken';
}

function highest(folder: string): number {
  let found = 0;
  for (const name of readdirSync(folder)) found = Math.max(found, Number(NAME.exec(name)?.[1] ?? 0));
  return found;
}

/** Removes what earlier holders and killed candidates left. */
function sweep(folder: string, own: number): void {
  for (const name of readdirSync(folder)) {
    const number = NAME.exec(name)?.[1];
    if (CANDIDATE.test(name) || (number !== undefined && Number(number) < own)) rmSync(join(folder, name), { force: true });
  }
}

/** Whether the process behind a socket lives. One that may not be asked, or is too busy to answer, does. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(errorCode(error))));
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** For file systems without sockets or hard links. Holds only among processes that share a network namespace. */
async function lockByName(folder: string): Promise<Lock | undefined> {
  try {
    const server = await listen(nameOf(folder));
    return { release: () => closed(server) };
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** An abstract socket. */
function nameOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `\0shipper-state-${dev}-${ino}`;
}

/** The folder by a path that leaves room for a socket's name. */
function shortened(folder: string): { path: string; close(): void } {
  if (process.platform !== 'linux' || Buffer.byteLength(folder) < LONGEST_SOCKET_PATH - 20) return { path: folder, close: () => undefined };
  const descriptor = openSync(folder, 'r');
  return { path: `/proc/self/fd/${descriptor}`, close: () => closeSync(descriptor) };
}
