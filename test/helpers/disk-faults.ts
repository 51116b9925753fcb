import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const ASYNC = ['open', 'unlink', 'rename'] as const;
const SYNC = ['mkdirSync', 'rmSync'] as const;
const OF_HANDLES = ['write', 'writev', 'writeFile', 'datasync', 'sync', 'truncate'] as const;

/**
 * Does a piece of work on real files until it has made `calls` calls of the system that can change something. The next
 * one is not made, and none after it, as if the process had been killed there: what is on the disk is what a crash leaves
 * (of a process, not of the machine). A write counts twice: it may also end in its middle. Gives false if the work came
 * to its end first.
 */
export async function crashed(calls: number, work: () => Promise<void>): Promise<boolean> {
  const prototype = await prototypeOfHandles();
  const handles: FileHandle[] = [];
  let isDead = false;
  let left = calls;
  let died = (): void => undefined;
  const death = new Promise<true>((resolve) => (died = () => resolve(true)));
  /** Whether the call is made. */
  const mayCall = (): boolean => {
    if (!isDead && left-- > 0) return true;
    isDead = true;
    died();
    return false;
  };
  const never = <T>(): Promise<T> => new Promise(() => undefined);
  const undo: (() => void)[] = [];
  const replace = (owner: object, name: string, by: (original: (...args: unknown[]) => unknown) => unknown): void => {
    const original: unknown = Reflect.get(owner, name);
    undo.push(() => Reflect.set(owner, name, original));
    Reflect.set(owner, name, by(original as (...args: unknown[]) => unknown)); // all that are named above are functions
  };
  for (const name of ASYNC) {
    replace(fs.promises, name, (original) => async (...args: unknown[]) => {
      if (!mayCall()) return never();
      const result = await original(...args);
      if (name === 'open') handles.push(result as FileHandle);
      return result;
    });
  }
  for (const name of SYNC) {
    replace(fs, name, (original) => (...args: unknown[]) => {
      if (!mayCall()) throw new Error(`the process has ended before ${name} ${String(args[0])}`);
      return original(...args);
    });
  }
  for (const name of OF_HANDLES) {
    replace(prototype, name, (original) => async function (this: FileHandle, ...args: unknown[]) {
      if (!mayCall()) return never();
      if (name !== 'writev' || mayCall()) return original.apply(this, args);
      const bytes = Buffer.concat(args[0] as Uint8Array[]);
      fs.writeSync(this.fd, bytes, 0, bytes.length >> 1, args[1] as number);
      return never();
    });
  }
  syncBuiltinESMExports();
  try {
    return await Promise.race([death, work().then(() => false, (error: unknown) => {
      if (isDead) return true;
      throw error;
    })]);
  } finally {
    for (const back of undo) back();
    syncBuiltinESMExports();
    for (const handle of handles) await handle.close().catch(() => undefined); // it may be closed
  }
}

/** From now on the disk does not give bytes [from, to) of any file that is read at a position: EIO. Gives what ends that. */
export async function failingReads(from: number, to: number): Promise<() => void> {
  const prototype = await prototypeOfHandles();
  const original = Reflect.get(prototype, 'read') as (...args: unknown[]) => Promise<unknown>; // as it is called here
  const read = async function (this: FileHandle, target: Uint8Array, offset: number, length: number, position: number): Promise<unknown> {
    if (position < to && position + length > from) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
    return original.call(this, target, offset, length, position);
  };
  Reflect.set(prototype, 'read', read);
  return () => void Reflect.set(prototype, 'read', original);
}

/** Node does not export the class of its handles. */
async function prototypeOfHandles(): Promise<object> {
  const handle = await fs.promises.open('/dev/null', 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as object;
}
