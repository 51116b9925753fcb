import { type Dirent, existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import picomatch from 'picomatch';
import { errorCode } from '../state/error-code.ts';
import { FolderStates } from './folder-states.ts';
import type { Wish } from './stray-copies.ts';

/** Folders below a `**` are entered this deep, and no links to folders are followed there: they may form a circle. */
const DEEPEST = 32;
/** Folders are read at least this often, in ms, even if nothing shows that they have changed. */
const LONGEST_MS = 10_000;

interface Glob {
  readonly base: string;
  readonly matches: (path: string) => boolean;
  /** Folders at each depth below `base` that are worth entering. Past its end: all of them. */
  readonly segments: readonly ((name: string) => boolean)[];
  readonly depth: number;
}

/**
 * Finds the files that paths and globs name, by reading folders. (chokidar would keep a watch on every file, and reports
 * a rotation as a change.) Paths are absolute in all it gives.
 */
export class Discovery {
  /** Paths that are no globs, and not shipper's own. */
  readonly literals: ReadonlySet<string>;
  /** Folders in which new files may show up, as the last scan found them. */
  folders: ReadonlySet<string> = new Set();
  /** Folders that the last scan could not look into, and why. */
  closed: ReadonlyMap<string, unknown> = new Map();
  /** One of the files meant that shipper itself writes, and that are left out therefore. */
  own: string | undefined;
  readonly #globs: readonly Glob[];
  readonly #excluded: (path: string) => boolean;
  readonly #isOwn: (path: string) => boolean;
  readonly #now: () => number;
  readonly #states: FolderStates;
  #found: { readonly paths: string[]; readonly atMs: number } | undefined;

  /**
   * `exclude`: globs; those without a slash are held against the name alone. `isOwn`: whether shipper itself writes what is
   * at a path. `now`: wall clock, ms since 1970.
   */
  constructor(paths: readonly string[], exclude: readonly string[] = [], isOwn: (path: string) => boolean = () => false, now = Date.now) {
    this.#now = now;
    this.#states = new FolderStates(now);
    const isGlob = (path: string) => picomatch.scan(path).isGlob && !existsSync(path);
    const literals = paths.filter((path) => !isGlob(path)).map((path) => resolve(path));
    this.literals = new Set(literals.filter((path) => !isOwn(path)));
    this.own = literals.find(isOwn);
    this.#globs = paths.filter(isGlob).map(parseGlob);
    this.#excluded = excluder(exclude);
    this.#isOwn = isOwn;
  }

  /** Whether a path is one of those meant. */
  matches(path: string): boolean {
    return (this.literals.has(path) || this.#globs.some((glob) => glob.matches(path))) && !this.#excluded(path) && !this.#isOwn(path);
  }

  wishFor(path: string): Wish {
    if (this.#excluded(path) || this.#isOwn(path)) return 'excluded';
    return this.matches(path) ? 'meant' : 'not meant';
  }

  /**
   * The paths there are now: literals and everything that matches a glob, each once. What they are is not looked at. Folders
   * that show by their times that nothing has come or gone are not read for it.
   */
  async scan(): Promise<readonly string[]> {
    const atMs = this.#now();
    if (this.#found !== undefined && Math.abs(atMs - this.#found.atMs) < LONGEST_MS && this.#states.areSame) return this.#found.paths;
    this.#states.clear();
    const paths = await this.#read();
    this.#found = { paths, atMs };
    return paths;
  }

  async #read(): Promise<string[]> {
    const found = new Set(this.literals);
    const folders = new Set([...this.literals].map((path) => dirname(path)));
    const closed = new Map<string, unknown>();
    for (const glob of this.#globs) await walk(glob, glob.base, 0, { found, folders, closed, states: this.#states });
    this.folders = folders;
    this.closed = closed;
    return [...found].filter((path) => {
      if (this.#excluded(path)) return false;
      const isOwn = this.#isOwn(path);
      if (isOwn) this.own ??= path;
      return !isOwn;
    });
  }
}

function parseGlob(pattern: string): Glob {
  const absolute = resolve(pattern);
  const { base, glob } = picomatch.scan(absolute);
  const parts = glob.split('/');
  const deep = parts.findIndex((part) => part.includes('**'));
  // A brace or bracket with a slash in it spans parts, which then mean nothing alone.
  const spans = parts.some((part) => !isBalanced(part));
  const usable = spans ? [] : parts.slice(0, deep === -1 ? parts.length - 1 : deep);
  return { base: base === '' ? '/' : base, matches: picomatch(absolute), segments: usable.map((part) => picomatch(part)), depth: deep === -1 ? parts.length - 1 : DEEPEST };
}

function isBalanced(part: string): boolean {
  return ['{}', '()', '[]'].every(([open = '', close = '']) => part.split(open).length === part.split(close).length);
}

function excluder(patterns: readonly string[]): (path: string) => boolean {
  const names = patterns.filter((pattern) => !pattern.includes('/'));
  const paths = patterns.filter((pattern) => pattern.includes('/')).map((pattern) => resolve(pattern));
  const matchesName = names.length > 0 ? picomatch(names) : () => false;
  const matchesPath = paths.length > 0 ? picomatch(paths) : () => false;
  return (path) => matchesName(basename(path)) || matchesPath(path);
}

interface Found {
  readonly found: Set<string>;
  readonly folders: Set<string>;
  readonly closed: Map<string, unknown>;
  readonly states: FolderStates;
}

async function walk(glob: Glob, folder: string, depth: number, into: Found): Promise<void> {
  let entries: Dirent[];
  into.states.note(folder);
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'EACCES') into.closed.set(folder, error);
    return; // not there yet, or not ours to see; looked at again in the next scan
  }
  into.folders.add(folder);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (isFolder(entry, path, depth < glob.segments.length, into.states)) {
      if (depth < glob.depth && (glob.segments[depth]?.(entry.name) ?? true)) await walk(glob, path, depth + 1, into);
    } else if (glob.matches(path)) into.found.add(path);
  }
}

function isFolder(entry: Dirent, path: string, followLinks: boolean, states: FolderStates): boolean {
  if (!entry.isSymbolicLink() || !followLinks) return entry.isDirectory();
  try {
    return statSync(path).isDirectory();
  } catch {
    states.distrust(); // what it leads to may come
    return false;
  }
}
