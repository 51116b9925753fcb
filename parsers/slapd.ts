import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, isHexDigit } from './values/bytes.ts';

/**
 * OpenLDAP's slapd on stderr, as in containers: seconds since 1970 and their fraction in hexadecimal, the thread, the text,
 * `6a1b2c3d.075bca00 0x7f00a1 conn=1000 op=0 BIND dn="cn=admin" method=128`. Up to version 2.4 there were only the seconds.
 */
export const slapd: Parser = {
  name: 'slapd',
  title: "OpenLDAP's slapd on stderr",
  examples: [
    { line: '6a1b2c3d.075bca00 0x7f00a1 slapd starting', event: { timestamp: '2026-05-30T18:28:13.123456000Z', thread: '0x7f00a1', message: 'slapd starting' }, reason: 'nanoseconds, since 2.6' },
    { line: '6a1b2c3d.1e240 0x7f00a1 conn=1000 fd=12 closed', event: { timestamp: '2026-05-30T18:28:13.123456Z', thread: '0x7f00a1', message: 'conn=1000 fd=12 closed' }, reason: 'microseconds, where there is no finer clock' },
    { line: '6a1b2c3d.075bca00 was the total', event: undefined },
    { line: '6a1b2c3d.ffffffff 0x7f00a1 hi', event: undefined, reason: 'more than a second' },
  ],
  parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
    const { bytes } = chunk;
    const point = start + 8;
    if (bytes[point] !== Byte.DOT || hexEnd(bytes, start, point) !== point) return false;
    const to = hexEnd(bytes, point + 1, end);
    const digits = to - point - 1 === 8 ? 9 : 6;
    const thread = to + 1;
    const fraction = hex(bytes, point + 1, to);
    if (digits === 6 && to - point - 1 !== 5 || fraction >= 10 ** digits || bytes[to] !== Byte.SPACE || bytes[thread] !== Byte.ZERO || bytes[thread + 1] !== 0x78) return false;
    const threadEnd = hexEnd(bytes, thread + 2, end);
    if (threadEnd === thread + 2 || bytes[threadEnd] !== Byte.SPACE) return false;
    event.value(Field.timestamp, `${new Date(hex(bytes, start, point) * 1000).toISOString().slice(0, 19)}.${String(fraction).padStart(digits, '0')}Z`, start, to);
    event.span(Field.thread, thread, threadEnd);
    event.span(Field.message, threadEnd + 1, end);
    return true;
  },
};

function hexEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && to - at < 17 && isHexDigit(bytes[to] as number)) to++;
  return to;
}

function hex(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}
