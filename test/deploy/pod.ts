import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../e2e/run-shipper.ts';
import type { Done } from './machine.ts';

const IMAGE = 'localhost/shipper-deploy-test';
const BASES = ['docker.io/library/node:24-slim', 'docker.io/library/debian:bookworm-slim'];
/** What an application is made of here; the image's own base has a shell. */
const APP_IMAGE = 'docker.io/library/debian:bookworm-slim';

interface Container { name: string; image: string; imagePullPolicy?: string; command?: string[]; env?: { name: string; value?: string; valueFrom?: unknown }[]; [key: string]: unknown }
interface Manifest { kind: string; metadata: { name: string; namespace?: string }; data: Record<string, string>; spec: { initContainers: Container[]; containers: Container[]; volumes: unknown[]; hostNetwork?: boolean; restartPolicy?: string } }

export interface PodOptions {
  readonly folder: string;
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** What the application's shell runs. */
  readonly app: string;
}

export function podmanProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root builds images and runs pods here';
  for (const program of ['podman', 'buildah', 'runc', 'catatonit']) if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined) return `${program} is not installed`;
  return undefined;
}

/** Podman, with limits that a container in a container may set. */
export class Podman {
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string) {
    const config = path.join(folder, 'containers.conf');
    writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]\n[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\n');
    this.#env = { ...process.env, CONTAINERS_CONF: config };
  }

  run(...args: readonly string[]): Promise<Done> {
    return this.#execute('podman', args);
  }

  /** Builds the project's Dockerfile as it stands. Gives the image's name, or throws with what was said. */
  async build(): Promise<string> {
    const here = await Promise.all(BASES.map((base) => this.run('image', 'exists', base)));
    const pull = here.every(({ status }) => status === 0) ? ['--pull-never'] : [];
    const { status, stdout } = await this.#execute('buildah', ['bud', '--isolation=chroot', '--layers', ...pull, '-t', IMAGE, ROOT]);
    if (status !== 0) throw new Error(`the image can't be built: ${stdout.slice(-2_000)}`);
    return IMAGE;
  }

  /** Starts a command of the image, with nothing it may write to. */
  readOnly(...args: readonly string[]): Promise<Done> {
    return this.run('run', '--rm', '--pull=never', '--read-only', '--read-only-tmpfs=false', '--network=none', '--cap-drop=ALL', '--security-opt=no-new-privileges', ...args);
  }

  #execute(program: string, args: readonly string[]): Promise<Done> {
    return new Promise((resolve) => {
      execFile(program, args, { env: this.#env, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout: stdout + stderr }));
    });
  }
}

/**
 * deploy/sidecar.yaml as a pod of podman. Podman 4 knows neither native sidecars nor a node's name, so the sidecar
 * stands among the containers, which are started and stopped in the order in which the kubelet does it; the network is
 * this machine's, and the image and the destination are those of the test. All else is as it stands.
 */
export class Pod {
  readonly #podman: Podman;
  readonly #name: string;

  private constructor(podman: Podman, name: string) {
    this.#podman = podman;
    this.#name = name;
  }

  /** Makes it; nothing is started. */
  static async create(podman: Podman, options: PodOptions): Promise<Pod> {
    const { folder, name } = options;
    const manifest = path.join(folder, `${name}.yaml`);
    writeFileSync(manifest, adapted(options));
    const secret = path.join(folder, 'secret.json'); // podman 4.3 keeps a Secret as JSON, and can't read back what it makes of YAML
    writeFileSync(secret, JSON.stringify({ ES_API_KEY: Buffer.from('key').toString('base64') }));
    const pod = new Pod(podman, name);
    try {
      await pod.must('secret', 'create', name, secret);
      await pod.must('kube', 'play', '--start=false', manifest);
      return pod;
    } catch (error) {
      await pod.remove();
      throw error;
    }
  }

  container(name: string): string {
    return `${this.#name}-${name}`;
  }

  start(name: string): Promise<string> {
    return this.must('start', this.container(name));
  }

  /** SIGTERM, and SIGKILL after a while. */
  stop(name: string, seconds: number): Promise<string> {
    return this.must('stop', '-t', String(seconds), this.container(name));
  }

  /** Waits for the end of a container. Gives its exit code. */
  async code(name: string): Promise<number> {
    return Number((await this.must('wait', this.container(name))).trim());
  }

  async must(...args: readonly string[]): Promise<string> {
    const { status, stdout } = await this.#podman.run(...args);
    if (status !== 0) throw new Error(`podman ${args.join(' ')}: ${stdout}`);
    return stdout;
  }

  async remove(): Promise<void> {
    await this.#podman.run('pod', 'rm', '-f', '-t', '0', this.#name);
    await this.#podman.run('secret', 'rm', this.#name);
  }
}

function adapted({ name, url, port, app }: PodOptions): string {
  const documents = parseAllDocuments(readFileSync(path.join(ROOT, 'deploy', 'sidecar.yaml'), 'utf8')).map((document) => document.toJS() as Manifest);
  for (const { kind, metadata, data, spec } of documents) {
    if (kind === 'ConfigMap') data['shipper.yaml'] = (data['shipper.yaml'] ?? '').replace('https://elasticsearch.example:9200', url).replace(':9598', `:${port}`);
    if (kind !== 'Pod') continue;
    metadata.name = name;
    metadata.namespace = 'shop';
    const [sidecar] = spec.initContainers;
    const [application] = spec.containers;
    if (sidecar === undefined || application === undefined) throw new Error('sidecar.yaml has other containers');
    spec.hostNetwork = true;
    spec.restartPolicy = 'Never'; // podman starts again even what was told to end
    spec.containers = [inPodman(sidecar, IMAGE, name), { ...inPodman(application, APP_IMAGE, name), command: ['/bin/sh', '-c', app] }];
    spec.initContainers = [];
  }
  return documents.map((document) => JSON.stringify(document)).join('\n---\n'); // that is YAML, too
}

/** Without what podman 4.3 does not know. */
function inPodman({ restartPolicy: _native, startupProbe: _startup, livenessProbe: _liveness, ports: _ports, ...container }: Container, image: string, secret: string): Container {
  const env = (container.env ?? []).map((variable) => {
    const { valueFrom } = variable as { valueFrom?: { secretKeyRef?: object; fieldRef?: { fieldPath: string } } };
    if (valueFrom?.secretKeyRef !== undefined) return { ...variable, valueFrom: { secretKeyRef: { ...valueFrom.secretKeyRef, name: secret } } };
    return valueFrom?.fieldRef === undefined || valueFrom.fieldRef.fieldPath === 'metadata.name' ? variable : { name: variable.name, value: valueFrom.fieldRef.fieldPath };
  });
  return { ...container, image, imagePullPolicy: 'Never', ...(env.length > 0 ? { env } : {}) };
}
