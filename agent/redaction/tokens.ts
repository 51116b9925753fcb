import { DIGIT, is, LETTER, runEnd, spells, textOf, TOKEN, WORD } from './characters.ts';
import { Kind } from './kinds.ts';

const [DOT, SPACE, COLON, EQUALS] = [0x2e, 0x20, 0x3a, 0x3d];

/** Credentials that are known by how they begin: their issuers write them so, that scanners find them. */
interface Issued {
  readonly prefix: string;
  readonly kind: number;
  /** Characters behind the prefix at least. */
  readonly least: number;
  readonly pattern: RegExp;
}

const PLAIN = /[A-Za-z0-9]*/y;
const DASHED = /[\w-]*/y;
const ISSUED: readonly Issued[] = [
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => ({ prefix, kind: Kind.aws_key, least: 16, pattern: /[A-Z0-9]{16}/y })),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'npm_', 'hf_'].map((prefix) => ({ prefix, kind: Kind.api_key, least: 20, pattern: PLAIN })),
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'pk_live_', 'whsec_'].map((prefix) => ({ prefix, kind: Kind.api_key, least: 16, pattern: PLAIN })),
  ...['github_pat_', 'glpat-', 'gldt-', 'glrt-', 'pypi-', 'dop_v1_', 'doo_v1_', 'shpat_', 'shpss_', 'shpca_', 'sq0atp-', 'sq0csp-', 'sk-ant-', 'sk-proj-', 'xoxb-', 'xoxa-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-', 'dckr_pat_', 'lin_api_', 'key-live-', 'AGE-SECRET-KEY-', 'hvs.', 'NRAK-']
    .map((prefix) => ({ prefix, kind: Kind.api_key, least: 16, pattern: DASHED })),
  { prefix: 'sk-', kind: Kind.api_key, least: 32, pattern: DASHED },
  { prefix: 'AIza', kind: Kind.api_key, least: 35, pattern: /[\w-]{35}/y },
  { prefix: 'ya29.', kind: Kind.api_key, least: 20, pattern: DASHED },
  { prefix: 'SG.', kind: Kind.api_key, least: 40, pattern: /[\w.-]*/y },
];

/** By the first two bytes. */
const BY_BEGIN = new Map<number, Issued[]>();
for (const issued of ISSUED) {
  const begin = issued.prefix.charCodeAt(0) << 8 | issued.prefix.charCodeAt(1);
  BY_BEGIN.set(begin, [...BY_BEGIN.get(begin) ?? [], issued]);
}

/** By the first two bytes of a word: it may begin a credential. */
const MAY_BEGIN = new Uint8Array(65_536);
for (const prefix of [...ISSUED.map((issued) => issued.prefix), 'eyJ', 'be', 'Be', 'BE', 'ba', 'Ba', 'BA']) MAY_BEGIN[prefix.charCodeAt(0) << 8 | prefix.charCodeAt(1)] = 1;

/** Hot: whether a word that begins with these two bytes is worth a look. */
export function mayBeginToken(first: number, second: number): boolean {
  return MAY_BEGIN[first << 8 | second] === 1;
}

/** The credential of an issuer that begins at `at`. */
export function issuedAt(bytes: Uint8Array, at: number, end: number): { readonly to: number; readonly kind: number } | undefined {
  for (const { prefix, kind, least, pattern } of BY_BEGIN.get((bytes[at] as number) << 8 | (bytes[at + 1] as number)) ?? []) {
    if (!startsWith(bytes, at, end, prefix)) continue;
    const from = at + prefix.length;
    pattern.lastIndex = 0;
    const length = pattern.exec(textOf(bytes, from, Math.min(end, from + LONGEST_ISSUED)))?.[0].length ?? 0;
    if (length >= least) return { to: from + length, kind };
  }
  return undefined;
}

const LONGEST_ISSUED = 400;

function startsWith(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (at + text.length > end) return false;
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** Where the JSON Web Token (RFC 7519), signed or encrypted, ends that begins at `at`; -1: there is none. One that was cut behind its header counts. */
export function jwtEnd(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at + 1] !== 0x79 || bytes[at + 2] !== 0x4a) return -1;
  let to = base64urlEnd(bytes, at, end);
  if (to - at < 10 || bytes[to] !== DOT || !is(bytes, to + 1, end, WORD)) return -1;
  for (let part = 0; part < 4 && to < end && bytes[to] === DOT; part++) to = base64urlEnd(bytes, to + 1, end);
  return bytes[to - 1] === DOT ? to - 1 : to;
}

function base64urlEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (is(bytes, to, end, WORD) || bytes[to] === 0x2d)) to++;
  return to;
}

/**
 * What follows `Bearer` or `Basic` at `at`, as [from, to). Both are words of English too: what follows must look like a
 * credential (RFC 6750, RFC 7617) where no header's name stands before.
 */
export function schemeAt(bytes: Uint8Array, at: number, end: number): { readonly from: number; readonly to: number; readonly kind: number } | undefined {
  const kind = spells(bytes, at, end, 'bearer') ? Kind.bearer : spells(bytes, at, end, 'basic') ? Kind.basic : -1;
  if (kind < 0) return undefined;
  let from = at + (kind === Kind.bearer ? 6 : 5);
  const behind = from;
  while (from < end && from - behind < 4 && (bytes[from] === SPACE || bytes[from] === COLON || bytes[from] === EQUALS)) from++;
  const to = runEnd(bytes, from, end, TOKEN);
  if (from === behind || to === from) return undefined;
  return (kind === Kind.bearer ? isOpaque(bytes, from, to) : isUserAndPassword(bytes, from, to)) ? { from, to, kind } : undefined;
}

function isOpaque(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < 8) return false;
  for (let at = from; at < to; at++) if (is(bytes, at, to, DIGIT)) return true;
  return to - from >= 20 && runEnd(bytes, from, to, LETTER) === to && /[a-z][A-Z]/.test(textOf(bytes, from, to));
}

function isUserAndPassword(bytes: Uint8Array, from: number, to: number): boolean {
  const text = Buffer.from(textOf(bytes, from, to), 'base64').toString('latin1');
  return to - from >= 4 && /^[^\x00-\x1f]*:[^\x00-\x1f]*$/.test(text);
}
