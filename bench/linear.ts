import { shipper } from './agents.ts';
import { corpus, warm, type Corpus } from './corpus.ts';
import { measure } from './measure.ts';
import { inFiles } from './split.ts';

const SMALL_MIB = 64;
const RUNS = 3;

/** Cost by number of files, length of the backlog and number of rules. Nothing of it may grow faster than the work. */
export async function linear(longestMib: number): Promise<void> {
  const text = corpus('text', SMALL_MIB);
  await row(`${SMALL_MIB} MiB behind`, text);
  await row(`${longestMib} MiB behind`, corpus('text', longestMib));
  for (const count of [10, 1000]) await inFiles(text, count, (files) => row(`${count} files`, files));
  await row('1 rule', text, { extract: rules(1) });
  await row('20 rules', text, { extract: rules(20) });
}

/** Rules of which the first matches every tenth line or so, and the others are tried with each line in vain. */
function rules(count: number): { regex: string }[] {
  return Array.from({ length: count }, (_, n) => ({ regex: n === 0 ? 'rows_(?<row_count>\\d+)|, (?<rows>\\d+) rows' : `[A-Z]{${n + 2}}-(?<ticket_${n}>\\d+)` }));
}

async function row(name: string, text: Corpus, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  if (!text.path.includes('*')) warm(text.path);
  const runs = [];
  for (let n = 0; n < RUNS; n++) runs.push(await measure(shipper, text, 'elasticsearch', more));
  const [run] = runs.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds).slice(RUNS >> 1);
  if (run === undefined) return;
  console.log(`${name.padEnd(16)} ${(text.bytes / 1e6 / run.seconds).toFixed(1).padStart(6)} MB/s  ${run.cpuSeconds.toFixed(2).padStart(6)} CPU s  ${(run.cpuSeconds / (text.bytes / 1e9)).toFixed(1).padStart(5)} CPU s/GB  ${run.peakRssMb.toFixed(0).padStart(4)} MB  ${run.lost} lost`);
}
