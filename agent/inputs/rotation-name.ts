import { basename, dirname } from 'node:path';

const COMPRESSED = /\.gz$/;
/** `.1`, `-20261125`, `.20261125-120000`, `.2026-11-25T12:00:00Z`, `.old`: what rotation puts behind a name. */
const SUFFIX = /^(.+?)((?:[-._](?:\d[\dTZ:]*|old|bak))+)$/;
/** The same in front of the extension: `app-20261125.log`, `app.1.log`. */
const INFIX = /^(.+?)((?:[-._]\d[\dTZ:]*)+)(\.[A-Za-z]\w*)$/;
/** A count, not a date. */
const COUNT = /^[-._]\d{1,3}$/;
/** A date has at least so many, as in 261125. */
const DATE_DIGITS = 6;

interface Name {
  /** The name of the file that is being written. */
  readonly base: string;
  /** What rotation has added. */
  readonly stamp: string;
  readonly isInfix: boolean;
}

/** What all generations of a file have in common, wherever one of them is: their folder and the name of the newest. */
export function familyOf(path: string): string {
  return `${dirname(path)}/${nameOf(path).base}`;
}

/** Whether a date or a count stands inside of a name, as in `app-1.log`: it may tell generations of a log apart, or logs. */
export function isStampedInside(path: string): boolean {
  return nameOf(path).isInfix;
}

/** Whether a count stands inside of a name, and no date: `worker-1.log` is a log by itself, unless something else tells. */
export function isCountedByItself(path: string): boolean {
  const { stamp, isInfix } = nameOf(path);
  return isInfix && !isDate(stamp);
}

/** A path without what compressing adds. */
export function uncompressed(path: string): string {
  return path.replace(COMPRESSED, '');
}

/**
 * Whether the file at `later` may be what became of the one that was at `earlier`: it was given a date or a count, or
 * another count, or was compressed. Files with another date, or a count inside of their names, are others.
 */
export function mayBecome(earlier: string, later: string): boolean {
  if (dirname(earlier) !== dirname(later)) return false;
  const [before, after] = [nameOf(earlier), nameOf(later)];
  if (isSuffixedOf(after, earlier)) return true;
  if (before.base !== after.base) return false;
  if (before.stamp === '' || before.stamp === after.stamp) return true;
  return !before.isInfix && !after.isInfix && COUNT.test(before.stamp) && COUNT.test(after.stamp);
}

/** Whether a count stands inside of a name, which is otherwise that of `path`: a generation of it, or another log. */
export function isCountedInside(path: string, candidate: string): boolean {
  const { stamp, isInfix } = nameOf(candidate);
  return isInfix && COUNT.test(stamp) && mayBecome(path, candidate);
}

/** Whether a file is a generation of `path`, by its name alone. `isCounted`: generations are known to have a count inside of their names. */
export function isGeneration(path: string, candidate: string, isCounted: boolean): boolean {
  if (!mayBecome(path, candidate)) return false;
  const { stamp, isInfix } = nameOf(candidate);
  return stamp !== nameOf(path).stamp && (!isInfix || isCounted || isDate(stamp));
}

/** Whether a name lies between two that differ in date or count, as when a link leads to one after the other. */
export function isBetween(earlier: string, later: string, candidate: string): boolean {
  if (dirname(earlier) !== dirname(candidate) || dirname(later) !== dirname(candidate)) return false;
  const [first, middle, last] = [nameOf(earlier), nameOf(candidate), nameOf(later)];
  const isOneLog = first.base === middle.base && middle.base === last.base && first.isInfix === middle.isInfix && middle.isInfix === last.isInfix;
  return isOneLog && compareStamps(first.stamp, middle.stamp) < 0 && compareStamps(middle.stamp, last.stamp) < 0;
}

/** Below 0: `a` is the older generation, as far as names tell; undefined: they do not. */
export function compareGenerations(a: string, b: string): number | undefined {
  const [one, other] = [nameOf(a), nameOf(b)];
  if (one.isInfix || other.isInfix || !COUNT.test(one.stamp) || !COUNT.test(other.stamp)) return undefined;
  return compareStamps(other.stamp, one.stamp); // the higher the count, the older
}

/** Whether `compressed` is named as what compressing `path` makes. */
export function isCompressedOf(compressed: string, path: string): boolean {
  return compressed === `${path}.gz`;
}

/** `worker-1.log.2` is a generation of `worker-1.log`, whatever the 1 means. */
function isSuffixedOf({ base, stamp, isInfix }: Name, path: string): boolean {
  return !isInfix && stamp !== '' && base === basename(path);
}

function isDate(stamp: string): boolean {
  return digitsOf(stamp).join('').length >= DATE_DIGITS;
}

function digitsOf(stamp: string): string[] {
  return stamp.match(/\d+/g) ?? [];
}

function compareStamps(a: string, b: string): number {
  const [one, other] = [digitsOf(a), digitsOf(b)];
  const differing = one.findIndex((digits, at) => Number(digits) !== Number(other[at] ?? -1));
  return differing === -1 ? one.length - other.length : Number(one[differing]) - Number(other[differing] ?? -1);
}

function nameOf(path: string): Name {
  const name = basename(path).replace(COMPRESSED, '');
  const suffixed = SUFFIX.exec(name);
  if (suffixed !== null) return { base: suffixed[1] ?? name, stamp: suffixed[2] ?? '', isInfix: false };
  const infixed = INFIX.exec(name);
  if (infixed !== null) return { base: `${infixed[1] ?? ''}${infixed[3] ?? ''}`, stamp: infixed[2] ?? '', isInfix: true };
  return { base: name, stamp: '', isInfix: false };
}
