import { readFileSync } from 'node:fs';
import { LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { parseRecord } from '../../parsers/index.ts';
import { chunkOf, testArena } from '../helpers/chunk.ts';
import { Sample } from '../../parsers/learned/sample.ts';
import { infer } from '../../parsers/learned/infer.ts';
const arena = testArena(); const event = new LogEvent(arena);
for (const file of process.argv.slice(2)) {
  const samples: Sample[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    arena.resetScratch();
    const chunk = chunkOf(arena, line); event.begin(chunk, 0, chunk.bytes.length); parseRecord(chunk, 0, chunk.bytes.length, event);
    if (event.format !== 'header' && event.format !== 'plain') continue;
    const textStart = event.fromOf(Field.message);
    const s = new Sample(chunk.bytes, event, 0, textStart);
    samples.push(s);
  }
  const t0 = performance.now();
  const at = [4, 8, 16, 32].map((n) => infer(samples.slice(0, n), () => false)?.text ?? '-');
  console.log(file.padEnd(8), samples[0]?.text.slice(0, 70), '\n   ', at.filter((x, i) => x !== at[i - 1]).join('\n    '), (performance.now() - t0).toFixed(1));
}
