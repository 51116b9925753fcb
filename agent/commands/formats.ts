import { PARSERS } from '../../parsers/index.ts';
import { LEARNED } from '../../parsers/learned/read.ts';
import type { Parser } from '../../parsers/parser.ts';
import { ExitCode } from '../exit-codes.ts';
import { print } from '../print.ts';

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Formats that are not built in. */
const OTHERS: readonly (readonly [string, string])[] = [
  [LEARNED, 'Headers that none of these knows, learned from the first lines of a stream: `shipper explain` shows their shape'],
  ['your own', 'Regular expressions and grok patterns under `formats` of the configuration: docs/RULES.md. `shipper init` writes what it learned as such'],
];

type Style = 'bold' | 'dim' | 'cyan';
const CODES: Readonly<Record<Style, string>> = { bold: '1', dim: '2', cyan: '36' };

/** Lists the formats: name, what writes it, and each example line with the fields it gives. Gives the exit code. */
export async function formats(): Promise<number> {
  const coloured = process.stdout.isTTY && process.stdout.hasColors();
  const paint = (style: Style, text: string): string => (coloured ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
  await print([...PARSERS.map((parser) => describe(parser, paint)), OTHERS.map(([name, text]) => `${paint('bold', name)}  ${text}\n`).join('\n')].join('\n'));
  return ExitCode.OK;
}

function describe(parser: Parser, paint: (style: Style, text: string) => string): string {
  const lines = [`${paint('bold', parser.name)}  ${parser.title}`];
  for (const { line, event } of parser.examples) {
    if (event === undefined) continue; // a line that must not be taken for this format
    lines.push(`  ${shown(line)}`);
    const fields = Object.entries(event).filter(([, value]) => value !== undefined);
    lines.push(`    ${fields.map(([name, value]) => `${paint('cyan', name)}${paint('dim', '=')}${shown(JSON.stringify(value))}`).join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Control characters as JSON writes them, so that an example can't steer the terminal or break its line. */
function shown(line: string): string {
  return line.replace(CONTROL, (character) => (character === '\t' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
