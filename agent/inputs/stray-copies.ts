import type { BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { Checkpoint } from '../state/checkpoints.ts';
import { PREFIX_BYTES } from './fingerprint.ts';
import { isGzip } from './gzip-file.ts';
import { pathsIn, realPath, statIf } from './moved-file.ts';

/** What the input says of a path: read it; it is none of those meant; leave it alone. */
export type Wish = 'meant' | 'not meant' | 'excluded';

/** A file of which less was read may begin like others, which nobody asked for: copies of it are not looked for. */
const LEAST_BYTES = 256;
/** A folder with more files than this is not searched: each would be looked at for each file that was truncated. */
const MOST_FILES = 1_000;

/**
 * Files that may be copies, under whatever name, of what a checkpoint was taken of: that was copied by hand or by a script,
 * say to `app-backup`, and truncated. They lie beside it and are longer than what was read of it; whether they hold the same
 * is for the caller to see. The one that was written to last comes first.
 */
export function strayCopiesOf(checkpoint: Checkpoint, wishFor: (path: string) => Wish): string[] {
  const { path, seenAt = realPath(path), marker } = checkpoint;
  if (marker.end < LEAST_BYTES || String(statIf(seenAt)?.ino) !== checkpoint.inode) return []; // not truncated, but gone
  const siblings = pathsIn(dirname(seenAt));
  if (siblings.length > MOST_FILES) return [];
  const found: { readonly sibling: string; readonly stat: BigIntStats }[] = [];
  for (const sibling of siblings) {
    const wish = wishFor(sibling);
    if (sibling === seenAt || wish === 'excluded' || isGzip(sibling) || (wish === 'meant' && !isCertain(checkpoint))) continue;
    const stat = statIf(sibling);
    if (stat?.isFile() === true && String(stat.ino) !== checkpoint.inode && stat.size > BigInt(marker.end)) found.push({ sibling, stat });
  }
  return found.sort((a, b) => (a.stat.mtimeNs > b.stat.mtimeNs ? -1 : 1)).map(({ sibling }) => sibling);
}

/**
 * Whether a checkpoint says enough to tell a copy from a file that begins with the same banner: one that is meant would
 * not be read where both are the same. Where it does not, such a file is read whole.
 */
function isCertain({ prefix, marker }: Checkpoint): boolean {
  return prefix.bytes === PREFIX_BYTES && marker.end - marker.bytes >= PREFIX_BYTES;
}
