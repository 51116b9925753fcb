import { CLASS, DIGIT, HARD, is, LETTER, runEnd, spells, textOf, TOKEN, WORD } from './characters.ts';
import { Kind } from './kinds.ts';
import type { View } from './view.ts';

const [COLON, EQUALS, GREATER, LESS, COMMA, AMPERSAND, NEWLINE, SPACE, DASH, SLASH, AT] = [0x3a, 0x3d, 0x3e, 0x3c, 0x2c, 0x26, 0x0a, 0x20, 0x2d, 0x2f, 0x40];
const LONGEST_KEY = 64;

/** What takes secrets: whether it wants some of a kind, and one at [from, to) of the view. */
export interface Taker {
  wants(kind: number): boolean;
  take(from: number, to: number, kind: number): void;
}

/** Nothing is looked for farther than this: what is hostile must not make a line slow. */
const FARTHEST = 8192;
const FARTHEST_URL = 512;
const FARTHEST_NAME = 256;

/** A key ends with this, `_`, `-`, `.` and case aside. The first that fits counts. */
const SUFFIXES: readonly (readonly [suffix: string, kind: number])[] = [
  ...['password', 'passwd', 'passphrase', 'passcode', 'passwort', 'kennwort', 'pwd', 'pswd', 'pass'].map((suffix) => [suffix, Kind.password] as const),
  ...['secretaccesskey', 'awssecretkey', 'awssecret', 'awssessiontoken', 'amzsecuritytoken', 'amzsignature'].map((suffix) => [suffix, Kind.aws_key] as const),
  ...['apikey', 'accesskey', 'secretkey', 'accesstoken', 'refreshtoken', 'idtoken', 'authtoken', 'apitoken', 'bearertoken', 'privatetoken', 'sessiontoken', 'clientsecret', 'appsecret', 'secret', 'token', 'privatekey', 'signingkey', 'encryptionkey'].map((suffix) => [suffix, Kind.api_key] as const),
  ['authorization', Kind.bearer],
];
/** Words that mean many things: only what looks like a credential is one there. */
const DOUBTFUL = new Set(['token', 'secret', 'accesskey', 'idtoken', 'sessiontoken', 'privatekey']);

/** The last letters of SUFFIXES: what else a key ends with needs no second look. */
const LAST = new Uint8Array(256);
for (const [suffix] of SUFFIXES) for (const char of [suffix.slice(-1), suffix.slice(-1).toUpperCase()]) LAST[char.charCodeAt(0)] = 1;

/** Whether a byte may be the last one of such a key. */
export function mayEndKey(byte: number): boolean {
  return LAST[byte] === 1;
}

/** What else may stand under a key: nothing; a number of tests that pass; any word. */
type Doubt = 'none' | 'count' | 'word';

/** Which kind of secret stands under the key at [start, end); undefined: none. */
export function keyKind(bytes: Uint8Array, start: number, end: number): { readonly kind: number; readonly doubt: Doubt } | undefined {
  if (end === start || !mayEndKey(bytes[end - 1] as number)) return undefined;
  const from = Math.max(start, end - LONGEST_KEY);
  const key = textOf(bytes, from, end);
  const folded = key.replace(/[_.\- ]/g, '').toLowerCase();
  const found = SUFFIXES.find(([suffix]) => folded.endsWith(suffix));
  if (found === undefined) return undefined;
  if (found[0] === 'pass' && !/(?:^|[^A-Za-z0-9])(?:pass|Pass|PASS)$|[a-z0-9]Pass$/.test(key)) return undefined; // bypass, compass
  return { kind: found[1], doubt: found[0] === 'pass' ? 'count' : DOUBTFUL.has(found[0]) ? 'word' : 'none' };
}

/**
 * The value that belongs to the key before the `=`, `:` or `>` at `at`: in quotes (however often escaped), in an object or
 * list, or up to what ends a bare value. Values that say nothing (`null`, `***`) are left.
 */
export function takeKeyed(view: View, at: number, taker: Taker): void {
  const { bytes, start, end } = view;
  let keyTo = at;
  while (keyTo > start && keyTo > at - 4 && (((CLASS[bytes[keyTo - 1] as number] as number) & HARD) !== 0 || bytes[keyTo - 1] === 0x5d) && bytes[keyTo - 1] !== NEWLINE) keyTo--; // a space or a closing quote
  if (keyTo === start || !mayEndKey(bytes[keyTo - 1] as number)) return;
  let keyFrom = keyTo;
  while (keyFrom > start && keyFrom > keyTo - LONGEST_KEY && isKeyByte(bytes, keyFrom - 1, end)) keyFrom--;
  const found = keyKind(bytes, keyFrom, keyTo);
  if (found === undefined || !wants(taker, found.kind)) return;
  if (bytes[at] === GREATER && !(keyFrom > start && bytes[keyFrom - 1] === LESS) && bytes[at - 1] !== EQUALS) return;
  let from = at + 1;
  while (from < end && (bytes[from] === SPACE || bytes[from] === GREATER || bytes[from] === EQUALS) && from < at + 8) from++; // `=>`
  if (bytes[at] === EQUALS && from > at + 1 && bytes[at + 1] === SPACE && isPair(bytes, from, end)) return; // `password= user=bob`
  takeValue(view, from, found.kind, found.doubt, taker);
}

function isPair(bytes: Uint8Array, at: number, end: number): boolean {
  const to = runEnd(bytes, at, end, WORD);
  return to > at && bytes[to] === EQUALS && is(bytes, to + 1, end, WORD);
}

/** `--password x`, `PASSWORD 'x'`: the word at [from, to) is followed by a blank. */
export function takeSpaced(view: View, from: number, to: number, taker: Taker): void {
  const { bytes, start, end } = view;
  if (keyKind(bytes, from, to)?.kind !== Kind.password) return;
  let keyFrom = from;
  while (keyFrom > start && isKeyByte(bytes, keyFrom - 1, end)) keyFrom--;
  const isOption = bytes[keyFrom] === DASH;
  let value = to + 1;
  for (const word of ['is ', 'was ', 'by ', 'of ']) if (spells(bytes, value, end, word) && is(bytes, value + word.length, end, HARD)) value += word.length;
  if (isOption || isQuote(bytes[value])) takeValue(view, value, Kind.password, 'none', taker);
}

function wants(taker: Taker, kind: number): boolean {
  return taker.wants(kind) || kind === Kind.bearer && taker.wants(Kind.basic);
}

function isKeyByte(bytes: Uint8Array, at: number, end: number): boolean {
  return is(bytes, at, end, WORD) || bytes[at] === DASH || bytes[at] === 0x2e;
}

function isQuote(byte: number | undefined): boolean {
  return byte === 0x22 || byte === 0x27 || byte === 0x60;
}

function takeValue(view: View, at: number, kind: number, doubt: Doubt, taker: Taker): void {
  const { bytes, end } = view;
  if (at >= end) return;
  const first = bytes[at] as number;
  if (isMask(bytes, at, end)) return;
  if (isQuote(first)) return takeText(view, at + 1, quoteEnd(view, at), kind, doubt, taker);
  if (first === 0x7b || first === 0x5b) return takeNested(view, at, kind, doubt, taker);
  const to = kind === Kind.bearer ? runEnd(bytes, at, end, TOKEN) : bareEnd(bytes, at, end);
  if (kind !== Kind.bearer || to === end || bytes[to] !== SPACE) return takeText(view, at, to, kind, doubt, taker);
  takeText(view, at, Math.max(to, runEnd(bytes, to + 1, end, TOKEN)), kind, doubt, taker);
}

/** A text that is a secret as a whole; of an `Authorization` the scheme stays. */
function takeText(view: View, from: number, to: number, kind: number, doubt: Doubt, taker: Taker): void {
  const { bytes } = view;
  if (to <= from || !isSecretText(bytes, from, to, kind) || doubt !== 'none' && isWord(bytes, from, to, doubt)) return;
  if (kind !== Kind.bearer) return taker.take(from, to, kind);
  const scheme = runEnd(bytes, from, to, TOKEN);
  if (spells(bytes, from, to, 'aws4-') || spells(bytes, from, to, 'digest')) return; // what they hold is no secret
  if (scheme === to || bytes[scheme] !== SPACE) return taker.take(from, scheme, Kind.bearer);
  let value = scheme;
  while (value < to && bytes[value] === SPACE) value++;
  if (value < to) taker.take(value, Math.max(value + 1, runEnd(bytes, value, to, TOKEN)), spells(bytes, from, to, 'basic') ? Kind.basic : Kind.bearer);
}

/** Every text and number in an object or list, keys aside. */
function takeNested(view: View, at: number, kind: number, doubt: Doubt, taker: Taker): void {
  const { bytes } = view;
  const end = Math.min(view.end, at + FARTHEST);
  let depth = 0;
  for (let position = at; position < end; ) {
    const byte = bytes[position] as number;
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth <= 0) return;
    if (isQuote(byte)) {
      const to = quoteEnd(view, position);
      let after = to + 1;
      while (after < end && bytes[after] === SPACE) after++;
      if (bytes[after] !== COLON) takeText(view, position + 1, to, kind, doubt, taker);
      position = to + 1;
    } else if (is(bytes, position, end, WORD)) {
      const to = bareEnd(bytes, position, end);
      if (bytes[to] !== COLON && bytes[to] !== EQUALS) takeText(view, position, to, kind, doubt, taker);
      position = Math.max(to, position + 1);
    } else position++;
  }
}

/** Where the quote ends that begins at `at`: at one of its own depth, or of a text around it. Else the line's end. */
function quoteEnd(view: View, at: number): number {
  const { bytes, end } = view;
  const depth = view.depthOf(at);
  for (let to = at + 1; to < end; to++) {
    const byte = bytes[to];
    if (isQuote(byte) && (byte === bytes[at] && view.depthOf(to) <= depth || byte === 0x22 && view.depthOf(to) < depth)) return to;
    if (byte === NEWLINE) return to;
  }
  return end;
}

/** Where a bare value ends: at a blank, a quote, `&` or `<`; at `,;)]}|` if what follows is not more of it. */
function bareEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  for (; to < end; to++) {
    const byte = bytes[to] as number;
    if (((CLASS[byte] as number) & HARD) !== 0 || byte === AMPERSAND || byte === LESS) return to;
    if (SOFT[byte] === 1 && !goesOn(bytes, to + 1, end)) return to;
  }
  return to;
}

const SOFT = new Uint8Array(256);
for (const char of ',;)]}|') SOFT[char.charCodeAt(0)] = 1;

/** Whether what follows a comma looks like the rest of a value, and not like another pair. */
function goesOn(bytes: Uint8Array, at: number, end: number): boolean {
  if (!is(bytes, at, end, WORD)) return false;
  for (let to = at; to < Math.min(end, at + FARTHEST_NAME); to++) {
    const byte = bytes[to] as number;
    if (byte === EQUALS || byte === COLON) return false;
    if (((CLASS[byte] as number) & HARD) !== 0 || byte === COMMA || byte === AMPERSAND) return true;
  }
  return true;
}

/** Whether a text under a secret's key may be one: not `null`, `true`, `***`, and what is a mask already, nor the scheme of an `Authorization` alone. */
export function isSecretText(bytes: Uint8Array, from: number, to: number, kind: number): boolean {
  if (kind === Kind.bearer && runEnd(bytes, from, to, LETTER) === to) return false;
  return to > from && !saysNothing(bytes, from, to);
}

function saysNothing(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from <= 64 && /^(?:null|nil|none|true|false|undefined|ok|yes|no|fail(?:ed)?|[*{}[\]().,;-]+|<redacted>)$/i.test(textOf(bytes, from, to)) || isMask(bytes, from, to);
}

/** `[email]`, `[email:0123456789abcdef]`, and Rails' own. */
function isMask(bytes: Uint8Array, from: number, end: number): boolean {
  return bytes[from] === 0x5b && /^\[(?:[a-z_0-9]+(?::[0-9a-f]{16})?(?:-\d+)?|FILTERED|REDACTED)(?:\]|$)/.test(textOf(bytes, from, Math.min(end, from + 48)));
}

/** Whether a text is what it may be beside a secret. One is long enough, and has a digit, or letters of both cases. */
function isWord(bytes: Uint8Array, from: number, to: number, doubt: Doubt): boolean {
  const text = textOf(bytes, from, Math.min(to, from + 200));
  if (doubt === 'count') return /^\d{1,4}$/.test(text);
  return !(text.length >= 6 && /\d/.test(text) && !/^[\d.,:]+$/.test(text) || text.length >= 16 && /^[\w+/=.-]+$/.test(text) && /[a-z][A-Z]/.test(text));
}

/** The password in the URL whose `://` stands at `at`. */
export function takeUrlPassword(view: View, at: number, taker: Taker): void {
  const { bytes } = view;
  const from = at + 3;
  const close = urlEnd(bytes, from, Math.min(view.end, from + FARTHEST_URL));
  let path = from;
  while (path < close && bytes[path] !== SLASH && bytes[path] !== 0x3f && bytes[path] !== 0x23) path++;
  const colon = find(bytes, COLON, from, close);
  let sign = path - 1;
  while (sign > from && bytes[sign] !== AT) sign--;
  if (colon < 0 || sign <= from && (colon >= path || runEnd(bytes, colon + 1, path, DIGIT) === path)) return;
  if (sign <= from) sign = find(bytes, AT, path, close); // a password with a slash in it, since it is no port
  if (sign > colon + 1) taker.take(colon + 1, sign, Kind.url_password);
}

function find(bytes: Uint8Array, byte: number, from: number, to: number): number {
  for (let at = from; at < to; at++) if (bytes[at] === byte) return at;
  return -1;
}

function urlEnd(bytes: Uint8Array, from: number, end: number): number {
  let to = from;
  while (to < end && !is(bytes, to, end, HARD) && bytes[to] !== LESS && bytes[to] !== GREATER) to++;
  return to;
}

/** Go's MySQL names: `root:secret@tcp(db:3306)/shop`, with the @ at `at`. */
export function takeDsnPassword(view: View, at: number, taker: Taker): void {
  const { bytes, start, end } = view;
  if (!spells(bytes, at + 1, end, 'tcp(') && !spells(bytes, at + 1, end, 'unix(')) return;
  let colon = at;
  while (colon > start && at - colon < FARTHEST_NAME && !is(bytes, colon - 1, end, HARD) && bytes[colon - 1] !== COLON) colon--;
  if (colon < at && colon > start && bytes[colon - 1] === COLON && is(bytes, colon - 2, end, LETTER | DIGIT)) taker.take(colon, at, Kind.url_password);
}
