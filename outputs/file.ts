import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppendFile, isSystemError } from '../agent/delivery/append-file.ts';
import { log } from '../agent/log.ts';
import type { Check } from './check.ts';
import { flat } from './dialects/flat.ts';
import type { FileOptions } from './file-options.ts';
import type { Destination, Output, Verdict } from './output.ts';
import { Rotation } from './rotation.ts';

/** A file of JSON lines. Each batch is on the disk before it counts as delivered; a batch that did not fit leaves no trace. */
export function file(name: string, options: FileOptions): Output {
  return {
    name,
    type: 'file',
    target: options.path,
    network: false,
    dialect: flat,
    framing: { before: '', after: '\n' },
    limits: options.batch,
    ageMs: options.batch.age,
    connections: 1,
    check: () => check(options.path),
    open: () => Promise.resolve(new FileDestination(options, (message) => log.warn(`${name}: ${message}`))),
  };
}

/** Whether the file can be appended to, or made where it is to be. */
async function check(path: string): Promise<Check> {
  const reason = (await refusedAt(path)) ?? '';
  if (!reason.startsWith('ENOENT')) return reason === '' ? { kind: 'ok' } : { kind: 'problem', stage: 'file', reason };
  let folder = dirname(resolve(path)); // it and what is missing above it are made
  for (let above = dirname(folder); above !== folder && (await refusedAt(folder))?.startsWith('ENOENT') === true; above = dirname(folder)) folder = above;
  const missing = await refusedAt(folder);
  return missing === undefined ? { kind: 'ok' } : { kind: 'problem', stage: 'file', reason: missing };
}

/** Why this may not be written to. */
async function refusedAt(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

// What ends without anybody's doing: a full disk is made room on, a busy file is let go.
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EAGAIN', 'EINTR', 'ENFILE', 'EMFILE', 'ENOMEM', 'ETXTBSY']);

class FileDestination implements Destination {
  readonly #file: AppendFile;
  readonly #rotation: Rotation;

  constructor({ path, rotate }: FileOptions, warn: (message: string) => void) {
    this.#file = new AppendFile(path);
    this.#rotation = new Rotation(path, rotate, warn);
    this.#rotation.tidy();
  }

  async send(body: Uint8Array<ArrayBuffer>): Promise<Verdict> {
    const error = (await this.#makeRoom(body.length)) ?? (await this.#file.append(body));
    if (error === undefined) return { kind: 'delivered' };
    return { kind: PASSING.has(error.code ?? '') ? 'retry' : 'blocked', reason: `can't write to ${this.#file.path}: ${error.message}` };
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#rotation.close();
  }

  /** Begins a new file where the present one is full or old. Pipes and devices have no size, and never are. */
  async #makeRoom(bytes: number): Promise<NodeJS.ErrnoException | undefined> {
    try {
      await this.#file.open();
      if (await this.#rotation.isDue(this.#file.size, bytes)) await this.#rotation.rotate();
      return undefined;
    } catch (error) {
      if (isSystemError(error)) return error;
      throw error;
    }
  }
}
