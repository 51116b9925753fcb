// What README.md shows is what happens.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { events, ROOT, run } from './run-shipper.ts';

const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const SAMPLES = ['checkout-pino.log', 'jobs-freetext.log', 'ledger-python.log', 'nginx-access.log', 'payments-spring.log', 'syslog.log'].map((name) => `samples/${name}`);

/** The code blocks of README.md in a language, in their order. */
function blocks(language: string): string[] {
  const all = [...README.matchAll(/^```(\w*)\n([^]*?)^```$/gm)];
  return all.filter(([, of]) => of === language).map(([, , text]) => text ?? '');
}

t.test('the example line becomes the example event', async (t) => {
  const { stdout, code } = await run([], { stdin: blocks('')[0] ?? '' });
  t.strictSame(events(stdout), events(blocks('json')[0] ?? ''));
  t.equal(code, 0);
});

t.test('the first command shows the samples as events', async (t) => {
  const { stdout, stderr, code } = await run(['--once', ...SAMPLES]);
  const found = events(stdout);
  t.equal(code, 0, stderr);
  t.ok(found.length > 100, 'every sample is read');
  for (const user of ['John', 'u-48211', 'amara', 'maria']) t.ok(found.some((event) => event['user_id'] === user), `events of ${user}`);
  t.ok(found.some((event) => event['error_type'] === 'database_timeout' && event['duration_ms'] === 5000));
  t.ok(found.some((event) => event['http_status'] === 504 && event['http_path'] === '/api/v1/checkout'));
});

t.test('every line of the samples is in exactly one record', async (t) => {
  for (const sample of SAMPLES) {
    const { stdout } = await run(['explain', '--json', sample]);
    const bytes = readFileSync(path.join(ROOT, sample));
    let at = 0;
    for (const record of events(stdout) as { offset: number; length: number }[]) {
      t.match(bytes.toString('latin1', at, record.offset), /^[\r\n]*$/, `${sample}: nothing but blank lines before ${record.offset}`);
      at = record.offset + record.length;
    }
    t.match(bytes.toString('latin1', at), /^[\r\n]*$/, `${sample}: nothing but blank lines at the end`);
  }
});

t.test('the configuration is valid', async (t) => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'shipper-readme-')), 'shipper.yaml');
  writeFileSync(file, blocks('yaml')[0] ?? '');
  const { code, stderr } = await run(['validate', '-c', file]);
  t.equal(code, 0, stderr);
});
