import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { unfit } from '../agent/reload.ts';
import { ConfigSchema } from '../agent/config/schema.ts';
import { start, until, type Running } from './e2e/run-shipper.ts';
import { BulkServer, type Answer } from './helpers/bulk-server.ts';

t.setTimeout(400_000); // a machine may be slow

const NOTHING_ANSWERED: Answer = 'silence';

t.test('what a running agent can not go over to', (t) => {
  const file = { type: 'file', paths: ['a.log'] };
  const rows: [before: object, next: object, stateDir: string, once: boolean, reason: RegExp | undefined, why: string][] = [
    [{ inputs: { a: file } }, { inputs: { b: file } }, '/s', false, undefined, 'files are read again from their checkpoints'],
    [{ inputs: { a: file } }, { inputs: { a: file } }, '/other', false, /state directory would be \/other instead of \/s/, 'positions lie in the old one'],
    [{ inputs: { pipe: { type: 'stdin' } } }, { inputs: { a: file } }, '/s', false, /input pipe reads stdin/, 'what came through a pipe is in memory'],
    [{ inputs: { a: file } }, { inputs: { a: file, pipe: { type: 'stdin' } } }, '/s', false, /input pipe would read stdin/, 'a run with stdin works in a folder of its own'],
    [{ inputs: { a: file } }, { inputs: { a: file } }, '/s', true, /--once/, 'it ends by itself'],
  ];
  for (const [before, next, stateDir, once, reason, why] of rows) {
    const found = unfit(ConfigSchema.parse(before), { config: ConfigSchema.parse(next), stateDir }, { once, stateDir: '/s' });
    if (reason === undefined) t.equal(found, undefined, why);
    else t.match(found, reason, why);
  }
  t.end();
});

for (const [name, answer] of [['fails', { status: 503 }], ['never answers', NOTHING_ANSWERED], ['refuses the credentials', { status: 401 }]] as const) {
  t.test(`a destination that ${name} is replaced`, async (t) => {
    const [broken, working] = [await serve(t, () => answer), await serve(t)];
    const agent = begin(t, { outputs: search(broken.url) });
    agent.append('a.log', 3);
    await until(() => broken.server.requests.length > 0, 'a request');
    await agent.reload({ outputs: search(working.url) });
    await until(() => working.server.stored.size === 3, 'what the broken one did not take');
    agent.append('a.log', 2);
    await until(() => working.server.stored.size === 5, 'what comes later');
    const { code, stderr } = await agent.end();
    t.equal(code, 0);
    t.strictSame(messages(working.server), ['line 1', 'line 2', 'line 3', 'line 4', 'line 5'], 'all of it, once, in order');
    t.match(stderr, /es: 0 delivered.* [23] pending\n(.*\n)*shipper: reloaded: .*\n(.*\n)*shipper: {3}es: 5 delivered.* 0 pending/, 'both ledgers close');
  });
}

t.test('what lies in the disk buffer goes to the new address, though the file is gone', async (t) => {
  const [broken, working] = [await serve(t, () => ({ status: 503 })), await serve(t)];
  const agent = begin(t, { outputs: search(broken.url, 'buffer: { disk: on }, ') });
  agent.append('a.log', 4);
  const checkpoints = path.join(agent.folder, 'state');
  await until(() => stateOf(checkpoints).includes('"offset":28'), 'the checkpoint behind what is on the disk');
  rmSync(path.join(agent.folder, 'a.log'));
  await agent.reload({ outputs: search(working.url, 'buffer: { disk: on }, ') });
  await until(() => working.server.stored.size === 4, 'all of it');
  t.equal((await agent.end()).code, 0);
  t.strictSame(messages(working.server), ['line 1', 'line 2', 'line 3', 'line 4']);
});

t.test('an output is taken away while records lie on the disk for it: that is said, and they are sent when it is there again', async (t) => {
  const [broken, working] = [await serve(t, () => ({ status: 503 })), await serve(t)];
  const buffered = (url: string): string => search(url, 'buffer: { disk: on }, ');
  const agent = begin(t, { outputs: buffered(broken.url) });
  agent.append('a.log', 4);
  await until(() => stateOf(path.join(agent.folder, 'state')).includes('"offset":28'), 'the checkpoint behind what is on the disk');
  await agent.reload({ outputs: buffered(working.url).replace('es:', 'other:') });
  t.match(agent.running.stderr(), /warning: 4 records lie undelivered in \S+state, for es \(elasticsearch: [^)]+\): no output of the new configuration\./);
  agent.append('a.log', 1);
  await until(() => working.server.stored.size === 1, 'the next line, at the other output');
  await agent.reload({ outputs: buffered(working.url) });
  await until(() => working.server.stored.size === 5, 'all of it');
  const { code, stderr } = await agent.end();
  t.equal(code, 0);
  t.equal(stderr.match(/lie undelivered/g)?.length, 1, 'said where it is so, and nowhere else');
});

t.test('a file that is deleted while its lines are under way', async (t) => {
  const [broken, working] = [await serve(t, () => ({ status: 503 })), await serve(t)];
  const agent = begin(t, { outputs: search(broken.url) });
  agent.append('a.log', 4);
  await until(() => broken.server.requests.length > 0, 'a request');
  rmSync(path.join(agent.folder, 'a.log'));
  await agent.reload({ outputs: search(working.url) });
  await until(() => working.server.stored.size === 4, 'all of it, from the descriptor that was held');
  t.equal((await agent.end()).code, 0);
});

t.test('a configuration that is wrong changes nothing', async (t) => {
  const { server, url } = await serve(t);
  const agent = begin(t, { outputs: search(url) });
  agent.append('a.log', 1);
  await until(() => server.stored.size === 1, 'the first line');
  const rows: [content: string, message: RegExp, why: string][] = [
    ['inputs: [', /shipper\.yaml:1:\d+: /, 'broken YAML'],
    ['outptus: {}\n', /shipper\.yaml:1:1: outptus is not an option/, 'an option that is none'],
    [agent.yaml({ outputs: search(url), more: `state_dir: ${agent.folder}/elsewhere` }), /the state directory would be/, 'another state directory'],
    [agent.yaml({ outputs: search(url), more: 'state_dir: $STATE' }).replace('app:', 'app: { type: stdin }\n  b:'), /would read stdin/, 'stdin'],
    [agent.yaml({ outputs: `f: { type: file, path: ${agent.folder}/no/such/folder/out.ndjson }`, paths: agent.folder }), /is a directory|no\/such/, 'one that looks right and can not be started'],
  ];
  for (const [content, message, why] of rows) {
    const before = refusals(agent.running);
    writeFileSync(agent.config, content.replace('$STATE', path.join(agent.folder, 'state')));
    agent.running.child.kill('SIGHUP');
    await until(() => refusals(agent.running) > before, `the refusal of ${why}`);
    t.match(agent.running.stderr(), message, why);
    const stored = server.stored.size;
    agent.append('a.log', 1);
    await until(() => server.stored.size > stored, 'the next line');
  }
  t.equal((await agent.end()).code, 0);
  t.equal(server.stored.size, 1 + rows.length, 'none is there twice');
});

t.test('a hundred signals while a configuration is read: work goes on, and they are one more reload, which sees what has changed since', async (t) => {
  const [first, second] = [await serve(t), await serve(t)];
  const agent = begin(t, { outputs: search(first.url) });
  const lines = 100;
  agent.append('a.log', 1);
  await until(() => first.server.stored.size === 1, 'the first line: it is at work');
  replacePipe(agent.config); // so that it is known when it is read
  agent.running.child.kill('SIGHUP');
  const readOnce = await until(() => openWriter(agent.config), 'somebody who reads it');
  for (let signal = 0; signal < lines; signal++) {
    agent.append('a.log', 1);
    agent.running.child.kill('SIGHUP');
  }
  await until(() => first.server.stored.size === 1 + lines, 'every line, at the address of before');
  t.equal(childrenOf(agent.running), 1, 'one process reads it, however many signals have come');
  replacePipe(agent.config);
  writeSync(readOnce, agent.yaml({ outputs: search(first.url) }));
  closeSync(readOnce);
  const readAgain = await until(() => openWriter(agent.config), 'somebody who reads what is there now');
  writeSync(readAgain, agent.yaml({ outputs: search(second.url) }));
  closeSync(readAgain);
  await until(() => reloads(agent.running) === 2, 'both reloads');
  agent.append('a.log', 1);
  await until(() => second.server.stored.size === 1, 'the next line, at the address of now');
  t.equal(childrenOf(agent.running), 0, 'nobody reads it any more');
  t.equal((await agent.end()).code, 0);
  t.equal(reloads(agent.running), 2, 'no more than these');
  t.equal(messages(first.server).length, 1 + lines, 'none is there twice');
});

t.test('reloads under load, with rotation: nothing is lost, nothing twice, memory stays', async (t) => {
  const { server, url } = await serve(t);
  const agent = begin(t, { outputs: search(url) });
  const RELOADS = 50;
  await listens(agent.running);
  for (let round = 1; round <= RELOADS; round++) {
    agent.running.child.kill('SIGHUP');
    const step = (): boolean => {
      agent.append('a.log', 20);
      return reloads(agent.running) >= round;
    };
    await until(step, `reload ${round}`);
    if (round % 3 === 0) renameSync(path.join(agent.folder, 'a.log'), path.join(agent.folder, `a.log.${round}`));
  }
  agent.append('a.log', 1);
  await until(() => server.stored.size === agent.written(), 'every line');
  const rssKiB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.running.child.pid}/status`, 'utf8'))?.[1]);
  const { code, stderr } = await agent.end();
  t.equal(code, 0);
  const seen = new Set(messages(server));
  t.equal(seen.size, agent.written(), 'every line is there');
  t.ok(rssKiB < 400 * 1024, `${Math.round(rssKiB / 1024)} MiB resident after ${RELOADS} reloads of a process that has one arena`);
  t.notMatch(stderr, /MaxListeners/, 'nothing piles up');
});

t.test('to the console, without a state directory: positions are handed over', async (t) => {
  const agent = begin(t, { outputs: 'screen: { type: console, format: json, batch: { age: 0s } }', more: '' });
  agent.append('a.log', 2);
  const count = (): number => agent.running.stdout().split('\n').length - 1;
  await until(() => count() === 2, 'two lines');
  for (let round = 1; round <= 12; round++) {
    agent.running.child.kill('SIGHUP');
    await until(() => reloads(agent.running) === round, 'a reload');
    agent.append('a.log', 1);
    await until(() => count() === 2 + round, 'one more line');
  }
  const { code, stdout, stderr } = await agent.end();
  t.equal(code, 0);
  t.strictSame(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { message: string }).message), Array.from({ length: 14 }, (_, at) => `line ${at + 1}`));
  t.notMatch(stderr, /MaxListeners/, 'nothing piles up');
});

t.test('start_at: end is about the start alone', async (t) => {
  const { server, url } = await serve(t);
  const agent = begin(t, { outputs: search(url), input: ', start_at: end', more: 'listen: 127.0.0.1:0' }, { 'old.log': 'INFO old\n' });
  const [, address = ''] = await until(() => /metrics on (\S+)/.exec(agent.running.stderr()) ?? false, 'the address');
  while ((await fetch(`${address}/readyz`)).status !== 200) continue;
  agent.append('a.log', 1);
  await until(() => server.stored.size === 1, 'the first line of a file that came later');
  agent.running.child.kill('SIGSTOP'); // so that it sees the file only after the reload
  agent.append('b.log', 1);
  agent.running.child.kill('SIGHUP');
  agent.running.child.kill('SIGCONT');
  await until(() => server.stored.size === 2, 'a file that came around the reload, from its beginning');
  t.equal((await agent.end()).code, 0);
  t.notOk(messages(server).includes('old'), 'what was there before is left alone');
});

t.test('an end that is asked for during a reload', async (t) => {
  const { server, url } = await serve(t);
  const agent = begin(t, { outputs: search(url), more: 'stop_delay: 100ms' });
  agent.append('a.log', 5);
  await until(() => server.stored.size === 5, 'all lines');
  agent.running.child.kill('SIGHUP');
  agent.running.child.kill('SIGTERM');
  t.equal((await agent.running.ended).code, 0);
  t.equal(server.stored.size, 5);
});

t.test('a reload that is asked for while the first configuration is being read', async (t) => {
  const { server, url } = await serve(t);
  const config = path.join(t.testdir(), 'shipper.yaml');
  execFileSync('mkfifo', [config]); // so that it is known when it is being read
  const running = start(['-c', config], { env: { SHIPPER_STATE_DIR: path.join(path.dirname(config), 'state') } });
  t.teardown(() => running.child.kill('SIGKILL'));
  const first = await until(() => openWriter(config), 'somebody who reads it');
  running.child.kill('SIGHUP');
  const log = path.join(path.dirname(config), 'a.log');
  writeFileSync(log, 'line 1\n');
  const yaml = (to: string): string => `inputs: {app: {type: file, paths: ['${log}']}}\noutputs: {${search(to)}}\nstop_delay: 10ms\n`;
  writeFileSync(`${config}.new`, yaml(url));
  renameSync(`${config}.new`, config);
  writeSync(first, yaml('http://127.0.0.1:1'));
  closeSync(first);
  await until(() => server.stored.size === 1, 'the line, at the address of the second configuration');
  running.child.kill('SIGTERM');
  t.match(await running.ended, { code: 0, stderr: /reloaded: the new configuration is at work/ });
});

t.test('health and metrics move with listen', async (t) => {
  const { url } = await serve(t);
  const agent = begin(t, { outputs: search(url), more: 'listen: 127.0.0.1:0' });
  const addresses = (): string[] => [...agent.running.stderr().matchAll(/health and metrics on (\S+)/g)].map(([, address = '']) => address);
  const [first = ''] = await until(() => addresses().length > 0 && addresses(), 'an address');
  await agent.reload({ outputs: search(url), more: 'listen: 127.0.0.1:0' });
  t.equal((await fetch(`${first}/livez`)).status, 200, 'it stays where it is');
  await agent.reload({ outputs: search(url), more: 'listen: localhost:0' });
  const [, second = ''] = await until(() => addresses().length > 1 && addresses(), 'another address');
  t.equal((await fetch(`${second}/livez`)).status, 200);
  await t.rejects(fetch(`${first}/livez`), 'the old one is closed');
  t.equal((await agent.end()).code, 0);
});

/** Puts a named pipe where a file is. Whoever has opened what was there before still reads that. */
function replacePipe(file: string): void {
  execFileSync('mkfifo', [`${file}.new`]);
  renameSync(`${file}.new`, file);
}

/** How many processes it has started that are still there. */
function childrenOf({ child: { pid } }: Running): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter((id) => id !== '').length;
}

/** The end of a pipe to write to; undefined: nobody reads it yet. */
function openWriter(pipe: string): number | undefined {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

interface Parts {
  readonly outputs: string;
  readonly input?: string;
  readonly paths?: string;
  readonly more?: string;
}

interface Followed {
  readonly running: Running;
  readonly folder: string;
  readonly config: string;
  readonly yaml: (parts: Parts) => string;
  /** Writes lines `line N`, numbered through. */
  readonly append: (file: string, count: number) => void;
  readonly written: () => number;
  readonly reload: (parts: Parts) => Promise<void>;
  readonly end: () => Running['ended'];
}

/** A shipper that follows *.log of a folder and its rotated ones, and the one who writes them. */
function begin(t: Test, parts: Parts, files: Record<string, string> = {}): Followed {
  const folder = t.testdir(files);
  const config = path.join(folder, 'shipper.yaml');
  const yaml = ({ outputs, input = '', paths = `'${folder}/*.log*'`, more = '' }: Parts): string => `inputs:\n  app: { type: file, paths: [${paths}]${input} }\noutputs:\n  ${outputs}\n${more}\n`;
  mkdirSync(path.join(folder, 'state'));
  writeFileSync(config, yaml(parts));
  const env = { SHIPPER_STATE_DIR: '', STATE_DIRECTORY: path.join(folder, 'state') };
  const running = start(['-c', config], { env });
  t.teardown(() => running.child.kill('SIGKILL'));
  let written = 0;
  return {
    running, folder, config, yaml,
    append: (file, count) => appendFileSync(path.join(folder, file), Array.from({ length: count }, () => `line ${++written}\n`).join('')),
    written: () => written,
    reload: async (next) => {
      const before = reloads(running);
      writeFileSync(config, yaml(next));
      running.child.kill('SIGHUP');
      await until(() => reloads(running) > before, 'the reload');
    },
    end: () => {
      running.child.kill('SIGTERM');
      return running.ended;
    },
  };
}

async function serve(t: Test, answer?: () => Answer): Promise<{ server: BulkServer; url: string }> {
  const server = new BulkServer((request, self) => answer?.() ?? self.store(request));
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}

function search(url: string, more = ''): string {
  return `es: { type: elasticsearch, url: '${url}', ${more}batch: { age: 10ms } }`;
}

/** Messages of what was stored, each id once, in the order in which they came. */
function messages(server: BulkServer): string[] {
  const seen = new Map<string, string>();
  for (const { ids, documents } of server.requests) ids.forEach((id, at) => seen.has(id) || seen.set(id, String(documents[at]?.['message'])));
  return [...seen.values()];
}

/** Until it takes SIGHUP; before that, as any program, it would end. */
async function listens({ child }: Running): Promise<void> {
  await until(() => (parseInt(/SigCgt:\s+([0-9a-f]+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]?.slice(-1) ?? '0', 16) & 1) === 1, 'a handler of SIGHUP');
}

function reloads(running: Running): number {
  return running.stderr().split('reloaded: the new configuration is at work').length - 1;
}

function refusals(running: Running): number {
  return running.stderr().split('not reloaded, the old configuration stays at work').length - 1;
}

/** What the checkpoint files say. */
function stateOf(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.startsWith('checkpoints-'));
  return files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('');
}
