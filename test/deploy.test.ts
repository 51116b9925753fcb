import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { parseAllDocuments } from 'yaml';
import { parseConfig } from '../agent/config/load.ts';
import { Arena } from '../agent/arena.ts';
import { Handling } from '../agent/handling.ts';
import { Reading } from '../agent/reading/reading.ts';
import { ObservedTime } from '../agent/observed-time.ts';
import { createOutput } from '../outputs/index.ts';
import { podOf } from '../parsers/envelopes/pod.ts';
import { ROOT, start, until } from './e2e/run-shipper.ts';
import { BulkServer } from './helpers/bulk-server.ts';

const DEPLOY = path.join(ROOT, 'deploy');
const ENV = { POD_NAME: 'app-1', POD_NAMESPACE: 'shop', NODE_NAME: 'node-1', ES_API_KEY: 'secret' };

for (const name of ['sidecar.yaml', 'daemonset.yaml']) {
  t.test(name, (t) => {
    const text = readFileSync(path.join(DEPLOY, name), 'utf8');
    const loaded = parseConfig(name, configOf(text), ENV);
    t.match(loaded, { ok: true, config: { listen: '0.0.0.0:9598' } }, 'its configuration is right, and the kubelet can ask');
    t.match(text, /allowPrivilegeEscalation: false/);
    t.match(text, /readOnlyRootFilesystem: true/);
    t.match(text, /automountServiceAccountToken: false/, 'it needs nothing of the API server');
    check(t, 'kubernetes-validate', ['--strict', '-k', '1.34.0', path.join(DEPLOY, name)]);
    t.end();
  });
}

t.test('shipper.service', (t) => {
  t.notMatch(readFileSync(path.join(DEPLOY, 'shipper.service'), 'utf8'), /^MemoryDenyWriteExecute=yes/m, 'V8 compiles while it runs');
  check(t, 'systemd-analyze', ['verify', path.join(DEPLOY, 'shipper.service')]);
  t.end();
});

t.test('whose log a file is', (t) => {
  const names = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'api-7d9f8-x2x', 'k8s.container.name': 'app' };
  const pods = { ...names, 'k8s.pod.uid': 'b7c1-9', 'k8s.container.restart_count': 0 };
  const rows: [path: string, pod: unknown, why: string][] = [
    ['/var/log/pods/shop_api-7d9f8-x2x_b7c1-9/app/0.log', pods, 'as the kubelet lays it out'],
    ['/host/var/log/pods/shop_api-7d9f8-x2x_b7c1-9/app/12.log', { ...pods, 'k8s.container.restart_count': 12 }, 'mounted elsewhere; after a restart'],
    ['/var/log/pods/shop_api-7d9f8-x2x_b7c1-9/app/0.log.20261123-030934', pods, 'rotated while shipper was down'],
    ['/var/log/containers/api-7d9f8-x2x_shop_app-0123456789abcdef.log', names, 'the link of old'],
    ['/var/log/pods/shop_api_b7c1-9/0.log', undefined, 'no container'],
    ['/var/log/pods/shop_api/app/0.log', undefined, 'no uid'],
    ['/var/log/app/0.log', undefined, 'no pod'],
    ['/srv/mypods/shop_api_b7c1-9/app/0.log', undefined, 'a folder of another name'],
    ['stdin', undefined, 'no file'],
  ];
  for (const [path, pod, why] of rows) t.same(podOf(path), pod, why);
  t.end();
});

t.test('daemonset.yaml: names of the path arrive, each with its own records', async (t) => {
  const root = t.testdir();
  const log = (pod: string, container: string, run: number): string => {
    const folder = path.join(root, 'pods', `shop_${pod}_uid-${pod}`, container);
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `${run}.log`);
  };
  const lines = (text: string): string => Array.from({ length: 20_000 }, (_, at) => `2026-11-25T12:00:00.123456789Z stdout F INFO ${text} ${at}\n`).join('');
  writeFileSync(log('api-1', 'app', 0), lines('api-1/app'));
  writeFileSync(log('api-2', 'app', 3), lines('api-2/app'));
  writeFileSync(log('api-1', 'proxy', 0), `2026-11-25T12:00:00.1Z stdout F {"level":"info","msg":"api-1/proxy 0","service":"edge","k8s.pod.name":"mine"}\n`);
  const runtime = path.join(root, 'docker.log'); // Docker's own file, which the kubelet links to
  writeFileSync(runtime, '{"log":"INFO job-1/run 0\\n","stream":"stderr","time":"2026-11-25T12:00:00.1Z"}\n');
  symlinkSync(runtime, log('job-1', 'run', 0));
  const documents = await shipped(t, 'daemonset.yaml', (config) => config.replaceAll('/var/log/', `${root}/`), 40_002);
  const seen = new Set(documents.map((document) => {
    const { pod, container, restarts, service, host, node } = namesIn(document);
    return [String(document['message']).replace(/ \d+$/, ''), pod, container, restarts, service, host, node].join(' ');
  }));
  t.same([...seen].sort(), [
    'api-1/app api-1 app 0 app node-1 node-1',
    'api-1/proxy mine proxy 0 edge node-1 node-1', // what a record says itself stands
    'api-2/app api-2 app 3 app node-1 node-1',
    'job-1/run job-1 run 0 run node-1 node-1',
  ]);
  t.ok(documents.every((document) => document['k8s.namespace.name'] === 'shop'));
});

t.test('sidecar.yaml: names of the Downward API arrive', async (t) => {
  const root = t.testdir({ 'app.log': 'INFO hello\n' });
  const [document = {}] = await shipped(t, 'sidecar.yaml', (config) => config.replaceAll('/var/log/app/', `${root}/`), 1);
  t.match(document, { message: 'hello', 'k8s.pod.name': 'app-1', 'k8s.namespace.name': 'shop', 'k8s.node.name': 'node-1', 'k8s.container.name': 'app' });
});

t.test('however many pods come and go: what is kept of them does not grow', async (t) => {
  const loaded = parseConfig('x', 'inputs: {a: {type: file, paths: /x}}\noutputs: {s: {type: elasticsearch, url: "http://es:9200"}}', {});
  if (!loaded.ok) throw new Error('the configuration is wrong');
  const { config } = loaded;
  const arena = new Arena({ input: 64, scratch: 64, constants: 65_536 }, 16_384);
  const handling = new Handling(config, new Reading(config), arena, new ObservedTime(arena), await Promise.all(Object.entries(config.outputs).map(([name, output]) => createOutput(name, output))), {});
  const of = (pod: number, container: string) => handling.of({ input: 'a', name: `/var/log/pods/ns_job-${pod}_uid-${pod}/${container}/0.log` });
  const first = of(0, 'run');
  for (let pod = 1; pod < 20_000; pod++) of(pod, 'run'); // the arena throws when it is full
  for (let pod = 0; pod < 5_000; pod++) of(pod, `container-${pod}`);
  const last = of(20_000, 'run');
  t.equal(last.defaults[0]?.fields, first.defaults[0]?.fields, 'documents are prepared once for each service');
  t.same(last.defaults[0]?.members.map(({ key }) => key), first.defaults[0]?.members.map(({ key }) => key));
});

/** What a configuration of deploy/ sends, adapted to this machine. */
async function shipped(t: Test, name: string, adapt: (config: string) => string, count: number): Promise<Record<string, unknown>[]> {
  const server = new BulkServer((request, self) => self.store(request));
  t.teardown(() => server.close());
  const url = await server.listen();
  const config = adapt(configOf(readFileSync(path.join(DEPLOY, name), 'utf8'))).replace('https://elasticsearch.example:9200', url).replace('0.0.0.0:9598', '127.0.0.1:0');
  const file = path.join(t.testdirName, 'shipper.yaml');
  writeFileSync(file, config);
  const { child, ended } = start(['-c', file], { env: ENV });
  await until(() => server.stored.size >= count, 'all records');
  child.kill('SIGTERM');
  t.equal((await ended).code, 0);
  return server.requests.flatMap(({ documents }) => documents);
}

function namesIn(document: Record<string, unknown>): Record<string, unknown> {
  const { service, host } = document as { service?: { name: unknown }; host?: { name: unknown } };
  return { pod: document['k8s.pod.name'], container: document['k8s.container.name'], restarts: document['k8s.container.restart_count'], node: document['k8s.node.name'], service: service?.name, host: host?.name };
}

function configOf(manifest: string): string {
  const documents = parseAllDocuments(manifest).map((document) => document.toJS() as { kind: string; data?: Record<string, string> });
  return documents.find(({ kind }) => kind === 'ConfigMap')?.data?.['shipper.yaml'] ?? '';
}

/** Runs a checker that may not be there. */
function check(t: Test, program: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error === undefined) t.equal(status, 0, `${program} ${args.slice(0, -1).join(' ')}: ${stdout}${stderr}`);
  else t.pass('skipped', { skip: `${program} is not installed` });
}
