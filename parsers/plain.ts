import { Field } from '../agent/fields.ts';
import type { Parser } from './parser.ts';

/** Any text at all: the record is its message. */
export const plain: Parser = {
  name: 'plain',
  title: 'Any other text: the whole record is the message',
  examples: [{ line: 'I think, therefore I am', event: { message: 'I think, therefore I am' } }],
  parse(_chunk, start, end, event) {
    event.span(Field.message, start, end);
    return true;
  },
};
