import type { Arena } from '../arena.ts';
import { encodePlain } from './encode-plain.ts';
import { instantiate } from './modules.ts';

/** Writes `count` pieces from the list at address `list` to address `start`; returns the end of what was written. Marks count from `origin`. */
export type Encode = (list: number, count: number, start: number, origin: number) => number;

/** Stores the addresses of the newlines in [start, end) at address `table`, at most `limit`; returns their number. */
export type Newlines = (start: number, end: number, table: number, limit: number) => number;

/** Lists the members of JSON objects; see assembly/members.ts. */
export interface MembersKernel {
  readonly setUp: (keys: number, stack: number) => void;
  readonly setUpList: (table: number, limit: number, base: number) => void;
  readonly list: (start: number, end: number) => number;
  readonly members: (start: number, end: number, table: number, limit: number, base: number, container: number) => number;
}

/** Cuts lines of access logs; see assembly/access.ts. */
export interface AccessKernel {
  readonly setUpAccess: (lastTime: number, row: number, base: number) => void;
  readonly access: (start: number, end: number) => number;
}

/** The loops that run over every byte. */
export interface Kernels {
  readonly encode: Encode;
  readonly newlines: Newlines;
}

/** The kernels over an arena's memory. */
export function loadKernels(arena: Arena): Kernels {
  // Their signatures are those in assembly/.
  return { encode: instantiate('encode', arena)['encode'] as Encode, newlines: instantiate('newlines', arena)['newlines'] as Newlines };
}

/** The JSON kernel over an arena's memory. It has a state of its own, so each user has one. */
export function loadMembers(arena: Arena): MembersKernel {
  const { setUp, setUpList, list, members } = instantiate('members', arena);
  return { setUp, setUpList, list, members } as MembersKernel;
}

/** The access log kernel over an arena's memory. It has a state of its own too. */
export function loadAccess(arena: Arena): AccessKernel {
  const { setUpAccess, access } = instantiate('access', arena);
  return { setUpAccess, access } as AccessKernel;
}

/** The same in plain TypeScript: the oracle of the tests. */
export function plainKernels(arena: Arena): Kernels {
  const ints = new Int32Array(arena.memory.buffer);
  return {
    encode: (list, count, start, origin) => encodePlain(arena.bytes, ints.subarray(list / 4), count, arena.bytes, start, origin),
    newlines(start, end, table, limit) {
      let count = 0;
      for (let at = arena.bytes.indexOf(0x0a, start); at >= 0 && at < end && count < limit; at = arena.bytes.indexOf(0x0a, at + 1)) ints[table / 4 + count++] = at;
      return count;
    },
  };
}
