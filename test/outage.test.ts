// A destination that is gone for hours, in every way there is, one after the other, while the log goes on.
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { assemble, type Assembly } from '../agent/assembly.ts';
import { ConfigSchema } from '../agent/config/schema.ts';
import { Ending } from '../agent/ending.ts';
import { work } from '../agent/work.ts';
import type { BulkServer } from './helpers/bulk-server.ts';
import { Outages, type How } from './helpers/outages.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

const MINUTE_MS = 60_000;
const LINES_PER_MINUTE = 120;
const BATCH = 500;
const MAX_BYTES = 1 << 20;
const PAD = 100;
/** What an outage may add to the memory of this process, agent and stand-in, in bytes: a copy of each request that failed would be more in the first ten minutes. */
const MOST_GROWTH = 8 << 20;

/** How a destination is gone, and for how many minutes. */
const PHASES: [how: How, minutes: number][] = [['well', 5], ['refused', 60], ['unknown', 60], ['reset', 60], ['busy', 60], ['well', 5]];

t.test('refused, then unknown, then reset in mid-body, then 503, an hour each: nothing is lost, and the order is kept', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'shipper-outage-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [log, stateDir] = [path.join(folder, 'app.log'), path.join(folder, 'state')];
  const destination = await Outages.open(t);
  const config = ConfigSchema.parse({
    inputs: { app: { type: 'file', paths: [log] } },
    outputs: { search: { type: 'elasticsearch', url: destination.url, compression: 'none', batch: { events: BATCH }, buffer: { disk: 'on', max_bytes: MAX_BYTES } } },
  });
  appendFileSync(log, '');
  const parts = await assemble(config, { once: false, stateDir, env: {} });
  const ending = new Ending(config);
  const { count, atRest } = requestsOf(parts);
  const clock = new VirtualClock();
  t.teardown(() => clock.restore());
  let code: number | undefined;
  const life = work(parts, config, ending).then((value) => (code = value));

  let [written, mostOnDisk, mostTaken] = [0, 0, 0];
  const memory: number[] = [];
  for (const [how, minutes] of PHASES) {
    await destination.become(how);
    const before = count();
    for (let minute = 0; minute < minutes; minute++) {
      appendFileSync(log, lines(written, LINES_PER_MINUTE));
      written += LINES_PER_MINUTE;
      await clock.pass(MINUTE_MS, atRest);
      while (readRecords(parts) < written && hasRoom(parts)) await clock.pass(1_000, atRest);
      mostOnDisk = Math.max(mostOnDisk, sizeOf(stateDir));
      mostTaken = Math.max(mostTaken, parts.ledger.total(0, 'pending').records);
    }
    const tries = count() - before;
    if (how === 'well') continue;
    memory.push(memoryInUse());
    t.ok(tries >= minutes && tries <= minutes * 30, `${how}: tried ${tries} times in ${minutes} minutes`);
  }
  for (let minute = 0; minute < 60 && destination.server.stored.size < written; minute++) await clock.pass(MINUTE_MS, atRest);
  ending.signal('SIGTERM');
  while (code === undefined) await clock.pass(1_000, atRest);
  await life;

  t.equal(code, 0);
  t.equal(destination.server.stored.size, written, 'each line is there, once by its id');
  t.same(readdirSync(stateDir).filter((name) => name.startsWith('dead-letters')), [], 'and none was refused');
  t.same(parts.ledger.imbalance(), []);
  t.same([parts.ledger.total(0, 'delivered').records, parts.ledger.total(0, 'pending').records], [written, 0]);
  t.ok(mostOvertaken(destination.server) <= 2 * BATCH, `a line was overtaken by ${mostOvertaken(destination.server)} at most: there are two connections`);
  t.ok(mostOnDisk > MAX_BYTES / 2 && mostOnDisk < 2 * MAX_BYTES, `${mostOnDisk} bytes on the disk at most`);
  const growth = Math.max(...memory) - (memory[0] ?? 0);
  t.ok(growth < MOST_GROWTH, `${growth} bytes of memory more in the hours that followed the first`);
  t.ok(mostTaken > 2 * BATCH && mostTaken < written / 2, `${mostTaken} of ${written} lines were taken and not delivered at most: the rest waits in its file`);
});

/** Counts the requests of an agent's only output, and knows whether one is under way. */
function requestsOf({ destinations: [destination] }: Assembly): { count: () => number; atRest: () => boolean } {
  let [count, open] = [0, 0];
  if (destination !== undefined) {
    const send = destination.send.bind(destination);
    destination.send = async (...request) => {
      count++;
      open++;
      return send(...request).finally(() => open--);
    };
  }
  return { count: () => count, atRest: () => open === 0 };
}

/** Of objects and buffers, garbage aside. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function readRecords({ ledger }: Assembly): number {
  return ledger.rows().reduce((sum, { read }) => sum + read.records, 0);
}

function hasRoom({ outlets }: Assembly): boolean {
  return outlets.every((outlet) => outlet.hasRoom);
}

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, at) => `{"level":"info","msg":"line ${from + at}","pad":"${'x'.repeat(PAD)}"}\n`).join('');
}

function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.reduce((sum, entry) => sum + (entry.isFile() ? (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0) : 0), 0);
}

/** How far a line came before the oldest one that was not there yet, in lines. */
function mostOvertaken(server: BulkServer): number {
  const lineOf = new Map(server.requests.flatMap(({ ids, documents }) => ids.map((id, at) => [id, Number(/line (\d+)/.exec(String(documents[at]?.['message']))?.[1])])));
  const there = new Set<number>();
  let [oldest, most] = [0, 0];
  for (const line of [...server.stored].map((id) => lineOf.get(id) ?? NaN)) { // in the order in which they were stored
    there.add(line);
    while (there.has(oldest)) oldest++;
    most = Math.max(most, line - oldest);
  }
  return most;
}
