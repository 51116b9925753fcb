import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, isDigit, isUpper, isWord } from './values/bytes.ts';
import { levelAt } from './values/levels.ts';
import { nameEnd } from './values/names.ts';

/** Python's `logging.BASIC_FORMAT`, what `basicConfig()` sets up: `LEVEL:logger:message`. https://docs.python.org/3/library/logging.html */
export const python: Parser = {
  name: 'python',
  title: "Python's logging.basicConfig(): LEVEL:logger:message",
  examples: [
    { line: 'ERROR:root:Error processing request for user John. Error: DB timeout. Took 5000ms', event: { level: 'error', logger: 'root', message: 'Error processing request for user John. Error: DB timeout. Took 5000ms' } },
    { line: 'WARNING:shop.cart:low stock', event: { level: 'warn', logger: 'shop.cart', message: 'low stock' } },
    { line: 'INFO:     Started server process [1]', event: undefined, reason: 'uvicorn: no logger' },
    { line: 'ERROR:12:30 was the time', event: undefined },
    { line: 'HOST:root:hi', event: undefined, reason: 'no level' },
  ],
  parse(chunk, start, end, event) {
    const bytes = chunk.bytes;
    let colon = start;
    while (colon < end && colon - start < 12 && isUpper(bytes[colon])) colon++;
    if (bytes[colon] !== Byte.COLON || colon - start < 4 || isDigit(bytes[colon + 1]) || !isWord(bytes[colon + 1])) return false;
    const to = nameEnd(bytes, colon + 1, end);
    const level = levelAt(bytes, start, colon);
    if (level < 0 || to >= end || bytes[to] !== Byte.COLON) return false;
    event.level(level, start, colon);
    event.span(Field.logger, colon + 1, to);
    event.span(Field.message, bytes[to + 1] === Byte.SPACE ? to + 2 : to + 1, end);
    return true;
  },
};
