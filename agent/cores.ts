import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Where a container reads how much processor time it may use: quota and period in µs, or `max`. Version 2 of cgroups. */
const LIMIT = '/sys/fs/cgroup/cpu.max';

let known: number | undefined;
let lanes = 1;

/** Says how many threads there are that each have enough to do for a core. */
export function shareCores(threads: number): void {
  lanes = threads;
}

/** How many cores those threads leave to others: of those that the process is pinned to, or of less where its time is limited. */
export function spareCores(): number {
  known ??= Math.min(availableParallelism(), limitOf(readOptional(LIMIT)));
  return known - lanes;
}

/** How many cores a limit as cgroups have it is worth: `150000 100000` is one and a half. No limit: Infinity. */
export function limitOf(limit: string): number {
  const [, quota = '', period = ''] = /^(\d+) (\d+)\s*$/.exec(limit) ?? [];
  return Number(period) > 0 ? Number(quota) / Number(period) : Infinity;
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // another system, or version 1
  }
}
