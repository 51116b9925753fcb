import { Field } from '../../agent/fields.ts';
import { Byte, isDigit } from '../values/bytes.ts';
import { FOLD } from '../values/word-table.ts';
import { ipv4End, ipv6End } from './ip.ts';
import { Sure, type Scan } from './scan.ts';
import { beforeEnd, beforeStart, marksAt, skipSpaces, wordBefore, wordBeside } from './tokens.ts';
import { beforeAddress } from './users.ts';
import { Mark, Rule, RULE_MASK } from './words.ts';

/** Which of a message's IP addresses is the peer that called: the one after `from`, `client`, or alone in brackets; never one that was dialled. */

/** An IPv4 address stands at [start, to). */
export function takeAddress(scan: Scan, start: number, to: number): void {
  const { bytes } = scan;
  if (bytes[start] === 0x30) return; // 0.0.0.0: any
  const from = mappedStart(scan, start);
  const sure = sureness(scan, from, to);
  if (sure > 0) scan.offer(Field.client_ip, sure, start, to, 'address');
  if (sure > 0) beforeAddress(scan, from);
}

/** An IPv6 address may stand at `at`, behind a bracket or beside a word. Where it ends, or -1. */
export function tryIpv6(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  const to = ipv6End(bytes, at, end);
  if (to < 0 || (to < end && (FOLD[bytes[to] as number] as number) > 1)) return -1;
  const sure = sureness(scan, at, to);
  if (sure > 0) scan.offer(Field.client_ip, sure, at, to, 'address');
  return to;
}

/** The address that a key like `from` or `rhost` has as its value; -1 if it has none. Brackets and the port are left out. */
export function takeKeyedAddress(scan: Scan, start: number, end: number): void {
  const { bytes } = scan;
  let from = start;
  if (bytes[from] === Byte.OPEN_BRACKET || bytes[from] === Byte.SLASH) from++;
  if (isMapped(bytes, from, end)) from += MAPPED.length;
  if (bytes[from] === 0x30) return; // 0.0.0.0: any
  let to = ipv4End(bytes, from, end);
  if (to < 0) to = ipv6End(bytes, from, end);
  if (to > from && !(bytes[to] === Byte.SLASH && isPrefix(bytes, to + 1, scan.end))) scan.offer(Field.client_ip, Sure.NAMED, from, to, 'address');
}

/** `on address X`, `on IPv4 address X`, `on IP: X`: a program's own, which it listens on. `at`: where the word begins that names it. */
export function isOwn(scan: Scan, at: number): boolean {
  if (isOn(scan, at)) return true;
  const isKind = beforeEnd - beforeStart === 4 && ((scan.bytes[beforeStart] as number) | 0x20) === 0x69 && scan.bytes[beforeStart + 2] === 0x76; // IPv4
  return isKind && isOn(scan, beforeStart);
}

function isOn(scan: Scan, at: number): boolean {
  wordBefore(scan, at);
  return beforeEnd - beforeStart === 2 && scan.bytes[beforeStart] === 0x6f && scan.bytes[beforeStart + 1] === 0x6e;
}

/**
 * Whether the word at `at`, which names the peer else, names another address: `on address X`, `listening socket for X`,
 * `no proxy for X`, `found address for X`.
 */
function isElsewhere(scan: Scan, at: number): boolean {
  const isTold = isVague(scan.bytes, at);
  if (isTold && (scan.seen & Mark.OWN) !== 0) return true;
  if (isTold && scan.bytes[at] === 0x66) {
    const noun = wordBefore(scan, at);
    return beforeEnd === at - 1 && scan.bytes[beforeEnd] === Byte.SPACE && ((noun & Mark.AWAY) !== 0 || (noun & Mark.PEER) !== 0 && isVague(scan.bytes, beforeStart));
  }
  return isOwn(scan, at);
}

/** `address`, `addr`, `ip`, `for`: words before any address, not only a peer's. */
export function isVague(bytes: Uint8Array, at: number): boolean {
  const first = (bytes[at] as number) | 0x20;
  return first === 0x61 || first === 0x69 || first === 0x66 && bytes[at + 2] === 0x72;
}

/** IPv4 inside IPv6: what a dual-stack socket reports. */
const MAPPED = Buffer.from('::ffff:');

function isMapped(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + MAPPED.length > end) return false;
  for (let i = 0; i < MAPPED.length; i++) if (((bytes[at + i] as number) | 0x20) !== ((MAPPED[i] as number) | 0x20)) return false;
  return true;
}

function mappedStart(scan: Scan, start: number): number {
  const from = start - MAPPED.length;
  return from >= scan.start && isMapped(scan.bytes, from, start) ? from : start;
}

function sureness(scan: Scan, start: number, to: number): number {
  const { bytes, end } = scan;
  const before = start > scan.start ? bytes[start - 1] : Byte.SPACE;
  if (before === Byte.SLASH && start - 2 >= scan.start && bytes[start - 2] === Byte.SLASH) return 0; // a URL's host
  if (before === 0x3e || before === Byte.OPEN_BRACE || before === Byte.DASH) return 0;
  if (bytes[to] === Byte.SLASH && isPrefix(bytes, to + 1, end)) return 0;
  if (isNested(scan, start)) return Sure.HINT;
  const word = wordBeside(scan, start);
  if ((word & Mark.AWAY) !== 0) return 0;
  if ((word & Mark.PEER) !== 0) return isElsewhere(scan, beforeStart) ? 0 : Sure.NAMED;
  if ((scan.seen & Mark.OWN) !== 0) return 0;
  const next = skipSpaces(bytes, to, end);
  if (start === scan.start) return isAtStart(scan, to, next) ? Sure.LIKELY : 0;
  if (before === 0x28 && (isSecond(scan, start) || isOfOther(scan, word))) return 0;
  if (bytes[to] === Byte.HASH && isDigit(bytes[to + 1])) return isDnsPort(bytes, to + 1, end) ? 0 : Sure.PHRASE;
  if (before === 0x28 || before === Byte.OPEN_BRACKET || before === Byte.SLASH) return closesAfter(bytes, to, end) ? Sure.LIKELY : 0;
  if (before === Byte.COMMA && (bytes[to] === 0x29 || bytes[to] === Byte.COMMA)) return Sure.LIKELY;
  if (before === Byte.AT || (before === Byte.APOSTROPHE && bytes[start - 2] === Byte.AT)) return Sure.LIKELY;
  if (before === Byte.PIPE) return Sure.HINT;
  if (next + 4 < end && bytes[next] === 0x70 && bytes[next + 1] === 0x6f && bytes[next + 3] === 0x74) return isOn(scan, start) ? 0 : Sure.LIKELY; // `10.0.0.5 port 22`
  return (marksAt(scan, next) & RULE_MASK) === Rule.METHOD && bytes[next] === ((bytes[next] as number) & 0xdf) ? Sure.LIKELY : closesListed(bytes, to, end);
}

/** `to 10.0.0.1:80 (10.0.0.1:80)`: what stands before the bracket is an address with its port. */
function isSecond(scan: Scan, start: number): boolean {
  const { bytes } = scan;
  let at = start - 2;
  if (at <= scan.start || bytes[at] !== Byte.SPACE) return false;
  at--;
  const limit = Math.max(scan.start, at - 22);
  while (at > limit && (isDigit(bytes[at]) || bytes[at] === Byte.DOT || bytes[at] === Byte.COLON)) at--;
  return bytes[at] === Byte.SPACE && (ipv4End(bytes, at + 1, start) > 0 || ipv6End(bytes, at + 1, start) > 0);
}

/** `server at "db-1" (10.0.0.1)`, `connected to db-1 (10.0.0.1)`: the name in front of the bracket is that of another host. `word`: its marks. */
function isOfOther(scan: Scan, word: number): boolean {
  return beforeEnd > beforeStart && (word & Mark.PEER) === 0 && (wordBefore(scan, beforeStart) & (Mark.AWAY | Mark.PEER)) === Mark.AWAY;
}

/** `10.0.0.0/8`: a network. A port has more digits, `10.0.0.1/51234`. */
function isPrefix(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end || !isDigit(bytes[at])) return false;
  const to = isDigit(bytes[at + 1]) ? at + 2 : at + 1;
  return to >= end || !isDigit(bytes[to]);
}

/** BIND's `10.0.0.1#51234` is who asked, unless it is a server's own port. */
function isDnsPort(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === 0x35 && bytes[at + 1] === 0x33 && !(at + 2 < end && isDigit(bytes[at + 2]));
}

/** `([10.0.0.1])`: what the peer calls itself. */
function isNested(scan: Scan, start: number): boolean {
  return start - 2 >= scan.start && scan.bytes[start - 2] === 0x28 && scan.bytes[start - 1] === Byte.OPEN_BRACKET;
}

function isAtStart(scan: Scan, to: number, next: number): boolean {
  const { bytes, end } = scan;
  if (bytes[to] !== Byte.COLON || !isDigit(bytes[to + 1])) return (bytes[to] === Byte.SPACE || bytes[to] === Byte.DASH) && isStart(scan, next);
  let port = to + 1;
  while (port < end && isDigit(bytes[port])) port++;
  return bytes[port] === Byte.SPACE && isStart(scan, port + 1);
}

/** At a message's start an address is a peer when a method, a dash or a name follows, not when it is a sentence's subject. */
function isStart(scan: Scan, next: number): boolean {
  const byte = scan.bytes[next];
  return byte === Byte.DASH || byte === Byte.OPEN_BRACKET || byte === Byte.QUOTE || (marksAt(scan, next) & RULE_MASK) === Rule.METHOD;
}

/** `[10.0.0.1]`, `(10.0.0.1:80)`, `[10.0.0.1:80:…]`, `(10.0.0.1 -> …`. */
function closesAfter(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  if (to < end && bytes[to] === Byte.COLON) while (to + 1 < end && isDigit(bytes[to + 1])) to++;
  if (to > at) to++;
  return to < end && (bytes[to] === 0x29 || bytes[to] === Byte.CLOSE_BRACKET || bytes[to] === Byte.OPEN_BRACKET || bytes[to] === Byte.COLON || bytes[to] === Byte.DASH || (bytes[to] === Byte.SPACE && bytes[to + 1] === Byte.DASH));
}

/** ` 10.0.0.1:80]`: the last part of a bracket. */
function closesListed(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  if (to < end && bytes[to] === Byte.COLON) for (to++; to < end && isDigit(bytes[to]); to++);
  return to > at && to < end && bytes[to] === Byte.CLOSE_BRACKET ? Sure.HINT : 0;
}
