import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { isWeak, weakPair } from './aliases.ts';
import { pair } from './pair.ts';
import type { Parser } from './parser.ts';
import { quoteEnd } from './values/access-scan.ts';
import { amountEnd } from './values/amounts.ts';

const [SPACE, QUOTE, EQUALS, BACKSLASH] = [0x20, 0x22, 0x3d, 0x5c];
/** Pairs a line needs to be one. */
const LEAST_PAIRS = 2;

/**
 * logfmt, as Heroku's router and Go's logrus, slog (text) and kit/log write it: `key=value key="quoted value" flag`,
 * nothing else. There is no standard; the grammar is that of go-logfmt. A key without a value says nothing and is
 * left out only in so far as it is no field.
 */
export const logfmt: Parser = {
  name: 'logfmt',
  title: 'logfmt: key=value pairs from the first word on: logrus, slog, go-kit, Grafana, Prometheus',
  examples: [
    {
      line: 'time="2026-11-23T00:04:15Z" level=info msg="hello world" user=bob k=v',
      event: { timestamp: '2026-11-23T00:04:15Z', level: 'info', message: 'hello world', user_id: 'bob', k: 'v' },
    },
    {
      line: 'ts=2026-11-23T00:04:15.466Z caller=a.go:10 level=WARN msg="say \\"hi\\"" elapsed=1.5s n=3',
      event: { timestamp: '2026-11-23T00:04:15.466Z', caller: 'a.go:10', level: 'warn', message: 'say "hi"', duration_ms: 1500, elapsed: '1.5s', n: '3' },
      reason: 'escapes in quotes; what was converted keeps its own key too',
    },
    { line: 'level=info component=db path=/x method=GET status=200', event: { level: 'info', logger: 'db', http_method: 'GET', http_path: '/x', http_status: 200, component: 'db', path: '/x', status: '200' }, reason: 'weak spellings in company' },
    { line: 'level=info took=1.234 msg=done', event: { level: 'info', message: 'done', duration_ms: 1234, took: '1.234' }, reason: 'three decimals: seconds to the millisecond' },
    { line: 'level=info elapsed=1.2 msg=done', event: { level: 'info', message: 'done', duration_ms: 1200, elapsed: '1.2' }, reason: 'a stopwatch counts seconds' },
    { line: 'level=info duration=58.33 msg=done', event: { level: 'info', message: 'done', duration_ms: 58.33 }, reason: 'two decimals: milliseconds (lograge)' },
    { line: 'level=info amount=EUR 118.40 msg=paid', event: { level: 'info', message: 'paid', amount: 'EUR 118.40' }, reason: 'a currency in front of its amount' },
    { line: 'level=info path=/var/x status=ok', event: { level: 'info', path: '/var/x', status: 'ok' }, reason: 'and without it' },
    { line: 'a=1 a=2 level=', event: { a: '1' }, reason: 'the first of two alike; nothing is no level' },
    { line: 'retry in=30s because the peer is away', event: undefined, reason: 'prose with a pair in it' },
    { line: 'url=http://example.com/', event: undefined, reason: 'one pair is no grammar' },
  ],
  parse,
};

/** Two passes: the first only looks whether every word is a pair, so that prose costs nothing. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  if (!isLogfmt(chunk.bytes, start, end)) return false;
  hasWeak = false;
  for (let at = start; at < end; ) {
    const equals = keyEnd(chunk.bytes, at, end);
    const quoted = equals + 1 < end && chunk.bytes[equals + 1] === QUOTE;
    const valueStart = equals + (quoted ? 2 : 1);
    const valueEnd = quoted ? quoteEnd(chunk.bytes, valueStart, end) : wordEnd(chunk.bytes, valueStart, end);
    if (equals < end && chunk.bytes[equals] === EQUALS) {
      if (valueEnd > valueStart) field(chunk, at, equals, valueStart, valueEnd, quoted, event);
      at = valueEnd + (quoted ? 1 : 0);
    } else at = equals;
    while (at < end && (chunk.bytes[at] as number) <= SPACE) at++;
  }
  if (hasWeak) weaklyNamed(chunk, start, end, event);
  return true;
}

/** Whether a spelling was met that holds only where nothing better is in the line. */
let hasWeak = false;

/** Once more over a line that is logfmt: what its weak spellings say. They stay members, too. */
function weaklyNamed(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const { bytes } = chunk;
  for (let at = start; at < end; ) {
    const equals = keyEnd(bytes, at, end);
    if (equals >= end || bytes[equals] !== EQUALS) at = equals;
    else {
      const quoted = equals + 1 < end && bytes[equals + 1] === QUOTE;
      const from = equals + (quoted ? 2 : 1);
      const to = quoted ? quoteEnd(bytes, from, end) : wordEnd(bytes, from, end);
      if (to > from && !(quoted && hasEscape(bytes, from, to))) weakPair(chunk, at, equals, from, to, event);
      at = to + (quoted ? 1 : 0);
    }
    while (at < end && (bytes[at] as number) <= SPACE) at++;
  }
}

function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

function field(chunk: Chunk, keyStart: number, equals: number, start: number, end: number, quoted: boolean, event: LogEvent): void {
  event.rule = 'logfmt key';
  if (isWeak(chunk.bytes, keyStart, equals)) hasWeak = true;
  pair(chunk, keyStart, equals, start, end, quoted, event);
}

function isLogfmt(bytes: Uint8Array, start: number, end: number): boolean {
  let pairs = 0;
  let words = 0;
  for (let at = start; at < end; words++) {
    const equals = keyEnd(bytes, at, end);
    if (equals === at || words > pairs) return false; // a word that is none, or two flags more than pairs
    if (equals < end && bytes[equals] === EQUALS) {
      pairs++;
      const quoted = equals + 1 < end && bytes[equals + 1] === QUOTE;
      at = quoted ? quoteEnd(bytes, equals + 2, end) + 1 : wordEnd(bytes, equals + 1, end);
      if (at === 0) return false;
    } else at = equals;
    if (at < end && (bytes[at] as number) > SPACE) return false;
    while (at < end && (bytes[at] as number) <= SPACE) at++;
  }
  return pairs >= LEAST_PAIRS && pairs * 2 > words;
}

/** Where the key at `at` ends: at `=`, or at a byte that no key has. */
function keyEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte <= SPACE || byte === EQUALS || byte === QUOTE) return at;
    at++;
  }
  return at;
}

function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) > SPACE) at++;
  return amountEnd(bytes, start, at, end);
}
