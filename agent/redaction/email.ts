import { HOST, is, LETTER, LOCAL, runEnd, runStart, spells, WORD } from './characters.ts';

const [DOT, AT, QUOTE, COLON] = [0x2e, 0x40, 0x27, 0x3a];
const LONGEST_LOCAL = 128;

/** The address with its @ at `at`, as [from, to); undefined: there is none. The host needs a dot and a last part of letters: `root@localhost` is no mail. */
export function emailAt(bytes: Uint8Array, at: number, start: number, end: number): readonly [number, number] | undefined {
  if (bytes[at] !== AT) return undefined;
  let from = runStart(bytes, at, Math.max(start, at - LONGEST_LOCAL), LOCAL);
  if (from > start + 1 && bytes[from - 1] === QUOTE && is(bytes, from - 2, end, LETTER) && is(bytes, from, end, LETTER)) from = runStart(bytes, from - 1, Math.max(start, from - LONGEST_LOCAL), LOCAL); // o'brien@
  while (from < at && bytes[from] === DOT) from++;
  const to = hostEnd(bytes, at + 1, end);
  if (from === at || to < 0) return undefined;
  if (at - from === 3 && spells(bytes, from, end, 'git') && bytes[to] === COLON && is(bytes, to + 1, end, WORD)) return undefined; // git@github.com:owner/name
  return [from, to];
}

function hostEnd(bytes: Uint8Array, start: number, end: number): number {
  let to = -1;
  let at = start;
  for (let parts = 0; ; parts++) {
    const next = runEnd(bytes, at, end, HOST);
    if (next === at) return to;
    if (parts > 0 && next - at >= 2 && (runEnd(bytes, at, end, LETTER) === next || (bytes[at] as number) >= 0x80 || spells(bytes, at, end, 'xn--'))) to = next;
    else if (parts > 0 && to > 0) to = -1; // only the last part counts
    if (bytes[next] !== DOT || next + 1 >= end) return to;
    at = next + 1;
  }
}
