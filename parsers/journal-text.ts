import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { pair } from './pair.ts';
import type { Parser } from './parser.ts';
import { Byte, isDigit, isUpper, skipBlanks } from './values/bytes.ts';
import { levelOfSeverity } from './values/levels.ts';
import { equals, startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/** What an entry of `journalctl -o export` begins with. https://systemd.io/JOURNAL_EXPORT_FORMATS/ */
export const EXPORT_HEADS = ['__CURSOR=', '__REALTIME_TIMESTAMP='];
const INDENT = 4;
const LENGTH_BYTES = 8;

/** systemd's journal as `journalctl -o verbose` and `-o export` print it: an entry is a block of lines, a field each. JSON is read elsewhere. */
export const journalText: Parser = {
  name: 'journal',
  title: "systemd's journal as journalctl prints it with -o verbose and -o export",
  examples: [
    {
      line: 'Sun 2026-11-22 10:00:00.000123 UTC [s=c902;i=1;b=4bf9]\n    PRIORITY=4\n    _HOSTNAME=web1\n    SYSLOG_IDENTIFIER=sshd\n    _PID=77\n    MESSAGE=slow',
      event: { timestamp: '2026-11-22T10:00:00.000123Z', level: 'warn', host: 'web1', service: 'sshd', pid: 77, message: 'slow' },
      reason: 'verbose',
    },
    {
      line: '__CURSOR=s=c902;i=1\n__REALTIME_TIMESTAMP=1795341600000123\nPRIORITY=6\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_PID=77\nMESSAGE=on',
      event: { timestamp: '2026-11-22T10:00:00.000123Z', level: 'info', host: 'web1', service: 'sshd', pid: 77, message: 'on', __CURSOR: 's=c902;i=1', __REALTIME_TIMESTAMP: '1795341600000123' },
      reason: 'export',
      also: ['logfmt'],
    },
    {
      line: '__REALTIME_TIMESTAMP=1795341600000123\nMESSAGE\n\u0007\0\0\0\0\0\0\0two\nrow\n_PID=77',
      event: { timestamp: '2026-11-22T10:00:00.000123Z', pid: 77, message: 'two\nrow', __REALTIME_TIMESTAMP: '1795341600000123' },
      reason: 'a value of more than one line is written with its length',
    },
    { line: 'Sun 2026-11-22 10:00:00 UTC [s=1] up', event: undefined, also: ['header'] },
    { line: '__CURSOR=1', event: undefined, also: ['logfmt'], reason: 'an entry without a message' },
  ],
  parse(chunk, start, end, event) {
    const { bytes } = chunk;
    if (bytes[start] === Byte.UNDERSCORE) {
      if (!EXPORT_HEADS.some((head) => startsWith(bytes, start, end, head))) return false;
      for (let at = start; at < end; ) at = readExported(chunk, at, end, event);
    } else {
      const time = readTimestamp(chunk, start, end, event);
      if (time < 0 || !startsWith(bytes, time, end, ' [s=')) return false;
      const first = lineEnd(bytes, time, end);
      if (bytes[first - 1] !== Byte.CLOSE_BRACKET || first === end) return false;
      for (let at = first + 1; at < end; ) at = readIndented(chunk, at, end, event);
    }
    return event.has(Field.message);
  },
};

/** Reads the field at `at`; where the next one is. */
function readExported(chunk: Chunk, at: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  const key = keyEnd(bytes, at, end);
  const line = lineEnd(bytes, key, end);
  if (bytes[key] !== Byte.NEWLINE || key === at) {
    if (bytes[key] === Byte.EQUALS) take(chunk, at, key, key + 1, line, event);
    return line + 1;
  }
  const from = key + 1 + LENGTH_BYTES;
  const length = (bytes[key + 1] as number) + (bytes[key + 2] as number) * 256 + (bytes[key + 3] as number) * 65_536;
  const to = Math.min(end, from + length);
  if (from < to) take(chunk, at, key, from, to, event);
  return to + 1;
}

/** As above, of a value whose further lines are indented more. */
function readIndented(chunk: Chunk, at: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  const from = skipBlanks(bytes, at, end);
  const key = keyEnd(bytes, from, end);
  let line = lineEnd(bytes, from, end);
  while (line < end && skipBlanks(bytes, line + 1, end) > line + 1 + INDENT) line = lineEnd(bytes, line + 1, end);
  if (bytes[key] === Byte.EQUALS) take(chunk, from, key, key + 1, line, event);
  return line + 1;
}

function take(chunk: Chunk, key: number, keyTo: number, start: number, end: number, event: LogEvent): void {
  const { bytes } = chunk;
  if (equals(bytes, key, keyTo, 'MESSAGE')) event.span(Field.message, start, end);
  else if (equals(bytes, key, keyTo, 'PRIORITY')) event.level(levelOfSeverity((bytes[start] as number) - 0x30), start, end);
  else if (equals(bytes, key, keyTo, 'SYSLOG_IDENTIFIER')) event.span(Field.service, start, end);
  else {
    if (equals(bytes, key, keyTo, '__REALTIME_TIMESTAMP') && !event.has(Field.timestamp)) readTimestamp(chunk, start, end, event);
    pair(chunk, key, keyTo, start, end, false, event);
  }
}

/** The journal's keys are capital letters, digits and underscores. */
function keyEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && (isUpper(bytes[to]) || isDigit(bytes[to]) || bytes[to] === Byte.UNDERSCORE)) to++;
  return to;
}

function lineEnd(bytes: Uint8Array, at: number, end: number): number {
  const to = bytes.indexOf(Byte.NEWLINE, at);
  return to < 0 || to > end ? end : to;
}
