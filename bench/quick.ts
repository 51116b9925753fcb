import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shipper } from './agents.ts';
import { CORPORA, corpus } from './corpus.ts';
import type { CorpusName } from './corpus.ts';
import { measure } from './measure.ts';
import { referenceMbps } from './reference.ts';

const SIZE_MIB = 64;
const RUNS = 3;
/** How far a ratio may fall below the recorded one. */
const TOLERATED_FALL = 0.3;
const FLOOR = path.join(import.meta.dirname, 'floor.json');

/**
 * Guards against a fall in speed, on any machine: shipper's MB for each second of processor time are divided by those of
 * a fixed loop in the same run. Of both the best of three counts, since whatever else the machine does only makes them
 * slower; and what has fallen is measured a second time. Ends with `N passed, N failed`; gives the exit code.
 */
export async function quick(record: boolean): Promise<number> {
  const ratios: Partial<Record<CorpusName, number>> = {};
  for (const name of CORPORA) ratios[name] = await bestRatio(name);
  if (record) {
    writeFileSync(FLOOR, `${JSON.stringify(ratios, null, 2)}\n`);
    return 0;
  }
  const floor = JSON.parse(readFileSync(FLOOR, 'utf8')) as Partial<Record<CorpusName, number>>;
  const hasFallen = (name: CorpusName): boolean => (ratios[name] ?? 0) < (floor[name] ?? 0) * (1 - TOLERATED_FALL);
  for (const name of CORPORA.filter(hasFallen)) ratios[name] = await bestRatio(name);
  const fallen = CORPORA.filter(hasFallen);
  for (const name of fallen) console.error(`bench: ${name} has fallen from ${floor[name]} to ${ratios[name]} times the reference loop`);
  console.log(`${CORPORA.length - fallen.length} passed, ${fallen.length} failed`);
  return fallen.length === 0 ? 0 : 1;
}

async function bestRatio(name: CorpusName): Promise<number> {
  const input = corpus(name, SIZE_MIB);
  const bytes = readFileSync(input.path); // also brings it into the page cache
  let [best, reference] = [0, 0];
  for (let n = 0; n < RUNS; n++) {
    reference = Math.max(reference, referenceMbps(bytes));
    const run = await measure(shipper, input, 'elasticsearch');
    if (run.lost !== 0) throw new Error(`${run.lost} lines of ${input.lines} were lost`);
    best = Math.max(best, input.bytes / 1e6 / run.cpuSeconds);
  }
  const ratio = Math.round(best / reference * 1000) / 1000;
  console.log(`${name}: ${best.toFixed(1)} MB/s of processor time, reference loop ${reference.toFixed(0)} MB/s, ratio ${ratio}`);
  return ratio;
}
