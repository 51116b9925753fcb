import { basename, dirname } from 'node:path';

const COMPRESSED = /\.gz$/;
/** `.1`, `-20261125`, `.20261125-120000`, `.2026-11-25T12:00:00Z`, `.old`: what rotation puts behind a name. */
const SUFFIX = /^(.+?)((?:[-._](?:\d[\dTZ:]*|old|bak))+)$/;
/** The same in front of the extension: `app-20261125.log`, `app.1.log`. */
const INFIX = /^(.+?)((?:[-._]\d[\dTZ:]*)+)(\.[A-Za-z]\w*)$/;
/** A count, not a date. */
const COUNT = /^[-._]\d{1,3}$/;

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
  if (before.base !== after.base) return false;
  if (before.stamp === '' || before.stamp === after.stamp) return true;
  return !before.isInfix && !after.isInfix && COUNT.test(before.stamp) && COUNT.test(after.stamp);
}

/** Whether `compressed` is named as what compressing `path` makes. */
export function isCompressedOf(compressed: string, path: string): boolean {
  return compressed === `${path}.gz`;
}

function nameOf(path: string): Name {
  const name = basename(path).replace(COMPRESSED, '');
  const suffixed = SUFFIX.exec(name);
  if (suffixed !== null) return { base: suffixed[1] ?? name, stamp: suffixed[2] ?? '', isInfix: false };
  const infixed = INFIX.exec(name);
  if (infixed !== null) return { base: `${infixed[1] ?? ''}${infixed[3] ?? ''}`, stamp: infixed[2] ?? '', isInfix: true };
  return { base: name, stamp: '', isInfix: false };
}
