import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Agent, OutputName, Setting } from './agents.ts';
import type { Corpus } from './corpus.ts';
import { pinned } from './pin.ts';
import { startSink } from './sink.ts';
import type { Counts } from './sink.ts';

/** One run of one agent over one corpus. */
export interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the thread that needed most. */
  readonly threadSeconds: number;
  readonly peakRssMb: number;
  readonly lost: number;
  readonly counts: Counts;
}

const SAMPLE_MS = 20;
const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Node runs on
/** An agent that is slower than this is taken for stuck. */
const SLOWEST_BYTES_PER_MS = 1000;

/** Runs `agent` on core 0, or on `cores`, from its start to the last body at the sink, which is on core 1. */
export async function measure(agent: Agent, corpus: Corpus, output: OutputName, more: Setting['more'] = {}, cores = '0'): Promise<Run> {
  const directory = mkdtempSync(path.join(tmpdir(), 'shipper-bench-'));
  const sink = await startSink(corpus.lines);
  try {
    const [command, args] = pinned(cores, agent.prepare({ directory, corpus, output, port: sink.port, more }));
    const startedMs = Date.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr = (stderr + text).slice(-4000); });
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    const usage = { cpuSeconds: 0, threadSeconds: 0, peakRssMb: 0 };
    const sampler = setInterval(() => {
      sample(child.pid, usage);
      usage.threadSeconds = Math.max(usage.threadSeconds, busiestThread(child.pid));
    }, SAMPLE_MS);
    const limit = timeout(60_000 + corpus.bytes / SLOWEST_BYTES_PER_MS);
    const first = await Promise.race([ended, limit.promise, ...(agent.endsByItself ? [] : [sink.full])]);
    sample(child.pid, usage);
    clearInterval(sampler);
    limit.cancel();
    child.kill('SIGTERM');
    const code = await ended;
    if (agent.endsByItself && (first === 'timeout' || code !== 0)) console.error(`bench: ${agent.name} ended with ${first === 'timeout' ? 'a time-out' : `code ${code}`}\n${stderr}`);
    const counts = await sink.stop();
    return { ...usage, counts, seconds: (counts.lastMs - startedMs) / 1000, lost: corpus.lines - (counts.ids === 0 ? counts.docs : counts.ids) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Processor time and peak memory so far. A process that has just ended keeps what was last seen, 20 ms ago at most. */
export function sample(pid: number | undefined, usage: { cpuSeconds: number; peakRssMb: number }): void {
  try {
    usage.cpuSeconds = cpuSecondsOf(`/proc/${pid}`);
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    if (peak !== null) usage.peakRssMb = Number(peak[1]) * 1024 / 1e6;
  } catch {
    // It has ended, or this is no Linux: what was seen before stands.
  }
}

/** Processor time of the thread of a process that has had most. */
function busiestThread(pid: number | undefined): number {
  try {
    const tasks = `/proc/${pid}/task`;
    return Math.max(...readdirSync(tasks).map((task) => cpuSecondsOf(path.join(tasks, task))));
  } catch {
    return 0; // it, or one of them, has just ended
  }
}

function cpuSecondsOf(folder: string): number {
  const stat = readFileSync(path.join(folder, 'stat'), 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function timeout(ms: number): { promise: Promise<'timeout'>; cancel: () => void } {
  let cancel = (): void => undefined;
  const promise = new Promise<'timeout'>((resolve) => {
    const timer = setTimeout(() => resolve('timeout'), ms);
    cancel = () => clearTimeout(timer);
  });
  return { promise, cancel };
}
