// `npm run bench:parsers`: each parser's own examples, again and again, through the path that ships: detection, format,
// extraction; without encoding and network. A slow one stands out by its ratio to a fixed loop over the same bytes.
//   -- --only A,B     parsers
//   -- --own          what rules of one's own and redaction cost, instead
import { parseArgs } from 'node:util';
import { PARSERS } from '../parsers/index.ts';
import type { Parser } from '../parsers/parser.ts';
import { readRecord } from '../parsers/read.ts';
import { own } from './own.ts';
import { Passes } from './passes.ts';

const ROUND_MS = 300;
const ROUNDS = 3;

const { values } = parseArgs({ options: { only: { type: 'string' }, own: { type: 'boolean' } } });
if (values.own === true) own();
else parsers(PARSERS.filter(({ name }) => values.only?.split(',').includes(name) ?? true));

function parsers(chosen: readonly Parser[]): void {
  const passes = new Passes();
  const width = Math.max(...chosen.map(({ name }) => name.length));
  console.log(`${'parser'.padEnd(width)}    MB/s  records/s  ratio to reference loop`);
  for (const parser of chosen) console.log(row(parser, passes, width));
}

function row(parser: Parser, passes: Passes, width: number): string {
  passes.fill(parser.examples.filter((example) => example.event !== undefined).map(({ line }) => Buffer.from(line)));
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) best = Math.max(best, passesPerSecond(passes));
  const mbps = best * passes.length / 1e6;
  return `${parser.name.padEnd(width)}  ${mbps.toFixed(1).padStart(6)}  ${Math.round(best * passes.records).toLocaleString('en-US').padStart(9)}  ${(mbps / passes.referenceMbps).toFixed(3)}`;
}

function passesPerSecond(passes: Passes): number {
  const startedAt = performance.now();
  for (let count = 1; ; count++) {
    passes.pass(readRecord);
    const ms = performance.now() - startedAt;
    if (ms > ROUND_MS) return count / ms * 1000;
  }
}
