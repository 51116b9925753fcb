import { writeFileSync } from 'node:fs';
import { shipper, type OutputName } from './agents.ts';
import { corpus, warm, type CorpusName } from './corpus.ts';
import { measure, type Run } from './measure.ts';
import { inFiles } from './split.ts';
import type { Row } from './table.ts';

const FILES = 4;
const OUTPUTS: readonly OutputName[] = ['elasticsearch', 'elasticsearch-gzip'];
/** Lanes, and the cores that the process is pinned to. */
const ONE = { lanes: 1, cores: '0' };
const TWO = { lanes: 2, cores: '0,1' };

interface Pair {
  readonly one: Run;
  readonly two: Run;
}

interface Options {
  readonly corpora: readonly CorpusName[];
  readonly sizeMib: number;
  readonly pairs: number;
  readonly json: string | undefined;
}

/**
 * What a second lane on a second core is worth over a backlog of four files: pairs of runs, one lane on one core and two
 * lanes on two. The sink is on the second core each time, so two lanes share theirs with it, and one does not. Where
 * others use the machine, the ratio of times says little; that of processor time says what it would be without them.
 */
export async function twoCores({ corpora, sizeMib, pairs, json }: Options): Promise<void> {
  const rows: Row[] = [];
  for (const name of corpora) {
    for (const output of OUTPUTS) rows.push(...(await compare(name, output, sizeMib, pairs)));
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
}

async function compare(name: CorpusName, output: OutputName, sizeMib: number, pairs: number): Promise<Row[]> {
  const whole = corpus(name, sizeMib);
  return inFiles(whole, FILES, async (files) => {
    warm(whole.path);
    const runs: Pair[] = [];
    for (let n = 0; n < pairs; n++) {
      const one = await measure(shipper, files, output, { lanes: ONE.lanes }, ONE.cores);
      const two = await measure(shipper, files, output, { lanes: TWO.lanes }, TWO.cores);
      console.error(`${name} ${output}: one lane ${show(one, whole.bytes)}; two lanes ${show(two, whole.bytes)}; ratio ${byTime({ one, two }).toFixed(2)}, by processor time ${byProcessor({ one, two }).toFixed(2)}`);
      runs.push({ one, two });
    }
    console.log(`${name.padEnd(6)} ${output.padEnd(19)} two lanes on two cores, times one lane on one core: ${ratios(runs.map(byTime))}; by processor time: ${ratios(runs.map(byProcessor))}`);
    return [ONE, TWO].map(({ lanes }) => rowOf(runs.map((pair) => (lanes === 1 ? pair.one : pair.two)), whole, output, lanes));
  });
}

function byTime({ one, two }: Pair): number {
  return one.seconds / two.seconds;
}

/** One lane needs all of its processor time from one core; two lanes no less than their busier thread, and half of all with the sink's. */
function byProcessor({ one, two }: Pair): number {
  return one.cpuSeconds / Math.max(two.threadSeconds, (two.cpuSeconds + two.counts.cpuSeconds) / 2);
}

/** The median, and all of them. */
function ratios(values: readonly number[]): string {
  return `${median(values).toFixed(2)} (${values.toSorted((a, b) => a - b).map((value) => value.toFixed(2)).join(', ')})`;
}

function rowOf(runs: readonly Run[], { name, bytes, lines }: { readonly name: string; readonly bytes: number; readonly lines: number }, output: OutputName, cores: number): Row {
  const seconds = median(runs.map((run) => run.seconds));
  return {
    agent: shipper.name, corpus: name, output, cores,
    mbps: round(bytes / 1e6 / seconds),
    linesPerSecond: Math.round(lines / seconds),
    cpuSecondsPerGb: round(median(runs.map((run) => run.cpuSeconds)) / (bytes / 1e9)),
    peakRssMb: round(Math.max(...runs.map((run) => run.peakRssMb))),
    lost: Math.max(...runs.map((run) => run.lost)),
    runs: runs.length,
  };
}

function show({ seconds, cpuSeconds, peakRssMb, lost, counts }: Run, bytes: number): string {
  return `${(bytes / 1e6 / seconds).toFixed(1)} MB/s, ${cpuSeconds.toFixed(2)} CPU s, ${peakRssMb.toFixed(0)} MB, ${lost} lost, sink busy ${(100 * counts.cpuSeconds / seconds).toFixed(0)} %`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
