import { spawnSync } from 'node:child_process';
import path from 'node:path';

const RUNS = 31;
const CLI = path.join(import.meta.dirname, '..', 'dist', 'agent', 'cli.js');

/** What is started: Node alone first, of which the others are multiples. */
const COMMANDS: readonly { name: string; args: readonly string[]; input?: string }[] = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'shipper --version', args: [CLI, '--version'] },
  { name: 'echo x | shipper', args: [CLI], input: 'x\n' },
];

/** Medians of many runs, in turn, so that whatever else the machine does falls on all of them. */
export function start(): void {
  const times = COMMANDS.map((): number[] => []);
  for (let n = 0; n < RUNS; n++) COMMANDS.forEach((command, index) => times[index]?.push(once(command)));
  const medians = times.map((each) => each.toSorted((a, b) => a - b)[RUNS >> 1] ?? NaN);
  const [node = NaN] = medians;
  COMMANDS.forEach(({ name }, index) => console.log(`${name.padEnd(18)} ${(medians[index] ?? NaN).toFixed(0).padStart(5)} ms  ${((medians[index] ?? NaN) / node).toFixed(2)}`));
}

function once({ name, args, input }: (typeof COMMANDS)[number]): number {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, input === undefined ? {} : { input });
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
  return performance.now() - startedAt;
}
