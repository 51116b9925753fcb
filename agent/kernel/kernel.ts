import { readFileSync } from 'node:fs';
import type { Arena } from '../arena.ts';
import { encodePlain } from './encode-plain.ts';

/** Writes `count` pieces from the list at address `list` to address `start`; returns the end of what was written. Marks count from `origin`. */
export type Encode = (list: number, count: number, start: number, origin: number) => number;

/** Stores the addresses of the newlines in [start, end) at address `table`, at most `limit`; returns their number. */
export type Newlines = (start: number, end: number, table: number, limit: number) => number;

/** Lists the members of JSON objects; see assembly/members.ts. */
export interface MembersKernel {
  readonly setUp: (keys: number, stack: number) => void;
  readonly members: (start: number, end: number, table: number, limit: number, base: number, container: number) => number;
}

/** Cuts lines of access logs; see assembly/access.ts. */
export interface AccessKernel {
  readonly setUpAccess: (lastTime: number) => void;
  readonly access: (start: number, end: number, row: number, base: number) => number;
}

/** Reads prose; see parsers/extract/prose.ts and portable/prose.ts. */
export interface ProseKernel {
  readonly read: (bytes: number, start: number, end: number, taken: number) => number;
  readonly findings: (index: number) => number;
  /** Its texts, by number. */
  readonly texts: readonly string[];
}

/** What the prose kernel asks back. */
export interface ProseHost {
  addPair(keyStart: number, keyEnd: number, start: number, end: number, quoted: number): number;
  slowDecimal(address: number, start: number, end: number, shift: number): number;
  belowFirstLine(scan: number, at: number): number;
}

/** The loops that run over every byte. */
export interface Kernels {
  readonly encode: Encode;
  readonly newlines: Newlines;
}

const compiled = new Map<string, WebAssembly.Module>();

/** The kernels over an arena's memory. Each is compiled once per process. */
export function loadKernels(arena: Arena): Kernels {
  // Their signatures are those in assembly/.
  return { encode: load('encode', arena)['encode'] as Encode, newlines: load('newlines', arena)['newlines'] as Newlines };
}

/** The JSON kernel over an arena's memory. It has a state of its own, so each user has one. */
export function loadMembers(arena: Arena): MembersKernel {
  const { setUp, members } = load('members', arena);
  return { setUp, members } as MembersKernel;
}

/** The access log kernel over an arena's memory. It has a state of its own too. */
export function loadAccess(arena: Arena): AccessKernel {
  const { setUpAccess, access } = load('access', arena);
  return { setUpAccess, access } as AccessKernel;
}

/** The prose kernel over an arena's memory, whose constants lie at the memory's start. */
export function loadProse(arena: Arena, host: ProseHost): ProseKernel {
  const { read, findings } = load('prose', arena, { ...host });
  return { read, findings, texts: textsOf('prose') } as ProseKernel;
}

function load(name: string, arena: Arena, host: Record<string, (...args: number[]) => number> = {}): Record<string, unknown> {
  return new WebAssembly.Instance(moduleOf(name), { env: { memory: arena.memory, abort: () => undefined }, host }).exports;
}

function moduleOf(name: string): WebAssembly.Module {
  let module = compiled.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(new URL(`./${name}.wasm`, import.meta.url)));
    compiled.set(name, module);
  }
  return module;
}

/** The texts that a kernel's numbers stand for, which the build puts into a section of their own. */
function textsOf(name: string): readonly string[] {
  const [section] = WebAssembly.Module.customSections(moduleOf(name), 'texts');
  return section === undefined ? [] : (JSON.parse(Buffer.from(section).toString()) as string[]);
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
