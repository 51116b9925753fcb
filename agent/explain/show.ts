import type { WriteStream } from 'node:tty';
import type { Explanation, Why } from './explain-sink.ts';

type Paint = (code: number, text: string) => string;

/** Colours that fields take in turn: the same one where a value stands in the line and where it is explained. */
const COLOURS = [36, 33, 35, 32, 34, 96, 93, 95];
const [DIM, BOLD] = [2, 1];
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Shows a record for people: the line with its values marked, the format, and a row per field. Colour is decided once. */
export function shower(stream: WriteStream): (record: Explanation) => string {
  const coloured = stream.isTTY && stream.hasColors() && !process.env['NO_COLOR'];
  const paint: Paint = coloured ? (code, text) => `\u001b[${code}m${text}\u001b[0m` : (_, text) => text;
  return (record) => show(record, paint);
}

function show(record: Explanation, paint: Paint): string {
  const colours = new Map(record.why.map(({ field }, index) => [field, COLOURS[index % COLOURS.length] ?? 0]));
  const { offset, length, line_count: lines, format, runnerUp } = record;
  const place = `${offset}+${length}${lines > 1 ? `, ${lines} lines` : ''}`;
  const head = `${paint(BOLD, format)}${runnerUp === undefined ? '' : paint(DIM, `, else ${runnerUp}`)}  ${paint(DIM, place)}`;
  const width = Math.max(0, ...Object.keys(record.fields).map((name) => name.length));
  const rows = Object.entries(record.fields).map(([name, value]) => row(name, value, record, width, colours.get(name) ?? 0, paint));
  return `${marked(record, colours, paint)}\n${head}\n${rows.join('')}\n`;
}

/** The record with the part of each field in the field's colour. Where parts lie in each other the inner one shows. */
function marked({ text, why }: Explanation, colours: ReadonlyMap<string, number>, paint: Paint): string {
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

function row(name: string, value: unknown, { text, why }: Explanation, width: number, colour: number, paint: Paint): string {
  const reason = why.find(({ field }) => field === name);
  const written = typeof value === 'string' ? value.replace(CONTROL, '·').replaceAll('\n', '\n' + ' '.repeat(width + 4)) : JSON.stringify(value);
  const from = reason === undefined ? 'as it stands' : because(reason, text, written);
  return `  ${paint(colour, name.padEnd(width))}  ${written}  ${paint(DIM, from)}\n`;
}

/** The rule, and what the value was made of if that isn't plain to see. */
function because({ rule, start, end }: Why, text: string, written: string): string {
  if (start < 0) return rule; // outside of the text: the container runtime says it
  const source = Buffer.from(text).toString('utf8', start, end).replace(CONTROL, '·');
  const origin = source === written || source.includes('\n') ? '' : ` from ${source.length > 60 ? `${source.slice(0, 59)}…` : source}`;
  return `${rule} ${start}–${end}${origin}`;
}
