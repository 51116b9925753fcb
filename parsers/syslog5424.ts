import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { pair } from './pair.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, skipBlanks, skipDigits } from './values/bytes.ts';
import { levelOfSeverity } from './values/levels.ts';
import { priorityEnd, readPriority } from './values/priority.ts';
import { setLeadingLevel } from './values/syslog-tag.ts';
import { readTimestamp } from './values/timestamps.ts';

/** Syslog, RFC 5424: `<PRI>1 TIME HOST APP PROCID MSGID [id name="value"] text`, `-` for what is not known. */
export const syslog5424: Parser = {
  name: 'syslog-5424',
  title: 'Syslog, RFC 5424, with structured data',
  examples: [
    { line: '<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - failed for lonvick', event: { timestamp: '2003-10-11T22:14:15.003Z', level: 'fatal', host: 'mymachine.example.com', service: 'su', message: 'failed for lonvick' }, reason: "the RFC's own" },
    {
      line: '<165>1 2003-10-11T22:14:15.003Z web1 evntslog 77 ID47 [exampleSDID@32473 iut="3" eventSource="App]x"][b@1 c="d"] An event',
      event: { timestamp: '2003-10-11T22:14:15.003Z', level: 'info', host: 'web1', service: 'evntslog', pid: 77, iut: '3', eventSource: 'App]x', c: 'd', message: 'An event' },
      reason: 'structured data, with a bracket in quotes',
    },
    { line: '<46>1 2017-04-27T07:50:47.381967+02:00 - - - - -', event: { timestamp: '2017-04-27T07:50:47.381967+02:00', level: 'info' }, reason: 'nothing but nil values' },
    { line: '<34>1 apple a day', event: undefined, also: ['header'] },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const bytes = chunk.bytes;
  const priority = readPriority(bytes, start, end);
  if (priority < 0) return false;
  const version = priorityEnd(bytes, start);
  if (bytes[version] !== 49 || bytes[version + 1] !== Byte.SPACE) return false;
  let at = version + 2;
  if (!isNil(bytes, at)) {
    at = readTimestamp(chunk, at, end, event);
    if (at < 0) return false;
  } else at++;
  at = readNames(bytes, at, end, event);
  if (at < 0) return false;
  at = bytes[at] === Byte.OPEN_BRACKET ? readElements(chunk, at, end, event) : isNil(bytes, at) || at + 1 === end ? at + 1 : -1;
  if (at < 0) return false;
  event.level(levelOfSeverity(priority & 7), start, version);
  at = skipBlanks(bytes, at, end);
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3; // the BOM only says that it is UTF-8
  setLeadingLevel(bytes, at, end, event);
  event.span(Field.message, at, end);
  return true;
}

/** Host, application, process, and the message's type, for which there is no field; where the structured data begins, or -1. */
function readNames(bytes: Uint8Array, at: number, end: number, event: LogEvent): number {
  for (let column = 0; column < 4; column++) {
    if (bytes[at] !== Byte.SPACE) return -1;
    const from = at + 1;
    at = wordEnd(bytes, from, end);
    if (at === from || at >= end) return -1;
    if (at - from === 1 && bytes[from] === Byte.DASH) continue;
    if (column === 0) event.span(Field.host, from, at);
    else if (column === 1) event.span(Field.service, from, at);
    else if (column === 2 && at - from <= 10 && skipDigits(bytes, from, at) === at) event.number(Field.pid, decimal(bytes, from, at), from, at);
  }
  return bytes[at] === Byte.SPACE ? at + 1 : -1;
}

/** `[id name="value" …][id …]`: each parameter becomes a field or a member. Where they end, or -1. */
function readElements(chunk: Chunk, at: number, end: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  while (bytes[at] === Byte.OPEN_BRACKET && at < end) {
    at = wordEnd(bytes, at + 1, end);
    while (bytes[at] === Byte.SPACE) {
      const name = skipBlanks(bytes, at, end);
      at = readParameter(chunk, name, end, event);
      if (at < 0) return -1;
    }
    if (bytes[at] !== Byte.CLOSE_BRACKET || at >= end) return -1;
    at++;
  }
  return at;
}

function readParameter(chunk: Chunk, name: number, end: number, event: LogEvent): number {
  const bytes = chunk.bytes;
  let equals = name;
  while (equals < end && bytes[equals] !== Byte.EQUALS && bytes[equals] !== Byte.SPACE) equals++;
  if (bytes[equals + 1] !== Byte.QUOTE || equals + 1 >= end) return -1;
  let quote = equals + 2;
  while (quote < end && bytes[quote] !== Byte.QUOTE) quote += bytes[quote] === 92 ? 2 : 1;
  if (quote >= end) return -1;
  if (quote > equals + 2) pair(chunk, name, equals, equals + 2, quote, true, event);
  return quote + 1;
}

function isNil(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === Byte.DASH && (bytes[at + 1] === Byte.SPACE || bytes[at + 1] === undefined);
}

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== Byte.SPACE && bytes[at] !== Byte.CLOSE_BRACKET) at++;
  return at;
}
