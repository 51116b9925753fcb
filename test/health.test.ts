import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { loadConfig } from '../agent/config/load.ts';
import type { HealthState } from '../agent/delivery/health.ts';
import { newTraffic } from '../agent/delivery/shipping.ts';
import { Exposition } from '../agent/health/exposition.ts';
import { reasonsAgainst } from '../agent/health/readiness.ts';
import { together, type LaneStatus } from '../agent/health/status.ts';
import { start, until, type Running } from './e2e/run-shipper.ts';
import { downServer } from './helpers/buffer-rig.ts';
import { BulkServer } from './helpers/bulk-server.ts';

const NONE: LaneStatus['unread'] = { bytes: 0, stalledMs: 0 };

t.test('what can stand in a label', (t) => {
  const rows: [value: string, written: string, why: string][] = [
    ['/var/log/app.log', '/var/log/app.log', 'as it is'],
    ['C:\\logs', 'C:\\\\logs', 'a backslash'],
    ['say "hi"', 'say \\"hi\\"', 'quotes'],
    ['two\nlines', 'two\\nlines', 'an end of line in the name of a file'],
  ];
  for (const [value, written, why] of rows) {
    const exposition = new Exposition();
    exposition.gauge('x', 'Help.', [[{ name: value }, 1]]);
    t.equal(exposition.text, `# HELP x Help.\n# TYPE x gauge\nx{name="${written}"} 1\n`, why);
  }
  t.end();
});

t.test('addresses', (t) => {
  const folder = t.testdir();
  const rows: [address: string, ok: boolean, why: string][] = [
    ['127.0.0.1:9598', true, 'IPv4'],
    ['0.0.0.0:1', true, 'all of IPv4'],
    ['"[::1]:9598"', true, 'IPv6'],
    ['localhost:0', true, 'a name, and any port'],
    ['9598', false, 'a port alone does not say who may ask'],
    ['127.0.0.1:99999', false, 'no such port'],
    ['::1:9598', false, 'IPv6 needs its brackets'],
    ['http://127.0.0.1:9598', false, 'no URL'],
  ];
  for (const [address, ok, why] of rows) {
    const file = path.join(folder, 'shipper.yaml');
    writeFileSync(file, `listen: ${address}\n`);
    t.equal(loadConfig(file, {}).ok, ok, why);
  }
  t.end();
});

t.test('who is not ready, and who is', (t) => {
  const [working, failing, blocked] = [{ kind: 'working' }, { kind: 'failing', reason: '503', sinceMs: 0 }, { kind: 'blocked', reason: '401', sinceMs: 0 }] as const;
  const stalledAfterMs = 60_000;
  const rows: [health: HealthState, records: number, stalledMs: number, unread: LaneStatus['unread'], reason: string | undefined, why: string][] = [
    [working, 0, 0, NONE, undefined, 'nothing to do'],
    [failing, 0, 0, NONE, undefined, 'the last try has failed, and what it was about went another way: dropped, refused'],
    [blocked, 0, 0, NONE, undefined, 'a person should act, but nothing waits for it'],
    [working, 1, stalledAfterMs - 1, NONE, undefined, 'it may still come'],
    [working, 1, stalledAfterMs, NONE, 'out: 1 records wait, and none was delivered for 60 s: no answer', 'accepted and never answered'],
    [failing, 1, stalledAfterMs - 1, NONE, undefined, 'it is tried again'],
    [failing, 1, stalledAfterMs, NONE, 'out: 1 records wait, and none was delivered for 60 s: 503', 'for too long'],
    [blocked, 1, 0, NONE, 'out: blocked, 1 records wait: 401', 'no time will help'],
    [working, 0, 0, { bytes: 9, stalledMs: stalledAfterMs - 1 }, undefined, 'it reads on'],
    [working, 0, 0, { bytes: 9, stalledMs: stalledAfterMs }, '9 bytes wait to be read, and nothing was acknowledged for 60 s', 'it does not'],
    [failing, 1, stalledAfterMs, { bytes: 9, stalledMs: stalledAfterMs }, 'out: 1 records wait, and none was delivered for 60 s: 503', 'the output is why'],
    [working, 0, 0, { bytes: 0, stalledMs: stalledAfterMs }, undefined, 'all is read'],
  ];
  for (const [health, records, stalledMs, unread, reason, why] of rows) {
    const output = { name: 'out', traffic: newTraffic(), health, waiting: { records, stalledMs }, degraded: [], diskBytes: 0 };
    t.strictSame(reasonsAgainst({ ...together([]), outputs: [output], unread }, stalledAfterMs), reason === undefined ? [] : [reason], why);
  }
  t.end();
});

t.test('what is delivered is told, and adds up', async (t) => {
  const server = new BulkServer((request, self) => self.answerItems(request, (document) => (document['message'] === 'bad' ? { status: 400, type: 'document_parsing_exception', reason: 'no' } : 201)));
  const { shipper, folder, get } = await begin(t, await server.listen(), '');
  t.teardown(() => server.close());
  writeFileSync(path.join(folder, 'a.log'), 'INFO good\nINFO bad\n{"level":"info","msg":"json"}\n');
  await until(() => server.requests.length > 0, 'a request');
  const text = await eventually(async () => {
    const { body } = await get('/metrics');
    return sum(body, 'shipper_pending_records') === 0 && sum(body, 'shipper_read_records_total') === 3 && body;
  });
  t.equal((await get('/metrics')).type, 'text/plain; version=0.0.4; charset=utf-8', 'Prometheus refuses a scrape without this');
  t.equal(sum(text, 'shipper_delivered_records_total'), 2);
  t.equal(sum(text, 'shipper_dead_lettered_records_total'), 1);
  t.equal(sum(text, 'shipper_read_bytes_total'), 46, 'in bytes too, line ends aside');
  t.equal(sum(text, 'shipper_delivered_bytes_total') + sum(text, 'shipper_dead_lettered_bytes_total'), 46, 'the sum closes');
  t.equal(sum(text, 'shipper_behind_bytes'), 0, 'nothing is left');
  t.equal(sum(text, 'shipper_output_requests_total', 'verdict="partial"'), 1);
  t.equal(sum(text, 'shipper_parsed_records_total', 'format="json"'), 1);
  t.equal(sum(text, 'shipper_parsed_records_total'), 3, 'each record has one format');
  t.ok(sum(text, 'process_resident_memory_bytes') > 1e6);
  t.match(await get('/readyz'), { status: 200, body: 'ok\n' });
  t.match(await get('/nothing'), { status: 404 });
  t.match(await get('/metrics', 'POST'), { status: 405 });
  checkWithPromtool(t, text);
  shipper.child.kill('SIGTERM');
  t.equal((await shipper.ended).code, 0, 'an open address does not keep it alive');
});

t.test('stuck is not ready, quiet is', async (t) => {
  let released = false;
  const server = new BulkServer((request, self) => (released ? self.store(request) : 'silence'));
  const { shipper, folder, get } = await begin(t, await server.listen(), 'stalled_after: 1s', 'timeout: 1s');
  t.teardown(() => server.close());
  await eventually(async () => (await get('/readyz')).status === 200); // nothing to do
  writeFileSync(path.join(folder, 'a.log'), 'INFO one\n');
  await until(() => server.requests.length > 0, 'a request that gets no answer');
  t.match(await eventually(async () => { const answer = await get('/readyz'); return answer.status === 503 && answer.body !== 'starting\n' && answer; }), { body: /^search: 1 records wait, and none was delivered for \d+ s: / }, 'it says which output and why');
  t.match(await get('/livez'), { status: 200 }, 'to restart it would help nobody');
  const { body } = await get('/metrics');
  t.equal(sum(body, 'shipper_pending_records'), 1);
  t.equal(sum(body, 'shipper_behind_bytes'), 9, 'what is not acknowledged is behind');
  t.ok(sum(body, 'shipper_oldest_unacknowledged_seconds') >= 1);
  t.ok(sum(body, 'shipper_output_stalled_seconds') >= 1);
  released = true;
  await eventually(async () => (await get('/readyz')).status === 200);
  t.ok(sum((await get('/metrics')).body, 'shipper_output_retries_total') >= 1, 'the retries are counted');
  shipper.child.kill('SIGTERM');
  t.equal((await shipper.ended).code, 0);
});

t.test('one line now and then while nothing can be delivered: small batches grow instead of being many', async (t) => {
  const { url, up } = await downServer(t);
  const { shipper, folder, get } = await begin(t, url, '');
  const count = 8;
  for (let n = 1; n <= count; n++) {
    appendFileSync(path.join(folder, 'a.log'), `{"level":"info","msg":"line ${n}"}\n`);
    await eventually(async () => sum((await get('/metrics')).body, 'shipper_read_records_total') === n);
  }
  const server = await up();
  await until(() => server.stored.size === count, 'all of them');
  const stored = server.requests.filter(({ ids }) => ids.some((id) => server.stored.has(id)));
  t.ok(stored.length <= 3, `${stored.length} requests: one for each connection, and one that all others have come to meanwhile`);
  shipper.child.kill('SIGTERM');
  t.equal((await shipper.ended).code, 0);
});

t.test('a TLS handshake that never goes on is stuck, too', async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { shipper, folder, get } = await begin(t, `https://127.0.0.1:${(server.address() as AddressInfo).port}`, 'stalled_after: 1s\nshutdown_timeout: 200ms\nstop_delay: 10ms', 'timeout: 1s');
  writeFileSync(path.join(folder, 'a.log'), 'INFO one\n');
  t.match(await eventually(async () => { const answer = await get('/readyz'); return answer.status === 503 && answer.body !== 'starting\n' && answer; }), { body: /^search: 1 records wait, and none was delivered for \d+ s: / });
  await until(() => sockets.length > 1, 'another try: a handshake has its time, too');
  shipper.child.kill('SIGTERM');
  t.equal((await shipper.ended).code, 69, 'and the end is not held up by it');
});

t.test('quiet is no standstill, however long it lasts', async (t) => {
  const server = new BulkServer((request, self) => self.store(request));
  const { shipper, folder, get } = await begin(t, await server.listen(), 'stalled_after: 1ms'); // what is an hour of quiet to a minute
  t.teardown(() => server.close());
  for (const round of [0, 1]) {
    await eventually(async () => sum((await get('/metrics')).body, 'shipper_delivered_records_total') === round && (await get('/readyz')).status === 200);
    const answers = new Set<string>();
    for (let look = 0; look < 100; look++) answers.add((await get('/readyz')).body);
    t.same([...answers], ['ok\n'], round === 0 ? 'before the first line' : 'after it');
    appendFileSync(path.join(folder, 'a.log'), 'INFO line\n');
  }
  shipper.child.kill('SIGTERM');
  t.equal((await shipper.ended).code, 0);
});

t.test('a blocked output says why at once', async (t) => {
  let allowed = false;
  const server = new BulkServer((request, self) => (allowed ? self.store(request) : { status: 401, body: '{"error":{"type":"security_exception","reason":"missing authentication credentials"}}' }));
  const { shipper, folder, get } = await begin(t, await server.listen(), 'stalled_after: 1h');
  t.teardown(() => server.close());
  writeFileSync(path.join(folder, 'a.log'), 'INFO one\n');
  t.match(await eventually(async () => { const answer = await get('/readyz'); return answer.status === 503 && answer.body !== 'starting\n' && answer; }), { body: /^search: blocked, 1 records wait: .*401/ });
  t.equal(sum((await get('/metrics')).body, 'shipper_output_state', 'state="blocked"'), 1);
  allowed = true;
  shipper.child.kill('SIGTERM');
  await shipper.ended;
});

t.test('as many files as there are: the number of series is bounded', async (t) => {
  const server = new BulkServer((request, self) => self.store(request));
  const url = await server.listen();
  t.teardown(() => server.close());
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`${at}.log`, `INFO line of ${at}\n`]));
  const { shipper, get } = await begin(t, url, '', '', files);
  const text = await eventually(async () => {
    const { body } = await get('/metrics');
    return sum(body, 'shipper_delivered_records_total') === 150 && body;
  });
  const names = new Set([...text.matchAll(/^shipper_read_records_total\{source="([^"]*)"/gm)].map(([, name]) => name));
  t.equal(names.size, 101, 'a hundred, and one for all others');
  t.equal(sum(text, 'shipper_read_records_total', 'source="other"'), 50);
  checkWithPromtool(t, text);
  shipper.child.kill('SIGTERM');
  await shipper.ended;
});

t.test('an address that is in use', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  const shipper = start(['-c', configured(t.testdir(), 'http://127.0.0.1:9', ''), '-o', 'console'], { env: { SHIPPER_LISTEN: `127.0.0.1:${port}` } });
  const { code, stderr } = await shipper.ended;
  t.equal(code, 78);
  t.match(stderr, /^shipper: can't listen on 127\.0\.0\.1:\d+ \(.*EADDRINUSE.*\)\n$/, 'one line');
});

t.test('exec: what the program writes', async (t) => {
  const shipper = start(['exec', '--', process.execPath, '-e', 'console.log("INFO hello"); process.stdin.resume().on("end", () => process.exit(3))'], { env: { SHIPPER_LISTEN: '127.0.0.1:0' } });
  const get = await getter(shipper);
  const text = await eventually(async () => {
    const { body } = await get('/metrics');
    return sum(body, 'shipper_delivered_records_total', 'source="stdout"') === 1 && body;
  });
  checkWithPromtool(t, text);
  shipper.child.stdin.end();
  t.equal((await shipper.ended).code, 3);
});

interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

type Get = (path: string, method?: string) => Promise<Answered>;

/** A shipper that follows *.log of a folder. */
async function begin(t: Test, url: string, settings: string, output = '', files: Record<string, string> = {}): Promise<{ shipper: Running; folder: string; get: Get }> {
  const folder = t.testdir(files);
  const shipper = start(['-c', configured(folder, url, settings, output)]);
  t.teardown(() => shipper.child.kill('SIGKILL'));
  return { shipper, folder, get: await getter(shipper) };
}

function configured(folder: string, url: string, settings: string, output = ''): string {
  const file = path.join(folder, 'shipper.yaml');
  writeFileSync(file, `inputs: { app: { type: file, paths: ['${folder}/*.log'] } }\noutputs:\n  search:\n    type: elasticsearch\n    url: ${url}\n    batch: { age: 10ms }\n${output === '' ? '' : `    ${output}\n`}listen: 127.0.0.1:0\n`);
  appendFileSync(file, `${settings}\n`);
  return file;
}

/** Asks at the address that it says on stderr. */
async function getter(shipper: Running): Promise<Get> {
  const [, url] = await until(() => /health and metrics on (http:\S+)/.exec(shipper.stderr()) ?? false, 'the address');
  return async (path, method = 'GET') => {
    const response = await fetch(`${url}${path}`, { method });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
}

/** `until` for what has to be asked for. */
async function eventually<T>(ask: () => Promise<T | false>): Promise<T> {
  const givenUpAt = Date.now() + 120_000;
  for (;;) {
    const value = await ask();
    if (value !== false) return value;
    if (Date.now() > givenUpAt) throw new Error('waited in vain');
    await wait(20);
  }
}

/** The sum of all series of a metric whose labels contain `label`. */
function sum(text: string, name: string, label = ''): number {
  const lines = text.split('\n').filter((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(label));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function checkWithPromtool(t: Test, text: string): void {
  const { status, stderr, stdout, error } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  if (error === undefined) t.strictSame([status, stdout, stderr], [0, '', ''], 'promtool has no complaints');
  else t.pass('skipped', { skip: 'promtool is not installed' });
}
