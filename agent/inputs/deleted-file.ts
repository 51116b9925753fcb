import { closeSync, fstatSync, openSync } from 'node:fs';

/** A file that no path leads to, opened once more over a descriptor: whoever goes on reading it has to hold it. Undefined: a path does. Linux only. */
export function openDeletedFile(descriptor: number): { descriptor: number; size: number; changedNs: bigint } | undefined {
  try {
    const { nlink, size, mtimeNs } = fstatSync(descriptor, { bigint: true });
    return nlink > 0n ? undefined : { descriptor: openSync(`/proc/self/fd/${descriptor}`, 'r'), size: Number(size), changedNs: mtimeNs };
  } catch {
    return undefined; // it is closed, or this is no Linux
  }
}

/** Bytes of an open file if no path leads to it; 0: one does. */
export function deletedSize(descriptor: number): number {
  const { nlink, size } = fstatSync(descriptor);
  return nlink === 0 ? size : 0;
}

/** Whether no path leads to a file: the one that is open, or else the one that `reopen` finds. */
export function isDeleted(open: number | undefined, reopen: () => number | undefined): boolean {
  const descriptor = open ?? reopen();
  if (descriptor === undefined) return true;
  const { nlink } = fstatSync(descriptor);
  if (open === undefined) closeSync(descriptor);
  return nlink === 0;
}
