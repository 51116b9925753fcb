// The command line: what flags and environment mean, and the program's answer to every mistake.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { configure } from '../agent/config/from-flags.ts';
import { stateDir } from '../agent/config/state-dir.ts';
import { STDIN_TO_CONSOLE } from '../agent/config/stdin-to-console.ts';
import { CLI, ROOT, run, start, until } from './e2e/run-shipper.ts';

const CONFIG = `
inputs: {app: {type: file, paths: [/a.log]}}
outputs: {es: {type: elasticsearch, url: https://es:9200}}
state_dir: /from-config
memory: 16MiB
`;

// Flags and environment, and what the configuration has beside the defaults of `app | shipper`.
const FLAGS: [reason: string, files: string[], outputs: string[], env: Record<string, string>, expected: object][] = [
  ['nothing', [], [], {}, STDIN_TO_CONSOLE],
  ['files', ['a.log', '/b/*.log'], [], {}, { inputs: { 'command line': { type: 'file', paths: ['a.log', '/b/*.log'], start_at: 'beginning' } }, outputs: STDIN_TO_CONSOLE.outputs }],
  ['stdin among files', ['-', 'a'], [], {}, { inputs: { 'command line': { paths: ['a'] }, stdin: { type: 'stdin' } } }],
  ['console', [], ['console'], {}, { outputs: { console: { type: 'console', format: 'auto' } } }],
  ['console as JSON', [], ['console=json'], {}, { outputs: { console: { format: 'json' } } }],
  ['a file with = in its name', [], ['file=/x=y'], {}, { outputs: { file: { type: 'file', path: '/x=y' } } }],
  ['several of a type', [], ['file=a', 'file=b', 'file=c'], {}, { outputs: { file: { path: 'a' }, 'file-2': { path: 'b' }, 'file-3': { path: 'c' } } }],
  ['credentials of an address', [], ['elasticsearch=https://me:pw@es'], {}, { outputs: { elasticsearch: { url: ['https://es'], username: 'me', password: 'pw' } } }],
  ['credentials of the environment', [], ['elasticsearch=https://es'], { SHIPPER_ES_API_KEY: 'k', SHIPPER_ES_INDEX: 'logs-a-b' }, { outputs: { elasticsearch: { api_key: 'k', index: 'logs-a-b' } } }],
  ['settings of the environment', [], [], { SHIPPER_MEMORY: '64MiB', SHIPPER_LOG_LEVEL: 'debug', SHIPPER_STOP_DELAY: '' }, { memory: 67_108_864, log_level: 'debug', stop_delay: 2_000 }],
  ['what Kubernetes sets for a service of that name', [], [], { SHIPPER_SERVICE_HOST: '10.0.0.1', SHIPPER_PORT: 'tcp://10.0.0.1:80' }, STDIN_TO_CONSOLE],
];

t.test('flags', async (t) => {
  for (const [reason, files, outputs, env, expected] of FLAGS) t.match(configure({ files, outputs }, env), { ok: true, config: expected }, reason);
  const wrong: [string[], Record<string, string>, RegExp][] = [
    [['elastcsearch=http://x'], {}, /^-o elastcsearch is no output; did you mean elasticsearch\?$/],
    [['syslog=x/y'], {}, /^-o syslog is no output; there are console, file=PATH, elasticsearch=URL, cloudwatch=GROUP\[\/STREAM\], datadog, otlp=URL, kafka=BROKERS\/TOPIC$/],
    [['kafka=kafka:9092'], {}, /^-o kafka: topic .*$/],
    [['https://me:hunter2@es'], {}, /^-o is no output; there are /],
    [['elasticsearch'], {}, /^-o elasticsearch is not complete: -o elasticsearch=URL$/],
    [['elasticsearch=es:hunter2'], {}, /^-o elasticsearch: url must be an http or https address/],
    [['file='], {}, /^-o file has nothing behind the =: -o file=PATH$/],
    [['console=jsn'], {}, /^-o console: format must be auto, pretty or json; did you mean json\?$/],
    [['console', 'console'], {}, /^-o console is there twice$/],
    [['elasticsearch=http://es'], { SHIPPER_ES_API_KEY: 'hunter2', SHIPPER_ES_BEARER_TOKEN: 'hunter2' }, /^-o elasticsearch: bearer_token can't be used together with api_key$/],
    [[], { SHIPPER_MEMORY: 'lots' }, /^SHIPPER_MEMORY must be a size/],
  ];
  for (const [outputs, env, message] of wrong) t.throws(() => configure({ files: [], outputs }, env), { message, name: 'UserError' }, String(message));
});

t.test('flags beside a configuration', async (t) => {
  const config = path.join(t.testdir({ 'c.yaml': CONFIG }), 'c.yaml');
  t.match(configure({ config, files: [], outputs: [] }, {}), { config: { inputs: { app: {} }, outputs: { es: {} } }, stateDir: '/from-config' });
  const replaced = configure({ config, files: ['x'], outputs: ['console'] }, { SHIPPER_MEMORY: '32MiB' });
  t.match(replaced, { config: { memory: 33_554_432, inputs: { 'command line': {} }, outputs: { console: {} } } }, 'FILEs replace inputs, -o outputs');
  t.match(replaced, { config: { inputs: { app: undefined }, outputs: { es: undefined } } });
  t.match(configure({ config: ROOT, files: ['x'], outputs: [] }, {}), { ok: false, problems: [{ file: ROOT }] });
});

t.test('where state is kept', async (t) => {
  const env = { SHIPPER_STATE_DIR: '/env', STATE_DIRECTORY: '/systemd:/other', XDG_STATE_HOME: '/xdg' };
  t.equal(stateDir('/flag', '/option', env), '/flag');
  t.equal(stateDir(undefined, '/option', env), '/env');
  t.equal(stateDir(undefined, '/option', { ...env, SHIPPER_STATE_DIR: '' }), '/option');
  t.equal(stateDir(undefined, undefined, { ...env, SHIPPER_STATE_DIR: '' }), '/systemd');
  t.equal(stateDir(undefined, undefined, { XDG_STATE_HOME: '/xdg' }), '/xdg/shipper');
  t.match(stateDir(undefined, undefined, { XDG_STATE_HOME: 'relative' }), /\/\.local\/state\/shipper$/, 'XDG: a relative path is to be ignored');
});

// The program itself: exit code, what is on stdout, and one line on stderr.
const CALLS: [args: string[], code: number, stdout: RegExp, stderr: RegExp, env?: Record<string, string>][] = [
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  [['--help'], 0, /Usage: shipper \[run\] \[FILE…\] \[options\][^]*explain[^]*--state-dir[^]*app \| shipper/, /^$/],
  [['-h'], 0, /Usage: shipper \[run\]/, /^$/],
  [['-V'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  [['validate', '--help'], 0, /shipper validate[^]*--config/, /^$/],
  [['formats'], 0, /^json  JSON objects.*\n {2}\{.*\n {4}\w+=/m, /^$/],
  [['validate', '-c', 'config.example.yaml'], 0, /^config\.example\.yaml: ok \(2 inputs, \d outputs\)\n$/, /^$/],
  [['validate'], 0, /^config\.example\.yaml: ok/, /^$/, { SHIPPER_CONFIG: 'config.example.yaml' }],
  [['validate', '-c', 'package.json'], 78, /^$/, /^package\.json:2:3: name is not an option\n {6}"name": "shipper",\n {6}\^\n/],
  [['validate', '-c', 'nowhere.yaml'], 78, /^$/, /^nowhere\.yaml: there is no such file\n$/],
  [['-c', 'nowhere.yaml'], 78, /^$/, /^nowhere\.yaml: there is no such file\n$/],
  [['-c', 'agent'], 78, /^$/, /^agent: is a directory, not a configuration file\n$/],
  [['validate'], 64, /^$/, /^shipper: which configuration\? shipper validate -c FILE\n$/],
  [['validate', 'x'], 64, /^$/, /^shipper: x is one argument too many\n$/],
  [['--onec'], 64, /^$/, /^shipper: unknown option --onec; did you mean --once\?\n$/],
  [['run', 'a.log', '--state-dri=/x'], 64, /^$/, /^shipper: unknown option --state-dri; did you mean --state-dir\?\n$/],
  [['-x'], 64, /^$/, /^shipper: unknown option -x\n$/],
  [['-o'], 64, /^$/, /^shipper: -o needs a value\n$/],
  [['explian', 'a.log'], 64, /^$/, /^shipper: explian is neither a command nor a file; did you mean explain\?\n$/],
  [['--once', 'a\n\u001b[2Jb'], 66, /^$/, /^shipper: \S*a \[2Jb: no such file\n$/],
  [['nowhere.log'], 66, /^$/, /^shipper: \S*nowhere\.log: no such file\n$/, { SHIPPER_ONCE: 'true' }],
  [['--', '--once'], 66, /^$/, /^shipper: \S*--once: no such file\n$/, { SHIPPER_ONCE: '1' }],
  [['-o', 'elastcsearch=http://x'], 64, /^$/, /^shipper: -o elastcsearch is no output; did you mean elasticsearch\?\n$/],
  [[], 64, /^$/, /^shipper: -o datadgo is no output; did you mean datadog\?\n$/, { SHIPPER_OUTPUT: 'console datadgo' }],
  [[], 78, /^$/, /^shipper: SHIPPER_MEMORY must be a size .*\n$/, { SHIPPER_MEMORY: 'lots' }],
];

t.test('the program: exit codes, and one line for a mistake', async (t) => {
  await Promise.all([0, 1].map(async (half) => {
    for (const [args, code, stdout, stderr, env] of CALLS.filter((_, i) => i % 2 === half)) {
      const ended = await run(args, env === undefined ? {} : { env });
      t.match(ended, { code, signal: null, stdout, stderr }, `shipper ${args.join(' ')}`);
    }
  }));
});

t.test('validate says which setting has no effect', async (t) => {
  const file = path.join(t.testdir({ 'c.yaml': 'lanes: 2\noutputs: { screen: { type: console } }\n' }), 'c.yaml');
  const ended = await run(['validate', '-c', file]);
  t.match(ended, { code: 0, stdout: /: ok/, stderr: /^shipper: warning: lanes: 2 is not used: what output screen writes is one stream, and has one lane\n$/ });
});

t.test('stdin beside files, and a dash behind --', async (t) => {
  const file = path.join(t.testdir({ 'a.log': 'INFO from the file\n' }), 'a.log');
  const both = await run(['--once', file, '-'], { stdin: 'INFO from stdin\n' });
  t.match(both, { code: 0, stdout: /from the file/ });
  t.match(both.stdout, /from stdin/);
  t.match(await run(['exec', '--', 'echo', '-'], {}), { code: 0, stdout: /"message":"-"/ }, 'arguments of the program stay');
});

// What the build may look like, and what `app | shipper` still does, which is the same.
const BUILDS: [reason: string, change: (bundles: string) => void][] = [
  ['as it is', () => undefined],
  ['what reads command lines and configurations is not needed', (bundles) => rmSync(path.join(bundles, 'command-line.js'))],
  ['without what V8 has made of it', (bundles) => rmSync(path.join(bundles, 'agent.cache'))],
  ['with what V8 has made of another bundle', (bundles) => copyFileSync(path.join(bundles, 'command-line.cache'), path.join(bundles, 'agent.cache'))],
  ['with what another V8 has made of it', (bundles) => spoil(path.join(bundles, 'agent.cache'), 16)], // its magic number, behind our stamp
];

t.test('the plain pipe, from builds that have more or less', async (t) => {
  for (const [reason, change] of BUILDS) {
    const folder = t.testdir();
    cpSync(path.join(ROOT, 'dist'), folder, { recursive: true });
    change(path.join(folder, 'bundles'));
    const { status, stdout } = spawnSync(process.execPath, [path.join(folder, 'agent', 'cli.js')], { encoding: 'utf8', env: {}, input: 'level=info msg=hello\n' });
    t.match({ status, stdout }, { status: 0, stdout: /^\{.*"message":"hello".*\}\n$/ }, reason);
  }
});

t.test('V8 takes what was kept of the bundles', (t) => {
  const bundles = path.join(ROOT, 'dist', 'bundles');
  const rejected = (name: string): string => spawnSync(process.execPath, ['-p', `require('${bundles}/load.js').load('${bundles}', '${name}', require).script.cachedDataRejected`], { encoding: 'utf8', env: {} }).stdout;
  for (const name of ['agent', 'command-line']) t.equal(rejected(name), 'false\n', name);
  t.end();
});

t.test('a file of certificates is not read for the configuration, which may name it all the same', async (t) => {
  const folder = t.testdir({ 'ca.pem': 'a line\n', 'shipper.yaml': "inputs: {file: {type: file, paths: ['${NODE_EXTRA_CA_CERTS}']}}\n" });
  const { code, stdout } = await run(['-c', path.join(folder, 'shipper.yaml'), '--once'], { env: { NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem') } });
  t.match({ code, stdout }, { code: 0, stdout: '{"message":"a line"}\n' });
});

function spoil(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0, at, at + 4);
  writeFileSync(file, bytes);
}

t.test('stdout is a device that takes nothing more: no closed reader, so it is not well', async (t) => {
  const command = `echo INFO x | ${process.execPath} ${CLI} > /dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { PATH: process.env['PATH'], SHIPPER_DRAIN_TIMEOUT: '100ms' } });
  t.equal(status, 69);
  t.match(stderr, /console: 1 records were not delivered in time\..* The reason: can't write to stdout: ENOSPC/);
});

t.test('a pattern that no file matches: it says what it waits for', async (t) => {
  const pattern = path.join(t.testdir(), '*.log');
  const waiting = start([pattern]);
  await until(() => waiting.stderr().endsWith('\n'), 'its message');
  waiting.child.kill('SIGTERM');
  t.equal((await waiting.ended).stderr, `shipper: warning: no file matches ${pattern}: waiting for one\n`);
});
