import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Arena } from '../agent/arena.ts';
import { AppendFile } from '../agent/delivery/append-file.ts';
import { backoffMs } from '../agent/delivery/backoff.ts';
import { Batch } from '../agent/delivery/batch.ts';
import { DeadLetters, type DeadLetter } from '../agent/delivery/dead-letters.ts';
import { Ledger } from '../agent/delivery/ledger.ts';
import { Part } from '../agent/delivery/part.ts';
import { SlotPool } from '../agent/delivery/slot-pool.ts';
import { Tracker } from '../agent/delivery/tracker.ts';
import { BulkServer, type Answer, type BulkRequest } from './helpers/bulk-server.ts';
import { FAST, put, readLetters, RECORD_BYTES, rig, sourceAt } from './helpers/delivery-rig.ts';

const MAPPING = { status: 400, type: 'document_parsing_exception', reason: "failed to parse field [n] of type [long]" };

function arena(): Arena {
  return new Arena({ input: 64, scratch: 64, constants: 64 }, 64 * 1024);
}

function folder(test: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'shipper-test-'));
  test.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function serve(test: Test, answer: (request: BulkRequest, server: BulkServer) => Answer | Promise<Answer>): Promise<{ server: BulkServer; url: string }> {
  const server = new BulkServer(answer);
  test.teardown(() => server.close());
  return { server, url: await server.listen() };
}

/** Whether all records are stored but those. Requests that repeat a stored id are answered by 409, as a real server does. */
function storedAll(server: BulkServer, count: number, except: number[] = []): boolean {
  const ids = Array.from({ length: count }, (_, n) => n).filter((n) => !except.includes(n));
  return server.stored.size === ids.length && ids.every((n) => server.stored.has(String(n)));
}

t.test('back-off doubles up to its cap, and jitter may take all of it away', async (t) => {
  const limits = { baseMs: 100, capMs: 1_000 };
  for (const [failures, random, wait] of [[1, 1, 100], [2, 1, 200], [4, 1, 800], [5, 1, 1_000], [5_000, 1, 1_000], [4, 0.5, 400], [4, 0, 0]] as const) {
    t.equal(backoffMs(failures, limits, () => random), wait, `failure ${failures}, random ${random}`);
  }
});

t.test('a pool gives what it has and no more', async (t) => {
  const pool = new SlotPool(arena(), { bytes: 1024, events: 4 }, 2);
  const [first, second] = [pool.take(), pool.take()];
  t.ok(first && second);
  t.equal(pool.take(), undefined);
  let free = false;
  const waiting = pool.whenFree().then(() => { free = true; });
  await Promise.resolve();
  t.equal(free, false);
  if (first === undefined) return;
  put(first, 0, 0, 1, 'x');
  pool.release(first);
  await waiting;
  t.throws(() => pool.release(first), 'twice would give the same memory to two writers');
  t.equal(pool.take()?.count, 0, 'it comes back empty');
});

t.test('the tracker acknowledges what is settled everywhere, in whatever order it settles', async (t) => {
  const pool = new SlotPool(arena(), { bytes: 256, events: 4 }, 4);
  const [a = fail(), b = fail(), c = fail(), d = fail()] = [pool.take(), pool.take(), pool.take(), pool.take()];
  type Step = ['opened', Batch, number, number] | ['advance', number, number] | ['settled', Batch];
  const rows: { reason: string; steps: [Step, number][] }[] = [
    { reason: 'nothing in flight: filtered and blank lines are safe at once', steps: [[['advance', 0, 30], 30]] },
    { reason: 'in order', steps: [[['opened', a, 0, 0], 0], [['advance', 0, 30], 0], [['settled', a], 30]] },
    { reason: 'blank lines in front are safe before the record behind them', steps: [[['opened', a, 0, 3], 0], [['advance', 0, 30], 3], [['settled', a], 30]] },
    { reason: 'out of order: the oldest holds', steps: [[['opened', a, 0, 0], 0], [['opened', b, 0, 10], 0], [['advance', 0, 20], 0], [['settled', b], 0], [['settled', a], 20]] },
    { reason: 'a gap closes step by step', steps: [[['opened', a, 0, 0], 0], [['opened', b, 0, 10], 0], [['opened', c, 0, 20], 0], [['advance', 0, 30], 0], [['settled', a], 10], [['settled', c], 10], [['settled', b], 30]] },
    { reason: 'two outputs: the slower one holds', steps: [[['opened', a, 0, 0], 0], [['opened', d, 0, 0], 0], [['advance', 0, 30], 0], [['settled', a], 0], [['settled', d], 30]] },
    { reason: 'a batch that is filled over several chunks', steps: [[['opened', a, 0, 0], 0], [['advance', 0, 10], 0], [['opened', a, 0, 10], 0], [['advance', 0, 20], 0], [['settled', a], 20]] },
    { reason: 'interleaved streams: a lower record can come later', steps: [[['opened', a, 0, 5], 0], [['opened', a, 0, 2], 0], [['advance', 0, 9], 2], [['settled', a], 9]] },
    { reason: 'another source in the same batch', steps: [[['opened', a, 0, 0], 0], [['opened', a, 1, 0], 0], [['advance', 1, 99], 0], [['advance', 0, 30], 0], [['settled', a], 30]] },
    { reason: 'never backwards', steps: [[['advance', 0, 30], 30], [['advance', 0, 20], 30]] },
  ];
  for (const { reason, steps } of rows) {
    const tracker = new Tracker();
    const source = sourceAt(0);
    tracker.add(source);
    tracker.add(sourceAt(1));
    const seen = steps.map(([step]) => {
      if (step[0] === 'opened') tracker.opened(step[1], step[2], step[3]);
      else if (step[0] === 'advance') tracker.advance(step[1], step[2]);
      else tracker.settled(step[1]);
      return tracker.acknowledged(0);
    });
    t.same(seen, steps.map(([, safe]) => safe), reason);
    t.equal(source.safe, steps.at(-1)?.[1], `${reason}: and the source was told`);
  }
});

t.test('the tracker knows of each stream of a container how far it is safe', (t) => {
  const pool = new SlotPool(arena(), { bytes: 256, events: 4 }, 2);
  const [a = fail(), b = fail()] = [pool.take(), pool.take()];
  type Step = ['opened', Batch, string, number] | ['read', number, Record<string, number>] | ['settled', Batch] | ['hold', number, string, number];
  const rows: { reason: string; steps: [Step, number, Record<string, number> | undefined][] }[] = [
    { reason: 'an open record of one stream does not hold the other', steps: [[['read', 0, { stdout: 0, stderr: 50 }], 0, { stderr: 50 }], [['read', 60, { stdout: 60, stderr: 60 }], 60, undefined]] },
    { reason: 'batches hold the stream whose records they have', steps: [[['opened', a, 'stderr', 10], 0, undefined], [['opened', b, 'stdout', 20], 0, undefined], [['read', 50, { stdout: 50, stderr: 50 }], 10, { stdout: 20 }], [['settled', b], 10, { stdout: 50 }], [['settled', a], 50, undefined]] },
    { reason: 'one batch of both', steps: [[['opened', a, 'stdout', 10], 0, undefined], [['opened', a, 'stderr', 20], 0, undefined], [['read', 50, { stdout: 50, stderr: 50 }], 10, { stderr: 20 }], [['settled', a], 50, undefined]] },
    { reason: 'a line that ends in the next file holds both, until that record is safe', steps: [[['hold', 30, 'stdout', 5], 0, undefined], [['read', 50, { stdout: 50, stderr: 50 }], 30, undefined]] },
    { reason: 'never backwards', steps: [[['read', 0, { stderr: 50 }], 0, { stderr: 50 }], [['read', 10, { stderr: 20 }], 10, { stderr: 50 }]] },
  ];
  for (const { reason, steps } of rows) {
    const tracker = new Tracker();
    const [source, heir] = [sourceAt(0), sourceAt(1)];
    for (const one of [source, heir]) tracker.add(one);
    const seen = steps.map(([step]) => {
      tracker.stream = step[0] === 'opened' ? step[2] : '';
      if (step[0] === 'opened') tracker.opened(step[1], 0, step[3]);
      else if (step[0] === 'settled') tracker.settled(step[1]);
      else if (step[0] === 'hold') tracker.hold(source, { at: step[1], by: 1, stream: step[2], beyond: step[3] }, 0);
      else {
        tracker.advance(0, step[1]);
        tracker.advanceStreams(0, new Map(Object.entries(step[2])));
      }
      return [tracker.acknowledged(0), source.ahead];
    });
    t.same(seen, steps.map(([, safe, ahead]) => [safe, ahead]), reason);
  }
  const tracker = new Tracker();
  const [source, heir] = [sourceAt(0), sourceAt(1)];
  for (const one of [source, heir]) tracker.add(one);
  for (const stream of ['stdout', 'stderr']) tracker.hold(source, { at: stream === 'stdout' ? 30 : 40, by: 1, stream, beyond: 5 }, 50);
  tracker.advanceStreams(1, new Map([['stdout', 6], ['stderr', 5]]));
  t.equal(source.safe, 40, 'what waits for one stream of the next file is free when that is, whatever the other does');
  tracker.advance(1, 6);
  t.equal(source.safe, 50, 'and what waits for the other as well');
  t.end();
});

/** Waits for the thing itself; the test's own time limit is the only one. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

function fail(): never {
  throw new Error('no batch');
}

t.test('the ledger closes, or says where it does not', async (t) => {
  const ledger = new Ledger(['search', 'console']);
  ledger.add({ index: 0, name: 'app.log' });
  ledger.add({ index: 7, name: 'web.log' });
  ledger.read(0, 10, 1_000);
  t.match(ledger.imbalance(), [/^app.log at search: read 10 records \(1000 bytes\), accounted for 0/, /^app.log at console/]);
  for (const output of [0, 1]) ledger.opened(0, output, 8, 800);
  for (const output of [0, 1]) ledger.filtered(0, output, 1, 100);
  for (const output of [0, 1]) ledger.dropped(0, output, 'buffer full', 1, 100, false);
  t.same(ledger.imbalance(), []);
  ledger.settled(0, 0, 'delivered', 5, 500);
  ledger.settled(0, 0, 'dead_lettered', 1, 100);
  ledger.dropped(0, 0, 'buffer full', 1, 100, true);
  ledger.cut(0, 42);
  t.same(ledger.imbalance(), [], 'at every moment');
  t.same(ledger.total(0, 'pending'), { records: 1, bytes: 100 });
  t.same(ledger.summary(), [
    'app.log: read 10 records (1000 bytes), 42 bytes cut off long records',
    '  search: 5 delivered, 1 dead-lettered, 1 filtered, 2 dropped (buffer full), 1 pending',
    '  console: 0 delivered, 0 dead-lettered, 1 filtered, 1 dropped (buffer full), 8 pending',
  ]);
});

t.test('the ledger stays small however many sources there are', async (t) => {
  const ledger = new Ledger(['search']);
  for (let index = 0; index < 5_000; index++) {
    ledger.add({ index, name: `pod-${index}.log` });
    ledger.read(index, 1, 10);
    ledger.opened(index, 0, 1, 10);
    if (index % 2 === 0) ledger.retire(index);
  }
  for (let index = 0; index < 5_000; index++) ledger.settled(index, 0, 'delivered', 1, 10); // also of what was retired
  const summary = ledger.summary();
  t.equal(summary.length, 40, 'twenty sources, two lines each');
  t.equal(ledger.total(0, 'delivered').records, 5_000);
  t.same(ledger.imbalance(), []);
  t.ok(ledger.rows().length <= 1_001, `${ledger.rows().length} rows: what comes beyond a thousand has one in common`);
  t.match(summary.join('\n'), /more sources: read|other sources: read/);
});

t.test('sources that are done make room in the ledger for others', async (t) => {
  const ledger = new Ledger(['search']);
  for (let index = 0; index < 20_000; index++) {
    ledger.add({ index, name: `pod-${index}.log` });
    ledger.read(index, 1, 10);
    ledger.filtered(index, 0, 1, 10);
    ledger.retire(index);
  }
  ledger.add({ index: 20_000, name: 'late.log' });
  ledger.read(20_000, 1, 10);
  t.equal(ledger.rows().at(-2)?.name, 'late.log', 'it has a row of its own');
  t.ok(ledger.rows().length < 1_000, `${ledger.rows().length} rows`);
  t.equal(ledger.rows().reduce((sum, { read }) => sum + read.records, 0), 20_001, 'and none is forgotten');
});

t.test('parts of a batch', async (t) => {
  const batch = new Batch(arena(), { bytes: 1024, events: 8 });
  for (const text of ['aaaaaaaa', 'b', 'c', 'dd', 'e']) put(batch, 0, 0, 1, `${text}\n`);
  const text = (part: Part): string => Buffer.from(part.body()).toString().replaceAll('\n', ' ').trim();
  const whole = Part.whole(batch);
  t.same(whole.halves().map(text), ['aaaaaaaa', 'b c dd e'], 'halves by bytes');
  t.same(whole.slices(6).map(text), ['aaaaaaaa', 'b c', 'dd e'], 'a record that is too large alone');
  t.same(whole.slices(1_000).map(text), ['aaaaaaaa b c dd e']);
  t.equal(text(whole.pick(Int32Array.of(0, 2, 4))), 'aaaaaaaa c e', 'scattered');
  t.equal(text(whole.without(2)), 'aaaaaaaa b dd e');
  t.equal(whole.body().buffer, batch.memory.buffer, 'side by side: no copy');
});

t.test('a file of lines is whole, whatever happens to it', async (t) => {
  const path = join(folder(t), 'new', 'lines');
  const file = new AppendFile(path);
  t.teardown(() => file.close());
  t.equal(await file.append(Buffer.from('1\n')), undefined, 'the folder is made');
  renameSync(path, `${path}.1`);
  await file.append(Buffer.from('2\n'));
  t.same([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')], ['1\n', '2\n'], 'rotated by others');
  await file.close();
  appendFileSync(path, 'half a li');
  await file.append(Buffer.from('3\n'));
  t.equal(readFileSync(path, 'utf8'), '2\nhalf a li\n3\n', 'what a crash has left does not swallow the next line');
  t.equal((await new AppendFile('/dev/full').append(Buffer.from('x\n')))?.code, 'ENOSPC', 'a full disk is a value');
  t.equal((await new AppendFile(join(path, 'x')).append(Buffer.from('x\n')))?.code, 'ENOTDIR', 'a file where a folder is meant');
});

t.test('dead letters', async (t) => {
  const path = join(folder(t), 'search.ndjson');
  const messages: string[] = [];
  const letters = new DeadLetters('search', path, (message) => messages.push(message), { fileBytes: 400, files: 2 });
  t.teardown(() => letters.close());
  const letter = (record: string): DeadLetter => ({ reason: '400 why', source: { name: 'app.log', id: 'abc' }, offset: 5, length: 7, record: Buffer.from(record) });
  const rows: [string, string, unknown][] = [
    ['one line of JSON', '{"a":1}\n', { a: 1 }],
    ['an action line before it', '{"create":{"_id":"1"}}\n{"a":2}\n', { a: 2 }],
    ['a broken document behind an action line', '{"create":{"_id":"1"}}\n{"a":\n', '{"a":'],
    ['no JSON at all', 'plain "text"\n', 'plain "text"'],
  ];
  for (const [reason, record, document] of rows) {
    rmSync(path, { force: true });
    await letters.append([letter(record)]);
    const [written] = readLetters(path);
    t.match(written, { output: 'search', reason: '400 why', source: { name: 'app.log', id: 'abc', offset: 5, length: 7 } });
    t.same(written?.document, document, reason);
  }
  rmSync(path);
  await letters.append([letter('{"big":12345678901234567890}\n')]);
  t.match(readFileSync(path, 'utf8'), '"document":{"big":12345678901234567890}}\n', 'digit by digit');
  await Promise.all(Array.from({ length: 12 }, (_, n) => letters.append([letter(`{"n":${n}}`)])));
  const kept = [`${path}.2`, `${path}.1`, path].flatMap(readLetters).map((line) => (line.document as { n?: number }).n);
  t.same(kept, Array.from({ length: kept.length }, (_, at) => 12 - kept.length + at), 'rotated, the youngest kept, in order');
  t.ok(kept.length < 12);
  t.match(messages[0], /dead letters fill 3 files; the oldest, .*\.2, was deleted/);
});

t.test('whatever a destination answers, every record arrives once', async (t) => {
  const times = (count: number, answer: Answer) => (request: BulkRequest, server: BulkServer): Answer => (request.number <= count ? answer : server.store(request));
  const rows: { reason: string; answer: (request: BulkRequest, server: BulkServer) => Answer; timeout?: string }[] = [
    { reason: 'all well', answer: times(0, 'reset') },
    { reason: '503, then well', answer: times(7, { status: 503 }) },
    { reason: '429', answer: times(3, { status: 429, body: '{"error":{"type":"es_rejected_execution_exception","reason":"busy"},"status":429}' }) },
    { reason: 'closes the connection without an answer', answer: times(4, 'reset') },
    { reason: 'closes it for longer than the records are above suspicion', answer: times(40, 'reset') },
    { reason: 'never answers', answer: times(2, 'silence'), timeout: '150ms' },
    { reason: 'the cluster is read-only for a while: no matter of credentials', answer: times(3, { status: 403, body: '{"error":{"type":"cluster_block_exception","reason":"read-only"}}' }) },
    { reason: '200 with nothing in it', answer: times(7, { status: 200, body: '' }) },
    { reason: "a proxy's login page", answer: times(7, { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' }) },
    { reason: 'fewer items than were sent', answer: (request, server) => (request.number <= 2 ? { body: '{"errors":false,"items":[{"create":{"status":201}}]}' } : server.store(request)) },
    { reason: 'stored, but the answer is lost: the repeat is told by its id', answer: (request, server) => {
      const answer = server.store(request);
      return request.number > 2 ? answer : 'reset';
    } },
    { reason: 'stored, and the answer breaks off in its middle', answer: (request, server) => ({ ...server.store(request), isCut: request.number <= 6 }) },
    { reason: 'the credentials are refused for a while', answer: times(5, { status: 401, body: '{"error":{"type":"security_exception","reason":"unable to authenticate"}}' }) },
    { reason: 'the user may not write there for a while', answer: times(5, { status: 403, body: '{"error":{"type":"security_exception","reason":"unauthorized for user"}}' }) },
    { reason: 'a proxy in front forbids it for a while', answer: times(5, { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>Forbidden</html>' }) },
    { reason: 'each item is forbidden for a while', answer: (request, server) => server.answerItems(request, () => (request.number <= 3 ? { status: 403, type: 'security_exception', reason: 'unauthorized for user' } : 201)) },
    { reason: 'some items are busy', answer: (request, server) => server.answerItems(request, (document) => (request.number === 1 && Number(document['n']) % 3 === 0 ? { status: 429, type: 'busy', reason: 'queue' } : 201)) },
    { reason: 'items are blocked: the index is closed for a while', answer: (request, server) => server.answerItems(request, (document) => (request.number <= 2 && document['n'] === 5 ? { status: 400, type: 'index_closed_exception', reason: 'closed' } : 201)) },
    { reason: 'too large: halved', answer: (request, server) => (request.documents.length > 3 ? { status: 413 } : server.store(request)) },
    { reason: '404 until somebody makes the index', answer: times(3, { status: 404 }) },
  ];
  for (const { reason, answer, timeout = '60s' } of rows) {
    await t.test(reason, async (t) => {
      const { server, url } = await serve(t, answer);
      const it = await rig(t, { url, options: { timeout } });
      for (let batch = 0; batch < 3; batch++) await it.submit(20);
      t.ok(await it.drain());
      t.ok(storedAll(server, 60));
      t.same(it.letters(), []);
      t.equal(it.source.safe, 60 * RECORD_BYTES);
      t.same(it.ledger.imbalance(), []);
      t.equal(it.ledger.total(0, 'delivered').records, 60);
    });
  }
});

t.test('one connection keeps the order, several share the work', async (t) => {
  for (const connections of [1, 3]) {
    let [open, most] = [0, 0];
    const { server, url } = await serve(t, (request, server) => {
      most = Math.max(most, ++open);
      setImmediate(() => open--);
      return request.number % 4 === 0 ? { status: 503 } : server.store(request);
    });
    const it = await rig(t, { url, connections });
    for (let batch = 0; batch < 12; batch++) await it.submit(5);
    t.ok(await it.drain());
    t.ok(storedAll(server, 60));
    if (connections === 1) t.same([...server.stored].map(Number), Array.from({ length: 60 }, (_, n) => n));
  }
});

t.test('500 items, two in conflict, one busy: nothing is sent again whole', async (t) => {
  const { server, url } = await serve(t, (request, server) =>
    server.answerItems(request, ({ n }) => {
      if (n === 7 || n === 311) return MAPPING;
      return n === 99 && request.number === 1 ? { status: 429, type: 'es_rejected_execution_exception', reason: 'busy' } : 201;
    }),
  );
  const it = await rig(t, { url });
  await it.submit(500);
  t.ok(await it.drain());
  t.same(server.requests.map((request) => request.ids.length), [500, 1]);
  t.same(server.requests[1]?.ids, ['99']);
  t.ok(storedAll(server, 500, [7, 311]));
  t.match(it.letters(), [7, 311].map((n) => ({ output: 'search', reason: `400 ${MAPPING.type}: ${MAPPING.reason}`, source: { name: 'file-0', offset: n * RECORD_BYTES, length: RECORD_BYTES }, document: { n } })));
  t.same([it.ledger.total(0, 'delivered').records, it.ledger.total(0, 'dead_lettered').records, it.ledger.total(0, 'pending').records], [498, 2, 0]);
  t.same(it.ledger.imbalance(), []);
  t.match(it.messages, [/^search: refused records go to .*: 400 document_parsing_exception/]);
});

t.test('one bad record costs only itself', async (t) => {
  const bad = (...poison: number[]) => (request: BulkRequest): boolean => request.ids.some((id) => poison.includes(Number(id)));
  const rows: { reason: string; answer: Answer; poison: number[]; batches: number[]; connections?: number }[] = [
    { reason: 'a whole 400', answer: { status: 400, body: '{"error":{"type":"illegal_argument_exception","reason":"malformed"}}' }, poison: [37], batches: [64] },
    { reason: 'a whole 400 for the first and the last', answer: { status: 400 }, poison: [0, 63], batches: [64] },
    { reason: 'the connection is closed', answer: 'reset', poison: [37], batches: [64] },
    { reason: 'the connection is closed, two to blame, far apart', answer: 'reset', poison: [3, 50], batches: [64] },
    { reason: '500', answer: { status: 500 }, poison: [37], batches: [64, 10, 10] },
    { reason: '500, and the last record of all is to blame', answer: { status: 500 }, poison: [63], batches: [64] },
    { reason: '500, alone in its batch: the next batch shows that the destination works', answer: { status: 500 }, poison: [0], batches: [1, 1] },
    { reason: '500 beside a second connection', answer: { status: 500 }, poison: [2], batches: [8, 8, 8, 8], connections: 2 },
    { reason: 'an answer nobody can read', answer: { status: 200, body: 'oops' }, poison: [5], batches: [16] },
    { reason: 'too large alone', answer: { status: 413 }, poison: [5], batches: [16] },
  ];
  for (const { reason, answer, poison, batches, connections = 1 } of rows) {
    await t.test(reason, async (t) => {
      const isBad = bad(...poison);
      const { server, url } = await serve(t, (request, server) => (isBad(request) ? answer : server.store(request)));
      const it = await rig(t, { url, connections });
      for (const count of batches) await it.submit(count);
      t.ok(await it.drain());
      t.ok(storedAll(server, it.submitted(), poison));
      t.same(it.letters().map((letter) => (letter.document as { n: number }).n).sort((a, b) => a - b), poison);
      t.same(it.ledger.imbalance(), []);
      t.equal(it.source.safe, it.submitted() * RECORD_BYTES);
      t.ok(server.requests.length < 120, `${server.requests.length} requests`);
    });
  }
});

t.test('an outage makes no record a bad one, whatever passed before it or at its edges', async (t) => {
  const isAlone = ({ ids }: BulkRequest, id: string): boolean => ids.length === 1 && ids[0] === id;
  const [gateway, bad] = [{ status: 502 }, { status: 400 }] as const;
  type Rule = (request: BulkRequest, server: BulkServer) => Answer;
  const rows: { reason: string; batches: number[]; connections: number; rule: () => Rule; withoutIds?: boolean }[] = [
    {
      reason: 'a lone record fails, another passes beside it, then nothing for long', batches: [1, 1], connections: 2,
      rule: () => (request, server) => (request.number > 300 || (isAlone(request, '1') && !server.stored.has('1')) ? server.store(request) : gateway),
    },
    {
      reason: 'the same, and nothing is left to compare it with', batches: [1, 1], connections: 2, withoutIds: true,
      rule: () => (request, server) => (request.number > 300 || (isAlone(request, '1') && !server.stored.has('1')) ? server.store(request) : gateway),
    },
    {
      reason: 'one half of a batch passes, then nothing for long', batches: [8, 4], connections: 1,
      rule: () => (request, server) => (request.number > 300 || request.number === 2 ? server.store(request) : request.number === 1 ? bad : gateway),
    },
    {
      reason: 'the last record of a batch that was halved', batches: [2], connections: 1,
      rule: () => (request, server) => (request.number > 300 || (isAlone(request, '0') && !server.stored.has('0')) ? server.store(request) : request.number === 1 ? bad : gateway),
    },
    {
      reason: 'it is up for one request in seven', batches: [1, 20, 20], connections: 1,
      rule: () => (request, server) => (request.number > 300 || (request.number % 7 === 0 && !request.ids.includes('0')) ? server.store(request) : gateway),
    },
    {
      reason: 'every second request goes to a backend that is dead', batches: [1, 1, 20, 20], connections: 1,
      rule: () => (request, server) => (request.number > 300 || request.number % 2 === 0 ? server.store(request) : 'reset'),
    },
  ];
  for (const { reason, batches, connections, rule, withoutIds = false } of rows) {
    await t.test(reason, async (t) => {
      const { server, url } = await serve(t, rule());
      const it = await rig(t, { url, connections, slots: batches.length, withoutIds });
      await it.submit(batches[0] ?? 0);
      await until(() => it.delivery.traffic.again > 0 || it.delivery.traffic.invalid > 0 || it.ledger.total(0, 'delivered').records > 0);
      for (const count of batches.slice(1)) await it.submit(count);
      t.ok(await it.drain());
      t.ok(storedAll(server, it.submitted()));
      t.same(it.letters(), []);
    });
  }
});

t.test('a bad record that nothing can be compared with is kept until something can', async (t) => {
  const { server, url } = await serve(t, (request, server) => (request.ids.includes('0') ? { status: 500 } : server.store(request)));
  const it = await rig(t, { url, connections: 1, withoutIds: true });
  await it.submit(1);
  await until(() => it.delivery.idle); // so an aged batch is sealed, though the only connection is busy
  t.same([it.letters(), it.ledger.total(0, 'pending').records], [[], 1]);
  await it.submit(4);
  t.ok(await it.drain());
  t.match(it.letters(), [{ reason: 'HTTP 500', document: { n: 0 } }]);
  t.ok(storedAll(server, 5, [0]));
});

t.test('an item that fails for ever while others pass is refused; a busy one is not', async (t) => {
  const { server, url } = await serve(t, (request, server) =>
    server.answerItems(request, ({ n }) => (n === 3 ? { status: 500, type: 'null_pointer_exception', reason: 'oops' } : n === 4 && request.number < 30 ? { status: 429, type: 'busy', reason: 'queue' } : 201)),
  );
  const it = await rig(t, { url, connections: 2 });
  for (let batch = 0; batch < 4; batch++) await it.submit(8);
  t.ok(await it.drain());
  t.ok(storedAll(server, 32, [3]));
  t.match(it.letters(), [{ reason: /^500 null_pointer_exception: oops/, document: { n: 3 } }]);
});

t.test('a limit that was learned holds for later batches', async (t) => {
  const { server, url } = await serve(t, (request, server) => (request.body.length > 1_000 ? { status: 413 } : server.store(request)));
  const it = await rig(t, { url });
  await it.submit(100);
  await it.drain();
  const refused = server.requests.filter((request) => request.body.length > 1_000).length;
  await it.submit(100);
  await it.drain();
  t.equal(server.requests.filter((request) => request.body.length > 1_000).length, refused, 'no second lesson');
  t.ok(storedAll(server, 200));
});

t.test('what waits to be tried again goes at once when an outage is over, and not when another passes now and then', async (t) => {
  for (const [outageMs, sent, reason] of [[6_000, ['0', '1', '0'], 'nothing was delivered for six seconds'], [4_000, ['0', '1'], 'for four']] as const) {
    let [nowMs, isDown] = [0, true];
    let answer = (): void => undefined;
    const { server, url } = await serve(t, (request, server) => {
      if (request.ids[0] === '0') return isDown ? { status: 503 } : server.store(request);
      return new Promise<Answer>((resolve) => (answer = () => resolve(server.store(request))));
    });
    const it = await rig(t, { url, connections: 2, limits: { ...FAST, baseMs: 3_600_000, capMs: 3_600_000 }, now: () => nowMs, random: () => 0.5 });
    await it.submit(1);
    await until(() => it.delivery.traffic.again === 1);
    await it.submit(1);
    await until(() => server.requests.length === 2);
    [nowMs, isDown] = [outageMs, false];
    answer();
    await until(() => it.ledger.total(0, 'delivered').records === sent.length - 1);
    t.same(server.requests.map(({ ids: [id] }) => id), sent, reason);
  }
});

t.test('Retry-After is obeyed, by all connections', async (t) => {
  for (const [form, value] of [['seconds', '1'], ['date', new Date(Date.now() + 60_000).toUTCString()]] as const) {
    const { server, url } = await serve(t, (request, server) => (request.number === 1 ? { status: 429, headers: { 'retry-after': value } } : server.store(request)));
    const it = await rig(t, { url, connections: 1, limits: { ...FAST, retryAfterCapMs: 300 } });
    await it.submit(2);
    t.ok(await it.drain());
    const [first, second] = server.requests;
    t.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 290, `${form}: capped at 300 ms here`);
  }
});

t.test('a destination that is not there yet', async (t) => {
  const probe = new BulkServer(() => ({}));
  await probe.listen();
  const port = probe.port;
  await probe.close();
  const it = await rig(t, { url: `http://127.0.0.1:${port}`, slots: 2 });
  for (let batch = 0; batch < 2; batch++) await it.submit(10);
  t.equal(it.pool.take(), undefined, 'the byte budget: no slot is free while nothing is delivered');
  t.equal(it.delivery.idle, false, 'small batches had better grow');
  await until(() => it.messages.length > 0);
  t.equal(await it.delivery.drain({ quietMs: 60, totalMs: Infinity }), false, 'no progress for long enough');
  t.equal(await it.delivery.drain({ quietMs: Infinity, totalMs: 60 }), false, 'not in time');
  t.equal(it.delivery.health.kind, 'failing');
  t.same(it.messages, [`search: http://127.0.0.1:${port}: nothing listens there (ECONNREFUSED); trying again until it works`], 'said once');
  t.same([it.source.safe, it.ledger.total(0, 'pending').records], [0, 20]);
  const server = new BulkServer((request, server) => server.store(request));
  t.teardown(() => server.close());
  await server.listen(port);
  t.ok(await it.drain());
  t.ok(storedAll(server, 20));
  t.same([...server.stored].map(Number), Array.from({ length: 20 }, (_, n) => n), 'oldest first');
  t.match(it.messages.slice(1), [/^search: delivering again after \d+ s$/]);
  await it.delivery.whenIdle();
  t.ok(it.delivery.idle);
});

t.test('credentials are fixed by people: everything is kept, and the key file is read again', async (t) => {
  const { server, url } = await serve(t, (request, server) =>
    request.headers.authorization === 'ApiKey bmV3' ? server.store(request) : { status: 401, body: '{"error":{"type":"security_exception","reason":"unable to authenticate"}}' },
  );
  const key = join(folder(t), 'key');
  writeFileSync(key, 'b2xk\n');
  const it = await rig(t, { url, options: { api_key_file: key } });
  await it.submit(10);
  await until(() => it.messages.length > 0);
  t.equal(await it.delivery.drain({ quietMs: 60, totalMs: 60 }), false);
  t.equal(it.delivery.health.kind, 'blocked');
  t.match(it.messages, [/^search: HTTP 401: security_exception: unable to authenticate \(the credentials were refused; set api_key/]);
  t.notMatch(it.messages.join(), /b2xk/, 'no secret in a message');
  writeFileSync(key, 'bmV3\n');
  t.ok(await it.drain());
  t.ok(storedAll(server, 10));
});

t.test('who is in a hurry does not wait for the next try', async (t) => {
  let isAllowed = false;
  const { server, url } = await serve(t, (request, server) => (isAllowed ? server.store(request) : { status: 401 }));
  const it = await rig(t, { url, limits: { ...FAST, blockedMs: 3_600_000 } });
  await it.submit(10);
  await until(() => it.messages.length > 0);
  let isDone = false;
  const drained = it.drain().finally(() => (isDone = true));
  isAllowed = true;
  await until(() => {
    it.delivery.hurry();
    return isDone;
  });
  t.ok(await drained);
  t.ok(storedAll(server, 10));
});

t.test('what is refused is on the disk before it counts as settled', async (t) => {
  const { server, url } = await serve(t, (request, server) => server.answerItems(request, ({ n }) => (n === 1 ? MAPPING : 201)));
  const path = join(folder(t), 'letters');
  mkdirSync(path); // a folder in the file's place: it can't be written
  const it = await rig(t, { url, deadLetterPath: path });
  await it.submit(3);
  await until(() => it.messages.length > 0);
  t.equal(await it.delivery.drain({ quietMs: 60, totalMs: 60 }), false);
  t.same([it.source.safe, it.ledger.total(0, 'pending').records], [0, 1]);
  t.match(it.messages, [/can't write refused records to .*EISDIR/]);
  t.equal(it.delivery.health.kind, 'blocked', 'a person has to act');
  rmSync(path, { recursive: true });
  t.ok(await it.drain());
  t.equal(it.delivery.health.kind, 'working', 'who has acted sees it, though nothing was delivered since');
  t.match(it.letters(), [{ document: { n: 1 } }]);
  t.equal(it.source.safe, 3 * RECORD_BYTES);
  t.equal(server.requests.length, 1);
});

t.test('stop ends a request under way and acknowledges nothing of it', async (t) => {
  const { server, url } = await serve(t, () => 'silence');
  const it = await rig(t, { url });
  await it.submit(3);
  await it.submit(3);
  await until(() => server.requests.length > 0);
  await it.delivery.stop();
  t.same([it.source.safe, it.ledger.total(0, 'pending').records], [0, 6]);
  t.equal(await it.drain(), false);
});

t.test('any mixture of answers: every record is stored or refused for what it is, never both', async (t) => {
  const seed = Date.now() % 1_000_000;
  const random = randomOf(seed);
  const [conflicts, poison] = [(n: unknown) => Number(n) % 97 === 13, (n: unknown) => Number(n) % 89 === 7];
  const { server, url } = await serve(t, (request, server) => {
    const dice = request.number < 400 ? random() : 1;
    if (dice < 0.1) return { status: 503 };
    if (dice < 0.15) return { status: 429, headers: { 'retry-after': '1' } };
    if (dice < 0.2) return { status: 401 };
    if (dice < 0.25) return { status: 200, body: dice < 0.22 ? '' : '{"items":[]}' };
    if (dice < 0.3) return 'reset';
    if (request.body.length > 3_000) return { status: 413 };
    if (request.documents.some(({ n }) => poison(n))) return { status: 400 };
    return server.answerItems(request, ({ n }) => (conflicts(n) ? MAPPING : dice < 0.6 && random() < 0.2 ? { status: 429, type: 'busy', reason: 'queue' } : 201));
  });
  const it = await rig(t, { url, connections: 3, limits: { ...FAST, retryAfterCapMs: 5 } });
  for (let batch = 0; batch < 20; batch++) await it.submit(1 + Math.floor(random() * 100));
  t.ok(await it.drain());
  const all = Array.from({ length: it.submitted() }, (_, n) => n);
  const refused = all.filter((n) => conflicts(n) || poison(n));
  t.ok(storedAll(server, all.length, refused), `seed ${seed}`);
  t.same(it.letters().map((letter) => (letter.document as { n: number }).n).sort((a, b) => a - b), refused, `seed ${seed}`);
  t.same(it.ledger.imbalance(), []);
  t.equal(it.source.safe, all.length * RECORD_BYTES);
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

t.test('when nothing can be delivered any more, it ends without a word', async (t) => {
  const { url } = await serve(t, () => 'reset');
  const closing = new AbortController();
  const it = await rig(t, { url, closed: closing.signal, limits: { ...FAST, baseMs: 60_000, capMs: 60_000 } });
  await it.submit(3);
  const drained = it.drain();
  const idle = it.delivery.whenIdle();
  closing.abort();
  await idle; // nobody is left waiting
  t.equal(await drained, false);
  t.same(it.messages, []);
});

t.test('idle connections that the server has dropped cost nothing', async (t) => {
  const { server, url } = await serve(t, (request, server) => server.store(request));
  const it = await rig(t, { url });
  for (let round = 0; round < 5; round++) {
    await it.submit(2);
    t.ok(await it.drain());
    server.dropConnections();
  }
  t.ok(storedAll(server, 10));
  t.same(it.messages, []);
});

t.test('a long outage in the middle of a flow: nothing lost, nothing refused', async (t) => {
  // Every failure is one that the records could be to blame for, and it lasts far longer than their good name.
  let down = false;
  const { server, url } = await serve(t, (request, server) => {
    if (request.number === 10) down = true;
    if (request.number === 1_500) down = false;
    return down ? (request.number % 2 === 0 ? 'reset' : { status: 502 }) : server.store(request);
  });
  const it = await rig(t, { url, connections: 2 });
  for (let batch = 0; batch < 30; batch++) await it.submit(10);
  t.ok(await it.drain());
  t.ok(storedAll(server, 300));
  t.same(it.letters(), []);
  t.ok(server.requests.length < 1_650, `${server.requests.length} requests: batches stay whole`);
});
