import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { agents, type Agent } from './agents.ts';
import { corpus, type Corpus } from './corpus.ts';
import { follow } from './follow.ts';
import { startSink } from './sink.ts';

const LINES_PER_SECOND = 10_000;
const WARM_UP_SECONDS = 10;
const SECONDS = 30;
const PACE_MS = 50;

/** A file to which 10,000 JSON lines are added every second: what that costs, once the agent is warm. */
export async function steady(): Promise<void> {
  const text = corpus('json', 128);
  for (const agent of agents().filter(({ name }) => name === 'shipper' || name === 'rsyslog')) await measured(agent, text);
}

async function measured(agent: Agent, text: Corpus): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'shipper-bench-'));
  const file = path.join(directory, 'app.log');
  const lines = (WARM_UP_SECONDS + SECONDS) * LINES_PER_SECOND;
  const sink = await startSink(lines);
  writeFileSync(file, '');
  const writing = write(file, readFileSync(text.path, 'latin1'), lines);
  try {
    const setting = { directory, corpus: { ...text, path: file }, output: 'elasticsearch', port: sink.port } as const;
    const { percent, rssMb } = await follow(agent, setting, () => wait(WARM_UP_SECONDS * 1000), SECONDS - 2, () => Promise.all([writing, sink.full]));
    console.log(`${agent.name}, ${LINES_PER_SECOND} JSON lines/s: ${percent.toFixed(2)} % of a core, ${rssMb.toFixed(0)} MB`);
  } finally {
    await sink.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Appends `lines` lines of `text` at the pace of the clock: what a busy machine holds up is made up for. */
async function write(file: string, text: string, lines: number): Promise<void> {
  const startedAt = performance.now();
  let at = 0;
  for (let written = 0; written < lines;) {
    await wait(PACE_MS);
    const due = Math.min(lines, Math.floor((performance.now() - startedAt) / 1000 * LINES_PER_SECOND));
    const from = at;
    for (; written < due; written++) at = text.indexOf('\n', at) + 1;
    appendFileSync(file, text.slice(from, at), 'latin1');
  }
}
