// From end to end: the compiled program, real files, pipes, signals, and a stand-in for Elasticsearch on a real socket.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { CLI, events, ROOT, run, start, until, type Running } from './e2e/run-shipper.ts';
import { BulkServer, type Answer, type BulkRequest } from './helpers/bulk-server.ts';
import { accounts, openAccounts } from './helpers/ledger-lines.ts';
import { jsonProblem } from './helpers/strict-json.ts';

t.setTimeout(400_000); // the runner has a limit of its own

const lines = (from: number, count: number): string => Array.from({ length: count }, (_, index) => `INFO line ${from + index}\n`).join('');
const numbered = (documents: Iterable<Record<string, unknown>>): number[] => [...documents].map(({ message }) => Number(/line (\d+)$/.exec(String(message))?.[1])).sort((a, b) => a - b);
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

type Reaction = (request: BulkRequest, server: BulkServer) => Answer | Promise<Answer>;

/** A server for the length of a test. What it has stored is in `documents`, by id. */
async function serve(t: Test, react: Reaction = (request, server) => server.store(request)) {
  const documents = new Map<string, Record<string, unknown>>();
  const server = new BulkServer((request, self) => {
    const answer = react(request, self);
    request.ids.forEach((id, at) => {
      const before = documents.get(id);
      const document = request.documents[at] ?? {};
      if (before !== undefined && before['message'] !== document['message']) t.fail(`id ${id} came with two documents`, { before, document });
      if (self.stored.has(id)) documents.set(id, document);
    });
    return answer;
  });
  t.teardown(() => server.close());
  return { server, documents, url: await server.listen() };
}

/** A test that fails must leave no process behind. */
function begin(t: Test, args: readonly string[], env: Record<string, string> = {}): Running {
  const running = start(args, { env });
  t.teardown(() => running.child.kill('SIGKILL'));
  return running;
}

t.test('what is sent, byte for byte', async (t) => {
  const first = 'ERROR:root:Error processing request for user John. Error: DB timeout. Took 5000ms';
  const second = '{"level":30,"time":1795392255466,"msg":"häßlich \\"☃\\"","a":[1,2],"host":{"x":1},"error":"boom"}';
  const third = '203.0.113.9 - alice [22/Nov/2026:10:00:00 +0100] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8"';
  const dir = t.testdir({ 'a.log': `${first}\n${second}\r\n\n${third}` });
  const { server, url } = await serve(t);
  const { code, stderr, stdout } = await run(['--once', path.join(dir, 'a.log'), '-o', `elasticsearch=${url}`]);
  t.equal(code, 0, stderr);
  t.equal(stdout, '');
  t.equal(server.requests.length, 1);
  const request = server.requests[0];
  t.match(request?.url, /^\/logs-generic-default\/_bulk\?/);
  t.match(request?.headers, { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip', 'content-length': String(request?.raw.length) });
  const id = /"_id":"([A-Za-z0-9_-]{16})-/.exec(request?.body ?? '')?.[1];
  const observed = String(request?.documents[0]?.['@timestamp']);
  t.ok(Math.abs(Date.now() - Date.parse(observed)) < 600_000, 'a record without a time has the time at which it was read');
  const host = JSON.stringify({ name: hostname() });
  const secondAt = Buffer.byteLength(first) + 1;
  const thirdAt = secondAt + Buffer.byteLength(second) + 3;
  const expected = [
    `{"create":{"_id":"${id}-0-${first.length}"}}`,
    `{"ecs":{"version":"8.11.0"},"@timestamp":"${observed}","log":{"level":"error","logger":"root"},"message":"Error processing request for user John. Error: DB timeout. Took 5000ms","event":{"duration":5000000000},"error":{"type":"database_timeout","message":"DB timeout"},"user":{"id":"John"},"host":${host}}`,
    `{"create":{"_id":"${id}-${secondAt}-${Buffer.byteLength(second)}"}}`,
    `{"ecs":{"version":"8.11.0"},"@timestamp":"2026-11-23T00:04:15.466Z","log":{"level":"info"},"message":"häßlich \\"☃\\"","error":{"message":"boom"},"host":{"name":${JSON.stringify(hostname())}},"time":1795392255466,"a":[1,2],"app":{"host":{"x":1}}}`,
    `{"create":{"_id":"${id}-${thirdAt}-${third.length}"}}`,
    `{"ecs":{"version":"8.11.0"},"@timestamp":"2026-11-22T10:00:00+01:00","message":"GET /a?b=1 HTTP/1.1","user":{"id":"alice"},"http":{"request":{"method":"GET"},"response":{"status_code":200,"body":{"bytes":12}},"version":"1.1"},"url":{"original":"/a?b=1","path":"/a","query":"b=1"},"client":{"ip":"203.0.113.9"},"user_agent":{"original":"curl/8"},"host":${host}}`,
    '',
  ];
  t.same(request?.body.split('\n'), expected);
  t.match(accounts(stderr), [{ read: 3, delivered: 3, pending: 0, output: 'elasticsearch' }]);
});

t.test('every item of an answer is judged by itself', async (t) => {
  const busy = new Set<string>();
  const { documents, url } = await serve(t, (request, server) => server.answerItems(request, ({ message }, id) => {
    const number = Number(/\d+$/.exec(String(message))?.[0]);
    if (number % 10 === 3) return { status: 400, type: 'document_parsing_exception', reason: `no number ${number}` };
    if (number % 10 !== 7 || busy.has(id)) return 201;
    busy.add(id);
    return { status: 429, type: 'es_rejected_execution_exception', reason: 'busy' };
  }));
  const dir = t.testdir({ 'a.log': lines(0, 100) });
  const state = path.join(dir, 'state');
  const { code, stderr } = await run(['--once', path.join(dir, 'a.log'), '-o', `elasticsearch=${url}`, '--state-dir', state]);
  t.equal(code, 0, stderr);
  t.same(numbered(documents.values()), range(100).filter((number) => number % 10 !== 3));
  t.match(accounts(stderr), [{ read: 100, delivered: 90, deadLettered: 10, pending: 0 }]);
  t.match(stderr, /warning: .*400 document_parsing_exception: no number \d+/, 'a person is told why');
  const letters = events(readFileSync(path.join(state, 'dead-letters-elasticsearch.ndjson'), 'utf8'));
  t.equal(letters.length, 10);
  t.match(letters[0], { reason: /document_parsing_exception/, source: { name: path.join(dir, 'a.log') }, document: { message: 'line 3' } });
});

t.test('a request that is refused whole costs the record that is to blame, and no other', async (t) => {
  const { documents, url } = await serve(t, (request, server) => (request.body.includes('line 61"') ? { status: 400, body: '{"error":{"type":"illegal_argument_exception","reason":"broken"},"status":400}' } : server.store(request)));
  const dir = t.testdir({ 'a.log': lines(0, 100) });
  const { code, stderr } = await run(['--once', path.join(dir, 'a.log'), '-o', `elasticsearch=${url}`]);
  t.equal(code, 0, stderr);
  t.same(numbered(documents.values()), range(100).filter((number) => number !== 61));
  t.match(accounts(stderr), [{ read: 100, delivered: 99, deadLettered: 1 }]);
});

t.test('runs that are killed at any moment: after the last one every line is there, once by its id', async (t) => {
  const dir = t.testdir({ 'a.log': '' });
  const log = path.join(dir, 'a.log');
  const { server, documents, url } = await serve(t);
  const args = [log, '-o', `elasticsearch=${url}`, '--state-dir', path.join(dir, 'state')];
  let [written, rest] = [0, ''];
  for (const [round, signal] of (['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const).entries()) {
    const before = server.stored.size;
    const running = begin(t, args, { SHIPPER_STOP_DELAY: '1ms' });
    appendFileSync(log, `${rest}${lines(written, 3_000)}INFO line`); // the last is finished when it runs again
    rest = ` ${written + 3_000}\n`;
    written += 3_001;
    if (round !== 1) await until(() => server.stored.size > before, 'something of this round'); // in round 1 it is killed before or while it starts
    running.child.kill(signal);
    await running.ended;
  }
  appendFileSync(log, `${rest}INFO line ${written}`);
  const last = await run(['--once', ...args]);
  t.equal(last.code, 0, last.stderr);
  t.same(numbered(documents.values()), range(written + 1));
  t.same(openAccounts(last.stderr), []);
  const again = await run(['--once', ...args]);
  t.equal(again.code, 0, again.stderr);
  t.equal(accounts(again.stderr).length, 0, 'nothing is left to be read');
  t.equal(documents.size, written + 1);
});

t.test('it follows renamed files and finds new ones; SIGTERM ends it when all is delivered', async (t) => {
  const dir = t.testdir({ 'a.log': lines(0, 10) });
  const { documents, url } = await serve(t);
  const running = begin(t, [path.join(dir, '*.log'), '-o', `elasticsearch=${url}`], { SHIPPER_STOP_DELAY: '100ms' });
  const all = (count: number, what: string) => until(() => documents.size >= count, `${count} documents: ${what}`);
  await all(10, 'what was there');
  appendFileSync(path.join(dir, 'a.log'), lines(10, 10));
  await all(20, 'appended');
  renameSync(path.join(dir, 'a.log'), path.join(dir, 'a.log.1'));
  appendFileSync(path.join(dir, 'a.log.1'), lines(20, 10));
  writeFileSync(path.join(dir, 'a.log'), lines(30, 10));
  await all(40, 'rotated, with lines in both');
  writeFileSync(path.join(dir, 'b.log'), lines(40, 10));
  await all(50, 'a new file');
  appendFileSync(path.join(dir, 'a.log'), lines(50, 10));
  running.child.kill('SIGTERM');
  const { code, signal, stderr } = await running.ended;
  t.same([code, signal], [0, null], stderr);
  t.same(numbered(documents.values()), range(60), 'what was written before the signal is there as well');
  t.same(openAccounts(stderr), []);
  t.equal(accounts(stderr).reduce((sum, { delivered }) => sum + delivered, 0), 60);
});

t.test('app | shipper', async (t) => {
  for (const [stdin, count, reason] of [[lines(0, 50_000), 50_000, 'many lines'], ['one', 1, 'a line without an end'], ['', 0, 'nothing'], ['\n\n\r\n', 0, 'blank lines'], [`${'x'.repeat(3_000_000)}\n`, 1, 'a long line']] as const) {
    const { code, stdout, stderr } = await run([], { stdin });
    t.equal(code, 0, reason);
    const found = stdout.split('\n').slice(0, -1);
    t.equal(found.length, count, reason);
    if (count > 1) t.same(numbered(events(stdout)), range(count), `${reason}, each of them, in order`);
    t.same(openAccounts(stderr), []);
    t.equal(found.map((line) => jsonProblem(Buffer.from(`${line}\n`))).find((problem) => problem !== undefined), undefined);
  }
});

t.test('a shell\'s pipes: nobody reads stdout any more', async (t) => {
  const rows: [command: string, stdout: RegExp, reason: string][] = [
    ['yes "INFO x" | head -n 300000 | "$NODE" "$CLI" | head -n 1; echo "${PIPESTATUS[2]}"', /^\{"level":"info","message":"x"\}\n0\n$/, 'head -1'],
    ['yes "INFO x" | "$NODE" "$CLI" | head -n 1; echo "${PIPESTATUS[1]}"', /^\{.*\}\n0\n$/, 'an endless stream'],
    ['yes "INFO x" | head -n 300000 | "$NODE" "$CLI" | true; echo "${PIPESTATUS[2]}"', /^0\n$/, 'a reader that reads nothing'],
    ['"$NODE" "$CLI" explain samples/*.log | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"', /^0\n$/, 'explain'],
    ['"$NODE" "$CLI" formats | true; echo "${PIPESTATUS[0]}"', /^0\n$/, 'formats'],
  ];
  for (const [command, expected, reason] of rows) {
    const child = spawn('bash', ['-c', command], { cwd: path.dirname(path.dirname(path.dirname(CLI))), env: { PATH: process.env['PATH'], HOME: t.testdirName, CLI, NODE: process.execPath }, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (part: string) => { text[name] += part; });
    await once(child, 'close');
    t.match(text.stdout, expected, reason);
    t.notMatch(text.stderr, /\n\s+at |bug of shipper|EPIPE/, `${reason}: no stack trace`);
  }
});

t.test('Ctrl-C drains', async (t) => {
  const running = begin(t, []);
  running.child.stdin.write(lines(0, 1_000));
  await until(() => running.stdout().length > 0, 'the first events');
  running.child.stdin.write(lines(1_000, 1_000));
  running.child.stdin.write('INFO line 2000');
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.equal(code, 0, stderr);
  t.same(numbered(events(stdout)), range(2_001), 'with what was in the pipe, and the last line, which had no end');
  t.same(openAccounts(stderr), []);
});

t.test('a second Ctrl-C quits', async (t) => {
  const { server, url } = await serve(t, () => 'silence');
  const running = begin(t, ['-o', `elasticsearch=${url}`]);
  running.child.stdin.write(lines(0, 10));
  await until(() => server.requests.length > 0, 'a request that is never answered');
  running.child.kill('SIGINT');
  running.child.stdin.write(lines(10, 1));
  await until(() => running.child.stdin.destroyed || server.requests.length > 0, 'the first signal');
  const again = setInterval(() => running.child.kill('SIGINT'), 200); // a signal that comes while the first is at work is the same one
  const { code, signal, stderr } = await running.ended;
  clearInterval(again);
  t.same([code, signal], [69, null], stderr);
  t.match(stderr, /elasticsearch: 1\d records were not delivered in time/);
  t.same(openAccounts(stderr), []);
});

t.test('a signal while a slow destination holds everything up: what was read and what waits in the pipe arrive', async (t) => {
  const held: (() => void)[] = [];
  const { server, url } = await serve(t, (request, self) => new Promise((resolve) => held.push(() => resolve(self.store(request)))));
  const dir = t.testdir({ 'shipper.yaml': `inputs: { app: { type: stdin } }\noutputs: { search: { type: elasticsearch, url: '${url}', batch: { bytes: 64KiB, age: 50ms } } }\nmemory: 8MiB\nstop_delay: 2s\nshutdown_timeout: 200s\n` });
  const running = begin(t, ['-c', path.join(dir, 'shipper.yaml')]);
  const text = lines(0, 100_000);
  running.child.stdin.write(text);
  await until(() => held.length > 0, 'a first request');
  running.child.kill('SIGTERM');
  const answering = setInterval(() => held.splice(0).forEach((answer) => answer()), 20);
  running.child.stdin.end();
  const { code, stderr } = await running.ended;
  clearInterval(answering);
  t.equal(code, 0, stderr);
  t.same(openAccounts(stderr), []);
  t.equal(server.stored.size, 100_000, 'every line of the application that ended in the meantime');
});

t.test('stdin that can not be read: that is said, and no success', async (t) => {
  const dir = t.testdir({});
  const rows: [redirection: string, code: number, stderr: RegExp, reason: string][] = [
    [`0> ${dir}/out`, 74, /^shipper: warning: stdin can't be read any further: EBADF/, 'open for writing'],
    [`< ${dir}`, 66, /^shipper: stdin is a directory\n$/, 'a folder'],
    ['<&-', 0, /^$/, 'closed: as empty, since nobody can tell'],
    ['< /dev/null', 0, /^$/, 'empty'],
  ];
  for (const [redirection, code, stderr, reason] of rows) {
    const child = spawn('sh', ['-c', `exec "$0" "$@" ${redirection}`, process.execPath, CLI], { cwd: ROOT, env: { PATH: process.env['PATH'] ?? '', HOME: dir }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    t.equal(await new Promise((resolve) => child.once('close', resolve)), code, reason);
    t.match(said, stderr, reason);
  }
});

t.test('two outputs: each gets all of it, and positions wait for both', async (t) => {
  const { documents, url } = await serve(t);
  const dir = t.testdir({ 'a.log': lines(0, 5_000) });
  const out = path.join(dir, 'out.ndjson');
  const args = ['--once', path.join(dir, 'a.log'), '-o', `elasticsearch=${url}`, '-o', `file=${out}`, '-o', 'console', '--state-dir', path.join(dir, 'state')];
  const first = await run(args);
  t.equal(first.code, 0, first.stderr);
  t.same(numbered(documents.values()), range(5_000));
  t.same(numbered(events(readFileSync(out, 'utf8'))), range(5_000));
  t.same(numbered(events(first.stdout)), range(5_000));
  t.match(accounts(first.stderr).map(({ output, delivered }) => [output, delivered]), [['elasticsearch', 5_000], ['file', 5_000], ['console', 5_000]]);
  appendFileSync(path.join(dir, 'a.log'), lines(5_000, 10));
  const second = await run(args);
  t.same(numbered(events(readFileSync(out, 'utf8'))), range(5_010), 'only what is new');
  t.equal(second.code, 0, second.stderr);
});

t.test('one of two outputs is dead: the other gets all, and the position stays', async (t) => {
  const dir = t.testdir({ 'a.log': lines(0, 100) });
  const out = path.join(dir, 'out.ndjson');
  const config = (url: string): string => `inputs: { app: { type: file, paths: ['${dir}/a.log'] } }\noutputs: { search: { type: elasticsearch, url: '${url}' }, archive: { type: file, path: '${out}' } }\nstate_dir: ${dir}/state\ndrain_timeout: 500ms\n`;
  writeFileSync(path.join(dir, 'shipper.yaml'), config('http://127.0.0.1:1'));
  const dead = await run(['--once', '-c', path.join(dir, 'shipper.yaml')], { env: { SHIPPER_STATE_DIR: '' } });
  t.equal(dead.code, 69, dead.stderr);
  t.same(numbered(events(readFileSync(out, 'utf8'))), range(100));
  t.match(accounts(dead.stderr), [{ output: 'search', pending: 100 }, { output: 'archive', delivered: 100 }]);
  t.match(dead.stderr, new RegExp(`search: 100 records were not delivered in time.*${dir}/state`));
  const { documents, url } = await serve(t);
  writeFileSync(path.join(dir, 'shipper.yaml'), config(url));
  const alive = await run(['--once', '-c', path.join(dir, 'shipper.yaml')], { env: { SHIPPER_STATE_DIR: '' } });
  t.equal(alive.code, 0, alive.stderr);
  t.same(numbered(documents.values()), range(100));
});

t.test('undelivered: exit 69, within the time that was set', async (t) => {
  const { url } = await serve(t, () => 'silence');
  const dir = t.testdir({ 'big.log': 'INFO a line of some length, so that many of them are more than the memory\n'.repeat(200_000), 'small.log': 'INFO line\n' });
  const yaml = (input: string, disk = 'auto'): string => `inputs: { app: ${input} }\noutputs: { search: { type: elasticsearch, url: 'http://127.0.0.1:1', batch: { bytes: 256KiB }, buffer: { disk: ${disk} } } }\ndrain_timeout: 500ms\nmemory: 8MiB\nstate_dir: ${dir}/state\n`;
  writeFileSync(path.join(dir, 'stdin.yaml'), yaml('{ type: stdin }'));
  writeFileSync(path.join(dir, 'memory.yaml'), yaml('{ type: stdin }', "'off'"));
  writeFileSync(path.join(dir, 'files.yaml'), yaml(`{ type: file, paths: ['${dir}/big.log'] }`));
  writeFileSync(path.join(dir, 'silent.yaml'), yaml(`{ type: file, paths: ['${dir}/small.log'] }`).replace('http://127.0.0.1:1', url).replace('500ms', '1500ms').replace('outputs: { search: {', 'outputs: { search: { timeout: 1h,'));
  const rows: [args: string[], stdin: string, where: RegExp, reason: string][] = [
    [['--once', '-c', path.join(dir, 'silent.yaml')], '', /search: 1 records were not delivered in time\. Files are read again .*\. The reason: no answer for \d+ s\n/, 'a request that may take longer than there is time'],
    [['--once', '-c', path.join(dir, 'files.yaml')], '', /search: \d+ records were not delivered in time\. Files are read again from their checkpoints/, 'files that are more than the memory'],
    [['-c', path.join(dir, 'memory.yaml')], lines(0, 10), /search: 10 records were not delivered in time\. .*lost/, 'stdin, without a disk'],
    [['-c', path.join(dir, 'stdin.yaml')], lines(0, 10), /search: 10 records were not delivered in time\. They are kept in/, 'stdin'],
  ];
  for (const [args, stdin, where, reason] of rows) {
    const { code, stderr } = await run(args, { stdin, env: { SHIPPER_STATE_DIR: '' } });
    t.equal(code, 69, `${reason}: ${stderr}`);
    t.match(stderr, where, reason);
    t.same(openAccounts(stderr), [], reason);
  }
});

t.test('after SIGTERM it reads on for as long as the application writes its last lines', async (t) => {
  const { documents, url } = await serve(t);
  const dir = t.testdir({ 'a.log': lines(0, 1) });
  writeFileSync(path.join(dir, 'shipper.yaml'), `inputs: { app: { type: file, paths: ['${dir}/a.log'] } }\noutputs: { search: { type: elasticsearch, url: '${url}', batch: { age: 10ms } } }\nshutdown_timeout: 1h\nstop_delay: 1h\n`);
  const running = begin(t, ['-c', path.join(dir, 'shipper.yaml')]);
  await until(() => documents.size === 1, 'the first line');
  running.child.kill('SIGTERM');
  for (let n = 1; n <= 5; n++) {
    appendFileSync(path.join(dir, 'a.log'), lines(n, 1));
    await until(() => documents.size === n + 1 || running.child.exitCode !== null, `line ${n}`);
  }
  running.child.kill('SIGTERM'); // enough
  const { code, stderr } = await running.ended;
  t.equal(code, 0, stderr);
  t.same(numbered(documents.values()), range(6));
});

t.test('shutdown_timeout holds, however long a request may take', async (t) => {
  const { server, url } = await serve(t, () => 'silence');
  const dir = t.testdir({ 'a.log': lines(0, 10) });
  writeFileSync(path.join(dir, 'shipper.yaml'), `inputs: { app: { type: file, paths: ['${dir}/a.log'] } }\noutputs: { search: { type: elasticsearch, url: '${url}', timeout: 1h, batch: { age: 10ms } } }\nshutdown_timeout: 200ms\nstop_delay: 10ms\ndrain_timeout: 1h\n`);
  const running = begin(t, ['-c', path.join(dir, 'shipper.yaml')]);
  await until(() => server.requests.length > 0, 'a request that is never answered');
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended; // a test may take minutes, but not an hour
  t.equal(code, 69);
  t.match(stderr, /search: 10 records were not delivered in time\. Files are read again from their checkpoints/);
});

t.test('a dead destination holds reading up, in bounded memory; when it lives again everything arrives', async (t) => {
  let alive = false;
  const { server, url } = await serve(t, (request, self) => (alive ? self.store(request) : { status: 503 }));
  const dir = t.testdir({ 'shipper.yaml': `inputs: { app: { type: stdin } }\noutputs: { search: { type: elasticsearch, url: '${url}', compression: none, batch: { bytes: 512KiB }, buffer: { disk: 'off' } } }\nmemory: 8MiB\n` });
  const running = begin(t, ['-c', path.join(dir, 'shipper.yaml')]);
  const count = 400_000;
  const pad = 'x'.repeat(150);
  let [given, accepted] = [0, 0];
  const feeding = (async () => {
    while (given < count) {
      const block = Array.from({ length: Math.min(1_000, count - given) }, () => `INFO ${pad} line ${given++}\n`).join('');
      if (!running.child.stdin.write(block)) await once(running.child.stdin, 'drain');
      accepted += block.length;
    }
    running.child.stdin.end();
  })();
  let most = 0;
  const resident = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${running.child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  let [seen, since] = [0, Date.now()];
  await until(() => {
    most = Math.max(most, resident());
    if (accepted !== seen) [seen, since] = [accepted, Date.now()];
    return accepted > 0 && server.requests.length > 0 && Date.now() - since > 2_000;
  }, 'reading to stop');
  t.ok(accepted < 32 * 2 ** 20, `${Math.round(accepted / 2 ** 20)} MiB of ${Math.round((count * 170) / 2 ** 20)} were taken`);
  alive = true;
  await until(() => {
    if (running.child.exitCode === null) try { most = Math.max(most, resident()); } catch { /* it has ended */ }
    return running.child.exitCode !== null || running.child.signalCode !== null;
  }, 'the end');
  await feeding;
  const { code, stderr } = await running.ended;
  t.equal(code, 0, stderr);
  t.equal(server.stored.size, count);
  t.match(accounts(stderr), [{ read: count, delivered: count, pending: 0 }]);
  t.ok(most < 256 * 2 ** 20, `${Math.round(most / 2 ** 20)} MiB resident at most`);
});

t.test('more than all batches hold comes at once, and then nothing: it is delivered nevertheless', async (t) => {
  const count = 2_000; // with 64 batches of ten
  const cri = lines(0, count).replaceAll(/^/gm, '2026-11-25T12:00:00.1Z stderr F ').replace(/2026[^\n]*$/, '');
  const rows: [log: string, stdin: string, reason: string][] = [
    [lines(0, count), '', 'a file'],
    [`2026-11-25T12:00:00.1Z stdout P not at its end\n${cri}`, '', 'a container\'s file, with a line that is open'],
    ['', lines(0, count), 'a pipe that stays open'],
  ];
  for (const [log, stdin, reason] of rows) {
    const { documents, url } = await serve(t);
    const dir = t.testdir({ 'app.log': log });
    const input = stdin === '' ? `{ type: file, paths: ['${dir}/app.log'] }` : '{ type: stdin }';
    writeFileSync(path.join(dir, 'shipper.yaml'), `inputs: { app: ${input} }\noutputs: { search: { type: elasticsearch, url: '${url}', batch: { events: 10 }, buffer: { disk: 'off' } } }\nstop_delay: 100ms\n`);
    const running = begin(t, ['-c', path.join(dir, 'shipper.yaml')]);
    running.child.stdin.write(stdin);
    await until(() => documents.size >= count, `all of ${reason}`);
    t.same(numbered(documents.values()), range(count), reason);
    running.child.kill('SIGTERM');
    await running.ended;
  }
});

t.test('fields of an input are everywhere; host and service only where records leave the machine', async (t) => {
  const { documents, url } = await serve(t);
  const dir = t.testdir({ 'a.log': 'INFO plain\n{"msg":"own","service":"mine","host":"there","env":"test"}\n{"msg":"objects","host":{"name":"x"}}\n' });
  const out = path.join(dir, 'out.ndjson');
  writeFileSync(path.join(dir, 'shipper.yaml'), `inputs: { app: { type: file, paths: ['${dir}/a.log'], fields: { env: prod, team: 7, level: info } } }\noutputs: { search: { type: elasticsearch, url: '${url}' }, archive: { type: file, path: '${out}' }, screen: { type: console } }\n`);
  const { code, stdout, stderr } = await run(['--once', '-c', path.join(dir, 'shipper.yaml')], { env: { OTEL_SERVICE_NAME: 'checkout' } });
  t.equal(code, 0, stderr);
  const expected = [
    { level: 'info', message: 'plain', env: 'prod', team: 7 },
    { level: 'info', message: 'own', service: 'mine', host: 'there', env: 'test', team: 7 },
    { level: 'info', message: 'objects', host: { name: 'x' }, env: 'prod', team: 7 },
  ];
  t.same(events(stdout), expected, 'console');
  t.same(events(readFileSync(out, 'utf8')), expected, 'file');
  const ecs = { version: '8.11.0' };
  t.same([...documents.values()].map(({ '@timestamp': time, ...rest }) => (typeof time === 'string' ? rest : time)), [
    { ecs, log: { level: 'info' }, message: 'plain', service: { name: 'checkout' }, host: { name: hostname() }, env: 'prod', team: 7 },
    { ecs, log: { level: 'info' }, message: 'own', service: { name: 'mine' }, host: { name: 'there' }, env: 'test', team: 7 },
    { ecs, log: { level: 'info' }, message: 'objects', service: { name: 'checkout' }, host: { name: hostname() }, app: { host: { name: 'x' } }, env: 'prod', team: 7 },
  ], 'elasticsearch');
});

t.test('what can not be read is one clear line, and the right exit code', async (t) => {
  const dir = t.testdir({
    'good.log': lines(0, 5),
    'program': Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(500)]),
    'noise': Buffer.alloc(5_000, '\x01\x02\x03'),
    'nuls.log': `${'\0'.repeat(10)}INFO line 0, which is long enough for what is in front of it\n`,
    'latin1.log': Buffer.from('INFO gr\xfc\xdfe\n', 'latin1'),
    'broken.yaml': 'inputs:\n  app: { type: file, paths: [a.log\n',
    'wrong.yaml': 'inputs:\n  app: { type: fiel, paths: [a.log] }\n',
  });
  mkdirSync(path.join(dir, 'folder.log'));
  symlinkSync('nowhere', path.join(dir, 'dangling.log'));
  const at = (name: string): string => path.join(dir, name);
  const rows: [args: string[], code: number, stderr: RegExp, reason: string][] = [
    [['--once', at('missing.log')], 66, /^shipper: \S+missing\.log: no such file\n$/, 'missing'],
    [['--once', at('folder.log')], 66, /^shipper: \S+folder\.log is a directory; .*\n$/, 'a directory'],
    [['--once', at('dangling.log')], 66, /^shipper: \S+dangling\.log: .*\n$/, 'a link to nothing'],
    [['--once', at('program')], 66, /^shipper: \S+program is no log: it is an ELF program\n$/, 'a program'],
    [['--once', at('noise')], 66, /^shipper: \S+noise is no log: it is binary data\n$/, 'control bytes'],
    [['--once', at('good.log'), at('missing.log')], 66, /^shipper: \S+missing\.log: no such file\n$/, 'one of two is missing'],
    [['explain', at('missing.log')], 66, /^shipper: \S+missing\.log: no such file\n$/, 'explain: missing'],
    [['explain', at('folder.log')], 66, /^shipper: \S+folder\.log is a directory; .*\n$/, 'explain: a directory'],
    [['-c', at('broken.yaml')], 78, /^\S*broken\.yaml:\d+:\d+: .*\n.*\n *\^\n/, 'broken YAML: where it is, with a caret'],
    [['-c', at('wrong.yaml')], 78, /^\S*wrong\.yaml:2:\d+: .*\n.*\n *\^/, 'a wrong value'],
    [['--nonsense'], 64, /^shipper: unknown option --nonsense\n$/, 'an unknown option'],
    [['-o', 'nonsense'], 64, /^shipper: -o nonsense is no output.*\n$/, 'an unknown output'],
    [['--once', at('nuls.log')], 0, /^shipper: \S+nuls\.log: read 1 records[^]*1 delivered/, 'NULs in front make no binary'],
    [['--once', at('latin1.log')], 0, /^shipper: \S+latin1\.log: read 1 records/, 'nor does broken UTF-8'],
  ];
  for (const [args, code, stderr, reason] of rows) {
    const ended = await run(args);
    t.match(ended, { code, stderr }, reason);
    if (code !== 0) t.equal(ended.stdout, '', `${reason}: nothing on stdout`);
  }
  if (process.getuid?.() === 0) return void t.pass('', { skip: 'root can read everything: a file without rights was not tried' });
  chmodSync(at('good.log'), 0);
  t.match(await run(['--once', at('good.log')]), { code: 77, stderr: /^shipper: \S+good\.log: .*\n$/ });
});
