// The program that `shipper exec` runs. A line of its stdin, [stream, block, count] as JSON, makes it write that block; how
// many lines of each stream are written then stands in FILE, so that it is known whatever happens.
//   node generator.mjs FILE WRITTEN_TO_STDOUT WRITTEN_TO_STDERR
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [file, ...written] = process.argv.slice(2);
const state = new BigUint64Array([...written.map(BigInt), 0n]);
const descriptor = openSync(file, 'r+');
note();
process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', () => undefined);
createInterface({ input: process.stdin }).on('line', write).on('close', end);

function write(line) {
  const [stream, block, count] = JSON.parse(line);
  try {
    writeSync(stream + 1, block); // at most 4 KiB: a pipe takes that whole or not at all
  } catch {
    end(); // nobody reads it any more
  }
  state[stream] = BigInt(count);
  note();
}

function note() {
  writeSync(descriptor, new Uint8Array(state.buffer), 0, 24, 0);
}

function end() {
  state[2] = 1n;
  note();
  process.exit(0);
}
