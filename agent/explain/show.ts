import type { WriteStream } from 'node:tty';
import { plain } from '../../parsers/plain.ts';
import type { Explanation, Why } from './explain-sink.ts';
import type { Attempt } from './tried.ts';
import type { Withheld } from './withheld.ts';

type Paint = (code: number, text: string) => string;

/** Colours that fields take in turn: the same one where a value stands in the line and where it is explained. */
const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95];
const [DIM, BOLD] = [2, 1];
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** How wide a line may become; what is longer goes to the next one. */
const WIDTH = 80;

/**
 * Shows a record for people: the line with its values marked, the format, a row per field, what was not taken, and what
 * else was tried. Colour is decided once.
 */
export function shower(stream: WriteStream): (record: Explanation) => string {
  const coloured = stream.isTTY && stream.hasColors() && !process.env['NO_COLOR'];
  const paint: Paint = coloured ? (code, text) => `\u001b[${code}m${text}\u001b[0m` : (_, text) => text;
  return (record) => show(record, paint);
}

function show(record: Explanation, paint: Paint): string {
  const colours = new Map(record.shown.map(({ field }, index) => [field, COLOURS[index % COLOURS.length] ?? 0]));
  const { offset, length, line_count: lines, format, shape } = record;
  const place = `${offset}+${length}${lines > 1 ? `, ${lines} lines` : ''}`;
  const head = `${paint(BOLD, format)}${shape === undefined ? '' : `  ${shape}`}  ${paint(DIM, place)}`;
  const width = Math.max(NOTE.length, ...Object.keys(record.fields).map((name) => name.length));
  const rows = Object.entries(record.fields).map(([name, value]) => row(name, value, record, width, colours.get(name) ?? 0, paint));
  const notes = [...record.withheld.map((guess) => noteOf(guess, record.text)), ...losersOf(record.tried)];
  return `${marked(record, colours, paint)}\n${head}\n${rows.join('')}${notes.map(([name, text]) => noteRow(name, text, width, paint)).join('')}\n`;
}

/** The widest of the names that notes have. */
const NOTE = 'not taken';

function noteOf({ field, start, end, reason }: Withheld, text: string): [string, string] {
  const value = Buffer.from(text).toString('utf8', start, end).replace(CONTROL, '·');
  return [NOTE, `${value} ${start}–${end} as ${field}: ${reason}`];
}

/** Those that could have read the record one by one (plain text always could), then those that could not; formats that fail alike together. */
function losersOf(tried: readonly Attempt[]): [string, string][] {
  const could = tried.filter(({ format, fields }) => fields !== undefined && format !== plain.name).map(({ format, reason, fields = [] }): [string, string] => ['or', `${format}: ${reason}; it gives ${fields.join(', ')}`]);
  const reasons = new Map<string, string[]>();
  for (const { format, reason, fields } of tried) if (fields === undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), format]);
  return [...could, ...[...reasons].sort(([, a], [, b]) => a.length - b.length).map(([reason, formats]): [string, string] => ['not', `${formats.length > 3 ? `${formats.length} other formats` : formats.join(', ')}: ${reason}`])];
}

function noteRow(name: string, text: string, width: number, paint: Paint): string {
  return `  ${paint(DIM, `${name.padEnd(width)}  ${wrapped(text, width + 4)}`)}\n`;
}

/** Broken at blanks, with the lines below the first indented. */
function wrapped(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** The record with the part of each field in the field's colour. Where parts lie in each other the inner one shows. */
function marked({ text, shown: why }: Explanation, colours: ReadonlyMap<string, number>, paint: Paint): string {
  const bytes = Buffer.from(text);
  const owner: (string | undefined)[] = new Array<undefined>(bytes.length).fill(undefined);
  const outerFirst = [...why].sort((a, b) => b.end - b.start - (a.end - a.start));
  for (const { field, start, end } of outerFirst) if (field !== 'message' && start >= 0) owner.fill(field, start, end);
  let shown = '';
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && owner[end] === owner[at]) end++;
    const part = bytes.toString('utf8', at, end).replace(CONTROL, '·');
    const field = owner[at];
    shown += field === undefined ? part : paint(colours.get(field) ?? 0, part);
    at = end;
  }
  return shown;
}

function row(name: string, value: unknown, { text, shown: why }: Explanation, width: number, colour: number, paint: Paint): string {
  const reason = why.find(({ field }) => field === name);
  const indent = ' '.repeat(width + 4);
  const written = typeof value === 'string' ? value.replace(CONTROL, '·') : JSON.stringify(value);
  const from = reason === undefined ? 'as it stands' : because(reason, text, written);
  const isWide = written.includes('\n') || indent.length + written.length + 2 + from.length > WIDTH;
  return `  ${paint(colour, name.padEnd(width))}  ${written.replaceAll('\n', `\n${indent}`)}${isWide ? `\n${indent}` : '  '}${paint(DIM, from)}\n`;
}

/** The rule, and what the value was made of if that isn't plain to see. */
function because({ rule, start, end }: Why, text: string, written: string): string {
  if (start < 0) return rule; // outside of the text: the container runtime says it
  const source = Buffer.from(text).toString('utf8', start, end).replace(CONTROL, '·');
  const origin = source === written || source.includes('\n') ? '' : ` from ${source.length > 40 ? `${source.slice(0, 39)}…` : source}`;
  return `${rule} ${start}–${end}${origin}`;
}
