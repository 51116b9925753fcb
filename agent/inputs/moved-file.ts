import { type BigIntStats, closeSync, fstatSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../state/checkpoints.ts';
import { isOfEmpty, isSameContent } from './fingerprint.ts';
import { mayBecome } from './rotation-name.ts';

/** Path of the file with an inode, in the folder in which `path` or what it links to lies. */
export function findInode(path: string, inode: string): string | undefined {
  for (const folder of new Set([dirname(realPath(path)), dirname(path)])) {
    const found = pathsIn(folder).find((candidate) => inodeOf(candidate) === inode);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where what a checkpoint is about lies now, if its inode is still in its folder and holds the same. */
export function locate(checkpoint: Checkpoint): string | undefined {
  if (checkpoint.detached) return undefined;
  const { path, seenAt = path, inode } = checkpoint;
  const found = [seenAt, path].find((candidate) => inodeOf(candidate) === inode) ?? findInode(seenAt, inode);
  return found !== undefined && holds(found, checkpoint) ? found : undefined;
}

/** Nothing of it is left to be read, or nothing is known of it. */
export function isFinished(checkpoint: Checkpoint): boolean {
  return isOfEmpty(checkpoint) || (checkpoint.gzip !== undefined && checkpoint.gzip.end === checkpoint.offset);
}

/** Whether what a checkpoint was taken of is where it was; if it was taken of an empty file, whether that is. */
export function isAtPlace(checkpoint: Checkpoint): boolean {
  const stat = checkpoint.detached ? undefined : statIf(checkpoint.path);
  return stat !== undefined && String(stat.ino) === checkpoint.inode && (isOfEmpty(checkpoint) || holds(checkpoint.path, checkpoint));
}

/** What is at a path, if anything is. */
export function statIf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // a folder of it is not ours to see any more
  }
}

/** Files beside that of a checkpoint that have a name to which rotation may have moved or copied it; the one that was written to last comes first. */
export function descendantsOf({ path, seenAt = path }: Checkpoint): string[] {
  const candidates = pathsIn(dirname(seenAt)).filter((candidate) => candidate !== seenAt && mayBecome(seenAt, candidate));
  const times = new Map(candidates.map((candidate) => [candidate, Number(statIf(candidate)?.mtimeMs ?? 0)]));
  return candidates.sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
}

/** Whether the file at a path holds what a checkpoint was taken of. */
export function holds(path: string, checkpoint: Checkpoint): boolean {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return isSameContent(descriptor, fstatSync(descriptor).size, checkpoint);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false; // gone, or not ours to see
  }
}

/** Opens a path if it is the file that is meant. */
export function openIf(path: string, device: string, inode: string): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  const found = fstatSync(descriptor, { bigint: true });
  if (found.dev.toString() === device && found.ino.toString() === inode) return descriptor;
  closeSync(descriptor);
  return undefined;
}

/** Where links lead; the path itself where they lead nowhere. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path); // one call of the system; the other looks at each folder
  } catch {
    return path;
  }
}

/** What is in a folder; nothing if it can't be looked into. */
export function pathsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function inodeOf(path: string): string | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino.toString();
  } catch {
    return undefined; // a link in a circle
  }
}
