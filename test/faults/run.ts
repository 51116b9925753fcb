// The conservation test: numbered lines through every kind of input, while the agent is killed, reloaded, its disk filled
// and its destination broken, again and again. Afterwards every line has to be where it belongs.
//   npm run test:faults                     200 kills and more
//   npm run test:faults -- --long           1,000
//   npm run test:faults -- --seed 7         the same chances again
//   npm run test:faults -- --only stdin     what has that in its name
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.ts';
import type { Feed, FeedOptions } from './feed.ts';
import { ContainerFile, RenamedFile, TruncatedFile } from './file-feeds.ts';
import { memoryRows } from './memory.ts';
import { BATCH_EVENTS, Scenario, type ScenarioOptions } from './scenario.ts';
import type { Destination } from './sink.ts';
import { Exec, Stdin } from './stream-feeds.ts';
import { print, type Row } from './table.ts';
import { windowRow } from './window.ts';

/** Scenarios at once: one for each core of a small machine. */
const AT_ONCE = 2;
/** Kills of each scenario: more than 200 and more than 1,000 altogether. */
const [KILLS, LONG_KILLS] = [22, 102];

const { values } = parseArgs({ options: { long: { type: 'boolean', default: false }, seed: { type: 'string' }, only: { type: 'string', default: '' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
console.log(`seed ${seed}`);
const queue = scenarios().filter(({ name }) => name.includes(values.only));
const rows: Row[] = [];
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const row = await run(next);
    rows.push(row);
    for (const problem of row.verdict.problems) console.log(`FAIL ${row.name}: ${problem}`);
    console.log(`${row.name}: ${row.verdict.problems.length === 0 ? 'ok' : 'FAIL'}, ${row.seconds} s`);
  }
}));
const memory = 'memory'.includes(values.only) ? await memoryRows() : [];
const windows = 'window'.includes(values.only) ? [await windowRow()] : [];
process.exitCode = print(rows, memory, windows, values.only === '' ? [...FAULTS.keys()] : []);

function scenarios(): ScenarioOptions[] {
  const feeds: [string, (options: FeedOptions, destination: Destination) => Feed][] = [
    ['file, renamed', (options) => new RenamedFile(options)],
    ['file, copied and truncated', (options, destination) => new TruncatedFile(options, destination === 'datadog')],
    ['container file', (options) => new ContainerFile(options)],
    ['stdin', (options) => new Stdin(options)],
    ['exec', (options) => new Exec(options)],
  ];
  const kills = values.long ? LONG_KILLS : KILLS;
  return feeds.flatMap(([name, makeFeed], at) => (['elasticsearch', 'datadog'] as const).map((destination, other) => ({ name: `${name} > ${destination}`, destination, makeFeed: (options) => makeFeed(options, destination), kills, seed: seed * 100 + at * 10 + other })));
}

async function run(options: ScenarioOptions): Promise<Row> {
  const scenario = new Scenario(options);
  const startedAt = Date.now();
  try {
    await scenario.run().catch((error: unknown) => scenario.books.problem(`the test itself broke: ${error instanceof Error ? (error.stack ?? '') : String(error)}`));
    const verdict = scenario.books.verdict(BATCH_EVENTS);
    return { name: options.name, kills: scenario.kills, faults: scenario.faults, hasDisk: scenario.disk !== undefined, turns: scenario.turns, verdict, seconds: Math.round((Date.now() - startedAt) / 1000) };
  } finally {
    await scenario.close();
  }
}
