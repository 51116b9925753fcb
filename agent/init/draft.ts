import path from 'node:path';
import { plain } from '../../parsers/plain.ts';
import { regexOf } from '../../parsers/learned/regex.ts';
import { parseShape } from '../../parsers/learned/shape.ts';
import { sorted, type Specimen, type Survey } from './survey.ts';

const WIDTH = 100;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** Fields whose values depend on when and where a line is read. */
const UNTESTED = new Set(['timestamp', 'log_stream', 'log_file', 'log_offset']);
const MOST_TESTS = 3;

/** Sources that are read alike: one input. */
interface Group {
  readonly name: string;
  readonly surveys: readonly Survey[];
}

/** A configuration for what was found, with comments for whoever reads on in it. `file`: where it is going to be, if that is known. */
export function draft(surveys: readonly Survey[], file: string | undefined): string {
  const groups = grouped(surveys);
  const tests = surveys.flatMap(({ specimens }) => specimens).filter(isFirstOfFormat).slice(0, MOST_TESTS);
  return [head(surveys, file), 'inputs:\n', ...groups.map(inputOf), '\n', formatsOf(groups), OUTPUTS, testsOf(tests)].join('');
}

/** What share of all records was read as more than text, in per cent. */
export function coverage(surveys: readonly Survey[]): string {
  return percent(sum(surveys, 'read'), sum(surveys, 'records'));
}

function head(surveys: readonly Survey[], file = 'shipper.yaml'): string {
  const of = surveys.length === 1 ? surveys[0]?.path ?? 'stdin' : `${surveys.length} files`;
  return comment([
    `Written by \`shipper init\` from ${of}: ${sum(surveys, 'records')} records, of which ${coverage(surveys)} have a structure that was`,
    'found. It can be used as it stands:',
    '',
    `  shipper validate -c ${file}        checks it, and runs the tests below`,
    `  shipper explain -c ${file} FILE    shows how each line of a file is read`,
    `  shipper -c ${file}                 reads, and follows what is written`,
    '',
    'Every option there is: config.example.yaml and docs/CONFIGURATION.md.',
  ], '') + '\n';
}

/** Files of one folder that are of one format, and of one shape if it was learned, are one input. */
function grouped(surveys: readonly Survey[]): Group[] {
  const groups = new Map<string, Survey[]>();
  for (const survey of surveys) {
    const key = survey.path === undefined ? '' : [path.dirname(survey.path), survey.mainFormat, mainShape(survey)].join('\0');
    groups.set(key, [...(groups.get(key) ?? []), survey]);
  }
  const taken = new Set<string>();
  return [...groups.values()].map((group) => ({ name: nameOf(group, taken), surveys: group }));
}

function mainShape({ shapes }: Survey): string | undefined {
  return sorted(shapes)[0]?.[0];
}

function nameOf(group: readonly Survey[], taken: Set<string>): string {
  const [first] = group;
  const given = first?.path === undefined ? 'stdin' : group.length === 1 ? path.parse(first.path).name : `${path.basename(path.dirname(first.path))}-${first.mainFormat}`;
  const base = given.replace(/[^\w-]+/g, '-').replace(/^[^A-Za-z]+/, '') || 'logs';
  let name = base;
  for (let next = 2; taken.has(name); next++) name = `${base}-${next}`;
  taken.add(name);
  return name;
}

function inputOf({ name, surveys }: Group): string {
  const [first] = surveys;
  const lines = surveys.flatMap((survey) => [
    `${surveys.length > 1 ? `${path.basename(survey.path ?? '')}: ` : ''}${survey.records} records: ${sorted(survey.formats).map(([format, count]) => `${format} ${percent(count, survey.records)}`).join(', ')}.`,
    `With a time of their own ${percent(survey.timed, survey.records)}, with a level ${percent(survey.leveled, survey.records)}${survey.joined > 0 ? `; ${survey.joined} of several lines` : ''}.`,
    ...(survey.isEnveloped ? ["The lines lie in a container runtime's envelope, which is taken off."] : []),
    ...sorted(survey.shapes).map(([shape]) => `The shape of its headers was learned: ${shape}`),
  ]);
  const source = first?.path === undefined ? '    type: stdin\n' : `    type: file\n    paths:\n${surveys.map((survey) => `      - ${quoted(survey.path ?? '')}\n`).join('')}    #start_at: end        # begin behind what is there now\n`;
  return `${comment(lines, '  ')}  ${name}:\n${source}${formatOf(surveys)}    #fields: { service: ${name}, env: prod }        # added to every event\n${unreadOf(surveys)}`;
}

function formatOf(surveys: readonly Survey[]): string {
  const formats = new Set(surveys.flatMap(({ formats }) => [...formats.keys()]));
  const [only] = formats;
  if (formats.size === 1 && only !== undefined && only !== plain.name && only !== 'learned') return `    format: auto         # or ${only}, as all of these are: then what is none is text\n`;
  return '    format: auto         # each line is looked at by itself\n';
}

function unreadOf(surveys: readonly Survey[]): string {
  const lines = surveys.flatMap(({ unread }) => unread).slice(0, 5);
  if (lines.length === 0) return '';
  const count = surveys.reduce((all, { formats }) => all + (formats.get(plain.name) ?? 0), 0);
  return comment([`Read as text alone (${count} records), for example:`, ...lines.map((line) => `  ${shown(line)}`), 'If they have something in them, a pattern under `formats` or `extract` finds it: docs/RULES.md.'], '    ');
}

/** Shapes that were learned, as patterns: with them columns get names, and nothing needs to be learned. */
function formatsOf(groups: readonly Group[]): string {
  const learned = groups.flatMap(({ name, surveys }) => {
    const shape = parseShape(surveys.map(mainShape).find((text) => text !== undefined) ?? '');
    return shape === undefined ? [] : [{ name, regex: regexOf(shape) }];
  });
  const [first] = learned;
  if (first === undefined) return '';
  const why = ['What was learned about headers, as patterns of your own: give columns the names you like, and say', `\`format: ${first.name}\` above. Then nothing needs to be learned.`];
  return `${comment(why, '')}#formats:\n${learned.map(({ name, regex }) => `#  ${name}:\n#    regex: '${regex.replaceAll("'", "''").replaceAll('$', '$$$$')}'\n`).join('')}\n`;
}

const OUTPUTS = `# Where events go: to the screen, until something else is named.
outputs:
  screen:
    type: console
  #search:
  #  type: elasticsearch
  #  url: https://es.example:9200
  #  api_key: \${ES_API_KEY}
  #datadog:
  #  type: datadog
  #  api_key: \${DD_API_KEY}
`;

/** Lines of the samples and what comes of them, so that a change that breaks it is seen. */
function testsOf(specimens: readonly Specimen[]): string {
  if (specimens.length === 0) return '';
  const rows = specimens.map(({ line, format, fields }) => {
    const tested = Object.fromEntries(Object.entries(fields).filter(([field]) => !UNTESTED.has(field)));
    return `  - line: ${quoted(line)}\n    format: ${format}\n    fields: ${escaped(JSON.stringify(tested))}\n`;
  });
  return `\n# Lines of the samples and what must come of them: \`shipper validate\` runs these.\ntests:\n${rows.join('')}`;
}

function isFirstOfFormat({ format }: Specimen, index: number, all: readonly Specimen[]): boolean {
  return all.findIndex((other) => other.format === format) === index;
}

function comment(lines: readonly string[], indent: string): string {
  return lines.map((line) => `${indent}#${line === '' ? '' : ` ${line}`}\n`).join('');
}

/** A text as YAML reads it back, and not as a variable. */
function quoted(text: string): string {
  return escaped(JSON.stringify(text));
}

function escaped(json: string): string {
  return json.replaceAll('$', '$$$$').replace(/[\u007f-\u009f\ufeff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function shown(line: string): string {
  const clean = line.replace(CONTROL, '·');
  return clean.length > WIDTH ? `${clean.slice(0, WIDTH - 1)}…` : clean;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Number(((part * 100) / whole).toFixed(1))} %`;
}

function sum(surveys: readonly Survey[], key: 'records' | 'read'): number {
  return surveys.reduce((all, survey) => all + survey[key], 0);
}
