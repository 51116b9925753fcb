import type { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { Byte, decimal, isDigit } from '../values/bytes.ts';
import { decimal as scaled, durationMs } from '../values/durations.ts';
import { cells, Kind } from './cells.ts';

/** The numbers of a line of columns: how much was sent, and how long it took, told by their place beside request and status. */

/** The size of the answer: beside the status, with a reason or flags between; of two, those received and sent, the second. */
export function setSize(request: number, status: number, after: number, event: LogEvent): void {
  if (event.has(Field.bytes)) return;
  for (let index = after; index < cells.count; index++) if (cells.kind[index] === Kind.SIZE) return size(index, event);
  const behind = status + 1;
  if (status > request) {
    const counters = hasAccessTime() ? -1 : counterRun(behind);
    if (counters >= 0) return size(counters + 1, event);
    const isSkipped = cells.kind[behind] === Kind.NONE && behind < cells.count || cells.kind[behind] === Kind.WORD;
    if (isWhole(behind) && !isMs(behind + 1)) return isAgentBetween(after, status) ? sizeOfW3c(behind, event) : size(behind, event);
    if (isSkipped && isWhole(behind + 1)) return size(behind + 1, event);
    const timed = cells.kind[behind] === Kind.DURATION ? behind + 1 : isMs(behind + 1) ? behind + 2 : behind;
    if (timed > behind && cells.kind[timed] === Kind.NONE && isWhole(timed + 1)) size(timed + 1, event);
    else sizeBeforeClient(request, event);
    return;
  }
  const isPair = (cells.kind[behind] === Kind.STATUS || cells.kind[behind] === Kind.NONE) && isWhole(behind + 1) && isWhole(behind + 2) && behind + 3 === request;
  if (isPair) size(behind + 2, event);
  else if (isWhole(behind) && (cells.kind[behind] !== Kind.STATUS || cells.kind[status] === Kind.RESULT)) size(behind, event);
  else sizeBeforeClient(request, event);
}

/** CloudFront's order: the bytes sent, the client, the request. */
function sizeBeforeClient(request: number, event: LogEvent): void {
  const client = cells.isTable ? addressFrom(1, request, 0) : -1;
  if (client > 0 && isWhole(client - 1)) size(client - 1, event);
}

/** Envoy's counters: received, sent, duration and the upstream's time in a row, behind whatever explains the status. The first, or -1. */
function counterRun(from: number): number {
  for (let index = from; index < cells.count && index < from + 8; index++) {
    if (isWhole(index)) return isWhole(index + 1) && isWhole(index + 2) && (isWhole(index + 3) || cells.kind[index + 3] === Kind.NONE && index + 3 < cells.count) ? index : -1;
    if (cells.kind[index] === Kind.TEXT && cells.quoted[index] === 0 || cells.kind[index] === Kind.AGENT) return -1;
  }
  return -1;
}

/** Substatus and win32 status, then two sizes if five numbers follow, and the time taken. */
function sizeOfW3c(from: number, event: LogEvent): void {
  if (wholeRun(from) === 5) size(from + 2, event);
}

function wholeRun(from: number): number {
  let index = from;
  while (isWhole(index)) index++;
  return index - from;
}

/** An agent between request and status: IIS and others that write W3C's extended format. */
function isAgentBetween(after: number, status: number): boolean {
  for (let index = after; index < status; index++) if (cells.kind[index] === Kind.AGENT || cells.kind[index] === Kind.ADDRESS) return true;
  return false;
}

function isWhole(index: number): boolean {
  return index < cells.count && (cells.kind[index] === Kind.INTEGER || cells.kind[index] === Kind.STATUS);
}

function size(index: number, event: LogEvent): void {
  const from = cells.start[index] as number;
  let to = from;
  while (to < (cells.end[index] as number) && isDigit(cells.bytes[to])) to++;
  if (to > from && to - from < 16) event.number(Field.bytes, decimal(cells.bytes, from, to), from, to);
}

/** A time in brackets as access logs have it, `[22/Nov/2026:…]`. */
function hasAccessTime(): boolean {
  for (let index = 0; index < cells.count; index++) if (cells.kind[index] === Kind.BRACKET && cells.bytes[(cells.start[index] as number) + 2] === Byte.SLASH) return true;
  return false;
}

/** A duration with its unit; HAProxy's total; three times of a load balancer together; a time in seconds with three decimals. */
export function setDuration(request: number, after: number, status: number, event: LogEvent): void {
  if (event.has(Field.duration_ms)) return;
  const { bytes } = cells;
  for (let index = 0; index < cells.count; index++) {
    const [from, to] = [cells.start[index] as number, cells.end[index] as number];
    if (cells.kind[index] === Kind.DURATION) return event.number(Field.duration_ms, durationMs(bytes, from, to), from, to);
    if (cells.kind[index] === Kind.TIMERS && index < request) return lastTimer(from, to, event);
    // Squid: the time it took in ms, the client, and what became of the request.
    if (cells.kind[index] === Kind.RESULT && index > 1 && cells.kind[index - 1] === Kind.ADDRESS && isNumber(index - 2)) return milliseconds(index - 2, event);
    if (isNumber(index) && isMs(index + 1)) return event.number(Field.duration_ms, scaled(bytes, from, to, 0), from, to);
  }
  if (status > request && !hasAccessTime() && counterRun(status + 1) >= 0) return milliseconds(counterRun(status + 1) + 2, event);
  if (status > request && isAgentBetween(after, status)) {
    const run = wholeRun(status + 1);
    if (run === 3 || run === 5) milliseconds(status + run, event);
    return;
  }
  seconds(event);
}

function isNumber(index: number): boolean {
  return cells.kind[index] === Kind.INTEGER || cells.kind[index] === Kind.DECIMAL || cells.kind[index] === Kind.STATUS;
}

/** The word `ms`. */
function isMs(index: number): boolean {
  const at = cells.start[index] as number;
  return index < cells.count && cells.kind[index] === Kind.WORD && cells.end[index] === at + 2 && cells.bytes[at] === 0x6d && cells.bytes[at + 1] === 0x73;
}

function milliseconds(index: number, event: LogEvent): void {
  const [from, to] = [cells.start[index] as number, cells.end[index] as number];
  event.number(Field.duration_ms, decimal(cells.bytes, from, to), from, to);
}

function lastTimer(start: number, end: number, event: LogEvent): void {
  let from = end;
  while (from > start && isDigit(cells.bytes[from - 1])) from--;
  if (from < end && cells.bytes[from - 1] !== Byte.DASH) event.number(Field.duration_ms, decimal(cells.bytes, from, end), from, end);
}

/** Decimals of seconds, three or six of them: the sum of a load balancer's three, else the first. */
function seconds(event: LogEvent): void {
  for (let index = 0; index < cells.count; index++) {
    if (!isSeconds(index)) continue;
    const isSum = isSeconds(index + 1) && isSeconds(index + 2) && !isSeconds(index + 3);
    const last = isSum ? index + 2 : index;
    let ms = 0;
    for (let part = index; part <= last; part++) ms += scaled(cells.bytes, cells.start[part] as number, cells.end[part] as number, 3);
    return event.number(Field.duration_ms, Number(ms.toFixed(6)), cells.start[index] as number, cells.end[last] as number);
  }
}

function isSeconds(index: number): boolean {
  if (index >= cells.count || cells.kind[index] !== Kind.DECIMAL) return false;
  const [start, end] = [cells.start[index] as number, cells.end[index] as number];
  return cells.bytes[end - 4] === Byte.DOT || cells.bytes[end - 7] === Byte.DOT && end - start >= 8;
}

export function addressFrom(from: number, to: number, quoted: number): number {
  for (let index = from; index < to; index++) if (cells.kind[index] === Kind.ADDRESS && cells.quoted[index] === quoted) return index;
  return -1;
}
