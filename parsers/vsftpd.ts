import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isLetter, skipDigits } from './values/bytes.ts';
import { startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/** vsftpd's own log: `Sun Nov 22 10:00:00 2026 [pid 77] [bob] FAIL LOGIN: Client "1.2.3.4"`. The name is the user's; it is missing before the login. */
export const vsftpd: Parser = {
  name: 'vsftpd',
  title: "vsftpd's log",
  examples: [
    { line: 'Sun Nov 22 10:00:00 2026 [pid 77] [bob] FAIL LOGIN: Client "1.2.3.4"', event: { timestamp: '2026-11-22T10:00:00Z', pid: 77, user_id: 'bob', client_ip: '1.2.3.4', message: 'FAIL LOGIN: Client "1.2.3.4"' } },
    { line: 'Sun Nov 22 10:00:00 2026 [pid 77] CONNECT: Client "::ffff:1.2.3.4"', event: { timestamp: '2026-11-22T10:00:00Z', pid: 77, client_ip: '1.2.3.4', message: 'CONNECT: Client "::ffff:1.2.3.4"' }, reason: 'nobody yet, and a dual-stack socket' },
    { line: 'Sun Nov 22 10:00:00 2026 [pid 77] [bob] went away', event: undefined, also: ['header'] },
  ],
  parse,
};

const CLIENT = ': Client "';
const MAPPED = '::ffff:';

function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const { bytes } = chunk;
  if (bytes[start + 3] !== Byte.SPACE || !isLetter(bytes[start])) return false;
  const time = readTimestamp(chunk, start, end, event);
  if (time < 0 || !startsWith(bytes, time, end, ' [pid ')) return false;
  const pid = time + ' [pid '.length;
  const pidEnd = skipDigits(bytes, pid, end);
  if (pidEnd === pid || bytes[pidEnd] !== Byte.CLOSE_BRACKET) return false;
  let text = pidEnd + 2;
  if (bytes[text] === Byte.OPEN_BRACKET) {
    const name = text + 1;
    while (text < end && bytes[text] !== Byte.CLOSE_BRACKET && text - name < 128) text++;
    event.span(Field.user_id, name, text);
    text += 2;
  }
  let client = text;
  while (client < end && client - text < 64 && !startsWith(bytes, client, end, CLIENT)) client++;
  if (!startsWith(bytes, client, end, CLIENT)) return false;
  const from = client + CLIENT.length;
  let to = from;
  while (to < end && bytes[to] !== Byte.QUOTE) to++;
  event.span(Field.client_ip, startsWith(bytes, from, to, MAPPED) ? from + MAPPED.length : from, to);
  event.number(Field.pid, decimal(bytes, pid, pidEnd), pid, pidEnd);
  event.span(Field.message, text, end);
  return true;
}
