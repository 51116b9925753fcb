import { AppendFile } from '../agent/delivery/append-file.ts';
import { flat } from './dialects/flat.ts';
import type { FileOptions } from './file-options.ts';
import type { Destination, Output, Verdict } from './output.ts';

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
    open: () => Promise.resolve(new FileDestination(options.path)),
  };
}

// What ends without anybody's doing: a full disk is made room on, a busy file is let go.
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EAGAIN', 'EINTR', 'ENFILE', 'EMFILE', 'ENOMEM', 'ETXTBSY']);

class FileDestination implements Destination {
  readonly #file: AppendFile;

  constructor(path: string) {
    this.#file = new AppendFile(path);
  }

  async send(body: Uint8Array<ArrayBuffer>): Promise<Verdict> {
    const error = await this.#file.append(body);
    if (error === undefined) return { kind: 'delivered' };
    return { kind: PASSING.has(error.code ?? '') ? 'retry' : 'blocked', reason: `can't write to ${this.#file.path}: ${error.message}` };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
