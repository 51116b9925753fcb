import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, isBlank, isUpper } from './values/bytes.ts';
import { levelAt } from './values/levels.ts';
import { startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/** Erlang/OTP's `error_logger` reports: `=ERROR REPORT==== 22-Nov-2026::10:00:00 ===` and the text. https://www.erlang.org/doc/man/error_logger.html */
export const erlang: Parser = {
  name: 'erlang',
  title: 'Erlang/OTP reports: RabbitMQ, Riak, ejabberd',
  examples: [
    { line: '=INFO REPORT==== 22-Nov-2026::10:00:00 ===\nstarted', event: { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'started' } },
    { line: '=INFO REPORT==== soon', event: undefined },
  ],
  parse(chunk, start, end, event) {
    const bytes = chunk.bytes;
    let to = start + 1;
    while (to < end && isUpper(bytes[to])) to++;
    const level = levelAt(bytes, start + 1, to);
    const marks = ' REPORT==== ';
    if (level < 0 || !startsWith(bytes, to, end, marks)) return false;
    const time = readTimestamp(chunk, to + marks.length, end, event);
    if (time < 0) return false;
    event.level(level, start + 1, to);
    let at = time;
    while (at < end && (isBlank(bytes[at]) || bytes[at] === Byte.EQUALS || bytes[at] === Byte.NEWLINE || bytes[at] === Byte.RETURN)) at++;
    event.span(Field.message, at, end);
    return true;
  },
};
