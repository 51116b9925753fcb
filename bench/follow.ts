import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Agent, Setting } from './agents.ts';
import { sample } from './measure.ts';
import { pinned } from './pin.ts';

/** What an agent that goes on used in a while. */
export interface Use {
  /** Of one core. */
  readonly percent: number;
  readonly rssMb: number;
}

/** Starts `agent` on core 0, waits until `ready`, and looks at it for `seconds`. Ends it when `done` says so. */
export async function follow(agent: Agent, setting: Setting, ready: () => Promise<unknown>, seconds: number, done: () => Promise<unknown>): Promise<Use> {
  const [command, args] = pinned('0', agent.prepare({ ...setting, follow: true }));
  const child = spawn(command, args, { stdio: 'ignore', cwd: setting.directory });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  try {
    await ready();
    const [before, after] = [{ cpuSeconds: 0, peakRssMb: 0 }, { cpuSeconds: 0, peakRssMb: 0 }];
    sample(child.pid, before);
    const startedAt = performance.now();
    await wait(seconds * 1000);
    sample(child.pid, after);
    const percent = (after.cpuSeconds - before.cpuSeconds) / (performance.now() - startedAt) * 100_000;
    const rssMb = rssOf(child.pid);
    await done();
    return { percent, rssMb };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

function rssOf(pid: number | undefined): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(kilobytes?.[1]) * 1024 / 1e6;
}
