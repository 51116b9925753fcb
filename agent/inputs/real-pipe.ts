import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** A pipe of the system, for a child's output. `writeEnd` is a descriptor that its owner closes once the child has it. */
export interface RealPipe {
  readonly stream: Readable;
  readonly writeEnd: number;
}

/**
 * Pipes by their names. What Node itself gives a child for `pipe` is a socket, with two faults: programs can't open
 * /dev/stdout (nginx, shell scripts: "No such device or address"), and a few hundred short lines fill it, so that
 * what a program writes before it exits at once is lost to it. Undefined where pipes can't be made: then sockets it is.
 */
export function realPipes<Name extends string>(names: readonly Name[]): Readonly<Record<Name, RealPipe>> | undefined {
  for (const folder of new Set([tmpdir(), '/dev/shm'])) {
    try {
      return makeIn(folder, names);
    } catch {
      continue; // a read-only file system, or no mkfifo
    }
  }
  return undefined;
}

function makeIn<Name extends string>(folder: string, names: readonly Name[]): Readonly<Record<Name, RealPipe>> {
  const own = mkdtempSync(join(folder, 'shipper-'));
  try {
    execFileSync('mkfifo', ['-m', '600', ...names.map((name) => join(own, name))], { stdio: 'ignore' });
    return Object.fromEntries(names.map((name) => [name, openPipe(join(own, name))])) as Record<Name, RealPipe>; // one for each name
  } finally {
    rmSync(own, { recursive: true, force: true }); // they live on without names
  }
}

function openPipe(path: string): RealPipe {
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // it does not wait for a writer
  const writeEnd = openSync(path, constants.O_WRONLY);
  try {
    return { stream: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd };
  } catch (error) {
    closeSync(writeEnd);
    throw error;
  }
}
