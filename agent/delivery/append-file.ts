import { constants } from 'node:fs';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const NEWLINE = 0x0a;

/**
 * A file of lines that are appended durably: a line is there whole or not at all. If the file was moved away or
 * deleted in the meantime, a new one is begun. One writer; calls one at a time.
 */
export class AppendFile {
  readonly path: string;
  readonly #mode: number;
  #handle: FileHandle | undefined;
  #size = 0;

  /** Nothing is opened yet. `mode`: permissions of a new file. */
  constructor(path: string, mode = 0o640) {
    this.path = path;
    this.#mode = mode;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  /** Appends whole lines and waits until they are on the disk. An error means that nothing was appended; it can be tried again. */
  async append(lines: Uint8Array): Promise<NodeJS.ErrnoException | undefined> {
    try {
      const handle = await this.open();
      await this.#write(handle, lines);
      return undefined;
    } catch (error) {
      if (isSystemError(error)) return error;
      throw error;
    }
  }

  /** Opens the file, or opens it again where another one lies there now. Throws system errors. */
  async open(): Promise<FileHandle> {
    if (this.#handle !== undefined && (await this.#inPlace(this.#handle))) return this.#handle;
    await this.close();
    const handle = await this.#openOrMake();
    try {
      const made = await handle.stat();
      this.#size = made.size;
      if (made.isFile()) await (made.size === 0 ? syncDirectory(dirname(this.path)) : this.#endLine(handle));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return (this.#handle = handle);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #openOrMake(): Promise<FileHandle> {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    try {
      return await open(this.path, flags, this.#mode);
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
      await makeFolder(dirname(this.path));
      return open(this.path, flags, this.#mode);
    }
  }

  async #inPlace(handle: FileHandle): Promise<boolean> {
    const [held, there] = await Promise.all([handle.stat(), stat(this.path).catch(() => undefined)]);
    this.#size = held.size;
    return there !== undefined && there.ino === held.ino && there.dev === held.dev;
  }

  async #write(handle: FileHandle, lines: Uint8Array): Promise<void> {
    const before = this.#size;
    try {
      for (let at = 0; at < lines.length; ) at += (await handle.write(lines, at, lines.length - at)).bytesWritten;
      await handle.datasync().catch(ignoreUnsyncable);
    } catch (error) {
      await handle.truncate(before).catch(() => this.close()); // after a failed cut the next `open` ends the torn line
      throw error;
    }
    this.#size = before + lines.length;
  }

  /** A crash in the middle of a write has left half a line: it must not swallow the next one. */
  async #endLine(handle: FileHandle): Promise<void> {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, this.#size - 1);
    if (buffer[0] === NEWLINE) return;
    await handle.write('\n');
    this.#size++;
  }
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

/** Node's own `recursive` never comes back where a folder can't be made in one that exists, as in /proc (20.20). */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return;
    if (!isSystemError(error) || error.code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** Pipes and devices, such as /dev/stdout, can't be synced and need not be. */
function ignoreUnsyncable(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP' && error.code !== 'EROFS') throw error;
}

/** A new file is only found after a crash if its directory was synced, too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
