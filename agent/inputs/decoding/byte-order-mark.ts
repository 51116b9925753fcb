import type { Encoding } from './names.ts';

/** What a source's first bytes say of its encoding. `bytes`: how many of them say it, and are no text. */
export interface ByteOrderMark {
  readonly encoding: Encoding;
  readonly bytes: number;
}

/** Bytes that have to be seen to know. */
export const MARK_BYTES = 4;

const MARKS: readonly (readonly [encoding: Encoding, mark: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];
/** With FF FE in front it is UTF-32's mark: nobody writes logs in that, and no text begins with a NUL. */
const NULS = [0, 0];

/** The mark that a source begins with; undefined: none. */
export function byteOrderMark(head: Uint8Array): ByteOrderMark | undefined {
  const [encoding, mark = []] = MARKS.find(([, mark]) => begins(head, mark, mark.length)) ?? [];
  if (encoding === undefined || (encoding === 'utf-16le' && begins(head.subarray(2), NULS, 2))) return undefined;
  return { encoding, bytes: mark.length };
}

/** Whether more bytes may make a mark of these, or another one. */
export function mayBeMark(head: Uint8Array): boolean {
  const isPart = MARKS.some(([, mark]) => head.length < mark.length && begins(head, mark, head.length));
  return isPart || (head.length < MARK_BYTES && byteOrderMark(head)?.encoding === 'utf-16le' && begins(head.subarray(2), NULS, head.length - 2));
}

function begins(bytes: Uint8Array, mark: readonly number[], length: number): boolean {
  return bytes.length >= length && mark.slice(0, length).every((byte, index) => bytes[index] === byte);
}
