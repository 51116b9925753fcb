import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, decimal, isUpper, skipBlanks, skipDigits } from './values/bytes.ts';
import { levelAt } from './values/levels.ts';
import { readTimestamp } from './values/timestamps.ts';

/** Ruby's `Logger::Formatter`: `L, [time #pid] LEVEL -- progname: message`. https://docs.ruby-lang.org/en/master/Logger.html */
export const ruby: Parser = {
  name: 'ruby',
  title: "Ruby's Logger",
  examples: [
    { line: 'W, [2026-11-22T10:00:00.123456 #77]  WARN -- jobs: slow', event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'warn', pid: 77, logger: 'jobs', message: 'slow' } },
    { line: 'I, [2026-11-22T10:00:00.123456 #77]  INFO -- : no name', event: { timestamp: '2026-11-22T10:00:00.123456Z', level: 'info', pid: 77, message: 'no name' } },
    { line: 'A, [2026-11-22T10:00:00.123456 #77]   ANY -- : hi', event: { timestamp: '2026-11-22T10:00:00.123456Z', pid: 77, message: 'hi' }, reason: 'unknown severity: none' },
    { line: 'I, [robot] by Asimov', event: undefined },
  ],
  parse(chunk, start, end, event) {
    const bytes = chunk.bytes;
    if (bytes[start + 1] !== Byte.COMMA || bytes[start + 2] !== Byte.SPACE || bytes[start + 3] !== Byte.OPEN_BRACKET) return false;
    const time = readTimestamp(chunk, start + 4, end, event);
    if (time < 0 || bytes[time] !== Byte.SPACE || bytes[time + 1] !== Byte.HASH) return false;
    const pidEnd = skipDigits(bytes, time + 2, end);
    if (bytes[pidEnd] !== Byte.CLOSE_BRACKET || pidEnd > time + 12) return false;
    event.number(Field.pid, decimal(bytes, time + 2, pidEnd), time + 2, pidEnd);
    const level = skipBlanks(bytes, pidEnd + 1, end);
    let to = level;
    while (to < end && isUpper(bytes[to])) to++;
    event.level(levelAt(bytes, level, to), level, to);
    const name = skipBlanks(bytes, to, end) + 3;
    if (bytes[name - 3] !== Byte.DASH || bytes[name - 2] !== Byte.DASH || name > end) return false;
    let colon = name;
    while (colon < end && bytes[colon] !== Byte.COLON && bytes[colon] !== Byte.NEWLINE && colon - name < 128) colon++;
    if (bytes[colon] !== Byte.COLON || colon >= end) return false;
    event.span(Field.logger, name, colon);
    event.span(Field.message, bytes[colon + 1] === Byte.SPACE ? colon + 2 : colon + 1, end);
    return true;
  },
};
