// Which records an output gets: `only` and `sample`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { parseConfig } from '../agent/config/load.ts';
import { isSampled, seedOf } from '../agent/routing/sample.ts';
import { run, start } from './e2e/run-shipper.ts';
import { BulkServer } from './helpers/bulk-server.ts';
import { accounts, openAccounts } from './helpers/ledger-lines.ts';

function folder(test: Test): string {
  const path = mkdtempSync(`${tmpdir()}/shipper-test-`);
  test.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

// Lines of two inputs; the letter in front names each.
const APP = [
  '{"id":"a","level":"error","msg":"boom","status":504,"service":"web","kubernetes":{"namespace":"prod","labels":{"app":"x"}}}',
  '{"id":"b", "level":30, "msg":"fine", "status":"504", "user":"John", "a.b":1, "flag":true}',
  '{"id":"c","msg":"no level","service":"caf\\u00e9","k\\u0065y":"v","toString":"own"}',
  '{"id":"d","level":{"nested":"error"},"msg":"a level that is none"}',
  'time=2026-11-22T10:00:00Z level=warn id=e msg="text" path=/x shard=7 note="a \\"b\\""',
  '{"id":"f","level":"FATAL","msg":"m","env":"own","big":12345678901234567890}',
];
const ACCESS = ['{"id":"g","msg":"m","http_status":404}', '{"id":"h","level":"debug","msg":"m","shard":3}'];

// What an output takes, and the letters of what it gets.
const ROWS: [reason: string, routing: object, letters: string][] = [
  ['nothing said: all', {}, 'abcdefgh'],
  ['levels', { only: { level: ['error', 'fatal'] } }, 'af'],
  ['one level', { only: { level: 'info' } }, 'b'],
  ['a record without a level is in no level', { only: { level: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] } }, 'abefh'],
  ['but can be asked for; an object is no level', { only: { level: 'none' } }, 'cdg'],
  ['beside others', { only: { level: ['warn', 'none'] } }, 'cdeg'],
  ['an input', { only: { input: 'access' } }, 'gh'],
  ['inputs', { only: { input: ['access', 'app'] } }, 'abcdefgh'],
  ['a source', { only: { source: 'FOLDER/app.log' } }, 'abcdef'],
  ['a pattern of sources', { only: { source: ['FOLDER/acc*', 'FOLDER/none/**'] } }, 'gh'],
  ['a pattern in no folder matches nothing', { only: { source: '*.log' } }, ''],
  ['a text', { only: { fields: { service: 'web' } } }, 'a'],
  ['a text with an escape in it', { only: { fields: { service: 'café' } } }, 'c'],
  ['a key with an escape in it', { only: { fields: { key: 'v' } } }, 'c'],
  ['a name that every object has', { only: { fields: { toString: 'own' } } }, 'c'],
  ['a number is its digits, quoted or not', { only: { fields: { status: 504 } } }, 'ab'],
  ['and so is a text of them', { only: { fields: { http_status: '404' } } }, 'g'],
  ['a boolean', { only: { fields: { flag: true } } }, 'b'],
  ['one of several values', { only: { fields: { shard: [3, 7] } } }, 'eh'],
  ['an alias counts under its canonical name', { only: { fields: { user_id: 'John' } } }, 'b'],
  ['logfmt', { only: { fields: { path: '/x' } } }, 'e'],
  ['logfmt with an escape', { only: { fields: { note: 'a "b"' } } }, 'e'],
  ['a dot leads into an object', { only: { fields: { 'kubernetes.namespace': 'prod', 'kubernetes.labels.app': 'x' } } }, 'a'],
  ['a key with a dot in it', { only: { fields: { 'a.b': 1 } } }, 'b'],
  ['an object is no value', { only: { fields: { kubernetes: '[object Object]' } } }, ''],
  ['a field of the input', { only: { fields: { env: 'test' } } }, 'gh'],
  ["a record's own field comes first", { only: { fields: { env: 'own' } } }, 'f'],
  ['a canonical field of the input', { only: { fields: { service: 'front' } } }, 'gh'],
  ['a field that none has', { only: { fields: { nope: 'x' } } }, ''],
  ['all of it must hold', { only: { level: ['error', 'warn'], fields: { service: 'web' }, input: 'app' } }, 'a'],
  ['all of it must hold, and does not', { only: { level: 'warn', fields: { service: 'web' } } }, ''],
  ['a share of everything', { sample: '100%' }, 'abcdefgh'],
  ['a share of nearly nothing', { sample: 1e-9 }, ''],
];

t.test('several outputs of one type, each with its own records; what it leaves out is filtered and acknowledged', async (t) => {
  const home = folder(t);
  writeFileSync(path.join(home, 'app.log'), APP.map((line) => `${line}\n`).join(''));
  writeFileSync(path.join(home, 'access.log'), ACCESS.map((line) => `${line}\n`).join(''));
  const batch = { bytes: 65_536, events: 100 };
  const outputs = Object.fromEntries(ROWS.map(([, routing], at) => [`o${at}`, { type: 'file', path: path.join(home, `o${at}.ndjson`), batch, ...routing }]));
  const inputs = { app: { type: 'file', paths: [path.join(home, 'app.log')] }, access: { type: 'file', paths: [path.join(home, 'access.log')], fields: { env: 'test', service: 'front' } } };
  const config = path.join(home, 'c.yaml');
  writeFileSync(config, stringify({ inputs, outputs }).replaceAll('FOLDER', home));
  const { code, stderr } = await run(['-c', config, '--once', '--state-dir', path.join(home, 'state')]);
  t.equal(code, 0, stderr);
  ROWS.forEach(([reason, , letters], at) => {
    let text = '';
    try {
      text = readFileSync(path.join(home, `o${at}.ndjson`), 'utf8');
    } catch {
      // nothing was written
    }
    t.equal(text.split('\n').filter(Boolean).map((line) => (JSON.parse(line) as { id: string }).id).sort().join(''), letters, reason);
    const mine = accounts(stderr).filter(({ output }) => output === `o${at}`);
    t.equal(mine.reduce((sum, { filtered }) => sum + filtered, 0), APP.length + ACCESS.length - letters.length, `${reason}: filtered`);
  });
  t.same(openAccounts(stderr), []);
  const again = await run(['-c', config, '--once', '--state-dir', path.join(home, 'state')]);
  t.same([again.code, accounts(again.stderr).reduce((sum, { read }) => sum + read, 0)], [0, 0], 'nothing is read again: what was filtered is acknowledged');
});

t.test('a replay chooses the same records', async (t) => {
  let isUp = false;
  let asked = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => { asked = resolve; });
  const server = new BulkServer((request, self) => {
    asked();
    return isUp ? self.store(request) : 'silence';
  });
  t.teardown(() => server.close());
  const url = await server.listen();
  const home = folder(t);
  writeFileSync(path.join(home, 'app.log'), Array.from({ length: 1_000 }, (_, at) => `line ${at}\n`).join(''));
  const config = path.join(home, 'c.yaml');
  const search = (sample: string): object => ({ type: 'elasticsearch', url, compression: 'none', sample, batch: { bytes: 65_536 } });
  writeFileSync(config, stringify({ inputs: { app: { type: 'file', paths: [path.join(home, 'app.log')] } }, outputs: { a: search('30%') } }));
  const args = ['-c', config, '--state-dir', path.join(home, 'state')];
  const killed = start(args);
  await isAsked;
  killed.child.kill('SIGKILL');
  await killed.ended;
  const first = new Set(server.requests.flatMap(({ ids }) => ids));
  isUp = true;
  t.equal((await run([...args, '--once'])).code, 0);
  t.same([...server.stored].filter((id) => first.has(id)).sort(), [...first].sort(), 'all that were sent before the end of the first run');
  t.ok(server.stored.size > 230 && server.stored.size < 370, `${server.stored.size} of 1000 are about 30 %`);
  t.ok(first.size > 0);
});

t.test('a sample is a share, without a pattern, and part of a larger one', async (t) => {
  const seeds = ['AAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAB', 'zzzz0123-_abcdEF'].map((id) => seedOf(Buffer.from(id), 0));
  t.equal(new Set(seeds).size, 3, 'sources differ');
  for (const [seed, size, share] of [[0, 100, 0.1], [1, 1, 0.5], [2, 4_096, 0.01], [0, 2 ** 33, 0.25]] as const) {
    const offsets = Array.from({ length: 100_000 }, (_, at) => at * size);
    const taken = offsets.filter((offset) => isSampled(seeds[seed] ?? 0, offset, size % 2 ** 31, share));
    const expected = share * offsets.length;
    t.ok(Math.abs(taken.length - expected) < 5 * Math.sqrt(expected), `${taken.length} of ${expected}: records of ${size} bytes`);
    t.ok(taken.every((offset) => isSampled(seeds[seed] ?? 0, offset, size % 2 ** 31, share * 1.5)), 'all of them are in the larger share');
  }
});

t.test('what is wrong is said where it stands', async (t) => {
  const rows: [reason: string, routing: string, ...problems: string[]][] = [
    ['a level that is none', 'only: {level: [warning]}', '6:20 outputs.o.only.level[0] must be trace, debug, info, warn, error, fatal or none'],
    ['an input that there is not', 'only: {input: [app, ap]}', '6:25 outputs.o.only.input[1] must name an input; ap is none; did you mean app?'],
    ['one of them, without a list', 'only: {input: ap}', '6:12 outputs.o.only.input[0] must name an input'],
    ['an option that there is not', 'only: {levels: [warn]}', '6:12 outputs.o.only.levels is not an option; did you mean level?'],
    ['a value that is a map', 'only: {fields: {a: {b: c}}}', '6:21 outputs.o.only.fields.a must be text, a number, true or false, or a list of them'],
    ['a share of nothing', 'sample: 0', '6:13 outputs.o.sample must be a share such as 10% or 0.1'],
    ['more than all', 'sample: 101%', '6:13 outputs.o.sample must be a share'],
    ['a word', 'sample: some', '6:13 outputs.o.sample must be a share'],
  ];
  for (const [reason, routing, ...expected] of rows) {
    const text = `inputs:\n  app: {type: stdin}\noutputs:\n  o:\n    type: console\n    ${routing}\n`;
    const loaded = parseConfig('c.yaml', text, {});
    const found = loaded.ok ? [] : loaded.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
    t.strictSame(found.map((problem, i) => problem.slice(0, expected[i]?.length ?? Infinity)), expected, reason);
  }
  const home = folder(t);
  writeFileSync(path.join(home, 'c.yaml'), 'inputs:\n  app: {type: stdin}\noutputs:\n  o: {type: console, only: {input: app}}\n');
  const { code, stderr } = await run(['-c', path.join(home, 'c.yaml'), 'some.log'], { cwd: home });
  t.match([code, stderr], [78, /outputs\.o\.only\.input must name an input; app is none/], 'FILEs replace the inputs');
});
