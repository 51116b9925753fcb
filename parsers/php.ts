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

/** PHP's own error log: `[22-Nov-2026 10:00:00 UTC] PHP Warning:  text in /f.php on line 3`. */
export const php: Parser = {
  name: 'php',
  title: "PHP's error log",
  examples: [
    { line: '[22-Nov-2026 10:00:00 UTC] PHP Fatal error:  boom in /f.php on line 3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'fatal', message: 'boom in /f.php on line 3' } },
    { line: '[22-Nov-2026 10:00:00 Europe/Berlin] PHP Warning:  slow in /f.php on line 3', event: { timestamp: '2026-11-22T10:00:00Z', level: 'warn', message: 'slow in /f.php on line 3' }, reason: 'a named zone is most likely that of the machine' },
    { line: '[22-Nov-2026 10:00:00 UTC] PHP is fine', event: undefined, also: ['header'] },
  ],
  parse(chunk, start, end, event) {
    const bytes = chunk.bytes;
    if (bytes[start + 3] !== Byte.DASH || !isLetter(bytes[start + 4])) return false;
    const time = readTimestamp(chunk, start + 1, end, event);
    if (time < 0) return false;
    let close = time;
    while (close < end && bytes[close] !== Byte.CLOSE_BRACKET && close - time < 40) close++;
    if (!startsWith(bytes, close, end, '] PHP ')) return false;
    const kind = close + 6;
    const known = KINDS.find(([name]) => startsWith(bytes, kind, end, name) && bytes[kind + name.length] === Byte.COLON);
    if (known === undefined) return false;
    const [name, level] = known;
    event.level(level, kind, kind + name.length);
    event.span(Field.message, skipBlanks(bytes, kind + name.length + 1, end), end);
    return true;
  },
};
