import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { shipper } from './agents.ts';
import { corpus } from './corpus.ts';
import { follow } from './follow.ts';
import { startSink } from './sink.ts';

const FILES = 10;
const SECONDS = 60;

/** Ten files whose lines have all been delivered to Elasticsearch, and then nothing: a thousand lines, and 10 MiB. */
export async function idle(): Promise<void> {
  await idleAfter(100);
  await idleAfter(Infinity);
}

/** `most`: lines of each file, of the 1 MiB there are. */
async function idleAfter(most: number): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'shipper-bench-'));
  const text = corpus('json', 1);
  const perFile = Math.min(text.lines, most);
  const lines = perFile * FILES;
  const body = readFileSync(text.path, 'utf8').split('\n').slice(0, perFile).join('\n');
  for (let n = 0; n < FILES; n++) writeFileSync(path.join(directory, `${n}.log`), `${'\n'.repeat(n)}${body}\n`);
  const sink = await startSink(lines);
  try {
    const input = { ...text, lines, path: path.join(directory, '*.log') };
    const { percent, rssMb } = await follow(shipper, { directory, corpus: input, output: 'elasticsearch', port: sink.port }, () => sink.full, SECONDS, () => Promise.resolve());
    console.log(`idle, ${FILES} files tailed, ${lines} lines read before: ${percent.toFixed(2)} % of a core, ${rssMb.toFixed(0)} MB`);
  } finally {
    await sink.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
