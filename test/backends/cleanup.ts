import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Whatever ends this run, neither processes nor folders outlast it.
const processes = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of processes) signalGroup(child, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

/** Ends this run when whoever has started it is gone: npm passes signals on to a shell, and that to nobody. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, PARENT_CHECK_MS).unref();
}

const PARENT_CHECK_MS = 1_000;

/** Ends a process that leads a group of its own, and the group, with this run at the latest. */
export function endsWithUs(child: ChildProcess): void {
  processes.add(child);
  child.on('close', () => processes.delete(child));
}

/** To a process and to all that it has started: some are launchers. */
export function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || !isAlive(child)) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    child.kill(name); // the group is gone
  }
}

export function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Does something in a folder that is gone afterwards. */
export async function withFolder<T>(folder: string, work: (folder: string) => Promise<T>): Promise<T> {
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    folders.delete(folder);
  }
}

/** A folder that is gone when the work is done. */
export function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  return withFolder(mkdtempSync(path.join(tmpdir(), 'shipper-backend-')), work);
}

/** From now on everything that this run and its children put into the temporary folder lies in one that is gone when it ends. */
export function ownTemporaryFolder(): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'shipper-backends-'));
  folders.add(folder);
  chmodSync(folder, 0o755); // some servers run as another user
  process.env['TMPDIR'] = folder;
  process.env['JDK_JAVA_OPTIONS'] = javaOptions(folder);
  const before = new Set(perfDataFolders());
  process.on('exit', () => perfDataFolders().filter((name) => !before.has(name)).forEach(removeEmpty));
}

/** Java reads no TMPDIR, and leaves a file for each process that is killed. */
export function javaOptions(folder: string): string {
  return `-Djava.io.tmpdir=${folder} -XX:-UsePerfData`;
}

const PERF_DATA = '/tmp'; // wherever TMPDIR is

/** Where processes of Java that could not be told otherwise note how they do: folders that stay, and are empty then. */
function perfDataFolders(): string[] {
  return readdirSync(PERF_DATA).filter((name) => name.startsWith('hsperfdata_')).map((name) => path.join(PERF_DATA, name));
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // somebody else's process is at work in it
  }
}
