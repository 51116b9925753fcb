import { closeSync, fstatSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Path of the file with an inode, in the folder in which `path` or what it links to lies. */
export function findInode(path: string, inode: string): string | undefined {
  for (const folder of new Set([dirname(realPath(path)), dirname(path)])) {
    const found = pathsIn(folder).find((candidate) => inodeOf(candidate) === inode);
    if (found !== undefined) return found;
  }
  return undefined;
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
    return realpathSync(path);
  } catch {
    return path;
  }
}

function pathsIn(folder: string): string[] {
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
