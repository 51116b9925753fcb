import { isWord } from '../values/bytes.ts';
import { cellEnds, cellStarts, matchShape } from './match.ts';
import type { Shape } from './shape.ts';

/** Finds what is to be redacted in a text; places are positions in it. */
export type FindSecrets = (bytes: Uint8Array) => readonly { readonly from: number; readonly to: number }[];

/** A line of a shape, and which of its bytes are the shape's own, as 1. */
interface Line {
  readonly bytes: Uint8Array;
  readonly isConstant: Uint8Array;
}

/**
 * Whether a secret lies in the constant text of a shape: the label of `hunter2: <thread>` behind a `password=`. A shape is
 * kept and shown as it is, so such a one must not be used. `lines` are some that gave the shape: what stands in their
 * columns can say that the text beside it is a secret.
 */
export function holdsSecret(shape: Shape, lines: readonly Uint8Array[], find: FindSecrets): boolean {
  return isHeld(drawn(shape), find) || lines.some((line) => isHeld(matched(shape, line), find));
}

/** Whether all of a secret is constant, or more of it than marks between its columns. */
function isHeld(line: Line | undefined, find: FindSecrets): boolean {
  if (line === undefined) return false;
  return find(line.bytes).some(({ from, to }) => {
    const constant = line.bytes.subarray(from, to).filter((_, index) => line.isConstant[from + index] === 1);
    return constant.length === to - from || constant.some(isWord);
  });
}

/** What a column without a line holds: a word that says nothing. */
const CELL = 'x1';

/** A line made of the shape alone. */
function drawn({ items }: Shape): Line {
  const parts = items.map((item) => (item.kind === 'literal' ? item.text : CELL));
  return { bytes: Buffer.from(parts.join('')), isConstant: Uint8Array.from(items.flatMap(({ kind }, index) => Array<number>(Buffer.byteLength(parts[index] ?? '')).fill(kind === 'literal' ? 1 : 0))) };
}

function matched(shape: Shape, bytes: Uint8Array): Line | undefined {
  const text = matchShape(shape, bytes, 0, bytes.length);
  if (text < 0) return undefined;
  const isConstant = new Uint8Array(bytes.length).fill(1, 0, text);
  shape.items.filter(({ kind }) => kind === 'column').forEach((_, column) => isConstant.fill(0, cellStarts[column], cellEnds[column]));
  return { bytes, isConstant };
}
