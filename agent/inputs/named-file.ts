import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { errorCode, errorText } from '../state/error-code.ts';
import type { Encoding } from './decoding/names.ts';
import { type FileKind, SAMPLE_BYTES, fileKind } from './file-kind.ts';
import { isGzip } from './gzip-file.ts';
import { InputError } from './input.ts';

/**
 * What keeps a path from being read as a log, as one line for its user; undefined: nothing. `refuseBinary`: the path
 * was named by a person, who is told when it can't be a log, in this encoding or that of its byte order mark.
 */
export function problemOf(path: string, refuseBinary: boolean, encoding: Encoding = 'utf-8'): InputError | undefined {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return new InputError(`${path} is a directory; name files, or a pattern such as '${path.replace(/\/$/, '')}/*.log'`, 66);
    // A pipe would be waited for inside of the read, with everything else.
    if (!stat.isFile()) return new InputError(`${path} is not a regular file; give a pipe or device on stdin: shipper < ${path}`, 66);
    return openProblem(path, refuseBinary, encoding);
  } catch (error) {
    return fromSystem(path, error);
  }
}

/** An error of the system as one line for its user, with what to do about it. */
export function fromSystem(path: string, error: unknown): InputError {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new InputError(`${path}: no such file`, 66, true);
    case 'EACCES':
    case 'EPERM':
      return new InputError(`${path}: permission denied; ${remedy(path)}`, 77, true);
    default:
      return new InputError(`${path}: ${errorText(error)}`, 66);
  }
}

/** Used again for each file: there may be thousands. */
const sample = new Uint8Array(SAMPLE_BYTES);

/** Judges an open file by its content. */
export function kindOf(descriptor: number, encoding: Encoding): FileKind {
  return fileKind(sample.subarray(0, readSync(descriptor, sample, 0, SAMPLE_BYTES, 0)), encoding);
}

/** Why a file of this kind is not read. */
export function refusal(path: string, { kind, what }: Exclude<FileKind, { kind: 'text' }>): string {
  return kind === 'compressed' ? `${path} is compressed (${what}) and can't be read as it is` : `${path} is no log: it is ${what}`;
}

function openProblem(path: string, refuseBinary: boolean, encoding: Encoding): InputError | undefined {
  const descriptor = openSync(path, 'r');
  try {
    const kind: FileKind = refuseBinary && fstatSync(descriptor).size > 0 ? kindOf(descriptor, encoding) : { kind: 'text' };
    return kind.kind === 'text' || isGzip(path) ? undefined : new InputError(refusal(path, kind), 66);
  } finally {
    closeSync(descriptor);
  }
}

/** What its user can do about a file or folder that is not theirs to read. Container runtimes make their logs root's, mode 640. */
function remedy(path: string): string {
  const { uid, gid, mode } = statIf(path) ?? { uid: -1, gid: -1, mode: 0 };
  const forGroup = (mode & 0o040) !== 0 && gid !== 0;
  if (uid !== 0 || forGroup) return 'run shipper as a user who may read it';
  return `only root may read it (mode ${(mode & 0o777).toString(8)}), as is usual for container logs: run shipper as root, or with the capability DAC_READ_SEARCH`;
}

function statIf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // it lies in a folder that is not ours to enter
  }
}
