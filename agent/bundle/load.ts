import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { OPTIMIZE_LATER, setFlags, START } from '../v8-flags.ts';

/** Letters of the stamp that a bundle begins with, in a comment, and its cache as it is. */
const STAMP_LENGTH = 16;
const COMMENT = '/*';
const AGENT = 'agent';

/** What V8 was asked to run, for who wants to keep what it has made of it. */
export interface Loaded {
  readonly script: Script;
  readonly exports: unknown;
}

const loaded = new Map<string, Loaded>();

/**
 * Runs the bundle `name` of `folder`, once, with what V8 made of it when it was built: most of what a start takes is else
 * reading and compiling. V8 does not take what another version, or other flags, have made; then it compiles as ever.
 * `requireBuiltin` gives Node's modules. The agent is begun with V8's optimizing put off: see v8-flags.ts.
 */
export function load(folder: string, name: string, requireBuiltin: Require): Loaded {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const filename = path.join(folder, `${name}.js`);
  const source = bytesOf(filename).toString('latin1'); // ASCII, as the build sees to: a byte a character, in V8, too
  const cachedData = cacheOf(path.join(folder, `${name}.cache`), source.slice(COMMENT.length, COMMENT.length + STAMP_LENGTH));
  const script = new Script(source, { filename, ...(cachedData && { cachedData }) });
  const module = { exports: {} };
  const isBegin = name === AGENT && isMainThread; // its threads may come when it is at work
  if (isBegin) setFlags(OPTIMIZE_LATER);
  (script.runInThisContext() as Bundle)(module.exports, isBegin ? withFlagsOfStart(requireBuiltin) : requireBuiltin, module, pathToFileURL(path.join(folder, '..', '/')).href, importPackage); // the build has made a function of it
  const made = { script, exports: module.exports };
  loaded.set(name, made);
  return made;
}

type Require = (name: string) => unknown;

/** What a bundle is, behind its stamp. `root`: the URL of the folder that holds the build. */
type Bundle = (exports: object, require: Require, module: { exports: object }, root: string, importPackage: (name: string) => Promise<unknown>) => void;

/** V8 tells sources apart by their length alone, so whether it is this bundle's is for us to say. */
function cacheOf(file: string, stamp: string): Buffer | undefined {
  try {
    const bytes = bytesOf(file);
    return bytes.toString('latin1', 0, STAMP_LENGTH) === stamp ? bytes.subarray(STAMP_LENGTH) : undefined;
  } catch {
    return undefined; // it could not be made
  }
}

/**
 * All of a file, in memory that V8 takes from the system by itself, as it does for whatever may be resized. glibc's `malloc`
 * learns from what it gives back: after a Buffer of 1 MB each thread of V8's compiler would keep 2 MB for good.
 */
function bytesOf(file: string): Buffer {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.from(new ArrayBuffer(size, { maxByteLength: size }));
    let length = 0;
    for (let read = -1; read !== 0 && length < size; length += read) read = readSync(fd, bytes, length, size - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

/** Node has what V8 made of its own modules, too, with the flags of a start. */
function withFlagsOfStart(requireBuiltin: Require): Require {
  return (name) => {
    setFlags(START);
    try {
      return requireBuiltin(name);
    } finally {
      setFlags(OPTIMIZE_LATER);
    }
  };
}

/** A package that is not in the bundle. V8 does not let code that comes from a cache ask for one. */
function importPackage(name: string): Promise<unknown> {
  return import(name);
}
