import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, isDigit } from './values/bytes.ts';
import { levelOfSeverity } from './values/levels.ts';
import { startsWith } from './values/names.ts';
import { priorityEnd, readPriority } from './values/priority.ts';
import { hostEnd, readTag, setLeadingLevel } from './values/syslog-tag.ts';
import { readTimestamp } from './values/timestamps.ts';

/**
 * BSD syslog, RFC 3164: `<PRI>Mmm dd hh:mm:ss host tag[pid]: text`, as sent, or without PRI as it lies in /var/log. With
 * an ISO time only behind a PRI: without one it is read as any other header.
 */
export const syslog: Parser = {
  name: 'syslog',
  title: 'Syslog, RFC 3164, with or without <PRI>: rsyslog, syslog-ng, sshd, cron, postfix',
  examples: [
    { line: 'Nov  3 10:00:00 web1 sshd[77]: Accepted publickey', event: { timestamp: '2026-11-03T10:00:00Z', host: 'web1', service: 'sshd', pid: 77, message: 'Accepted publickey' } },
    { line: '<34>Oct 11 22:14:15 mymachine su: failed for lonvick', event: { timestamp: '2026-10-11T22:14:15Z', level: 'fatal', host: 'mymachine', service: 'su', message: 'failed for lonvick' }, reason: "the RFC's own" },
    { line: '<30>2026-11-22T10:00:00.123456+01:00 web1 dockerd[7]: hi', event: { timestamp: '2026-11-22T10:00:00.123456+01:00', level: 'info', host: 'web1', service: 'dockerd', pid: 7, message: 'hi' } },
    { line: 'Nov 22 10:00:00 web1 postfix/smtpd[77]: warning: slow', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', host: 'web1', service: 'postfix/smtpd', pid: 77, message: 'warning: slow' }, reason: "the program's own level; the text stays whole" },
    { line: 'Nov 22 10:00:00 web1 kernel: [82508.100168] eth0: up', event: { timestamp: '2026-11-22T10:00:00Z', host: 'web1', service: 'kernel', message: '[82508.100168] eth0: up' } },
    { line: 'Nov 22 10:00:00 web1 last message repeated 2 times', event: { timestamp: '2026-11-22T10:00:00Z', host: 'web1', message: 'last message repeated 2 times' } },
    { line: 'Nov 22 10:00:00 INFO core: started', event: undefined, reason: 'a level is no host', also: ['header'] },
    { line: 'Nov 22 was a Sunday', event: undefined },
    { line: '<34>Oct is a month', event: undefined, also: ['header'] },
  ],
  parse,
};

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const bytes = chunk.bytes;
  const priority = readPriority(bytes, start, end);
  const from = priority < 0 ? start : priorityEnd(bytes, start);
  if (priority < 0 && isDigit(bytes[start])) return false;
  const time = readTimestamp(chunk, from, end, event);
  if (time < 0) return false;
  // Cisco and some others put a colon behind the time.
  const host = bytes[time] === Byte.COLON ? time + 2 : time + 1;
  const to = hostEnd(bytes, host, end);
  if (bytes[host - 1] !== Byte.SPACE || to === host) return false;
  const text = readTag(bytes, to + 1, end, event);
  if (text < 0 && !isRepeat(chunk, to + 1, end) && priority < 0) return false;
  event.span(Field.host, host, to);
  if (priority >= 0) event.level(levelOfSeverity(priority & 7), start, from);
  const message = text < 0 ? to + 1 : text;
  setLeadingLevel(bytes, message, end, event);
  event.span(Field.message, message, end);
  return true;
}

/** What syslog daemons write themselves, without a tag; a text in brackets is none either. */
function isRepeat(chunk: Chunk, at: number, end: number): boolean {
  return at < end && (startsWith(chunk.bytes, at, end, 'last message repeated') || startsWith(chunk.bytes, at, end, '-- MARK --') || startsWith(chunk.bytes, at, end, 'CEF:') || startsWith(chunk.bytes, at, end, 'LEEF:') || chunk.bytes[at] === Byte.OPEN_BRACKET);
}
