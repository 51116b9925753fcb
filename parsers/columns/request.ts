import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { ALIASES, aliasTable } from '../aliases.ts';
import type { Chunk } from '../../agent/chunk.ts';
import { assignText } from '../values/assign.ts';
import { Byte, isBlank, isDigit, isLetter, isLower } from '../values/bytes.ts';
import { pathStart, requestLine, version } from '../values/request-line.ts';
import { addressOnly, cells, isMapped, Kind } from './cells.ts';
import { addressFrom, setDuration, setSize } from './numbers.ts';

/**
 * Access logs that no format of their own describes: whatever order a server writes address, time, request, status,
 * sizes and agent in, quoted, bare, in brackets, between bars or tabs. Load balancers, proxies, CDNs, frameworks. The
 * request anchors the line; what stands before and behind it is told by its look and its place beside the others.
 */

/** Words of a sentence that a line of columns may have. */
const MOST_WORDS = 8;

/** A quick look at what stands around a method at `start` and its path, which ends at `pathEnd`: a sentence goes on with a small letter. */
export function mayBeColumns(bytes: Uint8Array, start: number, pathEnd: number, from: number, end: number): boolean {
  const next = bytes[pathEnd + 1] as number;
  if (bytes[pathEnd] === Byte.SPACE && isLower(next) && pathEnd + 1 < end) return isQuery(bytes, pathEnd + 1, end);
  return start === from || BESIDE[bytes[start - 1] as number] === 1;
}

/** Whether scheme and host stand between a method that ends at `at` and its path: `GET http a.example "/path"`. */
export function hasHostBefore(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at + 1] as number;
  return (bytes[at] === Byte.SPACE || bytes[at] === Byte.TAB) && (isLower(first) || isDigit(first)) && (bytes[at] === Byte.TAB || bytes[at + 2] === 0x74 && bytes[at + 3] === 0x74 && bytes[at + 4] === 0x70);
}

/** The query as a column of its own, `a=1&b=2`. */
function isQuery(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && to < at + 64 && isLetter(bytes[to])) to++;
  return bytes[to] === Byte.EQUALS;
}

/** Reads the line of columns at [start, end). Whether it is one. */
export function readColumns(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  cells.cut(chunk.bytes, start, end);
  const request = findRequest();
  if (request < 0) return false;
  const after = cells.kind[request] === Kind.REQUEST ? request + 1 : pathAfter(request) + 1;
  const status = findStatus(request, after);
  if (status < 0 || countWords(status) > Math.min(MOST_WORDS, cells.count >> 1) || !hasEvidence(status)) return false;
  event.rule = 'access columns';
  setRequest(chunk, request, after, event);
  setStatus(status, event);
  setSize(request, status, after, event);
  setClient(request, after, event);
  setAgent(request, after, event);
  setDuration(request, after, status, event);
  setRequester(request, event);
  setIds(chunk, event);
  setNamed(chunk, event);
  return true;
}

/** The cell of the request, or of a method that a path follows; -1: none. */
function findRequest(): number {
  for (let index = 0; index < cells.count; index++) {
    const kind = cells.kind[index];
    if (kind === Kind.REQUEST) return index;
    if (kind === Kind.METHOD && pathAfter(index) > 0) return index;
  }
  return -1;
}

/** The cell of the path behind a method: at once, or with scheme and host between. */
function pathAfter(method: number): number {
  for (let index = method + 1; index < cells.count && index <= method + 3; index++) {
    const kind = cells.kind[index];
    if (kind === Kind.PATH || kind === Kind.URL) return index;
    if (kind !== Kind.WORD && kind !== Kind.ADDRESS) return -1;
  }
  return -1;
}

/** A status behind the request, with nothing but numbers that are none before it; else the first in front of it. */
function findStatus(request: number, after: number): number {
  for (let index = after; index < cells.count; index++) {
    const kind = cells.kind[index];
    if (kind === Kind.STATUS && cells.quoted[index] === 0) return index;
    if (kind === Kind.WORD && cells.kind[index + 1] === Kind.ADDRESS && index + 1 < cells.count) {
      index++; // chi: `"GET / HTTP/1.1" from 10.0.0.1:4444 - 200 2B`
      continue;
    }
    if (cells.kind[request] === Kind.REQUEST && kind !== Kind.NONE && kind !== Kind.VERSION) break;
    if (kind === Kind.TEXT && cells.quoted[index] === 1 || kind === Kind.SIZE) break;
  }
  for (let index = 0; index < request; index++) {
    const kind = cells.kind[index];
    if (kind === Kind.STATUS || kind === Kind.RESULT) return index;
  }
  return -1;
}

/** Words in small letters up to the status: many of them are a sentence. */
function countWords(status: number): number {
  let words = 0;
  for (let index = 0; index < cells.count; index++) {
    if (cells.kind[index] !== Kind.WORD) continue;
    let at = cells.start[index] as number;
    while (at < (cells.end[index] as number) && isLower(cells.bytes[at])) at++;
    if (at === cells.end[index]) words += index < status ? 2 : 1;
  }
  return words;
}

/** Besides request and status a line of columns has something else that is no word. */
function hasEvidence(status: number): boolean {
  for (let index = 0; index < cells.count; index++) {
    const kind = cells.kind[index];
    if (index !== status && kind !== Kind.WORD && kind !== Kind.REQUEST && kind !== Kind.METHOD && kind !== Kind.PATH && kind !== Kind.URL) return true;
  }
  return false;
}

function setRequest(chunk: Chunk, request: number, after: number, event: LogEvent): void {
  const [start, end] = [cells.start[request] as number, cells.end[request] as number];
  if (cells.kind[request] === Kind.REQUEST) {
    requestLine(chunk, start, end, event);
    return;
  }
  const path = after - 1;
  const [from, to] = [cells.start[path] as number, cells.end[path] as number];
  if (!event.has(Field.http_method)) event.span(Field.http_method, start, end);
  const target = pathStart(chunk.bytes, from, to);
  if (target >= 0 && !event.has(Field.http_path)) event.span(Field.http_path, target, to);
  for (let index = 0; index < cells.count; index++) {
    if (cells.kind[index] === Kind.VERSION && !event.has(Field.http_version)) version(chunk, cells.start[index] as number, cells.end[index] as number, event);
  }
}

function setStatus(status: number, event: LogEvent): void {
  const end = cells.end[status] as number;
  if (!event.has(Field.http_status) && cells.bytes[end - 3] !== Byte.ZERO) event.json(Field.http_status, end - 3, end); // Squid's 000: there was no answer
}

/** The first address; but where one stands right before a bare method and another follows, the first is the server's own. */
function setClient(request: number, after: number, event: LogEvent): void {
  if (event.has(Field.client_ip)) return;
  let client = addressFrom(0, cells.count, 0);
  if (client >= 0 && client === request - 1 && cells.kind[request] === Kind.METHOD) {
    const other = addressFrom(after, cells.count, 0);
    if (other >= 0) client = other;
  }
  if (client < 0) client = addressFrom(after, cells.count, 1);
  if (client >= 0) setAddress(client, event);
}

function setAddress(index: number, event: LogEvent): void {
  const { bytes } = cells;
  const from = (cells.start[index] as number) + (bytes[cells.start[index] as number] === Byte.OPEN_BRACKET ? 1 : 0);
  const to = addressOnly(bytes, from, cells.end[index] as number);
  if (to > from) event.span(Field.client_ip, isMapped(bytes, from, to) ? from + 7 : from, to);
}

/** What looks like an agent; else the quotation in the place of one: the second behind the request, or the first if it is no referer. */
function setAgent(request: number, after: number, event: LogEvent): void {
  let [quotations, agent] = [0, -1];
  for (let index = after; index < cells.count && agent < 0; index++) {
    const kind = cells.kind[index];
    if (kind === Kind.AGENT) agent = index;
    if (cells.quoted[index] === 0) continue;
    quotations++;
    if (quotations === 1 && kind === Kind.URL && !event.has(Field.referer)) event.span(Field.referer, cells.start[index] as number, cells.end[index] as number);
    if (quotations <= 2 && (kind === Kind.TEXT || kind === Kind.WORD) && !startsTrace(index)) agent = index;
  }
  for (let index = 0; index < request && agent < 0; index++) if (cells.kind[index] === Kind.AGENT && cells.quoted[index] === 1) agent = index;
  if (agent >= 0 && !event.has(Field.user_agent)) event.span(Field.user_agent, cells.start[agent] as number, cells.end[agent] as number);
}

/** AWS' `Root=1-…`. */
function startsTrace(index: number): boolean {
  const at = cells.start[index] as number;
  return cells.bytes[at] === 0x52 && cells.bytes[at + 4] === Byte.EQUALS;
}

/** The id of the request: the only UUID in quotes, or the first hexadecimal one behind the request; and AWS' trace. */
function setIds(chunk: Chunk, event: LogEvent): void {
  for (let index = 0; index < cells.count; index++) {
    const [from, to] = [cells.start[index] as number, cells.end[index] as number];
    if (cells.kind[index] === Kind.ID && !event.has(Field.request_id) && (cells.quoted[index] === 1 || to - from !== 36 && index > 1)) event.span(Field.request_id, from, to);
    else if (startsTrace(index) && to - from > 30) assignNamed(chunk, 'x_amzn_trace_id', from, to, event);
  }
}

/** S3: behind the time in brackets and the client comes who asked, the request's id and the operation, `REST.GET.OBJECT`. */
function setRequester(request: number, event: LogEvent): void {
  for (let index = 0; index + 5 < request; index++) {
    if (cells.kind[index] !== Kind.BRACKET || cells.kind[index + 1] !== Kind.ADDRESS) continue;
    if (cells.kind[index + 2] !== Kind.NONE && !event.has(Field.user_id)) event.span(Field.user_id, cells.start[index + 2] as number, cells.end[index + 2] as number);
    if (cells.kind[index + 3] !== Kind.NONE && !event.has(Field.request_id) && isOperation(index + 4)) event.span(Field.request_id, cells.start[index + 3] as number, cells.end[index + 3] as number);
  }
}

/** A dotted name in capital letters. */
function isOperation(index: number): boolean {
  let dots = 0;
  for (let at = cells.start[index] as number; at < (cells.end[index] as number); at++) {
    if (cells.bytes[at] === Byte.DOT) dots++;
    else if (isLower(cells.bytes[at])) return false;
  }
  return dots > 0;
}

/** `[Client 1.2.3.4]`, `[useragent: Mozilla/5.0 …]`: brackets that name what is in them. */
function setNamed(chunk: Chunk, event: LogEvent): void {
  const { bytes } = chunk;
  for (let index = 0; index < cells.count; index++) {
    if (cells.kind[index] !== Kind.BRACKET) continue;
    const [start, end] = [cells.start[index] as number, cells.end[index] as number];
    let key = start;
    while (key < end && !isBlank(bytes[key]) && bytes[key] !== Byte.COLON) key++;
    let from = key;
    while (from < end && (isBlank(bytes[from]) || bytes[from] === Byte.COLON)) from++;
    if (from === key || from === end || isDigit(bytes[start])) continue;
    const alias = ALIASES[aliasTable.find(bytes, start, key, -1)];
    if (alias !== undefined && (NAMED & (1 << alias.field)) !== 0 && !event.has(alias.field)) assignText(chunk, from, end, alias.field, alias.how, event);
  }
}

const NAMED = [Field.client_ip, Field.user_agent, Field.bytes, Field.referer, Field.request_id, Field.duration_ms, Field.user_id].reduce((mask, field) => mask | (1 << field), 0);

function assignNamed(chunk: Chunk, key: string, start: number, end: number, event: LogEvent): void {
  const name = Buffer.from(key);
  const alias = ALIASES[aliasTable.find(name, 0, name.length, -1)];
  if (alias !== undefined && !event.has(alias.field)) assignText(chunk, start, end, alias.field, alias.how, event);
}

/** Bytes between columns. */
const BESIDE = new Uint8Array(256);
for (const byte of Buffer.from(' \t"|[]():,')) BESIDE[byte] = 1;
