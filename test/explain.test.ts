// What `explain` shows is what ships, and where it says a value stands, it stands.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { LogEvent } from '../agent/event.ts';
import { FIELDS } from '../agent/fields.ts';
import { PARSERS } from '../parsers/index.ts';
import { readRecord } from '../parsers/read.ts';
import { unexplained } from '../parsers/why-not.ts';
import { CLI, events, ROOT, run } from './e2e/run-shipper.ts';
import { chunkOf, testArena } from './helpers/chunk.ts';
import { untiled } from './helpers/lane-rig.ts';

t.setTimeout(400_000); // the runner has a limit of its own

interface Shown {
  readonly offset: number;
  readonly length: number;
  readonly line_count: number;
  readonly format: string;
  readonly fields: Record<string, unknown>;
  readonly why: readonly { readonly field: string; readonly rule: string; readonly start: number; readonly end: number }[];
}

const EXAMPLES = PARSERS.flatMap(({ examples }) => examples.map(({ line }) => line));

/** Every fixture, and texts that are awkward, by what they are. */
function fixtures(t: Test): [name: string, file: string][] {
  const dir = t.testdir({
    'examples.log': EXAMPLES.map((line) => `${line}\n`).join(''),
    'spaced.log': EXAMPLES.map((line) => `${line}\r\n\r\n`).join(''),
    'awkward.log': Buffer.concat([
      Buffer.from('\n\0\0\0INFO after NULs\n  joined\n\n\n{"msg":"häßlich ☃","level":30}\nplain \u001b[31mred\u001b[0m text user_id=7\n'),
      Buffer.from('caf\xe9 latin1 took 5ms\n', 'latin1'),
      Buffer.from(`${'x'.repeat(1_100_000)} user_id=8\nERROR the last one`),
    ]),
    'empty.log': '',
    'blank.log': '\n \n\r\n',
  });
  const samples = readdirSync(path.join(ROOT, 'samples')).map((name): [string, string] => [`samples/${name}`, path.join(ROOT, 'samples', name)]);
  return [...samples, ...['examples.log', 'spaced.log', 'awkward.log', 'empty.log', 'blank.log'].map((name): [string, string] => [name, path.join(dir, name)])];
}

t.test('event by event it is what the console ships, and its records tile the file', async (t) => {
  for (const [name, file] of fixtures(t)) {
    const bytes = readFileSync(file);
    const shown = await run(['explain', '--json', file]);
    t.equal(shown.code, 0, shown.stderr);
    const records = events(shown.stdout) as unknown as Shown[];
    const shipped = await run(['--once', file, '-o', 'console=json']);
    t.same(records.map(({ fields }) => fields), events(shipped.stdout), `${name}: the same events`);
    const piped = await run([], { stdin: bytes });
    t.equal(piped.stdout, shipped.stdout, `${name}: from a pipe too`);
    t.equal(untiled(bytes, records), undefined, `${name}: every byte in its place`);
    const outside = records.flatMap(({ length, why, fields }) => why.filter(({ field, start, end, rule }) => start < 0 || end < start || end > length || rule === '' || !(field in fields)));
    t.same(outside, [], `${name}: what a value stands on lies in its record, has a rule, and the value is shown`);
    const explained = records.flatMap(({ fields, why }) => Object.keys(fields).filter((field) => (FIELDS as readonly string[]).includes(field) && typeof fields[field] !== 'object' && !why.some((reason) => reason.field === field)));
    t.same(explained, [], `${name}: every field has a reason`);
    const counts = records.filter(({ offset, length, line_count: count }) => bytes.subarray(offset, Math.min(offset + length, offset + 1_048_576)).filter((byte) => byte === 0x0a).length + 1 !== count);
    t.same(counts, [], `${name}: lines are counted`);
  }
});

t.test('a value that is taken as it stands is the text it is said to stand on', async (t) => {
  const arena = testArena();
  const event = new LogEvent(arena);
  let [spans, exact] = [0, 0];
  for (const line of [...EXAMPLES, ...readdirSync(path.join(ROOT, 'samples')).flatMap((name) => readFileSync(path.join(ROOT, 'samples', name), 'utf8').split('\n'))]) {
    arena.resetScratch();
    const chunk = chunkOf(arena, line);
    event.begin(chunk, 0, chunk.bytes.length);
    readRecord(chunk, 0, chunk.bytes.length, event);
    for (let field = 0; field < FIELDS.length; field++) {
      if ((event.present & (1 << field)) === 0) continue;
      const [from, to, at] = [event.fromOf(field), event.toOf(field), event.addressOf(field) - chunk.base];
      if (from < 0 || to > chunk.bytes.length || to < from) t.fail(`${FIELDS[field]} of ${line} stands on ${from}–${to}`);
      if (at < 0 || at >= chunk.bytes.length) continue;
      spans++;
      const isExact = at === from && event.lengthOf(field) === to - from;
      const isInside = at >= from && at + event.lengthOf(field) <= to; // of a record inside a record all of that one is the place
      if (isExact) exact++;
      if (!isInside) t.fail(`${FIELDS[field]} of ${line} is at ${at}, and is said to stand on ${from}–${to}`);
    }
  }
  t.ok(spans > 500 && exact / spans > 0.9, `${exact} of ${spans} values are exactly that text`);
});

const TRIED: [line: string, format: string, reason: RegExp, why: string][] = [
  ['{"a":1', 'json', /not valid JSON: /, 'an object that does not end'],
  ['hello world', 'json', /^never begins with h$/, 'its first byte says that it is none'],
  ['1.2.3.4 says hello', 'access', /^no time in brackets, no request in quotes$/, 'an address alone'],
  ['a=1 and so on', 'logfmt', /^begins with a pair, but other words/, 'one pair and prose'],
  ['the backup of last night at 2026-11-22 10:00:00', 'header', /the time at 28 stands behind other words$/, 'a time that is not in front'],
  ['ERROR:root:boom', 'header', /^is asked later/, 'a runner-up'],
];

t.test('what else was tried, and why it lost', async (t) => {
  t.same(unexplained(), [], 'every format can say what a record lacks');
  const shown = events((await run(['explain', '--json'], { stdin: TRIED.map(([line]) => `${line}\n`).join('') })).stdout) as unknown as { format: string; tried: { format: string; reason: string; fields?: string[] }[] }[];
  for (const [index, [line, format, reason, why]] of TRIED.entries()) {
    const { tried = [], format: winner } = shown[index] ?? {};
    t.match(tried.find((attempt) => attempt.format === format)?.reason, reason, `${why}: ${line}`);
    t.same([...tried.map((attempt) => attempt.format), winner].sort(), PARSERS.map(({ name }) => name).sort(), 'each format once');
  }
  t.same(shown.at(-1)?.tried.find(({ format }) => format === 'header')?.fields, ['level', 'message'], 'what it would have given');
});

const WITHHELD: [line: string, fields: string[], why: string][] = [
  ['retry in 30s', ['duration_ms'], 'a wait'],
  ['took 30s', [], 'it was taken'],
  ['users: 15 of 20', ['user_id'], 'a count'],
  ['bound to 10.0.0.1', ['client_ip'], "an address that is nobody's"],
  ['task 550e8400-e29b-41d4-a716-446655440000 is done', ['request_id'], 'an id of something'],
  ['nothing to see', [], 'nothing at all'],
];

t.test('guesses that were not made', async (t) => {
  const shown = events((await run(['explain', '--json'], { stdin: WITHHELD.map(([line]) => `${line}\n`).join('') })).stdout) as unknown as { withheld?: { field: string; start: number; end: number }[]; fields: object }[];
  for (const [index, [line, fields, why]] of WITHHELD.entries()) {
    const { withheld = [], fields: given = {} } = shown[index] ?? {};
    t.same(withheld.map(({ field }) => field), fields, `${why}: ${line}`);
    t.ok(withheld.every(({ field, start, end }) => !(field in given) && start >= 0 && end > start && end <= line.length), 'it stands there, and is no field');
  }
});

t.test('a compressed file', async (t) => {
  const whole = gzipSync('INFO a\nINFO b\n');
  const dir = t.testdir({ 'a.log.gz': whole, 'cut.log.gz': whole.subarray(0, -4) });
  const { stdout } = await run(['explain', '--json', path.join(dir, 'a.log.gz')]);
  t.match(events(stdout), [{ offset: 0, fields: { message: 'a' } }, { offset: 7, fields: { message: 'b' } }], 'places are in the uncompressed text');
  t.match((await run(['explain', path.join(dir, 'cut.log.gz')])).stderr, /cut\.log\.gz can't be read any further: unexpected end of file/);
});

t.test('several files, and stdin', async (t) => {
  const dir = t.testdir({ 'a.log': 'INFO a\n', 'b.log': 'INFO b\n' });
  const both = await run(['explain', '--json', path.join(dir, 'a.log'), path.join(dir, 'b.log')]);
  t.match(events(both.stdout), [{ offset: 0, fields: { message: 'a' } }, { offset: 0, fields: { message: 'b' } }]);
  const stdin = await run(['explain', '--json'], { stdin: 'INFO c\nINFO d' });
  t.match(events(stdin.stdout), [{ offset: 0, length: 6, fields: { message: 'c' } }, { offset: 7, length: 6, fields: { message: 'd' } }]);
  const dash = await run(['explain', '-', '--json'], { stdin: 'INFO e\n' });
  t.match(events(dash.stdout), [{ fields: { message: 'e' } }]);
});

const ESCAPE = /\u001b\[[\d;]*m/g;

/** What a terminal shows of a command; undefined where there is no `script` to make one. */
function onTerminal(args: readonly string[], env: Record<string, string> = {}): string | undefined {
  const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(' ');
  const { error, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env: { PATH: process.env['PATH'], TERM: 'xterm-256color', HOME: '/nonexistent', ...env }, input: '' });
  return error ? undefined : stdout.replaceAll('\r\n', '\n');
}

t.test('for people: in colour on a terminal, and only there', async (t) => {
  const dir = t.testdir();
  const file = path.join(dir, 'a.log');
  writeFileSync(file, 'ERROR:root:Error processing request for user John. Error: DB timeout. Took 5000ms\nplain \u001b[2J\u0007text\n{"level":30,"msg":"from JSON","a":{"b":1}}\n');
  const plain = await run(['explain', file]);
  t.equal(plain.code, 0);
  t.notMatch(plain.stdout, /\u001b/, 'no escape codes in a pipe, nor any of the line itself');
  t.match(plain.stdout, /^ERROR:root:Error processing request for user John\. Error: DB timeout\. Took 5000ms\npython/);
  for (const [field, value, from] of [['level', 'error', '0–5'], ['logger', 'root', '6–10'], ['user_id', 'John', '45–49'], ['error_type', 'database_timeout', '58–68'], ['duration_ms', '5000', '75–81']] as const) {
    t.match(plain.stdout, new RegExp(`^  ${field} +${value} .*${from}`, 'm'), `${field}: its value, and where it stands`);
  }
  t.match(plain.stdout, /^  a +\{"b":1\}  as it stands$/m, 'what was not touched');
  t.match(plain.stdout, /^  or +header: is asked later/m, 'a runner-up');
  t.match(plain.stdout, /^  not +access: no time in brackets, no request in quotes$/m, 'one that lost');
  t.same(plain.stdout.split('\n').filter((line) => line.length > 80 && !/^(?:ERROR|  message )/.test(line)), [], 'but for what the record itself holds, it fits into 80 columns');
  const coloured = onTerminal(['explain', file]);
  if (coloured === undefined) return void t.pass('', { skip: 'there is no `script` to make a terminal' });
  t.match(coloured, ESCAPE);
  t.equal(coloured.replace(ESCAPE, ''), plain.stdout, 'the same text');
  t.match(coloured, /\u001b\[(\d+)mJohn\u001b\[0m[^]*\u001b\[\1muser_id/, 'a value and its field have one colour');
  t.equal(onTerminal(['explain', file], { NO_COLOR: '1' }), plain.stdout, 'NO_COLOR');
  t.equal(onTerminal(['explain', '--json', file]), (await run(['explain', '--json', file])).stdout, 'JSON is the same everywhere');
  const pretty = onTerminal(['--once', file]);
  t.match(pretty, ESCAPE, 'events too are in colour on a terminal');
  t.notMatch(pretty, /\u001b\[2J|\u0007/, 'and no line steers it');
  t.notMatch(pretty, /^\{/m, 'nor are they JSON');
});
