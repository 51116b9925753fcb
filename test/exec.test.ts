// shipper exec: a real program, its output, its signals, its exit code.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { CLI, events, run, start, until, type Running } from './e2e/run-shipper.ts';
import { downServer, linesOf } from './helpers/buffer-rig.ts';

t.setTimeout(400_000); // the runner has a limit of its own

function folder(t: Test): string {
  const made = mkdtempSync(path.join(tmpdir(), 'shipper-exec-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const sh = (script: string): string[] => ['--', 'sh', '-c', script];
const node = (script: string): string[] => ['--', process.execPath, '-e', script];

/** Messages of one stream, in their order. */
function messages(stdout: string, stream: string): unknown[] {
  return events(stdout).filter((event) => event['log_stream'] === stream).map((event) => event['message']);
}

const ENDS: [reason: string, command: string[], code: number, out: unknown[], err: unknown[]][] = [
  ['nothing is written', sh('exit 0'), 0, [], []],
  ['its exit code', sh('echo a; echo b >&2; exit 7'), 7, ['a'], ['b']],
  ['killed by itself', sh('echo last words; kill -9 $$'), 137, ['last words'], []],
  ['ended by SIGTERM', sh('kill -TERM $$'), 143, [], []],
  ['a line without an end', sh('printf "no end"'), 0, ['no end'], []],
  ['arguments as they are, no shell between', ['--', 'printf', '%s\n', '$HOME; "x" *', '--once'], 0, ['$HOME; "x" *', '--once'], []],
  ['process.exit right after a line', node('console.log("bye"); process.exit(1)'), 1, ['bye'], []],
  ['process.exit right after as many lines as a pipe holds', node('for (let i = 0; i < 5000; i++) console.log("line " + i); process.exit(3)'), 3, Array.from({ length: 5_000 }, (_, i) => `line ${i}`), []],
  ['a burst, then its end', node('for (let i = 0; i < 100000; i++) console.log("line " + i)'), 0, Array.from({ length: 100_000 }, (_, i) => `line ${i}`), []],
  ['/dev/stdout and /dev/stderr can be opened, as nginx does', sh('echo out > /dev/stdout; echo err > /dev/stderr'), 0, ['out'], ['err']],
  ['its stdin is that of shipper', ['--', 'cat'], 0, ['from stdin'], []],
];

t.test('how a program ends', async (t) => {
  for (const [reason, command, code, out, err] of ENDS) {
    const ended = await run(['exec', ...command], { stdin: 'from stdin\n' });
    t.equal(ended.code, code, `${reason}: ${ended.stderr}`);
    t.same([messages(ended.stdout, 'stdout'), messages(ended.stdout, 'stderr')], [out, err], reason);
  }
});

t.test('a burst of a million lines, then its end', async (t) => {
  const out = path.join(folder(t), 'out.ndjson');
  const count = 1_000_000;
  const script = `for (let i = 0; i < ${count}; i += 1000) process.stdout.write(Array.from({ length: 1000 }, (_, n) => 'line ' + (i + n) + '\\n').join('')); process.exitCode = 3`;
  const { code, stderr } = await run(['exec', '-o', `file=${out}`, ...node(script)]);
  t.equal(code, 3, stderr);
  const written = readFileSync(out, 'latin1');
  let [found, at] = [0, 0];
  for (; found < count; found++) {
    const next = written.indexOf(`"message":"line ${found}"`, at);
    if (next < 0) break;
    at = next;
  }
  t.equal(found, count, 'each is there, in their order');
  t.equal(written.split('\n').length - 1, count, 'once');
});

t.test('a crash: the trace is one event', async (t) => {
  const { code, stdout } = await run(['exec', ...node('console.log("up"); setTimeout(() => { throw new TypeError("boom") }, 1)')]);
  t.equal(code, 1);
  t.same(messages(stdout, 'stdout'), ['up']);
  const text = JSON.stringify(events(stdout).filter((event) => event['log_stream'] === 'stderr'));
  t.match(text, /TypeError: boom[^]*at Timeout/);
});

t.test('what can not be run', async (t) => {
  const rows: [string[], number, RegExp][] = [
    [['exec', '--', 'no-such-program'], 127, /^shipper: no-such-program: command not found\n$/],
    [['exec', '--', path.join(folder(t), 'nowhere')], 127, /nowhere: command not found\n$/],
    [['exec', '--', '/etc/passwd'], 126, /^shipper: \/etc\/passwd can't be run: it is not executable\n$/],
    [['exec'], 64, /^shipper: which program\? shipper exec \[options\] -- COMMAND\n$/],
    [['exec', '--tee', '--', 'true'], 64, /^shipper: --tee passes the output/],
  ];
  for (const [args, code, stderr] of rows) t.match(await run(args), { code, stderr, stdout: '' }, args.join(' '));
});

t.test('--tee: byte for byte', async (t) => {
  const file = path.join(folder(t), 'events');
  const script = 'process.stdout.write(Buffer.from([0x61, 0, 0xff, 0x0d, 0x0a, 0x62])); process.stderr.write("err, no end")';
  const { child, ended } = start(['exec', '--tee', '-o', `file=${file}`, ...node(script)]);
  const raw: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => raw.push(piece));
  const { code, stderr } = await ended;
  t.equal(code, 0);
  t.same([...Buffer.concat(raw)], [0x61, 0, 0xff, 0x0d, 0x0a, 0x62]);
  t.match(stderr, /err, no end/);
  t.same(messages(readFileSync(file, 'utf8'), 'stderr'), ['err, no end']);
});

/** Signals the shipper itself, once its program says that it is ready. */
async function signalled(running: Running, signal: NodeJS.Signals): Promise<void> {
  await until(() => running.stdout().includes('ready'), 'the program');
  running.child.kill(signal);
}

t.test('signals go to the program, and to what it has started', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
    const running = start(['exec', ...node(`process.on('${signal}', () => { console.log('got ${signal}'); process.exit(9) }); setInterval(() => {}, 1e6); console.log('ready')`)]);
    await signalled(running, signal);
    const { code, stdout } = await running.ended;
    t.equal(code, 9, signal);
    t.same(messages(stdout, 'stdout'), ['ready', `got ${signal}`]);
  }
  const group = start(['exec', ...sh(`${process.execPath} -e 'process.on("SIGTERM", () => { console.log("grandchild too"); process.exit() }); setInterval(() => {}, 1e6); console.log("ready")'`)]);
  await signalled(group, 'SIGTERM');
  t.same(messages((await group.ended).stdout, 'stdout').slice(0, 2), ['ready', 'grandchild too']);
  const unhandled = start(['exec', ...node('setInterval(() => {}, 1e6); console.log("ready")')]);
  await signalled(unhandled, 'SIGTERM');
  t.equal((await unhandled.ended).code, 143);
});

t.test('a program that ignores SIGTERM is not left alone', async (t) => {
  const running = start(['exec', ...node(`process.on('SIGTERM', () => console.log('no')); process.on('SIGUSR2', () => process.exit(4)); setInterval(() => {}, 1e6); console.log('ready')`)], { env: { SHIPPER_SHUTDOWN_TIMEOUT: '10ms', SHIPPER_STOP_DELAY: '10ms' } });
  await signalled(running, 'SIGTERM');
  await until(() => running.stdout().includes('"no"'), 'its answer, which is still read');
  running.child.kill('SIGUSR2');
  t.equal((await running.ended).code, 4);
});

t.test('kill -9 of the program: its last lines arrive', async (t) => {
  const running = start(['exec', ...node('console.log("ready " + process.pid); setInterval(() => {}, 1e6)')]);
  const pid = await until(() => Number(/ready (\d+)/.exec(running.stdout())?.[1]) || undefined, 'the program');
  process.kill(pid, 'SIGKILL');
  t.match(await running.ended, { code: 137, stdout: /ready/ });
});

t.test('a process that outlives the program and holds its output is waited for until it is quiet', async (t) => {
  const running = start(['exec', ...sh(`${process.execPath} -e 'console.log("grandchild " + process.pid); setInterval(() => {}, 1e6)' & exit 5`)], { env: { SHIPPER_STOP_DELAY: '1s' } });
  const { code, stdout, stderr } = await running.ended;
  const pid = Number(/grandchild (\d+)/.exec(stdout)?.[1]);
  if (pid > 0) process.kill(pid, 'SIGKILL');
  t.equal(code, 5);
  t.match(stderr, /sh has ended, but another process still holds its output/);
});

t.test('a dead destination does not hold the program up, and the next run delivers what it wrote', async (t) => {
  const { url, up } = await downServer(t);
  const env = { SHIPPER_STATE_DIR: folder(t) };
  const done = path.join(folder(t), 'done');
  const script = `const fs = require('node:fs'); for (let i = 0; i < 300000; i++) fs.writeSync(i % 2 + 1, 'INFO line ' + i + '\\n'); fs.writeFileSync('${done}', 'x'); process.exit(6)`;
  const ended = await run(['exec', '-o', `elasticsearch=${url}`, ...node(script)], { env: { ...env, SHIPPER_DRAIN_TIMEOUT: '50ms' } });
  t.equal(readFileSync(done, 'utf8'), 'x');
  t.match(ended, { code: 6, stdout: '', stderr: /300000 records were not delivered in time\. They are kept in/ });
  const server = await up();
  t.equal((await run(['exec', '-o', `elasticsearch=${url}`, '--', 'true'], { env })).code, 0);
  t.same(linesOf(server).sort((a, b) => a - b), Array.from({ length: 300_000 }, (_, i) => i));
});

t.test('SIGTERM while everything is full: what the program had written is kept, to the last line', async (t) => {
  const { url } = await downServer(t);
  const dir = folder(t);
  const config = path.join(dir, 'shipper.yaml');
  writeFileSync(config, `outputs: {search: {type: elasticsearch, url: '${url}', batch: {bytes: 256KiB, age: 10ms}, buffer: {max_bytes: 1MiB}}}\nmemory: 8MiB\nstop_delay: 10ms\nshutdown_timeout: 10s\n`);
  const [written, env] = [path.join(dir, 'written'), { SHIPPER_STATE_DIR: path.join(dir, 'state') }];
  writeFileSync(written, '0');
  const script = `const fs = require('node:fs'); const file = fs.openSync('${written}', 'r+'); for (let i = 1; ; i++) { fs.writeSync(1, 'INFO line ' + i + ' ' + 'x'.repeat(80) + '\\n'); fs.writeSync(file, String(i), 0); }`;
  const running = start(['exec', '-c', config, ...node(script)], { env });
  const count = (): number => Number(readFileSync(written, 'utf8'));
  await until(() => /disk buffer is full/.test(running.stderr()), 'a full buffer');
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 200)); // a program that is held up writes nothing, however long one looks
  }
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  t.equal(code, 143);
  const kept = Number(/(\d+) records were not delivered in time\. They are kept in/.exec(stderr)?.[1]);
  t.ok(kept === count() || kept === count() + 1, `${kept} kept of ${count()}`);
});

t.test('a configuration: its outputs, and the options of its stdin', async (t) => {
  const config = path.join(folder(t), 'shipper.yaml');
  writeFileSync(config, 'inputs: {app: {type: stdin, format: logfmt, fields: {service: shop}}}\n');
  const { stdout, code } = await run(['exec', '-c', config, ...sh('echo level=warn msg=x')]);
  t.equal(code, 0);
  t.same(events(stdout), [{ level: 'warn', service: 'shop', message: 'x', log_stream: 'stdout' }]);
});

t.test('a program that writes after the reader of stdout has gone is not killed by shipper', async (t) => {
  const running = start(['exec', ...node(`process.stdout.on('error', () => process.exit(8)); setInterval(() => console.log('tick'), 1)`)]);
  await until(() => running.stdout().includes('tick'), 'a line');
  running.child.stdout.destroy();
  t.equal((await running.ended).code, 8, 'it learns of it, as without shipper');
});

const TINI = namespaceProblem();

/** A PID namespace with tini as PID 1, as in the image. */
function namespaceProblem(): string | undefined {
  if (spawnSync('tini', ['--version'], { stdio: 'ignore' }).error !== undefined) return 'tini is not installed';
  const { status, error } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? undefined : 'no PID namespace may be made here';
}

t.test('behind tini, which is PID 1', TINI === undefined ? {} : { skip: TINI }, async (t) => {
  const rows: [reason: string, script: string, signal: NodeJS.Signals | undefined, code: number, lines: RegExp][] = [
    ['tini is PID 1, and gives the exit code', 'echo "init $(cat /proc/1/comm)"; exit 7', undefined, 7, /"init tini"|"init":"tini"/],
    ['killed by itself', 'kill -9 $$', undefined, 137, /^$/],
    ['a signal to PID 1 is the program\'s', 'trap "echo bye; exit 9" TERM; echo ready; while :; do sleep 0.05; done', 'SIGTERM', 9, /"ready"[^]*"bye"/],
    ['who ignores nothing is ended by it', 'echo ready; exec sleep 1000', 'SIGTERM', 143, /"ready"/],
    // A process whose parent ends is PID 1's, and it is there as a zombie until PID 1 waits for it.
    ['no zombies are left', '(sh -c "exit 0" & sh -c "exit 0" &); (sh -c "sleep 0.2" &); sleep 0.5; echo "zombies $(grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l)"', undefined, 0, /zombies 0/],
  ];
  for (const [reason, script, signal, code, lines] of rows) {
    const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'tini', '--', process.execPath, CLI, 'exec', ...sh(script)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    if (signal !== undefined) {
      await until(() => stdout.includes('ready'), 'the program');
      process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ')[0]), signal); // tini, seen from outside
    }
    t.equal(await ended, code, reason);
    t.match(stdout, lines, reason);
  }
});
