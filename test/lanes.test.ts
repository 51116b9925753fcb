import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { ConfigSchema } from '../agent/config/schema.ts';
import { Claims } from '../agent/lanes/claims.ts';
import { laneConfig, laneCount } from '../agent/lanes/lane-count.ts';
import { SharedCheckpoints } from '../agent/lanes/shared-checkpoints.ts';
import type { Checkpoint } from '../agent/state/checkpoints.ts';
import { start, until, type Ended, type Running } from './e2e/run-shipper.ts';
import { BulkServer, type Answer, type BulkRequest } from './helpers/bulk-server.ts';

t.setTimeout(400_000); // a machine may be slow

const FILES = ['a', 'b', 'c', 'd'];
const MIB = 2 ** 20;
/** What an id begins with is its source's. */
const SOURCE_ID_LENGTH = 16;

t.test('which lane a file is dealt to', (t) => {
  const folder = t.testdir({ 'real-1.log': '', 'q.log': '' });
  symlinkSync(path.join(folder, 'real-1.log'), path.join(folder, 'link.log'));
  const rows: [input: string, file: string, inode: string, mib: number, lane: number, why: string][] = [
    ['app', '/l/a.log', '1', 5, 0, 'the first one'],
    ['app', '/l/b.log', '2', 1, 1, 'there is less to read'],
    ['app', '/l/c.log', '3', 1, 1, 'still less'],
    ['app', '/l/a.log', '1', 5, 0, 'asked once more'],
    ['app', '/l/a.log.1', '1', 5, 0, 'renamed'],
    ['app', '/l/a.log', '4', 0, 0, 'its successor, though the other has less'],
    ['app', '/l/a.log.2.gz', '5', 0, 0, 'a generation that was compressed'],
    ['app', '/l/a-20261125.log', '6', 0, 0, 'a copy with a date'],
    ['app', '/l/d.log', '2', 1, 1, 'a file that has got the name of another log stays'],
    ['other', '/l/a.log', '1', 1, 1, 'another input reads it by itself'],
    ['app', `${folder}/link.log`, '7', 9, 1, 'a link'],
    ['app', `${folder}/real-1.log`, '8', 0, 1, 'what the link leads to is a generation of it'],
    ['app', '/l/e.log', '9', 0, 0, 'the balance counts all of them'],
    ['app', '/l/w-1.log', '10', 9, 0, 'a number inside the name'],
    ['app', '/l/w-2.log', '11', 1, 1, 'another number: another log'],
    ['app', '/l/w-1.log.gz', '12', 0, 0, 'the first one, compressed'],
    ['app', `${folder}/p.log`, '13', 9, 1, 'a log'],
    ['app', `${folder}/p-20261125.log`, '14', 0, 1, 'a generation of it'],
    ['app', `${folder}/q-1.log`, '15', 0, 0, 'found before the log that it is a generation of, which is there'],
    ['app', `${folder}/q.log`, '16', 9, 0, 'that log'],
  ];
  const claims = new Claims(2, () => []);
  for (const [input, file, inode, mib, lane, why] of rows) t.equal(claims.laneOf(input, file, `1:${inode}`, mib * MIB), lane, why);
  t.end();
});

t.test('many files are spread evenly, and those that are gone are forgotten', (t) => {
  const inUse: Checkpoint[] = [];
  const claims = new Claims(3, () => inUse);
  const counts = [0, 0, 0];
  for (let n = 0; n < 30_000; n++) {
    const lane = claims.laneOf('app', `/l/${n}x.log`, `1:${n}`, 100);
    counts[lane] = (counts[lane] ?? 0) + 1;
  }
  t.strictSame(counts, [10_000, 10_000, 10_000]);
  t.end();
});

t.test('how many lanes a configuration has', (t) => {
  const file = { type: 'file', paths: ['a.log'] };
  const es = { type: 'elasticsearch', url: 'http://127.0.0.1:9200' };
  const rows: [config: object, lanes: number, why: string][] = [
    [{ inputs: { file }, outputs: { es } }, 1, 'one, unless it is set'],
    [{ inputs: { file }, outputs: { es }, lanes: 2 }, 2, 'as it is set'],
    [{ inputs: { file, pipe: { type: 'stdin' } }, outputs: { es }, lanes: '3' }, 3, 'stdin stays with the main thread; from the environment it is text'],
    [{ inputs: { pipe: { type: 'stdin' } }, outputs: { es }, lanes: 2 }, 1, 'there is nothing to spread'],
    [{ inputs: { file }, outputs: { es, out: { type: 'console' } }, lanes: 2 }, 1, 'stdout is one stream'],
    [{ inputs: { file }, outputs: { out: { type: 'file', path: 'x' } }, lanes: 2 }, 1, 'a file is one stream'],
  ];
  for (const [config, lanes, why] of rows) t.equal(laneCount(ConfigSchema.parse(config)), lanes, why);
  for (const lanes of [0, 17, 1.5, 'two']) t.notOk(ConfigSchema.safeParse({ inputs: { file }, outputs: { es }, lanes }).success, `${lanes} is no number of lanes`);
  t.end();
});

t.test('what a lane gets of the configuration', (t) => {
  const parse = (more: object): ReturnType<typeof ConfigSchema.parse> => ConfigSchema.parse({
    inputs: { app: { type: 'file', paths: ['a.log'] }, pipe: { type: 'stdin' } },
    outputs: { es: { type: 'elasticsearch', url: 'http://127.0.0.1:9200', buffer: { max_bytes: '10MiB' } } },
    lanes: 2, ...more,
  });
  const config = parse({ memory: '48MiB' });
  const [main, other] = [laneConfig(config, 2, true), laneConfig(config, 2, false)];
  t.strictSame([Object.keys(main.inputs), Object.keys(other.inputs)], [['app', 'pipe'], ['app']], 'stdin has one reader');
  t.strictSame([main.memory, other.memory], [24 * MIB, 24 * MIB], 'memory is divided');
  t.equal(laneConfig(parse({}), 2, false).memory, 13 * MIB, 'unless nothing is said about it: each has what one lane has');
  t.match(other.outputs['es'], { buffer: { max_bytes: 5 * MIB } }, 'and so is the room on the disk');
  t.strictSame(structuredClone(other), other, 'it can be given to a thread');
  t.throws(() => parse({ memory: '8MiB', outputs: { es: { type: 'elasticsearch', url: 'http://x', batch: { bytes: '4MiB' } } } }), /16MiB.* for each lane/s, 'less than the batches of both need');
  t.end();
});

t.test('checkpoints of all lanes are written together', async (t) => {
  const folder = t.testdir();
  const shared = new SharedCheckpoints(folder, [], t.fail);
  shared.give(1, [checkpoint('kept', 0)]);
  await Promise.all([shared.store(0, [checkpoint('a', 1)]), shared.store(0, [checkpoint('a', 2)]), shared.store(1, [checkpoint('b', 3)])]);
  const read = (): Record<string, number> => Object.fromEntries(new SharedCheckpoints(folder, [], t.fail).known.map(({ id, offset }) => [id, offset]));
  t.strictSame(read(), { a: 2, b: 3 }, 'the newest of each');
  await shared.store(0, [checkpoint('a', 4)]);
  t.strictSame(read(), { a: 4, b: 3 });
  rmSync(folder, { recursive: true });
  await t.rejects(shared.store(0, [checkpoint('a', 5)]), /ENOENT/, 'whoever stores learns that it is not durable');
  mkdirSync(folder);
  await shared.store(1, [checkpoint('b', 6)]);
  t.strictSame(read(), { a: 5, b: 6 }, 'and it is tried again with the next');
});

t.test('--once: every line once, and no request has lines of two lanes', async (t) => {
  const { server, url } = await serve(t);
  const agent = prepare(t, { url, lanes: 2 });
  for (const file of FILES) agent.append(file, 3000);
  const { code, stderr } = await agent.run('--once').ended;
  t.equal(code, 0, stderr);
  agent.check(server);
  const mixed = new Set(server.requests.map(({ documents }) => [...new Set(documents.map(fileOf))].sort().join('')));
  t.ok([...mixed].every((files) => files.length <= 2), `both lanes are at work: together in a request were ${[...mixed].join(', ')}`);
  for (const file of FILES) t.match(stderr, new RegExp(`${file}\\.log: read 3000 records.*\n.*es: 3000 delivered, 0 dead-lettered, 0 filtered, 0 dropped, 0 pending`), 'the summary is that of both lanes');
  t.equal((await agent.run('--once').ended).code, 0);
  agent.check(server, 'nothing is read again');
});

t.test('what --once can not read', async (t) => {
  const { url } = await serve(t);
  const rows: [paths: string, code: number, message: RegExp, why: string][] = [
    ['/nothing/*.log', 66, /^shipper: no file matches \/nothing\/\*\.log\n$/, 'said once, by one lane'],
    [path.join(import.meta.dirname, 'lanes.test.ts', 'x.log'), 66, /^shipper: .*x\.log: no such file\n$/, 'a path'],
  ];
  for (const [paths, code, message, why] of rows) {
    const agent = prepare(t, { url, lanes: 2, paths });
    const ended = await agent.run('--once').ended;
    t.equal(ended.code, code, why);
    t.match(ended.stderr, message, why);
  }
});

t.test('start_at: end, and a file that a lane has read comes to the path of one that the other has read', async (t) => {
  const { server, url } = await serve(t);
  const agent = prepare(t, { url, lanes: 2, startAt: 'end' });
  agent.append('a', 3000);
  agent.append('b', 10);
  t.equal((await agent.run('--once').ended).code, 0);
  rmSync(agent.pathOf('a'));
  renameSync(agent.pathOf('b'), agent.pathOf('a')); // the lane of b reads it still
  writeFileSync(agent.pathOf('a'), 'new\n');
  writeFileSync(agent.pathOf('c'), 'a log that nobody knows\n');
  const { code, stderr } = await agent.run('--once').ended;
  t.equal(code, 0, stderr);
  t.strictSame([...messagesById(server).values()], ['new']);
});

t.test('rotation, SIGKILL, and restarts with other numbers of lanes', async (t) => {
  const { server, url } = await serve(t);
  const agent = prepare(t, { url, lanes: 1 });
  for (const [turn, lanes] of [1, 2, 1].entries()) {
    agent.configure({ url, lanes });
    const running = agent.run();
    for (let round = 0; round < 4; round++) {
      for (const file of FILES) agent.append(file, 50);
      await until(() => server.stored.size > agent.written() - 150, `lines of turn ${turn}`);
      for (const file of FILES) agent.rotate(file, turn + round);
    }
    running.child.kill('SIGKILL');
    await running.ended;
    for (const file of FILES) agent.append(file, 20); // nobody looks
  }
  agent.configure({ url, lanes: 2 });
  const last = agent.run();
  await until(() => server.stored.size === agent.written(), 'every line');
  t.equal((await end(last)).code, 0);
  agent.check(server);
});

t.test('reloads with other numbers of lanes, under load and with rotation', async (t) => {
  const { server, url } = await serve(t);
  const agent = prepare(t, { url, lanes: 1 });
  const running = agent.run();
  for (const file of FILES) agent.append(file, 10);
  await until(() => server.stored.size === agent.written(), 'the first lines');
  for (const [turn, lanes] of [2, 1, 3].entries()) {
    agent.configure({ url, lanes });
    const before = reloads(running);
    running.child.kill('SIGHUP');
    await until(() => {
      for (const file of FILES) agent.append(file, 5);
      return reloads(running) > before;
    }, 'the reload');
    for (const file of FILES) agent.rotate(file, turn);
    for (const file of FILES) agent.append(file, 5);
  }
  await until(() => server.stored.size === agent.written(), 'every line');
  t.equal((await end(running)).code, 0);
  agent.check(server);
});

t.test('a file that is deleted while its lines are under way goes to the lanes of the next configuration', async (t) => {
  const [broken, working] = [await serve(t, () => ({ status: 503 })), await serve(t)];
  const agent = prepare(t, { url: broken.url, lanes: 2 });
  for (const file of FILES) agent.append(file, 10);
  const running = agent.run();
  await until(() => filesIn(broken.server).size === FILES.length, 'requests of both lanes');
  for (const file of FILES) rmSync(agent.pathOf(file));
  agent.configure({ url: working.url, lanes: 2 });
  running.child.kill('SIGHUP');
  await until(() => working.server.stored.size === agent.written(), 'all of it, from the descriptors that were held');
  t.equal((await end(running)).code, 0);
  agent.check(working.server);
});

t.test('health and metrics are sums', async (t) => {
  let answer: Answer | undefined;
  const { server, url } = await serve(t, () => answer);
  const agent = prepare(t, { url, lanes: 2, more: 'listen: 127.0.0.1:0' });
  const running = agent.run();
  for (const file of FILES) agent.append(file, 25);
  await until(() => server.stored.size === 100, 'every line');
  const address = await until(() => /health and metrics on (\S+)/.exec(running.stderr())?.[1], 'the address');
  const metrics = await eventually(async () => {
    const text = await (await fetch(`${address}/metrics`)).text();
    return sum(text, 'shipper_delivered_records_total') === 100 && text;
  });
  const rows: [metric: string, value: number, why: string][] = [
    ['shipper_read_records_total', 100, 'records of both lanes'],
    ['shipper_pending_records', 0, 'nothing is left'],
    ['shipper_parsed_records_total', 100, 'formats'],
    ['shipper_output_state', 1, 'an output is there once'],
    ['shipper_output_requests_total', server.requests.length, 'requests of both lanes'],
    ['shipper_behind_bytes', 0, 'all of it is safe'],
  ];
  for (const [metric, value, why] of rows) t.equal(sum(metrics, metric), value, `${metric}: ${why}`);
  for (const file of FILES) t.match(metrics, new RegExp(`shipper_read_records_total\\{source="[^"]*${file}\\.log"\\} 25\n`), 'each source');
  t.equal((await fetch(`${address}/readyz`)).status, 200);
  answer = { status: 401 };
  for (const file of FILES) agent.append(file, 1);
  const reason = await eventually(async () => {
    const response = await fetch(`${address}/readyz`);
    const text = await response.text();
    return response.status === 503 && text.includes('4 records wait') && text;
  });
  t.match(reason, /^es: blocked, 4 records wait: .*\n$/, 'one line for both lanes');
  answer = undefined;
  running.child.kill('SIGTERM');
  await running.ended;
});

for (const [how, fault] of [['an uncaught exception', 'throw new Error("the thread is ended by the test")'], ['its exit', 'process.exit(3)']] as const) {
  t.test(`a lane's thread dies by ${how}`, async (t) => {
    let answer: Answer | undefined;
    const { server, url } = await serve(t, () => answer);
    const agent = prepare(t, { url, lanes: 2, more: 'shutdown_timeout: 2s\nstop_delay: 10ms' });
    const [trigger, preload] = [path.join(agent.folder, 'trigger'), path.join(agent.folder, 'fault.cjs')];
    writeFileSync(preload, `const { isMainThread } = require('node:worker_threads');
      if (!isMainThread) setInterval(() => { if (require('node:fs').existsSync(${JSON.stringify(trigger)})) { ${fault} } }, 5);`);
    const running = agent.run(undefined, { NODE_OPTIONS: `--require=${preload}` });
    for (const file of FILES) agent.append(file, 20);
    await until(() => server.stored.size === agent.written(), 'lines of both lanes');
    answer = { status: 503 };
    for (const file of FILES) agent.append(file, 20);
    const before = server.requests.length;
    await until(() => server.requests.length > before, 'a request that fails');
    writeFileSync(trigger, '');
    const { code, stderr } = await running.ended;
    t.equal(code, 70, 'an end with an error: whoever looks after it starts it again');
    t.match(stderr, /lane 2 has died; this is a bug of shipper/);
    answer = undefined;
    const next = agent.run();
    await until(() => server.stored.size === agent.written(), 'every line');
    t.equal((await end(next)).code, 0);
    agent.check(server, 'nothing is lost, nothing twice');
  });
}

t.test('what lies in the disk buffers of two lanes is sent by one lane, though the files are gone and the address is another', async (t) => {
  const [broken, working] = [await serve(t, () => ({ status: 503 })), await serve(t)];
  const agent = prepare(t, { url: broken.url, lanes: 2, disk: true });
  for (const file of FILES) agent.append(file, 40);
  const running = agent.run();
  await until(() => FILES.every((file) => agent.checkpointed(file)), 'checkpoints behind what is on the disk');
  t.equal(readdirSync(path.join(agent.folder, 'state', 'runs')).length, 1, 'the second lane has a folder of its own');
  running.child.kill('SIGKILL');
  await running.ended;
  for (const file of FILES) rmSync(agent.pathOf(file));
  agent.configure({ url: working.url, lanes: 1, disk: true });
  const next = agent.run();
  await until(() => working.server.stored.size === agent.written(), 'all of it');
  t.equal((await end(next)).code, 0);
  agent.check(working.server);
  t.notMatch((await agent.run('--once').ended).stderr, /records that an earlier run could not deliver/, 'nothing is left there');
});

t.test('what an end leaves in the disk buffers of both lanes is sent after a reload, and said', async (t) => {
  const [broken, working] = [await serve(t, () => ({ status: 503 })), await serve(t)];
  const agent = prepare(t, { url: broken.url, lanes: 2, disk: true, more: 'shutdown_timeout: 1s\nstop_delay: 10ms' });
  for (const file of FILES) agent.append(file, 40);
  const first = agent.run();
  await until(() => FILES.every((file) => agent.checkpointed(file)), 'checkpoints behind what is on the disk');
  const { code, stderr } = await end(first);
  t.equal(code, 69);
  t.equal(stderr.split('They are kept in').length - 1, 2, 'each place is named');
  const before = broken.server.requests.length;
  const second = agent.run();
  await until(() => broken.server.requests.length > before, 'a request');
  agent.configure({ url: working.url, lanes: 2, disk: true });
  second.child.kill('SIGHUP');
  await until(() => working.server.stored.size === agent.written(), 'all of it');
  t.equal((await end(second)).code, 0);
  agent.check(working.server);
});

t.test('refused records of all lanes are in one file', async (t) => {
  const { server, url } = await serve(t, undefined, (document) => (/ 7$/.test(String(document['message'])) ? { status: 400, type: 'document_parsing_exception', reason: 'no sevens' } : 201));
  const agent = prepare(t, { url, lanes: 2 });
  for (const file of FILES) agent.append(file, 10);
  const { code } = await agent.run('--once').ended;
  t.equal(code, 0);
  t.equal(server.stored.size, 36);
  const letters = readFileSync(path.join(agent.folder, 'state', 'dead-letters-es.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { source: { name: string }; document: Record<string, unknown> });
  t.strictSame(letters.map(({ document }) => String(document['message'])).sort(), FILES.map((file) => `line ${file} 7`));
  t.ok(letters.every(({ source, document }) => source.name === agent.pathOf(fileOf(document))), 'each with its source');
});

t.test('stdin stays with the main thread', async (t) => {
  const { server, url } = await serve(t);
  const agent = prepare(t, { url, lanes: 2, more: '', stdin: true });
  for (const file of FILES) agent.append(file, 10);
  const running = agent.run('--once');
  running.child.stdin.end('line s 1\nline s 2\n');
  t.equal((await running.ended).code, 0);
  t.equal(server.stored.size, 42);
});

interface Parts {
  readonly url: string;
  readonly lanes: number;
  readonly paths?: string;
  readonly startAt?: string;
  readonly disk?: boolean;
  readonly stdin?: boolean;
  readonly more?: string;
}

interface Rig {
  readonly folder: string;
  readonly pathOf: (file: string) => string;
  readonly configure: (parts: Parts) => void;
  readonly run: (flag?: string, env?: Record<string, string>) => Running;
  /** Writes lines `line FILE N`, numbered through for each file. */
  readonly append: (file: string, count: number) => void;
  readonly rotate: (file: string, turn: number) => void;
  readonly written: () => number;
  /** Whether all of a file is safe, by the checkpoints. */
  readonly checkpointed: (file: string) => boolean;
  /** Every line is there once, and what a request has of a source follows each other. */
  readonly check: (server: BulkServer, why?: string) => void;
}

/** A configuration that follows *.log of a folder and its rotated ones, and the one who writes them. */
function prepare(t: Test, parts: Parts): Rig {
  const folder = t.testdir();
  const config = path.join(folder, 'shipper.yaml');
  const counts = new Map<string, number>();
  const pathOf = (file: string): string => path.join(folder, `${file}.log`);
  const written = (): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const configure = ({ url, lanes, paths = `${folder}/*.log*`, startAt = 'beginning', disk = false, stdin = false, more = '' }: Parts): void => writeFileSync(config, `inputs:
  app: { type: file, paths: ['${paths}'], start_at: ${startAt} }
${stdin ? '  pipe: { type: stdin }\n' : ''}outputs:
  es: { type: elasticsearch, url: '${url}', batch: { age: 10ms }${disk ? ', buffer: { disk: on }' : ''} }
lanes: ${lanes}
${more}
`);
  configure(parts);
  return {
    folder, pathOf, configure, written,
    run: (flag, env = {}) => {
      const running = start(['-c', config, ...(flag === undefined ? [] : [flag])], { env: { SHIPPER_STATE_DIR: path.join(folder, 'state'), ...env } });
      t.teardown(() => running.child.kill('SIGKILL'));
      return running;
    },
    append: (file, count) => {
      const from = counts.get(file) ?? 0;
      appendFileSync(pathOf(file), Array.from({ length: count }, (_, n) => `line ${file} ${from + n + 1}\n`).join(''));
      counts.set(file, from + count);
    },
    rotate: (file, turn) => {
      renameSync(pathOf(file), `${pathOf(file)}.${turn}-${counts.get(file)}`);
      writeFileSync(pathOf(file), '');
    },
    checkpointed: (file) => {
      const states = ['checkpoints-0.json', 'checkpoints-1.json'].map((name) => path.join(folder, 'state', name)).filter(existsSync).map((name) => readFileSync(name, 'utf8'));
      return states.some((state) => new RegExp(`"path":"${pathOf(file)}"[^{}]*"offset":${statSync(pathOf(file)).size}\\b`).test(state));
    },
    check: (server, why = 'every line once') => {
      const stored = messagesById(server);
      const all = [...counts].flatMap(([file, count]) => Array.from({ length: count }, (_, n) => `line ${file} ${n + 1}`));
      t.strictSame([...stored.values()].sort(), all.sort(), why);
      t.strictSame(server.requests.flatMap(gapsIn), [], 'the order within a source is kept');
    },
  };
}

async function serve(t: Test, answer?: () => Answer | undefined, judge: Parameters<BulkServer['answerItems']>[1] = () => 201): Promise<{ server: BulkServer; url: string }> {
  const server = new BulkServer((request, self) => answer?.() ?? self.answerItems(request, judge));
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}

function messagesById(server: BulkServer): Map<string, string> {
  const found = new Map<string, string>();
  for (const { ids, documents } of server.requests) ids.forEach((id, at) => server.stored.has(id) && found.set(id, String(documents[at]?.['message'])));
  return found;
}

/** Where a request has lines of a source, which is a generation of a file, that do not follow each other. */
function gapsIn({ ids, documents }: BulkRequest): string[] {
  const last = new Map<string, number>();
  return documents.flatMap((document, at) => {
    const source = ids[at]?.slice(0, SOURCE_ID_LENGTH) ?? '';
    const number = Number(/\d+$/.exec(String(document['message']))?.[0]);
    const before = last.get(source) ?? number - 1;
    last.set(source, number);
    return number === before + 1 ? [] : [`${fileOf(document)}: ${number} after ${before}`];
  });
}

function fileOf(document: Record<string, unknown>): string {
  return /^line (\w)/.exec(String(document['message']))?.[1] ?? '';
}

function filesIn(server: BulkServer): Set<string> {
  return new Set(server.requests.flatMap(({ documents }) => documents.map(fileOf)));
}

function end(running: Running): Promise<Ended> {
  running.child.kill('SIGTERM');
  return running.ended;
}

function reloads(running: Running): number {
  return running.stderr().split('reloaded: the new configuration is at work').length - 1;
}

/** All series of a metric together. */
function sum(text: string, metric: string): number {
  return [...text.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
}

/** As `until`, of what has to be asked for. */
async function eventually<T>(ask: () => Promise<T | false>): Promise<T> {
  for (;;) {
    const value = await ask();
    if (value !== false) return value;
    await wait(10);
  }
}

function checkpoint(id: string, offset: number): Checkpoint {
  return { id, input: 'app', path: `/l/${id}.log`, device: '1', inode: `${id.charCodeAt(0)}`, offset, prefix: { bytes: 0, hash: '' }, marker: { end: 0, bytes: 0, hash: '' } };
}
