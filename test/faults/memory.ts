// How much memory the agent takes while its destination is dead for the length of a run: at a line now and then, where
// every one is a batch of its own, and as fast as the source writes.
import { closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { seeded } from '../helpers/random.ts';
import { AgentProcess } from './agent-process.ts';
import type { Feed, FeedOptions } from './feed.ts';
import { RenamedFile } from './file-feeds.ts';
import { Exec, Stdin } from './stream-feeds.ts';

/** What came of one run. */
export interface MemoryRow {
  readonly name: string;
  readonly lines: number;
  /** Peak of the resident memory. */
  readonly peakMiB: number;
  readonly problem: string | undefined;
}

/** What a small container is given, and what shipper may take of it for records: its default. */
const [LIMIT_MIB, BUDGET] = [128, '16MiB'];
const [SLOW_LINES, FAST_LINES] = [1_000, 200_000];
const SLOW_MS = 10;
const HANG_MS = 240_000;

const FEEDS: [string, (options: FeedOptions) => Feed][] = [
  ['file', (options) => new RenamedFile(options)],
  ['stdin', (options) => new Stdin(options)],
  ['exec', (options) => new Exec(options)],
];

export async function memoryRows(): Promise<MemoryRow[]> {
  const rows: MemoryRow[] = [];
  for (const [name, makeFeed] of FEEDS) {
    const [slow, fast] = [measure(`${name}, a line now and then`, makeFeed, SLOW_LINES, 1), measure(`${name}, as fast as can be`, makeFeed, FAST_LINES, 400)];
    rows.push(await slow, await fast);
  }
  return rows;
}

/** Writes `lines`, `atOnce` with each step, until all of them are read or held back, and looks at the peak. */
async function measure(name: string, makeFeed: (options: FeedOptions) => Feed, lines: number, atOnce: number): Promise<MemoryRow> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shipper-memory-'));
  const feed = makeFeed({ folder, random: seeded(1), isSettled: () => false, isSeen: () => false });
  const state = path.join(folder, 'state');
  const config = path.join(folder, 'shipper.yaml');
  writeFileSync(config, `${feed.inputs === '' ? '' : `inputs: ${feed.inputs}\n`}outputs: {out: {type: elasticsearch, url: 'http://127.0.0.1:${await deadPort()}', batch: {age: 1ms}}}\nlisten: 127.0.0.1:0\nstop_delay: 10ms\nshutdown_timeout: 1s\nmemory: ${BUDGET}\n`);
  const stdin = feed.openStdin();
  const args = feed.arguments();
  const agent = new AgentProcess([...(args.length > 0 ? ['exec'] : []), '-c', config, ...args], state, stdin);
  if (stdin !== 'ignore') closeSync(stdin);
  try {
    const written = (): number => feed.streams.reduce((sum, stream) => sum + feed.written(stream), 0);
    await until(() => agent.address !== undefined, agent);
    await until(() => {
      if (written() < lines) feed.write(atOnce);
      return written() >= lines;
    }, agent, atOnce === 1 ? SLOW_MS : 0);
    feed.finish();
    await until(feed.isReadAgain ? heldBack(agent) : async () => (await pending(agent)) >= written(), agent);
    const peakMiB = Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.child.pid}/status`, 'utf8'))?.[1]) / 1024);
    agent.kill('SIGTERM');
    await agent.ended;
    const keeps = feed.isReadAgain || agent.said(`${written()} records were not delivered in time. They are kept in`) > 0;
    const problem = peakMiB > LIMIT_MIB ? `more than ${LIMIT_MIB} MiB` : keeps ? undefined : `it does not keep what was written: ${agent.stderr.slice(-300)}`;
    return { name, lines: written(), peakMiB, problem };
  } catch (error) {
    return { name, lines: 0, peakMiB: 0, problem: `${String(error)}: ${agent.stderr.slice(-300)}` };
  } finally {
    agent.kill('SIGKILL');
    await agent.ended;
    await feed.ended();
    feed.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function until(holds: () => boolean | Promise<boolean>, agent: AgentProcess, pauseMs = 50): Promise<void> {
  for (const startedAt = Date.now(); !agent.hasEnded && !(await holds()); await wait(pauseMs)) if (Date.now() - startedAt > HANG_MS) throw new Error('it hangs');
}

/** Records that it holds, by its own account. */
async function pending({ address }: AgentProcess): Promise<number> {
  const text = await fetch(`${address}/metrics`).then((response) => response.text());
  return [...text.matchAll(/^shipper_pending_records\{[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Whether it holds as much as it takes: the number has not changed for many looks. */
function heldBack(agent: AgentProcess): () => Promise<boolean> {
  let [before, same] = [-1, 0];
  return async () => {
    const now = await pending(agent);
    same = now > 0 && now === before ? same + 1 : 0;
    before = now;
    return same > 20;
  };
}

/** A port where nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
