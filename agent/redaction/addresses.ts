import { DIGIT, HEX, is, LETTER, runEnd, runStart, textOf, WORD } from './characters.ts';

const [DOT, COLON, DASH, SLASH] = [0x2e, 0x3a, 0x2d, 0x2f];

/**
 * Where the IPv4 address ends that begins at `at`, at a digit with none before it; -1: there is none. Versions have four
 * numbers too: `v1.2.3.4`, `version 1.2.3.4`, `Chrome/120.0.0.0` and `libx-1.2.3.4.so` are none.
 */
export function ipv4End(bytes: Uint8Array, at: number, start: number, end: number): number {
  const to = quadEnd(bytes, at, end);
  if (to < 0 || is(bytes, to, end, LETTER) || bytes[to] === DOT && is(bytes, to + 1, end, DIGIT)) return -1;
  if (at > start) {
    const before = bytes[at - 1] as number;
    if (before === DOT || is(bytes, at - 1, end, LETTER | DIGIT)) return -1;
    if (before === DASH && is(bytes, at - 2, end, LETTER) && bytes[to] === DOT && is(bytes, to + 1, end, LETTER)) return -1;
    if (before === SLASH && isProduct(bytes, at - 1, start) && bytes[to] !== COLON) return -1;
    if (isVersion(bytes, at, start)) return -1;
  }
  return to;
}

/** Four numbers up to 255 with dots between. */
function quadEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let part = 0, from = at; part < 4; part++) {
    const to = runEnd(bytes, from, Math.min(end, from + 4), DIGIT);
    const length = to - from;
    if (length < 1 || length > 3 || length > 1 && bytes[from] === 0x30) return -1;
    if (length === 3 && Number(textOf(bytes, from, to)) > 255) return -1;
    if (part === 3) return to;
    if (bytes[to] !== DOT) return -1;
    from = to + 1;
  }
  return -1;
}

/** Whether the `/` at `at` is behind a product's name, as in a user agent: one word with a capital letter first. */
function isProduct(bytes: Uint8Array, at: number, start: number): boolean {
  const from = runStart(bytes, at, start, LETTER);
  return from < at && (bytes[from] as number) < 0x61 && !(from > start && (is(bytes, from - 1, at, WORD) || bytes[from - 1] === DOT || bytes[from - 1] === DASH));
}

const VERSION_WORDS = new Set(['version', 'versions', 'ver', 'v', 'release', 'build', 'rev', 'revision', 'firmware', 'driver']);
const FARTHEST_WORD = 6;

/** Whether the last word before `at` says that a version follows. */
function isVersion(bytes: Uint8Array, at: number, start: number): boolean {
  let to = at;
  while (to > start && at - to < FARTHEST_WORD && !is(bytes, to - 1, at, WORD)) to--;
  const from = runStart(bytes, to, Math.max(start, to - 16), LETTER);
  return from < to && VERSION_WORDS.has(textOf(bytes, from, to).toLowerCase());
}

/** Longer runs of what addresses are made of are none. */
const LONGEST_IPV6 = 39;

/** The IPv6 address that the colon at `at` is part of, as [from, to); undefined: there is none. Times, hardware addresses and names such as `std::dec` are none. */
export function ipv6Around(bytes: Uint8Array, at: number, start: number, end: number): readonly [number, number] | undefined {
  let from = at;
  while (from > start && at - from <= LONGEST_IPV6 && isPart(bytes, from - 1, end)) from--;
  let to = at;
  while (to < end && to - from <= LONGEST_IPV6 + 1 && isPart(bytes, to, end)) to++;
  if (from > start && is(bytes, from - 1, end, WORD)) from = runEnd(bytes, from, end, HEX); // the last letters of a word: `node:2001:db8::1`
  if (bytes[from] === COLON && bytes[from + 1] !== COLON) from++;
  if (to - 1 > from && bytes[to - 1] === COLON && bytes[to - 2] !== COLON) to--;
  if (to - from < 3) return undefined;
  const dotted = bytes[to] === DOT ? mappedEnd(bytes, from, to, end) : -1;
  if (dotted < 0 && is(bytes, to, end, WORD)) return undefined;
  const text = textOf(bytes, from, dotted < 0 ? to : runStart(bytes, to, from, DIGIT));
  return isIpv6(text, dotted >= 0) ? [from, dotted < 0 ? to : dotted] : undefined;
}

function isPart(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === COLON || is(bytes, at, end, HEX);
}

/** `::ffff:192.0.2.1`: where the IPv4 address ends that begins with the last digits before `to`. */
function mappedEnd(bytes: Uint8Array, from: number, to: number, end: number): number {
  return quadEnd(bytes, runStart(bytes, to, from, DIGIT), end);
}

/** Eight groups, or fewer around one `::`. Two groups of letters are rather names of a program than an address. */
function isIpv6(text: string, isMapped: boolean): boolean {
  const halves = text.split('::');
  const whole = isMapped ? 6 : 8;
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.replace(/:$/, '').split(':')));
  if (!groups.every((group) => group.length >= 1 && group.length <= 4)) return false;
  if (halves.length === 1) return groups.length === whole;
  return groups.length < whole && (isMapped || groups.length > 2 || groups.length > 0 && /\d/.test(text));
}
