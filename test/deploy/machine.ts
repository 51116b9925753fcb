import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ROOT } from '../e2e/run-shipper.ts';
import { cacheFolder } from '../backends/tools.ts';

const READY_MS = 180_000; // a busy machine is slow, and no test depends on how long it is
const POLL_MS = 100;
const SHUT_DOWN = 34 + 4; // SIGRTMIN+4: systemd as PID 1 powers off
const PACKAGES = 'systemd,systemd-sysv,dbus,libstdc++6,procps';

/** What a machine needs, or why there can be none here. */
export function machineProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can start a machine';
  for (const program of ['debootstrap', 'systemd-nspawn', 'nsenter']) if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined) return `${program} is not installed`;
  return undefined;
}

/** How a command ended. Nobody waits for it in a way that would keep the test's own server from answering. */
export interface Done {
  readonly status: number;
  readonly stdout: string;
}

/** Debian with systemd as PID 1, Node and shipper, in namespaces but with the network of this machine. */
export class Machine {
  readonly root: string;
  readonly #nspawn: ChildProcess;
  readonly #leader: number;

  private constructor(root: string, nspawn: ChildProcess, leader: number) {
    this.root = root;
    this.#nspawn = nspawn;
    this.#leader = leader;
  }

  /** Boots the folder and waits until systemd has started everything. */
  static async boot(root: string): Promise<Machine> {
    const nspawn = spawn('systemd-nspawn', ['-D', root, '--register=no', '--keep-unit', '--console=pipe', '-b'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [nspawn.stdout, nspawn.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
    const givenUpAt = Date.now() + READY_MS;
    for (;;) {
      const leader = childOf(nspawn.pid);
      if (leader !== undefined && /running|degraded/.test((await inside(leader, ['systemctl', 'is-system-running'])).stdout)) return new Machine(root, nspawn, leader);
      if (nspawn.exitCode !== null || Date.now() > givenUpAt) {
        nspawn.kill('SIGKILL');
        throw new Error(`the machine does not come up:\n${said}`);
      }
      await wait(POLL_MS);
    }
  }

  /** Runs a command in it. */
  run(...command: readonly string[]): Promise<Done> {
    return inside(this.#leader, command);
  }

  path(inside: string): string {
    return path.join(this.root, inside);
  }

  async powerOff(): Promise<void> {
    const ended = new Promise((resolve) => this.#nspawn.once('exit', resolve));
    if (this.#nspawn.exitCode !== null) return;
    process.kill(this.#leader, SHUT_DOWN);
    const timer = setTimeout(() => this.#nspawn.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(timer);
  }
}

/** A folder to boot: Debian's packages, this Node, and shipper as npm installs it. The packages are fetched once. */
export function installMachine(folder: string): string {
  const base = path.join(cacheFolder('machine'), 'bookworm');
  if (!existsSync(base)) {
    const part = `${base}.part`;
    rmSync(part, { recursive: true, force: true });
    execFileSync('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'bookworm', part], { stdio: 'ignore' });
    renameSync(part, base);
  }
  const root = path.join(folder, 'root');
  execFileSync('cp', ['-a', '--reflink=auto', base, root]);
  const app = path.join(root, 'usr/lib/node_modules/shipper');
  mkdirSync(app, { recursive: true });
  cpSync(process.execPath, path.join(root, 'usr/bin/node'));
  for (const name of ['package.json', 'dist']) cpSync(path.join(ROOT, name), path.join(app, name), { recursive: true });
  for (const name of productionPackages()) cpSync(path.join(ROOT, name), path.join(app, name), { recursive: true });
  execFileSync('ln', ['-s', '../lib/node_modules/shipper/dist/agent/cli.js', path.join(root, 'usr/bin/shipper')]);
  return root;
}

function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean; optional?: boolean }> };
  return Object.entries(packages).filter(([name, { dev, optional }]) => name !== '' && dev !== true && optional !== true).map(([name]) => name);
}

function inside(leader: number, command: readonly string[]): Promise<Done> {
  return new Promise((resolve) => {
    execFile('nsenter', ['-t', String(leader), '-m', '-u', '-i', '-p', '-C', ...command], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout: stdout + stderr });
    });
  });
}

function childOf(pid: number | undefined): number | undefined {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined; // it has ended
  }
}
