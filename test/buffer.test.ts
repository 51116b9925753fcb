// The disk buffer: what is on the disk is sent, in order and once, whatever happens to the process, the disk or the files.
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { Arena } from '../agent/arena.ts';
import { assemble } from '../agent/assembly.ts';
import { ConfigSchema } from '../agent/config/schema.ts';
import { Batch, batchBytes } from '../agent/delivery/batch.ts';
import type { Amounts } from '../agent/delivery/buffer/amounts.ts';
import { segmentsIn } from '../agent/delivery/buffer/buffer-files.ts';
import { BufferedDelivery } from '../agent/delivery/buffer/buffered-delivery.ts';
import { inspectBuffers } from '../agent/delivery/buffer/inspect.ts';
import { JournalReader } from '../agent/delivery/buffer/journal-reader.ts';
import { SourceNames } from '../agent/delivery/buffer/source-names.ts';
import { Ledger } from '../agent/delivery/ledger.ts';
import { SlotPool } from '../agent/delivery/slot-pool.ts';
import { Ending } from '../agent/ending.ts';
import { work } from '../agent/work.ts';
import { CLI, run, start, until, type Running } from './e2e/run-shipper.ts';
import { Life } from './helpers/buffer-life.ts';
import { batchOf, downServer, EARLIER, linesOf, openJournal, readAll, readDamaged } from './helpers/buffer-rig.ts';
import { BulkServer } from './helpers/bulk-server.ts';
import { crashed, failingReads } from './helpers/disk-faults.ts';
import { seeded } from './helpers/random.ts';

const random = seeded();
t.comment(`SEED=${random.seed}`);
t.setTimeout(400_000); // the runner has a limit of its own

function folder(t: Test): string {
  const made = mkdtempSync(path.join(tmpdir(), 'shipper-test-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const SMALL = { bytes: 1024, events: 3 };

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function lines(from: number, to: number): string {
  return range(from, to).map((n) => `2026-11-22T10:00:00Z INFO line ${n}\n`).join('');
}

/** A journal of 4 batches of 3 records, in one segment or in one each. */
async function written(t: Test, segmentBytes: number): Promise<{ dir: string; files: string[] }> {
  const dir = path.join(folder(t), 'buffer');
  const { journal } = await openJournal(dir, segmentBytes);
  for (const n of [0, 3, 6, 9]) await journal.append([batchOf(n, 3)]);
  await journal.close();
  return { dir, files: readdirSync(dir).filter((name) => name.endsWith('.segment')).sort() };
}

t.test('what was written is read in order, by another run too', async (t) => {
  for (const [segmentBytes, reason] of [[1, 'a segment for each batch'], [1 << 20, 'one segment']] as const) {
    const { dir, files } = await written(t, segmentBytes);
    t.equal(files.length, segmentBytes === 1 ? 4 : 1);
    const { journal, messages } = await openJournal(dir);
    t.same(journal.waiting, { records: 12, bytes: 120 }, reason);
    t.same(await readAll(journal), { read: range(0, 12), lost: 0 });
    t.same(messages, []);
    const { journal: small } = await openJournal(dir);
    t.same(await readAll(small, { bytes: 256, events: 2 }), { read: range(0, 12), lost: 0 }, 'into batches that are smaller than a block');
    const { journal: tiny } = await openJournal(dir);
    t.same(await readAll(tiny, { bytes: 4, events: 2 }), { read: range(0, 12), lost: 0 }, 'into slots that hold no record at all');
    await (await openJournal(dir)).journal.prune({ record: 7, byte: 70 }, false);
    const { journal: rest } = await openJournal(dir);
    t.same(await readAll(rest), { read: range(7, 12), lost: 0 }, 'from where delivery was');
    const { journal: more } = await openJournal(dir);
    await more.append([batchOf(12, 3)]);
    await more.close();
    const { journal: all } = await openJournal(dir);
    t.same(await readAll(all), { read: range(7, 15), lost: 0 }, 'numbers go on behind what is there');
  }
});

t.test('every byte of a segment is flipped: what is lost is one block, counted to the record', async (t) => {
  const { dir, files: [file = ''] } = await written(t, 1 << 20);
  const { length } = readFileSync(path.join(dir, file));
  const wrong: string[] = [];
  for (let at = 0; at < length; at++) {
    const { read, lost } = await readDamaged(dir, (copy) => {
      const bytes = readFileSync(path.join(copy, file));
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      writeFileSync(path.join(copy, file), bytes);
    });
    const missing = range(0, 12).filter((n) => !read.includes(n));
    const isOneBlock = missing.length === 0 || (missing.length === 3 && missing[0] === (missing[2] ?? 0) - 2 && (missing[0] ?? 0) % 3 === 0);
    if (lost !== missing.length || !isOneBlock || read.some((n, i) => n <= (read[i - 1] ?? -1))) wrong.push(`byte ${at}: read ${read.join()}, lost ${lost}`);
  }
  t.same(wrong, [], `${length} bytes`);
});

t.test('a segment is cut at every byte', async (t) => {
  for (const segmentBytes of [1 << 20, 1]) {
    const { dir, files } = await written(t, segmentBytes);
    const file = files.at(segmentBytes === 1 ? 1 : 0) ?? ''; // the last one of its journal, or one in the middle
    const { length } = readFileSync(path.join(dir, file));
    const wrong: string[] = [];
    for (let at = 0; at < length; at++) {
      const { read, lost } = await readDamaged(dir, (copy) => truncateSync(path.join(copy, file), at));
      const missing = range(0, 12).filter((n) => !read.includes(n));
      // What a crash cuts off was never acknowledged. In the middle of a journal it is damage.
      const expected = segmentBytes === 1 ? missing.length === 3 && lost === 3 : lost === 0 && missing.length > 0 && missing.length % 3 === 0 && read.every((n, i) => n === i);
      if (!expected) wrong.push(`cut at ${at}: read ${read.join()}, lost ${lost}`);
    }
    t.same(wrong, [], `${length} bytes of ${file}`);
  }
});

t.test('what is known of a buffer is damaged at every byte: then it is sent from its beginning, or where it was before', async (t) => {
  const { dir } = await written(t, 1);
  const { journal } = await openJournal(dir);
  await journal.prune({ record: 4, byte: 40 }, false);
  const rest = (await readDamaged(dir, () => undefined)).read;
  t.same(rest, range(4, 12), 'where delivery was');
  for (const file of ['progress', 'about.json']) {
    const whole = readFileSync(path.join(dir, file));
    const wrong: string[] = [];
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      for (const bytes of [flipped, whole.subarray(0, at), Buffer.concat([whole.subarray(0, at), Buffer.alloc(whole.length - at)])]) {
        const { read, lost } = await readDamaged(dir, (copy) => writeFileSync(path.join(copy, file), bytes));
        if (lost !== 0 || (read.join() !== rest.join() && (file !== 'progress' || read.join() !== range(0, 12).join()))) wrong.push(`byte ${at} of ${file}: read ${read.join()}, lost ${lost}`);
      }
    }
    t.same(wrong, [], `${whole.length} bytes of ${file}`);
  }
});

t.test('the disk does not give some bytes (EIO): that is tried again, and in the end only the blocks that lie there are lost', async (t) => {
  const dir = path.join(folder(t), 'buffer');
  const { journal } = await openJournal(dir, 1 << 20);
  const records = 3_000; // of some pages
  for (let n = 0; n < records; n += 3) await journal.append([batchOf(n, 3)]);
  await journal.close();
  const [name = ''] = readdirSync(dir).filter((file) => file.endsWith('.segment'));
  const size = readFileSync(path.join(dir, name)).length;
  const rows: [from: number, to: number, reason: string][] = [
    [0, 1, 'the first bytes'],
    [30_000, 30_001, 'some in the middle'],
    [8_192, 20_000, 'pages'],
    [size - 1, size, 'the last ones: no run can tell what was there'],
    [0, size, 'all of it'],
  ];
  for (const [from, to, reason] of rows) {
    const { journal } = await openJournal(dir, 1 << 20);
    const restore = await failingReads(from, to);
    const lost: Amounts[] = [];
    const reader = new JournalReader(journal, { indexOf: () => 0, lost: (amounts) => lost.push(amounts) });
    const batch = new Batch(new Arena({ input: 64, scratch: 64, constants: 64 }, 1 << 18), { bytes: 1 << 17, events: records });
    try {
      await t.rejects(readOn(reader, batch), { code: 'EIO' }, `${reason}: it is not taken for damage at once`);
      reader.readAround();
      await readOn(reader, batch);
    } finally {
      restore();
      await reader.close();
    }
    const read = Array.from({ length: batch.count }, (_, at) => (JSON.parse(Buffer.from(batch.record(at)).toString()) as { n: number }).n);
    const lostRecords = lost.flatMap((amounts) => [...amounts.values()]).reduce((sum, one) => sum + one.records, 0);
    t.equal(read.length + lostRecords, records, `${reason}: ${lostRecords} lost, counted to the record`);
    t.ok(read.every((n, at) => at === 0 || n > (read[at - 1] ?? 0)), 'in order');
    t.ok(lostRecords < records * (to - from + 8_192) / size * 1.5, 'and not more than lies there');
  }
  const restore = await failingReads(30_000, 30_001);
  const { journal: later, messages } = await openJournal(dir, 1 << 20);
  restore();
  t.equal(later.waiting.records, records, 'a run that finds it so can use it');
  t.match(messages, [/\.segment: the disk does not give 4096 bytes of it/]);
});

/** Reads all that is left into a batch, over several calls. */
async function readOn(reader: JournalReader, batch: Batch): Promise<void> {
  while ((await reader.fill(batch)) !== undefined) continue;
}

t.test('other damage', async (t) => {
  const { dir, files } = await written(t, 1);
  const [first = '', second = '', third = '', last = ''] = files;
  const zero = (name: string) => (copy: string): void => writeFileSync(path.join(copy, name), Buffer.alloc(readFileSync(path.join(copy, name)).length));
  const rows: [reason: string, damage: (copy: string) => void, read: number[], lost: number][] = [
    ['a segment in the middle is missing', (copy) => rmSync(path.join(copy, second)), [0, 1, 2, 6, 7, 8, 9, 10, 11], 3],
    ['two are', (copy) => [second, third].forEach((name) => rmSync(path.join(copy, name))), [0, 1, 2, 9, 10, 11], 6],
    ['the last one is: nobody knows what was in it', (copy) => rmSync(path.join(copy, last)), range(0, 9), 0],
    ['zeros', zero(second), [0, 1, 2, 6, 7, 8, 9, 10, 11], 3],
    ['zeros at the end: never safe', zero(last), range(0, 9), 0],
    ['garbage behind the last block', (copy) => appendFileSync(path.join(copy, last), random.bytes(500)), range(0, 12), 0],
    ['an empty segment', (copy) => writeFileSync(path.join(copy, first), ''), range(3, 12), 3],
    ['where delivery was can not be read: repeats are better than gaps', (copy) => writeFileSync(path.join(copy, 'progress'), 'oops'), range(0, 12), 0],
    ['whose it is can not be read', (copy) => writeFileSync(path.join(copy, 'about.json'), '{'), range(0, 12), 0],
  ];
  for (const [reason, damage, read, lost] of rows) t.match(await readDamaged(dir, damage), { read, lost }, reason);
});

t.test('what was delivered before the first segment went missing is not lost', async (t) => {
  const { dir, files: [first = ''] } = await written(t, 1);
  const { journal } = await openJournal(dir);
  await journal.prune({ record: 1, byte: 10 }, false);
  t.match(await readDamaged(dir, (copy) => rmSync(path.join(copy, first))), { read: range(3, 12), lost: 2 });
});

t.test('the oldest segments are dropped, and another run does not take that for damage', async (t) => {
  const { dir } = await written(t, 1);
  const { journal } = await openJournal(dir);
  journal.reading = journal.segments[0]; // it has begun to read that one
  const dropped = [await journal.dropOldest(), await journal.dropOldest()];
  t.same(dropped.map((amounts) => [...(amounts?.values() ?? [])]), [[{ records: 3, bytes: 30 }], [{ records: 3, bytes: 30 }]]);
  t.same(segmentsIn(dir).map(({ first }) => first.record), [0, 9]);
  t.same(await readAll(journal), { read: [0, 1, 2, 9, 10, 11], lost: 0 });
  const { journal: later } = await openJournal(dir);
  t.same(await readAll(later), { read: [0, 1, 2, 9, 10, 11], lost: 0 });
});

t.test('what is delivered while others are still tidied away is tidied away, too', async (t) => {
  for (const [isHurried, reason] of [[false, 'by itself'], [true, 'at the end of the run']] as const) {
    const { dir } = await written(t, 1);
    const { journal } = await openJournal(dir);
    const answers: (() => void)[] = [];
    const destination = { send: () => new Promise<{ kind: 'delivered' }>((resolve) => answers.push(() => resolve({ kind: 'delivered' }))), close: async () => undefined };
    const arena = new Arena({ input: 64, scratch: 64, constants: 64 }, 8 * batchBytes(SMALL));
    const [pool, readSlots] = [new SlotPool(arena, SMALL, 4), new SlotPool(arena, SMALL, 4)];
    const ledger = new Ledger(['search']);
    let indices = EARLIER + 1;
    const names = new SourceNames(new Map(), () => indices++, ledger);
    names.addEarlier(EARLIER, 0, 'earlier', 12, 120);
    let finished = 0;
    const delivery = new BufferedDelivery(
      { name: 'search', index: 0, destination, connections: 4, pool, ledger, deadLetters: { append: async () => undefined, path: '' }, sourceOf: () => ({ name: '', id: '' }), report: t.fail },
      { journal: undefined, older: [journal], readSlots, maxBytes: 1, whenFull: 'block', names, finished: async () => void finished++ },
    );
    await until(() => answers.length === 4, 'all four requests');
    let stopped: Promise<void> | undefined;
    const prune = journal.prune.bind(journal);
    journal.prune = async (next, all) => {
      await prune(next, all);
      for (const answer of answers.splice(0)) answer();
      if (isHurried) stopped ??= delivery.stop();
      await until(() => delivery.traffic.delivered === 4, 'the answers'); // the disk is slow
    };
    answers.shift()?.();
    if (isHurried) await (await until(() => stopped && { stopped }, 'the end')).stopped;
    else await until(() => finished > 0, 'the end of the older buffer');
    t.same([finished, readdirSync(dir).filter((name) => name.endsWith('.segment'))], [1, []], reason);
    if (!isHurried) await delivery.stop();
    t.equal(finished, 1, 'once');
  }
});

t.test('a crash between any two calls of the system: what was safe is there, nothing counts as damaged, and it goes on', async (t) => {
  for (const segmentBytes of [1, 1 << 20]) {
    const wrong: string[] = [];
    let calls = 0;
    for (let isOver = false; !isOver; calls++) {
      const dir = path.join(folder(t), 'buffer');
      const life = new Life();
      isOver = !(await crashed(calls, () => life.live(dir, segmentBytes)));
      const { journal } = await openJournal(dir, segmentBytes);
      const { read, lost } = await readAll(journal);
      const missing = life.safe.filter((n) => !life.isGone(n) && !read.includes(n));
      const again = read.filter((n) => life.delivered.includes(n) || life.dropped.includes(n));
      await journal.append([batchOf(read.length === 0 ? 100 : journal.end.record, 3)]);
      await journal.close();
      const next = await readAll((await openJournal(dir)).journal);
      const isInOrder = next.read.every((n, i) => i === 0 || n > (next.read[i - 1] ?? 0));
      if (lost > 0 || next.lost > 0 || missing.length > 0 || again.length > 0 || !isInOrder || next.read.length !== read.length + 3) wrong.push(`call ${calls}: read ${read.join()}, then ${next.read.join()}; missing ${missing.join()}, again ${again.join()}, lost ${lost} and ${next.lost}`);
    }
    t.same(wrong, [], `${calls} places, segments of ${segmentBytes}`);
    t.ok(calls > 20, `${calls} places`);
  }
});

const DEAD_LONG = { SHIPPER_DRAIN_TIMEOUT: '50ms' };

/** A configuration with a buffer of an output's own. */
function configOf(t: Test, url: string, buffer: string, more = ''): string {
  const file = path.join(folder(t), 'shipper.yaml');
  writeFileSync(file, `outputs:\n  search:\n    type: elasticsearch\n    url: ${url}\n    batch: {bytes: 256KiB, age: 100ms}\n    buffer: ${buffer}\nmemory: 8MiB\n${more}`);
  return file;
}

function ledgerOf(stderr: string): { delivered: number; dropped: number; pending: number } {
  const sum = (pattern: RegExp): number => [...stderr.matchAll(pattern)].reduce((total, [, n]) => total + Number(n), 0);
  return { delivered: sum(/(\d+) delivered/g), dropped: sum(/(\d+) dropped/g), pending: sum(/(\d+) pending/g) };
}

/** Writes to a running shipper; the promise settles when all of it is in the pipe or beyond. */
function feed({ child }: Running, text: string): Promise<void> {
  return new Promise((resolve) => child.stdin.write(text, () => resolve()));
}

t.test('a million lines into a dead destination: the application is not held up, and the next run delivers them', async (t) => {
  const { url, up } = await downServer(t);
  const env = { SHIPPER_STATE_DIR: folder(t) };
  const running = start(['-o', `elasticsearch=${url}`], { env: { ...env, ...DEAD_LONG } });
  for (let n = 0; n < 1_000_000; n += 100_000) await feed(running, lines(n, n + 100_000));
  t.pass('all is written, and nothing was delivered');
  running.child.stdin.end();
  const first = await running.ended;
  t.match(first, { code: 69, stderr: /1000000 records were not delivered in time\. They are kept in .*buffer-elasticsearch-elasticsearch, and the next run/ });
  const shown = await run(['buffer'], { env });
  t.match(shown.stdout, /^1000000 records for elasticsearch \(elasticsearch: http:\S+ logs-generic-default\), since \d{4}/);
  const server = await up();
  const second = await run(['-o', `elasticsearch=${url}`], { env, stdin: lines(1_000_000, 1_000_001) });
  t.match(second, { code: 0, stderr: /1000000 records that an earlier run could not deliver are sent first/ });
  const got = linesOf(server);
  t.equal(got.length, 1_000_001);
  t.ok(got.indexOf(1_000_000) >= 1_000_000 - 10_000, 'before anything new, but for the request under way on the other connection');
  t.equal(new Set(got).size, got.length);
  t.same(readdirSync(path.join(env.SHIPPER_STATE_DIR, 'runs')), [], 'nothing is left behind');
  t.match((await run(['buffer'], { env })).stdout, /^nothing lies undelivered/);
});

t.test('what is delivered is known as delivered soon, also when nothing more comes', async (t) => {
  const server = new BulkServer((request, it) => it.store(request));
  const url = await server.listen();
  t.teardown(() => server.close());
  const stateDir = folder(t);
  const running = start(['-c', configOf(t, url, '{}')], { env: { SHIPPER_STATE_DIR: stateDir } });
  await feed(running, lines(0, 5000)); // several batches: the disk is told of the first ones at once
  await until(() => server.stored.size === 5000, 'all of them');
  const undelivered = async (): Promise<number> => {
    let count = 0;
    for (const buffer of await inspectBuffers(stateDir, () => undefined)) for await (const _ of buffer.read()) count++;
    return count;
  };
  let left = -1;
  void (async () => {
    while (left !== 0 && running.child.exitCode === null) left = await undelivered().catch(() => left);
  })();
  await until(() => left === 0, 'an empty disk buffer, while its agent waits for more');
  running.child.stdin.end();
  t.equal((await running.ended).code, 0);
});

t.test('a full buffer: block holds the application up, and nothing is lost', async (t) => {
  const { url, up } = await downServer(t);
  const running = start(['-c', configOf(t, url, '{max_bytes: 1MiB}')], { env: { SHIPPER_STATE_DIR: folder(t) } });
  const fed = feed(running, lines(0, 200_000));
  let isThrough = false;
  void fed.then(() => (isThrough = true));
  await until(() => /disk buffer is full \(max_bytes: 1MiB\); reading waits/.test(running.stderr()), 'the warning');
  t.notOk(isThrough, 'it waits');
  const server = await up();
  await fed;
  running.child.stdin.end();
  const { code, stderr } = await running.ended;
  t.equal(code, 0);
  t.same(linesOf(server).sort((a, b) => a - b), range(0, 200_000));
  t.same(ledgerOf(stderr), { delivered: 200_000, dropped: 0, pending: 0 });
  t.equal(stderr.match(/disk buffer is full/g)?.length, 1, 'said once');
});

t.test('little memory and a dead destination: what is being sent never takes all batches, so that the disk buffer is filled', async (t) => {
  const rows: [reason: string, batchBytes: string][] = [
    ['two batches: one that is sent, one that is filled', '2MiB'],
    ['as many batches as were to be sent', '640KiB'],
  ];
  for (const [reason, batchBytes] of rows) {
    const { url } = await downServer(t);
    const config = path.join(folder(t), 'shipper.yaml');
    writeFileSync(config, `outputs: {search: {type: elasticsearch, url: '${url}', batch: {bytes: ${batchBytes}, age: 10ms}, buffer: {max_bytes: 4MiB}}}\nmemory: 8MiB\nshutdown_timeout: 100ms\nstop_delay: 1h\n`);
    const running = start(['-c', config], { env: { SHIPPER_STATE_DIR: folder(t) } });
    void feed(running, lines(0, 200_000));
    await until(() => /disk buffer is full/.test(running.stderr()) || running.child.exitCode !== null, `a full buffer: ${reason}`);
    running.child.kill('SIGTERM');
    t.match(await running.ended, { code: 69, stderr: /They are kept in/ }, reason);
  }
});

for (const policy of ['drop_newest', 'drop_oldest'] as const) {
  t.test(`a full buffer: ${policy} goes on, and says how many`, async (t) => {
    const { url, up } = await downServer(t);
    const running = start(['-c', configOf(t, url, `{max_bytes: 1MiB, when_full: ${policy}}`)], { env: { SHIPPER_STATE_DIR: folder(t) } });
    await feed(running, lines(0, 200_000));
    t.pass('the application is not held up');
    const server = await up();
    running.child.stdin.end();
    const { code, stderr } = await running.ended;
    t.equal(code, 0, stderr);
    const got = linesOf(server);
    const { delivered, dropped, pending } = ledgerOf(stderr);
    t.same([delivered + dropped, pending, got.length], [200_000, 0, delivered], stderr);
    t.ok(dropped > 0);
    t.equal(new Set(got).size, got.length);
    if (policy === 'drop_newest') t.equal(Math.min(...got), 0);
    else t.equal(Math.max(...got), 199_999);
  });
}

t.test('kill -9 at any moment, files: every line is delivered once by its id', async (t) => {
  let requests = 0;
  const server = new BulkServer((request, server) => {
    const dice = random.below(10);
    if (requests++ % 7 === 3) return 'reset';
    return dice < 3 ? { status: 503 } : server.store(request);
  });
  const url = await server.listen();
  t.teardown(() => server.close());
  const dir = folder(t);
  const log = path.join(dir, 'app.log');
  writeFileSync(log, '');
  const config = configOf(t, url, '{disk: on}', `inputs: {app: {type: file, paths: [${log}]}}\n`);
  const env = { SHIPPER_STATE_DIR: path.join(dir, 'state') };
  let n = 0;
  for (let kill = 0; kill < 12; kill++) {
    const running = start(['-c', config], { env });
    const [before, want] = [server.stored.size, random.below(3_000)];
    const more = random.below(5_000);
    appendFileSync(log, lines(n, (n += more)));
    await until(() => server.stored.size - before >= Math.min(want, more) || running.child.exitCode !== null, 'some progress');
    running.child.kill('SIGKILL');
    await running.ended;
  }
  const last = await run(['-c', config, '--once'], { env });
  t.equal(last.code, 0, last.stderr);
  t.same(linesOf(server).sort((a, b) => a - b), range(0, n), `${n} lines`);
  t.equal(server.stored.size, n);
});

t.test('kill -9 with stdin: what is on the disk is delivered by the next run, also if that is killed in turn', async (t) => {
  const { url, up } = await downServer(t);
  const env = { SHIPPER_STATE_DIR: folder(t) };
  const config = configOf(t, url, '{disk: auto}');
  const running = start(['-c', config], { env });
  for (let n = 0; n < 30_000; n += 10_000) await feed(running, lines(n, n + 10_000));
  const count = (stdout: string): number => Number(/^(\d+) records/.exec(stdout)?.[1] ?? 0);
  let kept = 0;
  while (kept < 15_000) kept = count((await run(['buffer'], { env })).stdout);
  running.child.kill('SIGKILL');
  await running.ended;
  kept = count((await run(['buffer'], { env })).stdout);
  const printed = await run(['buffer', '--print'], { env });
  t.equal(printed.stdout.split('\n').length - 1, kept, 'all of it is printed');
  t.match(JSON.parse(printed.stdout.split('\n')[0] ?? ''), { message: 'line 0', log: { level: 'info' } });
  const server = await up();
  const next = start(['-c', config], { env });
  await until(() => server.stored.size > 0, 'the first records');
  next.child.kill('SIGKILL');
  await next.ended;
  const last = await run(['-c', config], { env });
  t.equal(last.code, 0, last.stderr);
  t.same(linesOf(server).sort((a, b) => a - b), range(0, kept));
});

t.test('what another output has left stays where it is, is told, and can be sent elsewhere', async (t) => {
  const [one, other] = [await downServer(t), await downServer(t)];
  const state = folder(t);
  const env = { SHIPPER_STATE_DIR: state };
  for (const n of [0, 10]) t.equal((await run(['-o', `elasticsearch=${one.url}`], { env: { ...env, ...DEAD_LONG }, stdin: lines(n, n + 10) })).code, 69);
  const server = await other.up();
  const told = await run(['-o', `elasticsearch=${other.url}`], { env, stdin: lines(20, 30) });
  t.equal(told.code, 0);
  t.same(told.stderr.split('\n').filter((line) => /earlier runs/.test(line)), [`shipper: warning: 20 records of earlier runs lie undelivered in ${state}, for elasticsearch (elasticsearch: ${one.url} logs-generic-default): no output of this run. A run with that output sends them; with --adopt, one with another address of the same type does. \`shipper buffer\` shows them`], 'once');
  t.same(linesOf(server), range(20, 30));
  const file = path.join(folder(t), 'events');
  t.equal((await run(['--adopt', '-o', `file=${file}`], { env })).code, 0);
  t.match((await run(['buffer'], { env })).stdout, /^10 records[^]*10 records/, 'an output of another type writes records in another way');
  const alive = start(['-o', `elasticsearch=${one.url}`], { env: { ...env, SHIPPER_SHUTDOWN_TIMEOUT: '100ms', SHIPPER_STOP_DELAY: '10ms' } });
  await until(() => /are sent first/.test(alive.stderr()), 'a run with their output');
  t.notMatch((await run(['-o', `elasticsearch=${other.url}`], { env })).stderr, /earlier runs/, 'not told while a run that has the output is alive');
  alive.child.kill('SIGTERM');
  t.equal((await alive.ended).code, 69);
  t.equal((await run(['--adopt', '-o', `elasticsearch=${other.url}`], { env })).code, 0);
  t.same(linesOf(server), [...range(20, 30), ...range(0, 20)], 'oldest first');
  t.match(await run(['buffer'], { env }), { stdout: /^nothing lies undelivered/ });
});

t.test('SIGTERM with a dead destination: all that was read is kept, within the deadline', async (t) => {
  const { url, up } = await downServer(t);
  const env = { SHIPPER_STATE_DIR: folder(t), SHIPPER_SHUTDOWN_TIMEOUT: '1s', SHIPPER_STOP_DELAY: '100ms' };
  const running = start(['-o', `elasticsearch=${url}`], { env });
  await feed(running, `${lines(0, 1_000)}without an end`);
  await until(() => /trying again until it works/.test(running.stderr()), 'some tries');
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  t.equal(code, 69);
  t.match(stderr, /1001 records were not delivered in time\. They are kept in/);
  const server = await up();
  t.equal((await run(['-o', `elasticsearch=${url}`], { env })).code, 0);
  t.equal(server.stored.size, 1_001);
});

/** Waits until something has come to it: so little as a line or two comes at once or not at all. */
async function taken({ stderr }: Running): Promise<void> {
  const address = await until(() => /health and metrics on (\S+)/.exec(stderr())?.[1], 'it is at work');
  while (!/^shipper_(read_records_total|behind_bytes)\{[^}]*\} [1-9]/m.test(await (await fetch(`${address}/metrics`)).text())) continue;
}

t.test('two signals: it ends at once, and what had come is kept, to the last byte', async (t) => {
  const rows: [reason: string, text: string, records: number][] = [
    ['a line without an end, and one that another may belong to', 'INFO the first\nINFO whole\nINFO without an end', 3],
    ['lines of a form that nobody knows, held back until it is clear how they are to be read', Array.from({ length: 40 }, (_, n) => `<${n}> [app] {x} what happened\n`).join(''), 40],
  ];
  for (const [reason, text, records] of rows) {
    const { url, up } = await downServer(t);
    const config = configOf(t, url, '{disk: auto}', 'stop_delay: 1h\nshutdown_timeout: 1h\nlisten: 127.0.0.1:0\n'); // the first signal alone would not end it in the time of a test
    const env = { SHIPPER_STATE_DIR: folder(t) };
    const running = start(['-c', config], { env });
    await feed(running, text);
    await taken(running);
    running.child.kill('SIGINT');
    running.child.kill('SIGTERM'); // not the same: that one would be taken for one signal
    const { code, stderr } = await running.ended;
    t.equal(code, 69, reason);
    t.match(stderr, new RegExp(`${records} records were not delivered in time\\. They are kept in`), reason);
    t.notMatch(stderr, /lost/, reason);
    const server = await up();
    t.equal((await run(['-c', config], { env })).code, 0);
    t.equal(server.stored.size, records, reason);
  }
});

/** A pipe that outlives its readers, and an agent in this process that reads it, with a dead destination: what it takes goes to its disk. */
async function pipeToDisk(t: Test, times: { readonly stop_delay: string; readonly shutdown_timeout?: string }): Promise<{ ends: number; ending: Ending; live: () => Promise<number>; kept: () => Promise<number> }> {
  const dir = folder(t);
  const [pipe, stateDir] = [path.join(dir, 'pipe'), path.join(dir, 'state')];
  t.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const ends = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(ends));
  const config = ConfigSchema.parse({ inputs: { app: { type: 'stdin' } }, outputs: { out: { type: 'elasticsearch', url: (await downServer(t)).url } }, ...times });
  const ending = new Ending(config);
  const openStream = async (): Promise<Socket> => new Socket({ fd: openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
  return {
    ends, ending,
    live: async () => work(await assemble(config, { once: false, stateDir, env: {}, openStream }), config, ending),
    kept: async () => (await inspectBuffers(stateDir, () => undefined)).reduce((sum, { records }) => sum + records, 0),
  };
}

t.test('a signal before anything was read of a pipe: what is in it is kept, or left there', async (t) => {
  const rows: [reason: string, signals: readonly NodeJS.Signals[]][] = [['it comes to its end', ['SIGTERM']], ['it ends at once', ['SIGTERM', 'SIGTERM']]];
  for (const [reason, signals] of rows) {
    const { ends, ending, live, kept } = await pipeToDisk(t, { stop_delay: '0ms', shutdown_timeout: '100ms' });
    writeSync(ends, lines(0, 1));
    for (const signal of signals) ending.signal(signal);
    await live();
    t.equal((await kept()) + linesLeft(ends), 1, reason);
  }
});

t.test('a signal while a program writes on and on: each line is kept, or still in the pipe', async (t) => {
  for (const every of [1, 2, 3, 4, 5, 6]) {
    const { ends, ending, live, kept } = await pipeToDisk(t, { stop_delay: '1h', shutdown_timeout: '200ms' });
    let [written, hasEnded] = [0, false];
    const ended = live().finally(() => (hasEnded = true));
    ending.signal('SIGTERM');
    for (let turn = 0; !hasEnded; await new Promise(setImmediate)) if (turn++ % every === 0 && wrote(ends, lines(written, written + 1))) written++;
    await ended;
    t.equal((await kept()) + linesLeft(ends), written, `a line with every turn ${every} of the loop`);
  }
});

/** Takes the lines out of a pipe, and counts them. */
function linesLeft(pipe: number): number {
  try {
    const bytes = Buffer.alloc(65_536); // all that fits into one
    return bytes.toString('latin1', 0, readSync(pipe, bytes)).split('\n').length - 1;
  } catch {
    return 0; // EAGAIN: it is empty
  }
}

/** Whether there was room in a pipe. */
function wrote(pipe: number, text: string): boolean {
  try {
    return writeSync(pipe, text) > 0;
  } catch {
    return false; // EAGAIN
  }
}

t.test('what a pipe gets when reading has ended stays in it: nobody takes it and throws it away', async (t) => {
  const held: (() => void)[] = [];
  const server = new BulkServer((request, self) => new Promise((resolve) => held.push(() => resolve(self.store(request)))));
  t.teardown(() => server.close());
  const dir = folder(t);
  const [pipe, config] = [path.join(dir, 'pipe'), path.join(dir, 'shipper.yaml')];
  t.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const ends = openSync(pipe, 'r+'); // both of them: the pipe outlives its readers
  t.teardown(() => closeSync(ends));
  writeFileSync(config, `outputs: {search: {type: elasticsearch, url: '${await server.listen()}', batch: {age: 1h}}}\nstop_delay: 10ms\nlisten: 127.0.0.1:0\n`);
  for (const n of [0, 1]) {
    const running = start(['-c', config], { env: { SHIPPER_STATE_DIR: path.join(dir, 'state') }, stdinFile: pipe });
    if (n === 0) writeSync(ends, lines(0, 1)); // the other one is there already
    await taken(running);
    running.child.kill('SIGTERM');
    await until(() => held.length > n, 'its only request, which goes out when reading has ended');
    writeSync(ends, lines(n + 1, n + 2));
    held[n]?.();
    const { code, stderr } = await running.ended;
    t.same([code, server.stored.size], [0, n + 1], stderr);
  }
});

t.test('a full disk: one warning, reading waits, nothing is lost', async (t) => {
  const disk = path.join(folder(t), 'disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
  if (mounted.status !== 0) {
    t.comment('skipped: a file system can not be mounted here, so that ENOSPC is not tested');
    return;
  }
  t.teardown(() => spawnSync('umount', [disk]));
  const { url, up } = await downServer(t);
  const running = start(['-c', configOf(t, url, '{max_bytes: 1GiB}')], { env: { SHIPPER_STATE_DIR: disk } });
  const fed = feed(running, lines(0, 100_000));
  await until(() => /can't write the disk buffer in .*ENOSPC.*; reading waits/.test(running.stderr()), 'the warning');
  const server = await up();
  await fed;
  running.child.stdin.end();
  const { code, stderr } = await running.ended;
  t.equal(code, 0, stderr);
  t.same(linesOf(server).sort((a, b) => a - b), range(0, 100_000));
  t.equal(stderr.match(/ENOSPC/g)?.length, 1, 'said once');
});

t.test('a state directory that can not be written: memory only', async (t) => {
  const server = new BulkServer((request, server) => server.store(request));
  const url = await server.listen();
  t.teardown(() => server.close());
  const { code, stderr } = await run(['-o', `elasticsearch=${url}`], { stdin: lines(0, 10), env: { SHIPPER_STATE_DIR: '/proc/nowhere' } });
  t.equal(code, 0);
  t.match(stderr, /^shipper: warning: state directory \/proc\/nowhere can't be written/);
  t.equal(server.stored.size, 10);
});

t.test('dead letters are sent again under their ids, digit by digit', async (t) => {
  let isStrict = true;
  const server = new BulkServer((request, server) => server.answerItems(request, ({ n }) => (n === 'x' || (isStrict && n === 1e21) ? { status: 400, type: 'document_parsing_exception', reason: 'failed to parse ,"document": of n' } : 201)));
  const url = await server.listen();
  t.teardown(() => server.close());
  const env = { SHIPPER_STATE_DIR: folder(t) };
  const stdin = '{"n":1,"msg":"a"}\n{"n":1e21,"big":12345678901234567890,"msg":"b"}\n{"n":"x","msg":"c"}\n';
  t.equal((await run(['-o', `elasticsearch=${url}`], { env, stdin })).code, 0);
  const refused = server.requests.flatMap(({ ids }) => ids).filter((id) => !server.stored.has(id));
  t.equal(refused.length, 2);
  isStrict = false;
  const retried = await run(['retry-dead-letters', '-o', `elasticsearch=${url}`], { env });
  t.match(retried, { code: 0, stderr: /1 delivered, 1 refused again/ });
  t.ok(server.stored.has(refused[0] ?? ''), 'the id it had');
  t.match(server.requests.at(-1)?.body, /"big":12345678901234567890/);
  t.match(await run(['retry-dead-letters', '-o', `elasticsearch=${url}`], { env }), { code: 0, stderr: /0 delivered, 1 refused again/ }, 'what was refused again can be tried again');
  await server.close();
  const down = await run(['retry-dead-letters', '-o', `elasticsearch=${url}`], { env: { ...env, ...DEAD_LONG } });
  t.match(down, { code: 69, stderr: /not everything could be sent; it is kept/ });
  t.match(await run(['retry-dead-letters', '-o', 'elasticsearch=http://127.0.0.1:1', '--state-dir', folder(t)]), { code: 0, stderr: /there are no dead letters/ });
});

/** A dead letter as it stands in its file. */
function letterLine(n: number): string {
  return `${JSON.stringify({ time: '2026-11-22T10:00:00.000Z', output: 'elasticsearch', reason: '400', source: { name: 'app', id: 'AAAAAAAAAAAAAAAA', offset: n, length: 1 }, document: { message: `line ${n}` } })}\n`;
}

t.test('dead letters: whatever lies there, and whoever was interrupted, each is sent or kept', async (t) => {
  const [name, run1] = ['dead-letters-elasticsearch', 'runs/AAAAAAAAAAAAAAAA'];
  const rows: [reason: string, files: Record<string, string | undefined>, sent: number[], left: Record<string, string>, code: number][] = [
    ['what an interrupted try has moved aside is not overwritten by what came later', { [`${name}.ndjson.retry`]: letterLine(1), [`${name}.ndjson`]: letterLine(2) }, [1, 2], {}, 0],
    ['full files beside it, and those of a run that read a pipe', { [`${name}.ndjson.1`]: letterLine(1), [`${name}.ndjson`]: letterLine(2), [`${run1}/${name}.ndjson`]: letterLine(3), [`${run1}/${name}.ndjson.again`]: letterLine(4) }, [1, 2, 3, 4], {}, 0],
    ['a crash in the middle of a line: the half of it is kept', { [`${name}.ndjson`]: letterLine(1) + letterLine(2).slice(0, 90) }, [1], { [`${name}.unreadable`]: `${letterLine(2).slice(0, 90)}\n` }, 0],
    ['rubbish is moved aside, and what is between it is sent', { [`${name}.ndjson`]: `\n{\n{"a":1}\n\0\0\0\n${letterLine(1)}null\n` }, [1], { [`${name}.unreadable`]: '{\n{"a":1}\n\0\0\0\nnull\n' }, 0],
    ['an empty file', { [`${name}.ndjson`]: '' }, [], {}, 0],
    ['a folder in the place of a file', { [`${name}.ndjson`]: undefined, [`${name}.ndjson.1`]: letterLine(1) }, [1], {}, 0],
    ['the place for rubbish can not be written: all stays', { [`${name}.ndjson`]: `rubbish\n${letterLine(1)}`, [`${name}.unreadable`]: undefined, [`${run1}/${name}.ndjson`]: letterLine(2) }, [2], {}, 69],
    ['letters of another output', { 'dead-letters-other.ndjson': letterLine(1) }, [], { 'dead-letters-other.ndjson': letterLine(1) }, 0],
  ];
  for (const [reason, files, sent, left, code] of rows) {
    const server = new BulkServer((request, self) => self.store(request));
    t.teardown(() => server.close());
    const state = folder(t);
    for (const [file, content] of Object.entries(files)) {
      const at = path.join(state, file);
      mkdirSync(content === undefined ? at : path.dirname(at), { recursive: true });
      if (content !== undefined) writeFileSync(at, content);
    }
    const args = ['retry-dead-letters', '-o', `elasticsearch=${await server.listen()}`, '--state-dir', state];
    const ended = await run(args);
    t.equal(ended.code, code, `${reason}: ${ended.stderr}`);
    t.same(linesOf(server).sort(), sent, reason);
    if (code !== 0) {
      rmSync(path.join(state, `${name}.unreadable`), { recursive: true });
      t.match(await run(args), { code: 0 }, `${reason}: until that is put right`);
      t.same(linesOf(server).sort(), [1, ...sent]);
      continue;
    }
    const there = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name, parentPath }) => [name, readFileSync(path.join(parentPath, name), 'utf8')]);
    t.same(Object.fromEntries(there), left, `${reason}: and nothing else is there`);
  }
});

t.test('rubbish in a state directory: it is said where, and it is in nobody\'s way', async (t) => {
  const server = new BulkServer((request, self) => self.store(request));
  t.teardown(() => server.close());
  const output = `elasticsearch=${await server.listen()}`;
  const segment = '00000001-0-0.segment';
  const rows: [reason: string, make: (state: string) => void, said: RegExp][] = [
    ['files where folders should be', (state) => ['buffer-elasticsearch-elasticsearch', 'runs/x'].forEach((name) => put(path.join(state, name), 'x')), /^$/],
    ['an empty segment', (state) => put(path.join(state, 'buffer-elasticsearch-elasticsearch', segment), ''), /^$/],
    ['noise in a segment', (state) => put(path.join(state, 'buffer-elasticsearch-elasticsearch', segment), random.bytes(5_000)), /^$/],
    ['a folder in the place of a segment', (state) => mkdirSync(path.join(state, 'buffer-elasticsearch-elasticsearch', segment), { recursive: true }), /the disk buffer in \S+buffer-elasticsearch-elasticsearch can't be read: EISDIR/],
    ['the same in the folder of a run', (state) => mkdirSync(path.join(state, 'runs/AAAAAAAAAAAAAAAA/buffer-elasticsearch-elasticsearch', segment), { recursive: true }), /the disk buffer in \S+buffer-elasticsearch-elasticsearch can't be read: EISDIR/],
  ];
  for (const [index, [reason, make, said]] of rows.entries()) {
    const state = folder(t);
    make(state);
    const shown = await run(['buffer', '--state-dir', state]);
    t.match(shown, { code: 0, stdout: /^nothing lies undelivered in \S+\n$/, stderr: said }, reason);
    t.match(await run(['-o', output, '--state-dir', state], { stdin: 'INFO line\n' }), { code: 0, stderr: /1 delivered/ }, `${reason}: a run`);
    t.equal(server.stored.size, index + 1);
  }
  const file = path.join(folder(t), 'file');
  writeFileSync(file, '');
  for (const args of [['buffer'], ['retry-dead-letters', '-o', output]]) {
    t.match(await run([...args, '--state-dir', file]), { code: 66, stdout: '', stderr: /^shipper: \S+file can't be read: ENOTDIR/ }, 'no folder');
    t.match(await run([...args, '--state-dir', `${file}s`]), { code: 0 }, 'a folder that is not there');
  }
  t.match(await run(['buffer', '--state-dir', `${file}s`]), { stdout: /files, which is not there\n$/ }, 'what is not there is not called empty');
});

t.test('a state directory that is not ours to read is not called empty', async (t) => {
  if (process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status !== 0) return void t.pass('', { skip: 'only root can become another user here, by setpriv' });
  const state = folder(t);
  writeFileSync(path.join(state, 'dead-letters-elasticsearch.ndjson'), letterLine(1));
  const asOther = (...args: string[]) => spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, CLI, ...args, '--state-dir', state], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' }, cwd: '/' });
  const mayRun = spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, CLI, '--version'], { cwd: '/' }).status === 0;
  if (!mayRun) return void t.pass('', { skip: 'another user may not run the program here' });
  for (const args of [['buffer'], ['retry-dead-letters', '-o', 'elasticsearch=http://127.0.0.1:1']]) {
    t.match(asOther(...args), { status: 77, stdout: '', stderr: /^shipper: \S+ can't be read: EACCES/ }, args.join(' '));
  }
});

/** Writes a file in a folder that may not be there. */
function put(file: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
