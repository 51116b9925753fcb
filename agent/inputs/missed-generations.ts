import { type BigIntStats, closeSync, fstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Checkpoint, Checkpoints } from '../state/checkpoints.ts';
import { isCopyOf, isCopyOfAny } from './copies.ts';
import { keyOf } from './file-intake.ts';
import type { FileSource } from './file-source.ts';
import { isOfEmpty, isSameContent } from './fingerprint.ts';
import { pathsIn, realPath, statIf } from './moved-file.ts';
import { compareGenerations, isBetween, isCountedInside, isGeneration, uncompressed } from './rotation-name.ts';
import type { TailedFiles } from './tailed-files.ts';

/** A file that is open, and about which nothing is known yet. */
export interface FoundFile {
  readonly path: string;
  readonly descriptor: number;
  readonly stat: BigIntStats;
}

export interface MissedGenerationsOptions {
  readonly input: string;
  readonly checkpoints: Checkpoints;
  readonly files: TailedFiles;
  /** Whether somebody has said of a path that it is to be read, so that it is found anyway, or that it is not. */
  readonly isSpokenFor: (path: string) => boolean;
  /** Whether a file holds what is on its way in from a path, or was left there by an earlier run and has to be taken up yet. */
  readonly isExpected: (path: string, file: FoundFile) => boolean;
}

/** Names that are being changed one after the other while somebody looks may be missed: for so long it is looked again, in ms. */
const AGAIN_MS = 2_000;
const MOST_PATHS = 1_000;
const SECOND_NS = 1_000_000_000n;

/**
 * Generations that have come to a path and left it again while nobody looked: shipper was down for several rotations, or
 * they followed each other faster than anybody can look. They lie beside the path, under names that rotation gives.
 * What tells them from those that were there before shipper has ever looked: since it has looked last, they were written to,
 * and came into being.
 */
export class MissedGenerations {
  readonly #options: MissedGenerationsOptions;
  readonly #recent = new Map<string, { readonly sinceNs: bigint; readonly untilMs: number }>();

  constructor(options: MissedGenerationsOptions) {
    this.#options = options;
  }

  /** Paths that have to be looked at once more. */
  get again(): string[] {
    for (const [path, { untilMs }] of this.#recent) if (performance.now() > untilMs) this.#recent.delete(path);
    return [...this.#recent.keys()];
  }

  /** Opens those of a path, the oldest first. The one that is there now must not have a checkpoint yet. */
  open(path: string): FoundFile[] {
    const known = this.#options.checkpoints.all().filter((one) => one.input === this.#options.input && one.path === path);
    const sinceNs = this.#recent.get(path)?.sinceNs ?? latest(known);
    if (sinceNs === undefined) return [];
    if (this.#recent.size >= MOST_PATHS) this.#recent.clear();
    const recent = this.#recent.get(path);
    if (recent === undefined || recent.untilMs === Infinity) this.#recent.set(path, { sinceNs, untilMs: performance.now() + AGAIN_MS });
    const found = new Map<string, FoundFile>(); // one that is renamed meanwhile is found by both names
    for (const candidate of this.#candidates(path, known)) {
      const file = this.#openIfMissed(candidate, known, sinceNs);
      if (file === undefined) continue;
      const isTakenUp = isCopyOf(path, file) || this.#options.isExpected(path, file); // with what it is a copy of, which is on its way in
      if (isTakenUp) this.#recent.set(path, { sinceNs, untilMs: Infinity }); // or it is not: asked again
      if (isTakenUp || found.has(keyOf(file.stat))) closeSync(file.descriptor);
      else found.set(keyOf(file.stat), file);
    }
    return [...found.values()].sort((a, b) => compareGenerations(a.path, b.path) ?? (a.stat.mtimeNs < b.stat.mtimeNs ? -1 : 1));
  }

  #candidates(path: string, known: readonly Checkpoint[]): string[] {
    const place = realPath(path);
    const siblings = pathsIn(dirname(place));
    const inodes = new Set(known.map(({ inode }) => inode));
    const isCounted = siblings.some((sibling) => isCountedInside(place, sibling) && inodes.has(String(statIf(sibling)?.ino)));
    const before = known.flatMap(({ seenAt }) => seenAt ?? []);
    const isOne = (sibling: string): boolean => isGeneration(place, sibling, isCounted) || before.some((earlier) => isBetween(earlier, place, sibling));
    return siblings.filter((sibling) => isOne(sibling) && !this.#options.isSpokenFor(sibling) && (uncompressed(sibling) === sibling || !siblings.includes(uncompressed(sibling))));
  }

  #openIfMissed(path: string, known: readonly Checkpoint[], sinceNs: bigint): FoundFile | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const stat = fstatSync(descriptor, { bigint: true });
      if (stat.isFile() && stat.size > 0n && (isSince(stat, sinceNs) || wasEmpty(stat, known)) && !this.#isKnown({ path, descriptor, stat }, known)) return { path, descriptor, stat };
    } catch {
      // It is gone, or not ours to read.
    }
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }

  /** Whether it is being read, was read, or is a copy of what is or was. */
  #isKnown(file: FoundFile, known: readonly Checkpoint[]): boolean {
    const { descriptor, stat } = file;
    const { input, checkpoints, files } = this.#options;
    if (files.byKey(keyOf(stat)) !== undefined) return true;
    const direct = checkpoints.find(input, String(stat.dev), String(stat.ino));
    const size = Number(stat.size);
    if (direct !== undefined && isSameContent(descriptor, size, direct)) return true;
    const live = new Set<string>();
    const ofThisPath: FileSource[] = [];
    for (const source of files.all) {
      live.add(source.id);
      if (known.some(({ id }) => id === source.id)) ofThisPath.push(source);
    }
    if (isCopyOfAny(ofThisPath, file) || files.byKey(keyOf(stat)) !== undefined) return true;
    // A checkpoint of which nothing was read says too little: many logs begin alike.
    return known.some((one) => !live.has(one.id) && one.gzip === undefined && one.marker.bytes > 0 && size >= one.marker.end && isSameContent(descriptor, size, one));
  }
}

/** Then all that it holds was written since. */
function wasEmpty(stat: BigIntStats, known: readonly Checkpoint[]): boolean {
  return known.some((one) => isOfEmpty(one) && keyOf(stat) === `${one.device}:${one.inode}`);
}

function latest(known: readonly Checkpoint[]): bigint | undefined {
  return known.map(({ changedNs }) => (changedNs === undefined ? undefined : BigInt(changedNs))).reduce((last, one) => (last === undefined || (one !== undefined && one > last) ? one : last), undefined);
}

/**
 * Whoever compresses or copies a file may hand down the time of its last change, perhaps in whole seconds; that of its
 * birth nobody can. Not every file system knows that one.
 */
function isSince({ mtimeNs, birthtimeNs }: BigIntStats, sinceNs: bigint): boolean {
  return birthtimeNs === 0n ? mtimeNs >= sinceNs : birthtimeNs >= sinceNs && mtimeNs > sinceNs - SECOND_NS;
}
