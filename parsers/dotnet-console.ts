import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';
import { Byte, isDigit, isLower, skipDigits } from './values/bytes.ts';
import { levelAt } from './values/levels.ts';

const LABEL = 4;

/** What .NET's simple console formatter writes: level, category and event id on a line, the text indented below. https://learn.microsoft.com/dotnet/core/extensions/console-log-formatter */
export const dotnetConsole: Parser = {
  name: 'dotnet-console',
  title: ".NET's console logger",
  examples: [
    { line: 'info: Microsoft.Hosting.Lifetime[14]\n      Now listening on: http://localhost:5000', event: { level: 'info', logger: 'Microsoft.Hosting.Lifetime', message: 'Now listening on: http://localhost:5000' }, also: ['header'] },
    { line: 'fail: App.Worker[0] boom', event: { level: 'error', logger: 'App.Worker', message: 'boom' }, reason: 'SingleLine', also: ['header'] },
    { line: 'info: see chapter[2]', event: undefined, also: ['header'], reason: 'no category has blanks' },
  ],
  parse(chunk, start, end, event) {
    const bytes = chunk.bytes;
    if (bytes[start + LABEL] !== Byte.COLON || bytes[start + LABEL + 1] !== Byte.SPACE || !isLower(bytes[start + 1])) return false;
    const category = start + LABEL + 2;
    let bracket = category;
    while (bracket < end && (bytes[bracket] as number) > Byte.SPACE && bytes[bracket] !== Byte.OPEN_BRACKET) bracket++;
    const close = skipDigits(bytes, bracket + 1, end);
    const level = levelAt(bytes, start, start + LABEL);
    if (level < 0 || bracket === category || bytes[bracket] !== Byte.OPEN_BRACKET || !isDigit(bytes[close - 1]) || bytes[close] !== Byte.CLOSE_BRACKET) return false;
    let text = close + 1;
    while (text < end && (bytes[text] as number) <= Byte.SPACE) text++;
    event.level(level, start, start + LABEL);
    event.span(Field.logger, category, bracket);
    event.span(Field.message, text < end ? text : category, end);
    return true;
  },
};
