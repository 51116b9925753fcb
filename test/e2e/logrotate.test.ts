// The program itself, on files that logrotate rotates, that a kubelet rotates, and that are many. Every line once.
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, type Stats, statSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { BulkServer } from '../helpers/bulk-server.ts';
import { CLI, events, ROOT, type Running, start, until } from './run-shipper.ts';

/** shipper with a configuration of its own, started as often as wanted; what it delivers is in one file. */
function setUp(test: Test, paths: readonly string[], more: Record<string, unknown> = {}) {
  const dir = test.testdir({ logs: {} });
  const [config, out] = [path.join(dir, 'shipper.json'), path.join(dir, 'out.ndjson')];
  const inputs = { app: { type: 'file', paths: paths.map((one) => path.join(dir, 'logs', one)) } };
  writeFileSync(config, JSON.stringify({ inputs, outputs: { kept: { type: 'file', path: out } }, stop_delay: '100ms', ...more }));
  let running: Running | undefined;
  test.teardown(() => running?.child.kill('SIGKILL'));
  return {
    logs: path.join(dir, 'logs'),
    run: () => (running = start(['-c', config], { env: { SHIPPER_STATE_DIR: path.join(dir, 'state') } })),
    messages: () => (existsSync(out) ? events(readFileSync(out, 'utf8').replace(/[^\n]*$/, '')).map(({ message }) => String(message)) : []),
  };
}

async function ended({ child, ended }: Running): Promise<string> {
  child.kill('SIGTERM');
  return (await ended).stderr;
}

/** Numbered lines, and the application that writes them to a file which it opens anew when it is told to. */
class Writer {
  written = 0;
  readonly #path: string;
  #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'a');
  }

  write(count: number): void {
    const lines = Array.from({ length: count }, () => `line ${this.written++}\n`);
    writeSync(this.#descriptor, lines.join(''));
  }

  reopen(): void {
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#path, 'a');
  }
}

const lines = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${index}`);
/** Lines that are missing, and lines that are there more than once. */
function wrong(found: readonly string[], expected: readonly string[]): { missing: string[]; twice: string[]; strange: string[] } {
  const count = new Map<string, number>();
  for (const line of found) count.set(line, (count.get(line) ?? 0) + 1);
  return { missing: expected.filter((line) => !count.has(line)), twice: [...count].flatMap(([line, times]) => (times > 1 ? [line] : [])), strange: [...count.keys()].filter((line) => !expected.includes(line)) };
}
/** Makes lines long enough to be more than the memory. */
const PAD = 'x'.repeat(200);
const NOTHING = { missing: [], twice: [], strange: [] };

const WAYS: readonly [options: string, isReopened: boolean, paths: readonly string[], reason: string][] = [
  ['create', true, ['app.log'], 'renamed, and a new one'],
  ['create', true, ['app.log*'], 'the same, and the rotated ones are meant too'],
  ['copytruncate', false, ['app.log'], 'copied and truncated'],
  ['copytruncate', false, ['app.log*'], 'the same with its copies'],
  ['create compress delaycompress', true, ['app.log*'], 'compressed one rotation later'],
  ['create compress', true, ['app.log*'], 'compressed at once'],
  ['copytruncate compress', false, ['app.log'], 'copied, truncated, and compressed at once'],
  ['copytruncate compress delaycompress', false, ['app.log*'], 'all of it'],
  ['create dateext compress dateformat=-%Y%m%d-%s', true, ['app.log*'], 'with dates'],
];

/** Rotates. False: nothing was done, since a file that was rotated in the same second has the name. Which second it is, only logrotate can tell: its clock, time(), may be behind Date.now(). */
function logrotate(conf: string, status: string): boolean {
  const result = spawnSync('logrotate', ['-f', '-s', status, conf], { encoding: 'utf8' });
  if (result.status === 0) return true;
  if (/already exists, skipping rotation/.test(result.stderr)) return false;
  throw new Error(result.stderr);
}

t.test('logrotate', async (t) => {
  if (spawnSync('logrotate', ['--version']).error !== undefined) return void t.pass('skipped', { skip: 'logrotate is not installed' });
  await Promise.all(WAYS.map(([options, isReopened, paths, reason]) => t.test(`${options}: ${reason}`, async (t) => {
    const { logs, run, messages } = setUp(t, paths);
    const log = path.join(logs, 'app.log');
    const conf = path.join(logs, '..', 'logrotate.conf');
    writeFileSync(conf, `${log} {\n  rotate 20\n  ${options.replaceAll('=', ' ').replaceAll(/ (?=copytruncate|compress|delaycompress|dateext|dateformat)/g, '\n  ')}\n}\n`, { mode: 0o644 });
    const writer = new Writer(log);
    const isGone = /(?<!delay)compress(?!.*delay)/.test(options); // then what is written to it before it is opened anew is nowhere
    const rotate = async (): Promise<void> => {
      await until(() => logrotate(conf, path.join(logs, '..', 'status')), 'a name that no rotated file has yet');
      writer.write(isReopened && !isGone ? 10 : 0); // to the renamed file
      if (isReopened) writer.reopen();
      writer.write(10);
    };
    writer.write(100);
    let shipper = run();
    for (let time = 0; time < 3; time++) {
      await until(() => messages().length >= writer.written, `${writer.written} lines`);
      writer.write(500);
      await rotate();
    }
    await until(() => messages().length >= writer.written, `${writer.written} lines`);
    await ended(shipper);
    writer.write(500); // while it is down
    await rotate();
    shipper = run();
    await until(() => messages().length >= writer.written, `${writer.written} lines`);
    writer.write(1);
    await until(() => messages().length >= writer.written, 'the last line');
    const stderr = await ended(shipper);
    t.same(wrong(messages(), lines(writer.written)), NOTHING, 'every line once');
    t.notMatch(stderr, /warning/, 'nothing to complain about');
  })));
});

/** One container of a pod, as the kubelet and containerd lay out its logs. */
class Container {
  readonly #folder: string;
  readonly #link: string;
  #run = 0;
  #written = 0;
  #second = 0;

  constructor(root: string) {
    this.#folder = path.join(root, 'pods', 'shop_api-1_b7c1-9', 'app');
    this.#link = path.join(root, 'containers', 'api-1_shop_app-0123456789abcdef.log');
    mkdirSync(this.#folder, { recursive: true });
    mkdirSync(path.dirname(this.#link), { recursive: true });
    this.#start();
  }

  get log(): string {
    return path.join(this.#folder, `${this.#run}.log`);
  }

  get texts(): string[] {
    return Array.from({ length: this.#written }, (_, index) => `begin ${index} end`);
  }

  /** Whole lines, each in two pieces; the other stream comes in between. */
  write(count: number): void {
    for (let line = 0; line < count; line++) this.#append(this.begin() + this.end());
  }

  /** The first piece of a line alone. */
  begin(): string {
    return this.#line('stdout', 'P', `begin ${this.#written}`);
  }

  end(): string {
    this.#written++;
    return this.#line('stdout', 'F', ' end');
  }

  /** What the kubelet does when a log is full: compress the older ones, rename, and tell the runtime to open a new one. `open` is what is written last and first. */
  rotate(last = '', first = ''): void {
    for (const name of spawnSync('ls', [this.#folder]).stdout.toString().split('\n')) if (/\.log\.\d+-\d+$/.test(name)) this.#compress(path.join(this.#folder, name));
    this.#append(last);
    renameSync(this.log, `${this.log}.20261125-${String(100_000 + this.#second++)}`);
    this.#append(first);
  }

  /** The container dies and is started again: another file, to which the link leads then. */
  restart(): void {
    this.#run++;
    this.#start();
  }

  #start(): void {
    writeFileSync(this.log, '');
    if (existsSync(this.#link)) unlinkSync(this.#link);
    symlinkSync(this.log, this.#link);
  }

  #compress(path: string): void {
    writeFileSync(`${path}.gz.tmp`, gzipSync(readFileSync(path)));
    renameSync(`${path}.gz.tmp`, `${path}.gz`);
    unlinkSync(path);
  }

  #append(text: string): void {
    appendFileSync(this.log, text);
  }

  #line(stream: string, tag: string, text: string): string {
    return `2026-11-25T12:00:00.${String(this.#second++).padStart(9, '0')}Z ${stream} ${tag} ${text}\n`;
  }
}

for (const [paths, reason] of [
  [['pods/*/*/*.log'], 'as in deploy/daemonset.yaml'],
  [['containers/*.log'], 'by the links'],
  [['pods/*/*/*.log*'], 'with the rotated ones'],
] as const) {
  t.test(`Kubernetes, ${reason}`, async (t) => {
    const { logs, run, messages } = setUp(t, paths);
    const container = new Container(logs);
    const arrived = (): Promise<true> => until(() => messages().length >= container.texts.length, `${container.texts.length} lines`);
    container.write(20);
    let shipper = run();
    await arrived();
    for (let time = 0; time < 3; time++) {
      container.write(20);
      container.rotate(container.begin(), container.end()); // in the middle of a line
      container.write(5);
      await arrived();
    }
    container.restart();
    container.write(5);
    await arrived();
    await ended(shipper);
    container.write(20); // while it is down
    container.rotate(container.begin(), container.end());
    container.write(5);
    shipper = run();
    await arrived();
    container.rotate();
    container.write(5);
    await arrived();
    const stderr = await ended(shipper);
    t.same(wrong(messages(), container.texts), NOTHING, 'every line once, and whole');
    t.notMatch(stderr, /warning/);
  });
}

t.test('ten rotations, compressed and deleted, while the destination takes nothing', async (t) => {
  const [files, count] = [10, 10_000];
  const textOf = (file: number): string => Array.from({ length: count }, (_, index) => `INFO ${PAD} line ${file * count + index + 100_000}\n`).join('');
  const size = textOf(0).length;
  let isTaking = false;
  const messages = new Set<string>();
  const server = new BulkServer((request, self) => {
    if (!isTaking) return { status: 503 };
    for (const document of request.documents) messages.add(String(document['message']).slice(-11));
    return self.store(request);
  });
  t.teardown(() => server.close());
  const { logs, run } = setUp(t, ['app.log'], { outputs: { search: { type: 'elasticsearch', url: await server.listen(), batch: { bytes: '256KiB' } } }, memory: '8MiB' });
  const log = path.join(logs, 'app.log');
  writeFileSync(log, `INFO ${PAD} line 000000\n`);
  const shipper = run();
  await until(() => server.requests.length > 0, 'the first line: at its start it has files open only to see that it can');
  unlinkSync(log);
  for (let file = 0; file < files; file++) {
    writeFileSync(log, textOf(file));
    await until(() => openIn(shipper).some(({ ino }) => ino === statSync(log).ino), 'it to be opened: what is deleted unseen nobody can have');
    renameSync(log, `${log}.1`);
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)));
    unlinkSync(`${log}.1`);
    unlinkSync(`${log}.1.gz`);
  }
  const held = openIn(shipper).reduce((sum, file) => sum + (file.nlink === 0 ? file.size : 0), 0);
  t.ok(held >= (files - 3) * size, `${Math.round(held / 1024)} KiB are held, which is more than the memory`);
  isTaking = true;
  await until(() => messages.size === files * count + 1, 'all there is');
  const order = [...new Set([...messages].map((line) => Math.floor((Number(line.slice(5)) - 100_000) / count)).filter((file) => file >= 0))];
  t.same(order, [...order].sort((a, b) => a - b), 'one file after the other');
  t.notMatch(await ended(shipper), /lost/);
});

t.test('max_deleted_bytes with a destination that takes nothing: what is said to be lost is what never arrives, to the byte', async (t) => {
  const [files, count, cap] = [8, 4_000, 2];
  const lineOf = (n: number): string => `INFO ${PAD}${PAD} line ${n + 100_000}\n`;
  const textOf = (file: number): string => Array.from({ length: count }, (_, index) => lineOf(file * count + index)).join('');
  const [lineBytes, size] = [lineOf(0).length, textOf(0).length];
  const rows: [reason: string, isEndedBefore: boolean][] = [
    ['it works again', false],
    ['shipper ends before that: what only its memory holds is lost as well', true],
  ];
  for (const [reason, isEndedBefore] of rows) {
    let isTaking = false;
    const arrived = new Set<string>();
    const server = new BulkServer((request, self) => {
      if (!isTaking) return { status: 503 };
      for (const document of request.documents) arrived.add(String(document['message']).slice(-11));
      return self.store(request);
    });
    t.teardown(() => server.close());
    const { logs, run } = setUp(t, ['app.log'], { inputs: { app: { type: 'file', paths: [path.join(t.testdirName, 'logs', 'app.log')], max_deleted_bytes: cap * size } }, outputs: { search: { type: 'elasticsearch', url: await server.listen(), batch: { bytes: '256KiB' } } }, memory: '8MiB', shutdown_timeout: '1s', listen: '127.0.0.1:0' });
    const log = path.join(logs, 'app.log');
    let shipper = run();
    await until(() => /health and metrics on/.test(shipper.stderr()), 'it to be at work: at its start it has files open only to see that it can');
    for (let file = 0; file < files; file++) {
      writeFileSync(log, textOf(file));
      await until(() => openIn(shipper).some(({ ino }) => ino === statSync(log).ino), 'it to be opened: what is deleted unseen nobody can have');
      unlinkSync(log);
    }
    const held = (): number => openIn(shipper).reduce((sum, file) => sum + (file.nlink === 0 ? file.size : 0), 0);
    await until(() => held() <= cap * size, 'no more to be held than the disk may keep');
    let said = 0;
    if (isEndedBefore) {
      const stderr = await ended(shipper);
      said = lostIn(stderr);
      t.match(stderr, /app\.log is gone, and \d+ bytes of it are not delivered: nobody can read them again/, reason);
      shipper = run();
    }
    isTaking = true;
    writeFileSync(log, lineOf(files * count));
    await until(() => arrived.has(lineOf(files * count).slice(-12, -1)), 'the last line');
    while ((await metric(shipper, 'shipper_(pending_records|behind_bytes|deleted_bytes)')) > 0) await wait(50);
    const missing = (files * count + 1 - arrived.size) * lineBytes;
    t.ok(missing > size, `${reason}: ${missing} bytes have never arrived`);
    if (!isEndedBefore) t.equal(await metric(shipper, 'shipper_lost_bytes_total'), missing, `${reason}: in the metrics`);
    t.equal(said + lostIn(await ended(shipper)), missing, `${reason}: in the last message`);
    unlinkSync(log);
  }
});

/** The sum of a metric, over all labels. */
async function metric({ stderr }: Running, name: string): Promise<number> {
  const address = /health and metrics on (\S+)/.exec(stderr())?.[1];
  const text = await (await fetch(`${address}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce((sum, match) => sum + Number(match.at(-1)), 0);
}

/** What the last message of a run says is lost, over all sources. */
function lostIn(stderr: string): number {
  return [...stderr.matchAll(/read \d+ records.* (\d+) bytes lost/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/** What a process has open. */
function openIn({ child }: Running): Stats[] {
  const folder = `/proc/${child.pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => statSync(path.join(folder, descriptor), { throwIfNoEntry: false }) ?? []);
}

t.test('a stream of a container that waits for the rest of a line does not make the other one come again', async (t) => {
  const batch = 100;
  const { logs, run, messages } = setUp(t, ['api.log'], { outputs: { kept: { type: 'file', path: path.join(t.testdirName, 'out.ndjson'), batch: { events: batch } } } });
  const log = path.join(logs, 'api.log');
  const cri = (rest: string): string => `2026-11-25T12:00:00.1Z ${rest}\n`;
  const flood = lines(5_000);
  writeFileSync(log, cri('stdout P begin ') + flood.map((line) => cri(`stderr F ${line}`)).join(''));
  const killed = run();
  await until(() => messages().length >= flood.length, 'all that is whole');
  killed.child.kill('SIGKILL');
  await killed.ended;
  appendFileSync(log, cri('stdout F end') + cri('stderr F last'));
  const shipper = run();
  await until(() => messages().includes('begin end') && messages().includes('last'), 'the rest');
  await ended(shipper);
  const found = messages();
  t.same(wrong(found, [...flood, 'begin end', 'last']).missing, []);
  t.ok(found.length - flood.length - 2 <= 2 * batch, `the destination keeps no ids, and gets ${found.length - flood.length - 2} lines again: not more than were under way`);
});

t.test('the disk of the state directory is full: positions are noted nevertheless', async (t) => {
  const batch = 100;
  const { logs, run, messages } = setUp(t, ['app.log'], { outputs: { kept: { type: 'file', path: path.join(t.testdirName, 'out.ndjson'), batch: { events: batch } } } });
  const state = path.join(logs, '..', 'state');
  mkdirSync(state, { mode: 0o700 });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'shipper-test', state]).status !== 0) return void t.pass('skipped', { skip: 'a small file system can not be mounted here' });
  try {
    const writer = new Writer(path.join(logs, 'app.log'));
    const arrived = (): Promise<true> => until(() => messages().includes(`line ${writer.written - 1}`), `line ${writer.written - 1}`);
    writer.write(1);
    const killed = run();
    await arrived();
    spawnSync('dd', ['if=/dev/zero', `of=${path.join(state, 'full')}`, 'bs=1k']);
    writer.write(2_000);
    await arrived();
    killed.child.kill('SIGKILL');
    t.notMatch((await killed.ended).stderr, /warning/, 'nothing to be said');
    const shipper = run();
    writer.write(1);
    await arrived();
    await ended(shipper);
    const found = messages();
    t.same(wrong(found, lines(writer.written)).missing, []);
    t.ok(found.length - writer.written <= 2 * batch, `${found.length - writer.written} lines are there twice: not more than were under way`);
  } finally {
    spawnSync('umount', ['-l', state]);
  }
});

t.test('own messages in a file that is tailed', async (t) => {
  const dir = t.testdir({ logs: {} });
  const logs = path.join(dir, 'logs');
  const [log, out, config] = [path.join(logs, 'app.log'), path.join(dir, 'own.ndjson'), path.join(dir, 'own.json')];
  writeFileSync(log, 'the application\n');
  writeFileSync(config, JSON.stringify({ inputs: { app: { type: 'file', paths: [log, path.join(logs, 'missing.log')] } }, outputs: { kept: { type: 'file', path: out } }, stop_delay: '100ms' }));
  for (let time = 0; time < 3; time++) {
    const child = spawnSync('sh', ['-c', `"$0" "$@" 2>> ${log} & pid=$!; while ! grep -q 'words ${time - 1}' ${out} 2>/dev/null && [ ${time} -gt 0 ]; do sleep 0.05; done; echo "words ${time}" >> ${log}; while ! grep -q 'words ${time}' ${out} 2>/dev/null; do sleep 0.05; done; kill -TERM $pid; wait $pid`, process.execPath, CLI, '-c', config], {
      env: { PATH: process.env['PATH'] ?? '', HOME: dir, SHIPPER_STATE_DIR: path.join(dir, 'state') },
      cwd: ROOT,
    });
    t.equal(child.status, 0);
  }
  t.match(readFileSync(log, 'utf8'), /shipper: warning: .*missing\.log/, 'they are there');
  t.match(readFileSync(log, 'utf8'), /3 filtered|filtered/, 'and counted as filtered');
  t.same(events(readFileSync(out, 'utf8')).map(({ message }) => message), ['the application', 'words 0', 'words 1', 'words 2'], 'what the application says is shipped, and nothing else');
});

t.test('what shipper itself writes lies where it looks for logs: it is said, and left out', async (t) => {
  const dir = t.testdir({ 'logs': { 'app.log': 'app 1\n', 'checkpoints-of-the-app.txt': 'app 2\n' } });
  const logs = path.join(dir, 'logs');
  const config = path.join(dir, 'shipper.json');
  symlinkSync(logs, path.join(dir, 'link'));
  const rows: [reason: string, paths: string[], output: string, state: string][] = [
    ['everything in a folder', [path.join(logs, '**')], path.join(logs, 'events.log'), path.join(logs, 'state')],
    ['by another path', [path.join(dir, 'link', '*')], path.join(logs, 'events.log'), logs],
    ['the output by another path', [path.join(logs, '*'), path.join(logs, 'events.log')], path.join(dir, 'link', 'events.log'), logs],
  ];
  for (const [reason, paths, output, state] of rows) {
    writeFileSync(config, JSON.stringify({ inputs: { app: { type: 'file', paths } }, outputs: { kept: { type: 'file', path: output, batch: { age: '10ms' }, rotate: { bytes: '64KiB' } } }, state_dir: state, stop_delay: '100ms' }));
    const running = start(['-c', config], { env: { SHIPPER_STATE_DIR: '' } });
    t.teardown(() => running.child.kill('SIGKILL'));
    const written = (): string => {
      try {
        return readFileSync(path.join(logs, 'events.log'), 'utf8');
      } catch {
        return ''; // just put aside
      }
    };
    const putAside = (): number => readdirSync(logs).filter((name) => name.endsWith('.gz')).length;
    appendFileSync(path.join(logs, 'app.log'), `${'x'.repeat(100)}\n`.repeat(1_000));
    await until(() => putAside() > 0, 'a full file, compressed');
    for (let n = 1; n <= 3; n++) { // each is a look at everything
      appendFileSync(path.join(logs, 'app.log'), `last ${n}\n`);
      await until(() => written().includes(`"last ${n}"`), 'what came later');
    }
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    t.equal(code, 0, reason);
    t.match(stderr, /warning: \S+ is where shipper itself writes: left out/, reason);
    t.same([...stderr.matchAll(/^shipper: (\S+): read (\d+) records/gm)].map(([, source = '', records]) => [path.basename(source), records]).sort(), [['app.log', '1004'], ['checkpoints-of-the-app.txt', '1']], `${reason}: what others write is read, whatever its name, and nothing else`);
    for (const name of readdirSync(logs)) if (!/^(?:app\.log|checkpoints-of-the-app\.txt)$/.test(name)) rmSync(path.join(logs, name), { recursive: true });
    writeFileSync(path.join(logs, 'app.log'), 'app 1\n');
  }
});

t.test('thousands of files and few descriptors', async (t) => {
  const count = 3_000;
  const dir = t.testdir({ logs: {} });
  const [out, config] = [path.join(dir, 'out.ndjson'), path.join(dir, 'shipper.json')];
  const log = (index: number): string => path.join(dir, 'logs', `${index}.log`);
  writeFileSync(config, JSON.stringify({ inputs: { app: { type: 'file', paths: [path.join(dir, 'logs', '*.log')] } }, outputs: { kept: { type: 'file', path: out } }, stop_delay: '100ms' }));
  for (let index = 0; index < count; index++) writeFileSync(log(index), `line ${index}\n`);
  const env = { SHIPPER_STATE_DIR: path.join(dir, 'state') };
  const shipper = start(['-c', config], { env, openFiles: 256 });
  t.teardown(() => shipper.child.kill('SIGKILL'));
  const size = (): number => (existsSync(out) ? readFileSync(out, 'latin1').split('\n').length - 1 : 0);
  await until(() => size() >= count, 'the first lines');
  for (let index = 0; index < count; index++) appendFileSync(log(index), `line ${count + index}\n`); // idle ones are opened again
  for (let index = 0; index < count; index += 100) {
    appendFileSync(log(index), `line ${2 * count + index}\n`);
    renameSync(log(index), `${log(index)}.1`);
  }
  await until(() => size() >= 2 * count + count / 100, 'the rest');
  const open = readFileSync(`/proc/${shipper.child.pid}/limits`, 'utf8');
  t.match(open, /Max open files +256 /);
  const stderr = await ended(shipper);
  const expected = [...lines(2 * count), ...Array.from({ length: count / 100 }, (_, index) => `line ${2 * count + 100 * index}`)];
  t.same(wrong(events(readFileSync(out, 'utf8')).map(({ message }) => String(message)), expected), NOTHING);
  t.notMatch(stderr, /warning/, 'nothing is out of descriptors');
});
