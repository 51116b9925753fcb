// An application that logs as fast as it can, a line with each write. What comes on its stdin is how many lines to write;
// at the end of it, it ends.
//   node window-writer.mjs FILE
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file = ''] = process.argv.slice(2);
const descriptor = openSync(file, 'a');
let written = 0;
createInterface({ input: process.stdin }).on('line', (count) => {
  for (let left = Number(count); left > 0; left--) writeSync(descriptor, `INFO line ${written++} of window ok ${'x'.repeat(60)}.\n`);
  process.stdout.write(`${written}\n`);
});
