import { Field } from '../agent/fields.ts';
import { Level } from '../agent/levels.ts';
import type { Parser } from './parser.ts';
import { Byte, isLetter } from './values/bytes.ts';
import { equals, startsWith } from './values/names.ts';

/** npm's levels as it spells them: with `ERR!` and `WARN` up to version 9, in small letters since. https://docs.npmjs.com/cli/using-npm/logging */
const LEVELS: readonly (readonly [string, number])[] = [
  ['ERR!', Level.error], ['error', Level.error], ['WARN', Level.warn], ['warn', Level.warn], ['notice', Level.info], ['http', Level.info], ['info', Level.info],
  ['timing', Level.debug], ['verb', Level.debug], ['verbose', Level.debug], ['sill', Level.trace], ['silly', Level.trace],
];

/** What npm and npx write to stderr: `npm ERR! code ELIFECYCLE`. */
export const npm: Parser = {
  name: 'npm',
  title: 'npm',
  examples: [
    { line: 'npm ERR! code ELIFECYCLE', event: { level: 'error', logger: 'npm', message: 'code ELIFECYCLE' }, reason: 'up to version 9' },
    { line: 'npm warn deprecated request@2.88.2: request has been deprecated', event: { level: 'warn', logger: 'npm', message: 'deprecated request@2.88.2: request has been deprecated' } },
    { line: 'npm ERR! ', event: { level: 'error', logger: 'npm' }, reason: 'an empty line of a report' },
    { line: 'npm install failed', event: undefined, reason: 'a sentence about it' },
    { line: 'npm error', event: undefined, reason: 'a heading' },
  ],
  parse(chunk, start, end, event) {
    const { bytes } = chunk;
    if (!startsWith(bytes, start, end, 'npm ')) return false;
    const from = start + 4;
    let to = from;
    while (to < end && (isLetter(bytes[to]) || bytes[to] === 0x21)) to++;
    const known = LEVELS.find(([name]) => equals(bytes, from, to, name));
    if (known === undefined || to >= end || bytes[to] !== Byte.SPACE) return false;
    event.span(Field.logger, start, start + 3);
    event.level(known[1], from, to);
    event.span(Field.message, to + 1, end);
    return true;
  },
};
