// `shipper init` writes a configuration that can be used as it stands, and says what it found.
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { events, ROOT, run } from './e2e/run-shipper.ts';

const SAMPLES = readdirSync(path.join(ROOT, 'samples')).map((name) => path.join(ROOT, 'samples', name));
const LEVELS = ['INFO', 'WARN', 'ERROR', 'DEBUG'];
const ODD = Array.from({ length: 20 }, (_, n) => `q${n % 3};${LEVELS[n % 4]};2026-11-22 10:00:${n + 10};worker-${n % 4};$text {${n}} 'it''s'`);

t.test('every sample', async (t) => {
  const file = path.join(t.testdir(), 'shipper.yaml');
  const written = await run(['init', ...SAMPLES, '-o', file]);
  t.equal(written.code, 0, written.stderr);
  t.equal(written.stdout, '', 'events and configurations alone go to stdout');
  const validated = await run(['validate', '-c', file]);
  t.equal(validated.code, 0, validated.stderr);
  t.match(validated.stdout, /ok \(\d+ inputs, 1 output, 3 tests passed\)/, 'its tests are run');
  const shipped = await run(['-c', file, '--once']);
  t.equal(shipped.code, 0, shipped.stderr);
  t.equal(events(shipped.stdout).length, events((await run(['--once', ...SAMPLES])).stdout).length, 'it reads them all');
  const again = await run(['init', ...SAMPLES, '-o', file]);
  t.equal(again.code, 73, 'what is there is not overwritten');
  t.match(again.stderr, /exists and is left as it is/);
});

t.test('a header that had to be learned', async (t) => {
  const dir = t.testdir({ 'a b.log': `${['Welcome to acme', ...ODD].join('\n')}\n` });
  const [log, file] = [path.join(dir, 'a b.log'), path.join(dir, 'own.yaml')];
  const { code, stdout, stderr } = await run(['init', log]);
  t.equal(code, 0, stderr);
  t.match(stdout, /of which 95\.2 % have a structure/);
  t.match(stdout, '# The shape of its headers was learned: <column_1>;<level>;<timestamp>;<thread>;<message>');
  t.match(stdout, 'Welcome to acme', 'a line that was not read well');
  t.match(stdout, /^ {2}a-b:$/m, 'a name that may be one');
  writeFileSync(file, stdout.replace('format: auto', 'format: a-b').replace(/^#(formats:| {2}a-b:| {4}regex:.*)$/gm, '$1').replaceAll('column_1', 'queue'));
  const learned = events((await run(['explain', '--json', log])).stdout).map(({ fields }) => fields as Record<string, unknown>);
  const own = await run(['explain', '--json', '-c', file, log]);
  t.equal(own.code, 0, own.stderr);
  t.same(events(own.stdout).map(({ fields }) => fields), learned.map(({ column_1: queue, ...rest }) => (queue === undefined ? rest : { ...rest, queue })), 'the pattern it gives reads the same, and names the column');
});

t.test('stdin, envelopes, and nothing', async (t) => {
  const cri = await run(['init'], { stdin: '2026-11-22T10:00:00.1Z stdout F {"level":"info","msg":"a"}\n2026-11-22T10:00:00.1Z stdout F {"level":"info","msg":"b"}\n' });
  t.match(cri.stdout, "container runtime's envelope");
  t.match(cri.stdout, /type: stdin\n {4}format: auto +# or json, as all of these are/);
  const empty = await run(['init'], { stdin: '\n\n' });
  t.equal(empty.code, 66);
  const missing = await run(['init', '/nonexistent.log']);
  t.match([missing.code, missing.stderr], [66, /no such file/]);
});
