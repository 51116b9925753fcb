import { type BigIntStats, closeSync, fstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Checkpoint, Checkpoints } from '../state/checkpoints.ts';
import { newSourceId } from '../state/source-id.ts';
import type { Encoding } from './decoding/names.ts';
import { isRemote } from './file-system.ts';
import { isOfEmpty, isCopyOfKnown, isSameContent, markerOf, prefixOf } from './fingerprint.ts';
import { isGzip } from './gzip-file.ts';
import { lastChange } from './last-change.ts';
import { lastLineEnd } from './line-end.ts';
import type { FoundFile } from './missed-generations.ts';
import { descendantsOf, findInode, openIf, realPath, statIf } from './moved-file.ts';
import { kindOf, refusal } from './named-file.ts';
import { type Wish, strayCopiesOf } from './stray-copies.ts';

/** A file that is open, with who it is and where to begin. */
export interface OpenedFile {
  readonly path: string;
  readonly descriptor: number;
  readonly checkpoint: Checkpoint;
  readonly size: number;
  readonly changedNs: bigint;
}

export interface FileIntakeOptions {
  readonly input: string;
  readonly checkpoints: Checkpoints;
  /** What files are in that have no byte order mark. */
  readonly encoding: Encoding;
  /** Files that shipper itself writes, as `device:inode`. */
  readonly ownFiles: ReadonlySet<string>;
  readonly wishFor: (path: string) => Wish;
  /** Whether a generation is being read, or was read and is not safe yet: its checkpoint says less than what is known. */
  readonly isBusy: (id: string) => boolean;
  /** Whether a file that nobody knows is none of its own: what it holds is read elsewhere. */
  readonly isCopy: (file: FoundFile) => boolean;
  readonly warn: (message: string) => void;
}

/** How often a copy is looked for while names are being changed. */
const SEARCHES = 10;
/** Refusals that are remembered; beyond it all are forgotten, and said once more. */
const MOST_REFUSED = 10_000;

/** Opens files and finds out which were read before: the same device, inode, first bytes and last bytes. */
export class FileIntake {
  readonly #options: FileIntakeOptions;
  /** Files on their way in, and what will be known of them. */
  readonly #opening = new Map<string, Checkpoint | undefined>();
  /** What was left out, and the size it had then: it may yet grow into a log. */
  readonly #refused = new Map<string, bigint>();

  constructor(options: FileIntakeOptions) {
    this.#options = options;
  }

  /**
   * Opens what is at `path`, a regular file with something in it, by its `key`; undefined: not to be read, or on its way in
   * already, or a copy; `another`: there is another file by now. A file without a checkpoint gets one, which is durable when
   * this resolves. `fromEnd`: it begins behind its last line. `after`: id of the generation that was there before.
   */
  async open(path: string, key: string, fromEnd: boolean, after?: string): Promise<OpenedFile | 'another' | undefined> {
    const descriptor = openSync(path, 'r');
    let opened: OpenedFile | undefined;
    try {
      const stat = fstatSync(descriptor, { bigint: true });
      if (keyOf(stat) !== key) return 'another';
      opened = await this.#identify({ path, descriptor, stat }, fromEnd, after);
      return opened;
    } finally {
      if (opened === undefined) closeSync(descriptor);
    }
  }

  /** Whether a file holds what is on its way in from a path, and may have been truncated there meanwhile. */
  isOpening(place: string, { descriptor, stat }: FoundFile): boolean {
    return [...this.#opening.values()].some((one) => one?.path === place && isCopyOfKnown(descriptor, Number(stat.size), one));
  }

  /** Remembers that an empty file is at `path`: what is in it after the next start was written meanwhile. Durable when this resolves. */
  async noteEmpty(path: string, stat: BigIntStats): Promise<void> {
    const { checkpoints, input, ownFiles } = this.#options;
    const known = checkpoints.find(input, String(stat.dev), String(stat.ino));
    const isNoted = known !== undefined && (known.path === path || isOfEmpty(known));
    if (isNoted || isGzip(path) || ownFiles.has(keyOf(stat))) return;
    const descriptor = openSync(path, 'r');
    try {
      await checkpoints.adopt(this.#newCheckpoint(path, descriptor, stat, false));
    } finally {
      closeSync(descriptor);
    }
  }

  /** Opens what a checkpoint is about, if it lies under another name beside its old one and has not been read to its end. */
  openMoved(checkpoint: Checkpoint): OpenedFile | undefined {
    if (checkpoint.detached || checkpoint.gzip) return undefined;
    const path = findInode(checkpoint.seenAt ?? checkpoint.path, checkpoint.inode);
    const descriptor = path === undefined ? undefined : openIf(path, checkpoint.device, checkpoint.inode);
    if (path === undefined || descriptor === undefined) return undefined;
    const stat = fstatSync(descriptor, { bigint: true });
    const size = Number(stat.size);
    if (size > checkpoint.offset && isSameContent(descriptor, size, checkpoint)) return { path, descriptor, checkpoint, size, changedNs: stat.mtimeNs };
    closeSync(descriptor);
    return undefined;
  }

  /**
   * Opens a copy of what a checkpoint was taken of, made before that was truncated: a file that rotation has named, that
   * nobody has read, and that holds the same up to the place where reading stopped; or, for `isCopy`, less. The checkpoint
   * is the copy's then, and `safe` its offset.
   */
  openCopy(checkpoint: Checkpoint, safe: number, isCopy = isSameContent): OpenedFile | undefined {
    return this.#openFirst(descendantsOf, checkpoint, safe, isCopy);
  }

  /** The same for a copy that has any name, and that holds more than what was read. */
  openStrayCopy(checkpoint: Checkpoint, safe: number): OpenedFile | undefined {
    return this.#openFirst((one) => strayCopiesOf(one, this.#options.wishFor), checkpoint, safe, isSameContent);
  }

  /** Opens the file at a path if it holds what a checkpoint was taken of, under another inode. */
  openSame(path: string, checkpoint: Checkpoint, safe: number, isSame = isSameContent): OpenedFile | undefined {
    const { checkpoints, input } = this.#options;
    const descriptor = openOrNot(path);
    if (descriptor === undefined) return undefined;
    const stat = fstatSync(descriptor, { bigint: true });
    const [device, inode, size] = [String(stat.dev), String(stat.ino), Number(stat.size)];
    const known = checkpoints.find(input, device, inode);
    const other = known?.id === checkpoint.id ? undefined : known;
    const isOther = other !== undefined && isSameContent(descriptor, size, other); // else that was deleted, and the copy got its inode
    if (!stat.isFile() || isOther || !isSame(descriptor, size, checkpoint)) {
      closeSync(descriptor);
      return undefined;
    }
    if (other !== undefined) checkpoints.detach(other);
    const { detached: _, ...rest } = checkpoint;
    const prefix = size < rest.prefix.bytes ? prefixOf(descriptor, size) : rest.prefix;
    const next = { ...rest, device, inode, prefix, offset: Math.min(safe, size), ...(path !== rest.path && { seenAt: path }) };
    checkpoints.move(checkpoint, next);
    return { path, descriptor, checkpoint: next, size, changedNs: stat.mtimeNs };
  }

  /** Takes up a generation of `place` that nobody has seen there. `after`: id of the one before it. Its descriptor is closed if it is not to be read. */
  async adopt({ path, descriptor, stat }: FoundFile, place: string, after: string | undefined): Promise<OpenedFile | undefined> {
    if (!this.#isWanted(path, descriptor, stat)) return void closeSync(descriptor);
    const checkpoint = { ...this.#newCheckpoint(place, descriptor, stat, false), seenAt: path, ...(after !== undefined && { after }) };
    await this.#options.checkpoints.adopt(checkpoint);
    return { path, descriptor, checkpoint, size: Number(stat.size), changedNs: stat.mtimeNs };
  }

  #openFirst(pathsOf: (checkpoint: Checkpoint) => readonly string[], checkpoint: Checkpoint, safe: number, isCopy: typeof isSameContent): OpenedFile | undefined {
    if (checkpoint.gzip) return undefined;
    const folder = dirname(checkpoint.seenAt ?? checkpoint.path);
    for (let tries = SEARCHES; tries > 0; tries--) {
      const before = statIf(folder)?.mtimeNs;
      for (const path of pathsOf(checkpoint)) {
        const opened = this.openSame(path, checkpoint, safe, isCopy);
        if (opened !== undefined) return opened;
      }
      if (statIf(folder)?.mtimeNs === before) break; // else it may have been given another name while it was looked for
    }
    return undefined;
  }

  async #identify(file: FoundFile, fromEnd: boolean, after: string | undefined): Promise<OpenedFile | undefined> {
    const { path, descriptor, stat } = file;
    const key = keyOf(stat);
    if (this.#opening.has(key)) return undefined;
    this.#opening.set(key, undefined);
    try {
      const known = this.#known(path, descriptor, stat);
      if (known !== undefined && this.#options.isBusy(known.id)) return undefined; // later, from where it is safe
      if (known === undefined && (this.#options.isCopy(file) || !this.#isWanted(path, descriptor, stat))) return undefined;
      const checkpoint = known === undefined ? { ...this.#newCheckpoint(path, descriptor, stat, fromEnd), ...(after !== undefined && { after }) } : await this.#renumbered(known, stat);
      this.#opening.set(key, checkpoint);
      if (known === undefined) await this.#options.checkpoints.adopt(checkpoint);
      return { path, descriptor, checkpoint, size: Number(stat.size), changedNs: stat.mtimeNs };
    } finally {
      this.#opening.delete(key);
    }
  }

  /** Device numbers are dealt out anew when a machine or container starts; on network file systems, those of files too. */
  #known(path: string, descriptor: number, stat: BigIntStats): Checkpoint | undefined {
    const { checkpoints, input } = this.#options;
    const [device, inode] = [String(stat.dev), String(stat.ino)];
    const isSame = (one: Checkpoint | undefined): boolean => one !== undefined && one.gzip === undefined && isSameContent(descriptor, Number(stat.size), one);
    const direct = checkpoints.find(input, device, inode);
    if (isSame(direct)) return direct;
    return checkpoints.previous(input).find((other) => other.path === path && (other.inode === inode || isRemote(path)) && isSame(other));
  }

  async #renumbered(known: Checkpoint, stat: BigIntStats): Promise<Checkpoint> {
    const [device, inode] = [String(stat.dev), String(stat.ino)];
    if (known.device === device && known.inode === inode) return known;
    const next = { ...known, device, inode };
    this.#options.checkpoints.move(known, next);
    await this.#options.checkpoints.flush();
    return next;
  }

  #isWanted(path: string, descriptor: number, stat: BigIntStats): boolean {
    const key = keyOf(stat);
    const before = this.#refused.get(key);
    if (before === stat.size) return false;
    const reason = this.#reasonAgainst(path, descriptor, key);
    if (reason === undefined) return true;
    if (before === undefined) this.#options.warn(`${reason}: left out`);
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear();
    this.#refused.set(key, stat.size);
    return false;
  }

  #reasonAgainst(path: string, descriptor: number, key: string): string | undefined {
    if (this.#options.ownFiles.has(key)) return `${path} is where shipper itself writes`;
    const kind = kindOf(descriptor, this.#options.encoding);
    return kind.kind === 'text' ? undefined : refusal(path, kind);
  }

  #newCheckpoint(path: string, descriptor: number, stat: BigIntStats, fromEnd: boolean): Checkpoint {
    const size = Number(stat.size);
    const { input, checkpoints, encoding } = this.#options;
    const offset = fromEnd ? lastLineEnd(descriptor, size, encoding) : 0;
    const seenAt = realPath(path);
    const [device, inode] = [String(stat.dev), String(stat.ino)];
    const before = checkpoints.find(input, device, inode);
    return {
      id: before !== undefined && isOfEmpty(before) ? before.id : newSourceId(), // nothing was sent under it
      input,
      path,
      device,
      inode,
      offset,
      prefix: prefixOf(descriptor, size),
      marker: markerOf(descriptor, offset),
      changedNs: lastChange(stat.mtimeNs),
      ...(seenAt !== path && { seenAt }),
    };
  }
}

function openOrNot(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined; // gone, or not ours to see
  }
}

/** A file among all files of the machine. */
export function keyOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}
