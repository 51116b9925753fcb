// `npm run bench`: shipper and the agents that are installed, one after the other, over the same files to the same sink.
//   -- --size MIB     size of each corpus (512)
//   -- --runs N       runs of each row, of which the median counts (3); none is begun after a minute
//   -- --only A,B     corpora: json, nginx, text
//   -- --agents A,B   agents: shipper, rsyslog, fluent-bit, vector
//   -- --json FILE    writes the table as JSON too
//   -- --start        how long `shipper --version` and `echo x | shipper` take, in times of `node -e 0`
//   -- --idle         processor and memory of an agent that tails files to which nothing is added
//   -- --steady       processor at 10,000 JSON lines a second, of shipper and of rsyslog
//   -- --linear       cost by number of files, length of the backlog and number of rules; --size is the longest backlog
//   -- --cores 2      two lanes on two cores against one lane on one, shipper alone, over four files; --runs pairs of each
//   -- --quick        shipper alone, under a minute, held against bench/floor.json; --record writes that file
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { agents } from './agents.ts';
import type { Agent, OutputName } from './agents.ts';
import { CORPORA, corpus, warm } from './corpus.ts';
import type { Corpus } from './corpus.ts';
import { idle } from './idle.ts';
import { linear } from './linear.ts';
import { measure } from './measure.ts';
import type { Run } from './measure.ts';
import { quick } from './quick.ts';
import { start } from './start.ts';
import { steady } from './steady.ts';
import { formatTable } from './table.ts';
import type { Row } from './table.ts';
import { twoCores } from './two-cores.ts';

const ENOUGH_MS = 60_000;

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '512' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: CORPORA.join(',') },
    agents: { type: 'string' },
    json: { type: 'string' },
    start: { type: 'boolean', default: false },
    idle: { type: 'boolean', default: false },
    steady: { type: 'boolean', default: false },
    linear: { type: 'boolean', default: false },
    cores: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});

if (values.quick) process.exitCode = await quick(values.record);
else if (values.start) start();
else if (values.idle) await idle();
else if (values.steady) await steady();
else if (values.linear) await linear(Number(values.size));
else if (values.cores === '2') await twoCores({ corpora: chosen(CORPORA, values.only), sizeMib: Number(values.size), pairs: Number(values.runs), json: values.json });
else await compare();

async function compare(): Promise<void> {
  const rows: Row[] = [];
  for (const name of chosen(CORPORA, values.only)) {
    const input = corpus(name, Number(values.size));
    warm(input.path);
    for (const agent of agents().filter((each) => values.agents?.split(',').includes(each.name) ?? true)) {
      for (const output of agent.outputs) rows.push(await row(agent, input, output));
    }
  }
  console.log(`\n${formatTable(rows)}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
}

async function row(agent: Agent, input: Corpus, output: OutputName): Promise<Row> {
  const runs: Run[] = [];
  const beganAt = Date.now();
  for (let n = 0; n < Number(values.runs) && (n === 0 || Date.now() - beganAt < ENOUGH_MS); n++) {
    const run = await measure(agent, input, output);
    console.error(`${agent.name} ${input.name} ${output}: ${(input.bytes / 1e6 / run.seconds).toFixed(1)} MB/s, ${run.lost} lost, sink busy ${(100 * run.counts.cpuSeconds / run.seconds).toFixed(0)} %`);
    runs.push(run);
  }
  const seconds = median(runs.map((run) => run.seconds));
  return {
    agent: agent.name, corpus: input.name, output, cores: 1,
    mbps: round(input.bytes / 1e6 / seconds),
    linesPerSecond: Math.round(input.lines / seconds),
    cpuSecondsPerGb: round(median(runs.map((run) => run.cpuSeconds)) / (input.bytes / 1e9)),
    peakRssMb: round(Math.max(...runs.map((run) => run.peakRssMb))),
    lost: Math.max(...runs.map((run) => run.lost)),
    runs: runs.length,
  };
}

function chosen<T extends string>(from: readonly T[], names: string): T[] {
  return names.split(',').map((name) => {
    const found = from.find((each) => each === name);
    if (found === undefined) throw new Error(`no corpus is called ${name}: there are ${from.join(', ')}`);
    return found;
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
