// The image and deploy/sidecar.yaml for real: built by the Dockerfile, run by podman. `npm run test:deploy`
import t, { type Test } from 'tap';
import { until } from '../e2e/run-shipper.ts';
import { BulkServer } from '../helpers/bulk-server.ts';
import { freePort, inTemporaryFolder } from '../backends/tools.ts';
import { numbersOf } from './lines.ts';
import { Pod, Podman, podmanProblem } from './pod.ts';

t.setTimeout(0); // the runner has a limit

/** Writes lines until SIGTERM, then for another second, and tells how many there were. */
const APP = `n=0; line() { echo "INFO line $n" >> /var/log/app/app.log; n=$((n + 1)); }
end() { for i in 1 2 3 4 5 6 7 8 9 10; do line; sleep 0.1; done; echo "total $n"; exit 0; }
trap end TERM
while true; do line; sleep 0.01; done`;

const problem = podmanProblem();
if (problem === undefined) await t.test('the image', (t) => inTemporaryFolder((folder) => theImage(t, folder)));
else t.pass('skipped', { skip: `the image was not built and no pod was run: ${problem}` });

async function theImage(t: Test, folder: string): Promise<void> {
  const podman = new Podman(folder);
  const image = await podman.build();
  await readsAndWraps(t, podman, image);
  const rows: [what: string, end: (t: Test, scene: Scene) => Promise<void>][] = [
        ['a native sidecar ends after the application', nativeEnd],
    ['an ordinary sidecar gets SIGTERM at the same time', ordinaryEnd],
        ['the destination is down at the end', deadEnd],
  ];
  for (const [index, [what, end]] of rows.entries()) await t.test(what, (t) => inPod(t, podman, folder, `shipper-test-${process.pid}-${index}`, end));
}

/** Nothing can be written, nobody may do anything, and tini is PID 1. */
async function readsAndWraps(t: Test, podman: Podman, image: string): Promise<void> {
  t.match(await podman.readOnly(image, '--version'), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
  const wrapped = await podman.readOnly(image, 'exec', '--', 'sh', '-c', 'echo "uid=$(id -u) parent=$(cat /proc/1/comm)"; echo opened > /dev/stdout; exit 7');
  t.match(wrapped, { status: 7, stdout: /"uid":"10001","parent":"tini"[^]*"opened"/ }, 'exec without a place to write: pipes are made all the same');
}

interface Scene {
  readonly pod: Pod;
  readonly server: BulkServer;
  readonly get: (path: string) => Promise<number>;
}

/** Starts the pod as the kubelet does, looks at it, and lets it end. */
async function inPod(t: Test, podman: Podman, folder: string, name: string, end: (t: Test, scene: Scene) => Promise<void>): Promise<void> {
  const server = new BulkServer((request, self) => self.store(request));
  t.teardown(() => server.close());
  const url = await server.listen();
  const port = await freePort();
  const get = (path: string): Promise<number> => fetch(`http://127.0.0.1:${port}${path}`).then(({ status }) => status, () => 0);
  const pod = await Pod.create(podman, { folder, name, url, port, app: APP });
  try {
    await pod.start('shipper');
    for (let status = 0; status !== 200; status = await get('/livez')) await podman.run('version'); // startupProbe: the application waits for it
    await pod.start('app');
    await until(() => server.stored.size >= 200, 'lines of the application');
    await looksRight(t, pod, server, get, name);
    await end(t, { pod, server, get });
  } catch (error) {
    t.comment((await podman.run('logs', pod.container('shipper'))).stdout);
    throw error;
  } finally {
    await pod.remove();
  }
}

async function looksRight(t: Test, pod: Pod, server: BulkServer, get: Scene['get'], name: string): Promise<void> {
  t.same([await get('/livez'), await get('/readyz'), await get('/metrics')], [200, 200, 200], 'probes and metrics answer');
  const seen = await pod.must('exec', pod.container('shipper'), 'sh', '-c', 'id -u; cat /proc/1/comm; grep CapBnd /proc/1/status; touch /x /app/x /etc/shipper/x /var/log/app/x 2>&1; true');
  t.match(seen, /^10001\ntini\nCapBnd:\t0+\n/, 'user 10001, no capabilities, behind tini');
  t.match(seen, /(Read-only file system[^]*){4}/, 'nothing but its state can be written');
  t.match(server.requests[0]?.documents[0], { 'k8s.pod.name': name, 'k8s.namespace.name': 'metadata.namespace', 'k8s.container.name': 'app' }, 'names of the Downward API arrive');
  t.match(server.requests[0]?.headers, { authorization: 'ApiKey key' }, 'the secret too');
}

async function nativeEnd(t: Test, scene: Scene): Promise<void> {
  await scene.pod.stop('app', 30);
  await scene.pod.stop('shipper', 15);
  t.equal(await scene.pod.code('shipper'), 0);
  await allThere(t, scene);
}

async function ordinaryEnd(t: Test, scene: Scene): Promise<void> {
  await scene.pod.must('kill', '-s', 'TERM', scene.pod.container('shipper'), scene.pod.container('app'));
  t.equal(await scene.pod.code('shipper'), 0, 'it reads on as long as the application writes');
  await allThere(t, scene);
}

async function deadEnd(t: Test, scene: Scene): Promise<void> {
  const { pod, server } = scene;
  const { port } = server;
  await server.close();
  await pod.stop('app', 30);
  await pod.stop('shipper', 15);
  t.equal(await pod.code('shipper'), 69, 'within its time, and it says so');
  await server.listen(port);
  await pod.start('shipper');
  const count = await total(pod);
  await until(() => server.stored.size >= count, 'the rest, after a restart of the container');
  await allThere(t, scene);
}

async function allThere(t: Test, { pod, server }: Scene): Promise<void> {
  const count = await total(pod);
  t.ok(count > 200);
  t.same(numbersOf(server), Array.from({ length: count }, (_, at) => at), 'every line, also those that were written while it stopped, once');
}

/** How many lines the application has written. */
async function total(pod: Pod): Promise<number> {
  return Number(/total (\d+)/.exec(await pod.must('logs', pod.container('app')))?.[1]);
}
