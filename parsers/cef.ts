import type { Chunk } from '../agent/chunk.ts';
import { Value, type LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { ALIASES, aliasTable } from './aliases.ts';
import { keep } from './pair.ts';
import type { Parser } from './parser.ts';
import { assignText, Outcome } from './values/assign.ts';
import { Byte, isDigit, isLetter, isWord } from './values/bytes.ts';
import { equals, startsWith } from './values/names.ts';

/** What the formats' own keys are called here. */
const KEYS = new Map([
  ['src', 'client_ip'], ['sourceaddress', 'client_ip'], ['suser', 'user_id'], ['duser', 'user_id'], ['usrname', 'user_id'], ['request', 'url'], ['requestmethod', 'http_method'],
  ['requestclientapplication', 'user_agent'], ['requestcontext', 'referer'], ['rt', 'timestamp'], ['devtime', 'timestamp'], ['end', 'timestamp'], ['dvchost', 'host'], ['devicehostname', 'host'],
  ['externalid', 'request_id'], ['msg', 'message'],
]);
/** Bars that end the header: vendor, product, version, id, then for CEF name and severity. */
const [CEF_BARS, LEEF_BARS] = [7, 5];

/**
 * ArcSight's Common Event Format and QRadar's LEEF, which firewalls, scanners and gateways send: a header between bars,
 * then `key=value`, whose values may have blanks. The severity counts from 0 to 10 and is the event's, not a log level.
 */
export const cef: Parser = {
  name: 'cef',
  title: 'CEF and LEEF: security devices',
  examples: [
    {
      line: 'CEF:0|Acme|Wall|1.0|100|Login failed|5|duser=bob user_id=amara act=deny',
      event: { message: 'Login failed', user_id: 'bob', act: 'deny' },
      reason: 'a field has one value, also where its own name comes later',
    },
    {
      line: 'CEF:0|Acme|Wall|1.0|100|Port scan|8|src=10.0.0.1 dst=10.0.0.2 spt=1232 suser=bob request=https://a.example/x?y=1 requestMethod=POST msg=seen from outside',
      event: { message: 'seen from outside', user_id: 'bob', client_ip: '10.0.0.1', http_method: 'POST', http_path: '/x?y=1', dst: '10.0.0.2', spt: '1232', request: 'https://a.example/x?y=1' },
    },
    { line: 'CEF:0|Acme|Wall|1.0|100|Login failed|5|rt=1795392255466 duser=eve outcome=failure', event: { timestamp: '2026-11-23T00:04:15.466Z', message: 'Login failed', user_id: 'eve', rt: '1795392255466', outcome: 'failure' }, reason: 'the name of the event where nothing better is said' },
    { line: 'LEEF:1.0|Acme|Gate|4.0|login|src=10.0.0.1\tusrName=bob\tsev=5', event: { message: 'login', user_id: 'bob', client_ip: '10.0.0.1', sev: '5' }, reason: 'LEEF, with tabs between', also: ['logfmt'] },
    { line: 'CEF:0|only a word', event: undefined },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  const isLeef = startsWith(bytes, start, end, 'LEEF:');
  if (!isLeef && !startsWith(bytes, start, end, 'CEF:')) return false;
  if (!isDigit(bytes[start + (isLeef ? 5 : 4)])) return false;
  const bars = isLeef ? LEEF_BARS : CEF_BARS;
  let [at, seen, nameStart, nameEnd] = [start, 0, 0, 0];
  for (; at < end && seen < bars; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === Byte.PIPE) {
      seen++;
      if (seen === (isLeef ? 4 : 5)) nameStart = at + 1;
      if (seen === (isLeef ? 5 : 6)) nameEnd = at;
    }
  }
  if (seen < bars) return false;
  readPairs(chunk, at, end, isLeef, event);
  if (!event.has(Field.message)) event.span(Field.message, nameStart, nameEnd);
  return true;
}

const BACKSLASH = 0x5c;

/** A value goes on until the next key begins, or for LEEF until a tab or a caret. */
function readPairs(chunk: Chunk, start: number, end: number, isLeef: boolean, event: LogEvent): void {
  const { bytes } = chunk;
  for (let at = start; at < end; ) {
    while (at < end && !isLetter(bytes[at])) at++;
    let equal = at;
    while (equal < end && (isWord(bytes[equal]) || bytes[equal] === Byte.DOT)) equal++;
    if (bytes[equal] !== Byte.EQUALS || equal >= end) return;
    const to = isLeef ? columnEnd(bytes, equal + 1, end) : valueEnd(bytes, equal + 1, end);
    if (to > equal + 1) pair(chunk, at, equal, equal + 1, to, event);
    at = to + 1;
  }
}

function columnEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== Byte.TAB && bytes[at] !== CARET) at++;
  return at;
}

const CARET = 0x5e;

/** Before the blank in front of the next `key=`. */
function valueEnd(bytes: Uint8Array, start: number, end: number): number {
  let blank = -1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at++;
    else if (byte === Byte.SPACE) blank = at;
    else if (byte === Byte.EQUALS && blank > 0) return blank;
    else if (!isWord(byte) && byte !== Byte.DOT) blank = -1;
  }
  return end;
}

function pair(chunk: Chunk, keyStart: number, keyEnd: number, start: number, end: number, event: LogEvent): void {
  const { bytes } = chunk;
  const name = KEYS.get(Buffer.from(bytes.buffer, bytes.byteOffset + keyStart, Math.min(keyEnd - keyStart, 32)).toString('latin1').toLowerCase());
  const alias = name === undefined ? undefined : ALIASES.find((one) => one?.key === name);
  event.rule = 'cef key';
  if (alias !== undefined && !event.has(alias.field) && assignText(chunk, start, end, alias.field, alias.how, event) === Outcome.RENAMED) return;
  const id = aliasTable.find(bytes, keyStart, keyEnd, -1);
  if (!equals(bytes, keyStart, keyEnd, 'message') && !equals(bytes, keyStart, keyEnd, 'timestamp')) keep(chunk, keyStart, keyEnd, start, end, Value.TEXT, id, event);
}
