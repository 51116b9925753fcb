import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { Level } from '../agent/levels.ts';
import type { Parser } from './parser.ts';
import { Byte, isLetter, skipBlanks } from './values/bytes.ts';
import { startsWith } from './values/names.ts';
import { readTimestamp } from './values/timestamps.ts';

/** PHP's names of its error levels, as `display_errors` and `error_log` print them. https://www.php.net/manual/en/errorfunc.constants.php */
const KINDS: readonly (readonly [string, number])[] = [
  ['Fatal error', Level.fatal], ['Parse error', Level.fatal], ['Core error', Level.fatal], ['Compile error', Level.fatal], ['Recoverable fatal error', Level.error],
  ['Warning', Level.warn], ['Core warning', Level.warn], ['Compile warning', Level.warn], ['Notice', Level.info], ['Deprecated', Level.warn], ['Strict Standards', Level.info],
];

/** PHP's own error log, `[22-Nov-2026 10:00:00 UTC] PHP Warning:  text in /f.php on line 3`, and the same on stderr, without the time. */
export const php: Parser = {
  name: 'php',
  title: "PHP's error log",
  examples: [
    { line: '[22-Nov-2026 10:00:00 UTC] PHP Fatal error:  boom in /f.php on line 3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'fatal', message: 'boom in /f.php on line 3' } },
    { line: '[22-Nov-2026 10:00:00 Europe/Berlin] PHP Warning:  slow in /f.php on line 3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', message: 'slow in /f.php on line 3' }, reason: 'a named zone is most likely that of the machine' },
    { line: 'PHP Notice:  slow in /f.php on line 3', event: { level: 'info', message: 'slow in /f.php on line 3' }, reason: 'on stderr', also: ['stderr'] },
    { line: '[Sun Nov 22 10:00:00 2026] PHP Warning:  slow in /f.php on line 3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', message: 'slow in /f.php on line 3' }, reason: "PHP's own web server" },
    { line: 'Fatal error: Uncaught Error: boom in /f.php:3', event: { level: 'fatal', message: 'Uncaught Error: boom in /f.php:3' }, reason: 'display_errors on stdout', also: ['stderr'] },
    { line: 'PHP Warning', event: undefined, reason: 'a heading' },
    { line: '[22-Nov-2026 10:00:00 UTC] PHP is fine', event: undefined, also: ['header'] },
  ],
  parse(chunk, start, end, event) {
    const { bytes } = chunk;
    const kind = bytes[start] === Byte.OPEN_BRACKET ? behindTime(chunk, start, end, event) : start;
    const isUncaught = kind === start && startsWith(bytes, start, end, UNCAUGHT);
    if (kind < 0 || !isUncaught && !startsWith(bytes, kind, end, 'PHP ')) return false;
    const from = isUncaught ? kind : kind + 4;
    const known = KINDS.find(([name]) => startsWith(bytes, from, end, name) && from + name.length < end && bytes[from + name.length] === Byte.COLON);
    if (known === undefined) return false;
    const [name, level] = known;
    event.level(level, from, from + name.length);
    event.span(Field.message, skipBlanks(bytes, from + name.length + 1, end), end);
    return true;
  },
};

const UNCAUGHT = 'Fatal error: Uncaught ';

/** Where the text begins behind `[22-Nov-2026 10:00:00 UTC] `, or -1. */
function behindTime(chunk: Chunk, start: number, end: number, event: LogEvent): number {
  const { bytes } = chunk;
  const isWeekday = isLetter(bytes[start + 1]);
  if (!isWeekday && (bytes[start + 3] !== Byte.DASH || !isLetter(bytes[start + 4]))) return -1;
  const time = readTimestamp(chunk, start + 1, end, event);
  if (time < 0) return -1;
  let close = time;
  while (close < end && bytes[close] !== Byte.CLOSE_BRACKET && close - time < 40) close++;
  return bytes[close] === Byte.CLOSE_BRACKET && bytes[close + 1] === Byte.SPACE ? close + 2 : -1;
}
