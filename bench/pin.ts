import { spawnSync } from 'node:child_process';

const TASKSET = spawnSync('taskset', ['-V']).status === 0;

/** Command and arguments that run `command` on the cores of `cores` only, where the system can do that. */
export function pinned(cores: string, command: readonly string[], args: readonly string[] = []): [string, string[]] {
  const all = TASKSET ? ['taskset', '-c', cores, ...command, ...args] : [...command, ...args];
  const [first = '', ...rest] = all;
  return [first, rest];
}

/** Whether a program of that name is on the PATH. */
export function installed(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
