// The output `kafka`: what it sends is read by the decoder of the client's authors, at a stand-in that keeps the accounts
// of producers as Kafka does. The same against a real broker: test/backends/kafka.ts.
import { murmur2 as reference } from '@platformatic/kafka';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { KafkaDestination } from '../outputs/kafka.ts';
import { KafkaOptions, kafkaFlag } from '../outputs/kafka-options.ts';
import { describeCode } from '../outputs/kafka/errors.ts';
import { murmur2, partitionOf } from '../outputs/kafka/partition.ts';
import { BATCH_HEAD_BYTES, FRAMING, toRequests } from '../outputs/kafka/records.ts';
import type { Verdict } from '../outputs/output.ts';
import { CLI, events, ROOT, run, start, until } from './e2e/run-shipper.ts';
import { KafkaServer, type Arrival, type Fate, type KafkaServerOptions } from './helpers/kafka-server.ts';
import { seeded } from './helpers/random.ts';
import { pem, pemFile } from './helpers/tls-server.ts';

const NEVER = new AbortController().signal;
const NOTHING = Buffer.alloc(0);
const [A, B, C] = ['AAAAAAAAAAAAAAAA', 'B-B_B-B_B-B_B-B_', 'CCCCCCCCCCCCCCCC'];

type Record = readonly [source: string, document: string];

/** A body as the encoder makes it. */
function bodyOf(records: readonly Record[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(records.map(([source, document], n) => FRAMING.before.replace('{id}', `${source}-${n * 10}-9`) + document + FRAMING.after).join(''));
}

function numbered(source: string, from: number, to: number): Record[] {
  return Array.from({ length: to - from }, (_, n) => [source, `{"n":${from + n}}`]);
}

async function broker(t: Test, options: KafkaServerOptions = {}): Promise<{ server: KafkaServer; address: string }> {
  const server = new KafkaServer(options);
  const address = await server.listen();
  t.teardown(() => server.close());
  return { server, address };
}

/** A destination, and what it tells people. */
async function open(t: Test, address: string, options: object = {}) {
  const warnings: string[] = [];
  const destination = await KafkaDestination.open(KafkaOptions.parse({ type: 'kafka', brokers: address, topic: 'logs', timeout: '1s', ...options }), (message) => warnings.push(message));
  t.teardown(() => destination.close());
  const send = (records: readonly Record[], signal = NEVER): Promise<Verdict> => destination.send(bodyOf(records), records.length, signal);
  return { destination, warnings, send };
}

function folder(t: Test): string {
  const made = mkdtempSync(path.join(tmpdir(), 'shipper-kafka-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

// ── options ──

t.test('-o kafka', async (t) => {
  const rows: [reason: string, value: string | undefined, env: NodeJS.ProcessEnv, expected: object][] = [
    ['one broker', 'kafka:9092/logs', {}, { brokers: ['kafka:9092'], topic: 'logs' }],
    ['several', 'a:1,b:2,[::1]:3/logs.app', {}, { brokers: ['a:1', 'b:2', '[::1]:3'], topic: 'logs.app' }],
    ['a login from the environment', 'a/t', { SHIPPER_KAFKA_MECHANISM: 'scram-sha-512', SHIPPER_KAFKA_USERNAME: 'u', SHIPPER_KAFKA_PASSWORD_FILE: '/p', SHIPPER_KAFKA_TLS: 'true' }, { mechanism: 'scram-sha-512', username: 'u', password_file: '/p', tls: true }],
    ['no topic', 'kafka:9092', {}, { brokers: ['kafka:9092'], topic: undefined }],
    ['nothing', undefined, {}, { brokers: undefined, topic: undefined }],
  ];
  for (const [reason, value, env, expected] of rows) t.match(kafkaFlag(value, env), { type: 'kafka', ...expected }, reason);
});

t.test('options that are wrong alone or together', async (t) => {
  const rows: [reason: string, options: object, problem: RegExp][] = [
    ['an address with a scheme', { brokers: 'kafka://a:9092' }, /must be an address/],
    ['an address with a path', { brokers: 'a:9092/x' }, /must be an address/],
    ['no broker', { brokers: [] }, /at least one/],
    ['a topic with a blank', { topic: 'a b' }, /1 to 249/],
    ['a topic that is a folder', { topic: '..' }, /1 to 249/],
    ['a topic that is too long', { topic: 'x'.repeat(250) }, /1 to 249/],
    ['a user without a mechanism', { username: 'u', password: 'p' }, /needs mechanism/],
    ['a mechanism without a user', { mechanism: 'plain' }, /needs username/],
    ['a user without a password', { mechanism: 'plain', username: 'u' }, /needs password/],
    ['a password without a user', { password_file: '/p' }, /needs username/],
    ['two passwords', { mechanism: 'plain', username: 'u', password: 'p', password_file: '/p' }, /can't be used together/],
    ['files of TLS without TLS', { ca_file: '/ca' }, /needs tls: true/],
    ['a timeout shorter than any broker answers in', { timeout: '10ms' }, /between 1s/],
    ['a proxy: Kafka has none', { proxy: 'http://p:1' }, /proxy/],
  ];
  for (const [reason, options, problem] of rows) t.match(KafkaOptions.safeParse({ type: 'kafka', brokers: 'a', topic: 't', ...options }).error?.message, problem, reason);
  t.ok(KafkaOptions.safeParse({ type: 'kafka', brokers: ['a', 'b:1', '[::1]:9'], topic: 'x'.repeat(249), tls: true, ca_file: '/ca' }).success, 'what is right');
});

// ── records ──

t.test('a key has the partition that Kafka’s own producer gives it', async (t) => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  const known: [string, number][] = [['21', -973_932_308], ['foobar', -790_332_482], ['a-little-bit-long-string', -985_981_536], ['a-little-bit-longer-string', -1_486_304_829], ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971], ['abc', 479_470_107]];
  for (const [key, hash] of known) t.equal(murmur2(Buffer.from(key)), hash, key);
  const random = seeded(7);
  for (let n = 0; n < 500; n++) {
    const key = random.bytes(n % 40);
    if (murmur2(key) !== reference(key)) t.fail(`${key.toString('hex')}: ${murmur2(key)}`);
  }
  t.equal(new Set(Array.from({ length: 200 }, (_, n) => partitionOf(Buffer.from(`source-${n}`), 6))).size, 6, 'all partitions are used');
});

t.test('what is sent: keys, values and ids, whatever is in them, in the order of each source', async (t) => {
  const documents = ['{}', '{"message":"größer ☃ \\"quoted\\" \\n"}', `{"message":"${'x'.repeat(70_000)}"}`, '{"a":1}', `{"b":"${'é'.repeat(100)}"}`];
  const records = Array.from({ length: 300 }, (_, n): Record => [[A, B, C][n % 3] ?? A, n < 5 ? (documents[n] ?? '') : `{"n":${n},"pad":"${'.'.repeat(n)}"}`]);
  const rows: [reason: string, server: KafkaServerOptions, options: object, version: number][] = [
    ['compressed', {}, {}, 11],
    ['as it is', {}, { compression: 'none' }, 11],
    ['to several partitions', { partitions: 6 }, {}, 11],
    ['by the protocol before lengths were compact', { produceVersions: [3, 8] }, {}, 8],
    ['by the one before record errors', { produceVersions: [3, 7] }, {}, 7],
    ['by the first one with compact lengths', { produceVersions: [3, 9] }, {}, 9],
    ['without a producer id', {}, { idempotent: false }, 11],
  ];
  for (const [reason, serverOptions, options, version] of rows) {
    const { server, address } = await broker(t, serverOptions);
    const { send } = await open(t, address, options);
    t.same(await send(records), { kind: 'delivered' }, reason);
    t.same([...new Set(server.arrivals.map((arrival) => arrival.version))], [version], `${reason}: version`);
    const expected = records.map(([key, value], n) => ({ key, value, id: `${key}-${n * 10}-9` }));
    for (const source of [A, B, C]) {
      const stored = server.stored.filter(({ key }) => key === source);
      t.same(stored.map(({ partition: _, ...rest }) => rest), expected.filter(({ key }) => key === source), `${reason}: ${source}`);
      t.same([...new Set(stored.map(({ partition }) => partition))], [partitionOf(Buffer.from(source), serverOptions.partitions ?? 1)], `${reason}: one partition`);
    }
    t.same([...server.clientIds], ['shipper'], `${reason}: its name`);
    t.ok(server.arrivals.every(({ batch }) => batch.lastOffsetDelta === batch.records.length - 1 && batch.firstTimestamp === batch.maxTimestamp && (batch.producerId >= 0n) === ((options as { idempotent?: boolean }).idempotent !== false)), `${reason}: heads`);
  }
});

t.test('batches of a request are as long together as they may be, and not a byte longer', async (t) => {
  const random = seeded();
  const record = (n: number): Record => [random.of([A, B, C]), `{"n":${n},"pad":"${'.'.repeat(random.below(random.oneIn(20) ? 20_000 : 400))}"}`];
  const total = (batches: readonly { readonly bytes: Buffer }[]): number => batches.reduce((sum, { bytes }) => sum + BATCH_HEAD_BYTES + bytes.length, 0);
  for (let round = 0; round < 60; round++) {
    const records = Array.from({ length: 1 + random.below(200) }, (_, n) => record(n));
    const partitions = 1 + random.below(3);
    const all = (from: number, to: number) => toRequests(bodyOf(records.slice(0, to)).subarray(bodyOf(records.slice(0, from)).length), to - from, partitions).flat();
    const most = total(all(0, records.length));
    const limit = 1 + random.below(most);
    const requests = toRequests(bodyOf(records), records.length, partitions, limit);
    let from = 0;
    const isRight = requests.every((batches, at) => {
      const count = batches.reduce((sum, { positions }) => sum + positions.length, 0);
      const own = all(from, from + count);
      const more = at === requests.length - 1 ? Infinity : total(all(from, from + count + 1));
      from += count;
      return count > 0 && own.every(({ bytes }, index) => bytes.equals(batches[index]?.bytes ?? NOTHING)) && (total(batches) <= limit || count === 1) && more > limit;
    });
    const isWhole = from === records.length && toRequests(bodyOf(records), records.length, partitions, most).length === 1;
    if (!isRight || !isWhole || round === 59) t.ok(isRight && isWhole, `round ${round} of SEED=${random.seed}`);
  }
});

t.test('exactly batch.bytes is one batch, one byte more makes two', async (t) => {
  const { server, address } = await broker(t);
  const limit = 65_536;
  const config = path.join(folder(t), 'shipper.yaml');
  writeFileSync(config, `outputs: {queue: {type: kafka, brokers: "${address}", topic: logs, compression: none, batch: {bytes: ${limit}, age: 1m}}}\n`);
  const send = async (lengths: readonly number[]): Promise<Arrival[]> => {
    const from = server.arrivals.length;
    const { code, stderr } = await run(['-c', config], { stdin: lengths.map((length) => `${'m'.repeat(length)}\n`).join('') });
    t.equal(code, 0, stderr);
    return server.arrivals.slice(from);
  };
  const others = Array<number>(150).fill(200);
  const [probe] = await send([...others, 10_000]); // its lengths take as many bytes as those below
  const last = 10_000 + limit - (probe?.bytes ?? 0);
  t.same((await send([...others, last])).map(({ bytes }) => bytes), [limit]);
  t.same((await send([...others, last + 1])).map(({ batch }) => batch.records.length), [150, 1]);
});

t.test('a body that is not what it should be is a bug, and said', async (t) => {
  t.throws(() => toRequests(new TextEncoder().encode('"x"\n{}'), 1, 1), /only 1 lines/);
});

// ── answers ──

t.test('what an error code means', async (t) => {
  const rows: [code: number, kind: Verdict['kind'], reason: string][] = [
    [-1, 'retry', 'UNKNOWN_SERVER_ERROR'], [2, 'retry', 'CORRUPT_MESSAGE'], [3, 'blocked', 'UNKNOWN_TOPIC_OR_PARTITION'], [5, 'retry', 'LEADER_NOT_AVAILABLE'], [6, 'retry', 'NOT_LEADER_OR_FOLLOWER'],
    [7, 'retry', 'REQUEST_TIMED_OUT'], [10, 'split', 'MESSAGE_TOO_LARGE'], [17, 'blocked', 'INVALID_TOPIC_EXCEPTION'], [18, 'split', 'RECORD_LIST_TOO_LARGE'], [19, 'retry', 'NOT_ENOUGH_REPLICAS'],
    [20, 'retry', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'], [21, 'blocked', 'INVALID_REQUIRED_ACKS'], [29, 'blocked', 'TOPIC_AUTHORIZATION_FAILED'], [31, 'blocked', 'CLUSTER_AUTHORIZATION_FAILED'], [32, 'blocked', 'INVALID_TIMESTAMP'],
    [42, 'invalid', 'INVALID_REQUEST'], [43, 'blocked', 'UNSUPPORTED_FOR_MESSAGE_FORMAT'], [44, 'invalid', 'POLICY_VIOLATION'], [45, 'retry', 'OUT_OF_ORDER_SEQUENCE_NUMBER'], [46, 'delivered', ''], [47, 'retry', 'INVALID_PRODUCER_EPOCH'],
    [56, 'retry', 'KAFKA_STORAGE_ERROR'], [59, 'retry', 'UNKNOWN_PRODUCER_ID'], [74, 'retry', 'FENCED_LEADER_EPOCH'], [76, 'blocked', 'UNSUPPORTED_COMPRESSION_TYPE'], [87, 'invalid', 'INVALID_RECORD'], [89, 'retry', 'THROTTLING_QUOTA_EXCEEDED'],
  ];
  let code = 0;
  const { address } = await broker(t, { fate: () => code });
  for (const row of rows) {
    const { send } = await open(t, address);
    code = row[0];
    const verdict = await send(numbered(A, 0, 3));
    t.equal(verdict.kind, row[1], `${row[0]} ${row[2]}`);
    if ('reason' in verdict) t.match(verdict.reason, row[2]);
  }
  t.match(describeCode(12345), /error 12345/, 'one that comes in a later version has a number at least');
});

t.test('partitions are judged for themselves', async (t) => {
  const [pa, pb] = [A, B].map((key) => partitionOf(Buffer.from(key), 4));
  t.not(pa, pb, 'two partitions');
  const rows: [reason: string, a: Fate, b: Fate, kinds: string[] | string][] = [
    ['one is stored, the other is without a leader', 'store', 6, ['delivered', 'retry', 'delivered']],
    ['one is too large: it comes alone next, and is halved then', 'store', 10, ['delivered', 'retry', 'delivered']],
    ['one may not be written to', 'store', 29, ['delivered', 'blocked', 'delivered']],
    ['both are too large', 10, 10, 'split'],
    ['both may not be written to', 29, 29, 'blocked'],
  ];
  for (const [reason, a, b, kinds] of rows) {
    const { server, address } = await broker(t, { partitions: 4, fate: ({ partition }) => (partition === pa ? a : b) });
    const { send } = await open(t, address);
    const verdict = await send([[A, '{"n":0}'], [B, '{"n":1}'], [A, '{"n":2}']]);
    t.same(verdict.kind === 'partial' ? verdict.items.map(({ kind }) => kind) : verdict.kind, kinds, reason);
    t.equal(server.stored.length, a === 'store' ? 2 : 0, `${reason}: stored`);
  }
});

// ── what may have been stored ──

// The broker has stored a batch, and nobody learns of it. Sent by the same number, other records would be taken for it.
t.test('no answer: sent again as it was, a batch is stored once; in its place others lose nothing', async (t) => {
  const lost: [reason: string, fate: Fate, told: RegExp][] = [
    ['stored, and the connection is closed', { store: true, then: 'close' }, /the connection was closed; whether the batch is stored is not known: it goes again under the same number/],
    ['stored, and silence', { store: true, then: 'silence' }, /does not answer; whether the batch is stored is not known/],
    ['stored by the leader, but not by all others in time', { store: true, then: 7 }, /REQUEST_TIMED_OUT.*under the same number/],
    ['stored by too few', { store: true, then: 20 }, /NOT_ENOUGH_REPLICAS_AFTER_APPEND/],
    ['not stored, and silence', { store: false, then: 'silence' }, /does not answer/],
    ['not stored, and the connection is closed', { store: false, then: 'close' }, /the connection was closed/],
  ];
  for (const [reason, fate, told] of lost) {
    const wasStored = typeof fate === 'object' && fate.store;
    for (const others of [false, true]) {
      const what = `${reason}; ${others ? 'others of the same number come' : 'the same come again'}`;
      const { server, address } = await broker(t, { fate: ({ number }) => (number === 1 ? fate : 'store') });
      const { send, warnings } = await open(t, address);
      await send(numbered(A, 0, 3));
      const verdict = await send(numbered(A, 3, 6));
      t.equal(verdict.kind, 'retry', what);
      t.match('reason' in verdict ? verdict.reason : '', told, what);
      t.same(await send(others ? numbered(A, 6, 9) : numbered(A, 3, 6)), { kind: 'delivered' }, what);
      t.same(await send(numbered(A, 9, 12)), { kind: 'delivered' }, what);
      const numbers = server.stored.map(({ value }) => (JSON.parse(value) as { n: number }).n);
      t.same(numbers, [0, 1, 2, ...(wasStored || !others ? [3, 4, 5] : []), ...(others ? [6, 7, 8] : []), 9, 10, 11], `${what}: stored`);
      t.same(warnings.map((warning) => /may be stored twice/.test(warning)), others ? [true] : [], `${what}: a warning`);
    }
  }
});

t.test('a refusal after a try without an answer does not make that one undone', async (t) => {
  const fates: Fate[] = [{ store: true, then: 'close' }, 29, 'store', 'store'];
  const { server, address } = await broker(t, { fate: ({ number }) => fates[number] ?? 'store' });
  const { send, warnings } = await open(t, address);
  t.equal((await send(numbered(A, 0, 2))).kind, 'retry');
  t.equal((await send(numbered(A, 0, 2))).kind, 'blocked');
  t.equal((await send(numbered(A, 2, 4))).kind, 'delivered', 'others come: by a new producer');
  t.equal(server.stored.length, 4, 'none was taken for another');
  t.equal(warnings.length, 1);
});

t.test('a producer that the broker has forgotten gets a new id', async (t) => {
  for (const code of [45, 47, 59]) {
    const { server, address } = await broker(t, { fate: ({ number }) => (number === 1 ? code : 'store') });
    const { send } = await open(t, address);
    const kinds: string[] = [];
    for (const from of [0, 3, 3, 6]) kinds.push((await send(numbered(A, from, from + 3))).kind);
    t.same(kinds, ['delivered', 'retry', 'delivered', 'delivered'], `${code}`);
    t.equal(server.stored.length, 9, `${code}: stored`);
    t.same(server.arrivals.map(({ batch }) => `${batch.producerId}:${batch.firstSequence}`), ['1:0', '1:3', '2:0', '2:3'], `${code}: numbers`);
  }
});

t.test('what it says where a repeat is possible', async (t) => {
  const { server, address } = await broker(t, { fate: ({ number }) => (number === 0 ? { store: true, then: 'close' } : 'store') });
  const plain = await open(t, address, { idempotent: false });
  const verdict = await plain.send(numbered(A, 0, 2));
  t.match('reason' in verdict ? verdict.reason : '', /may be stored twice/, 'without an account of the broker');
  await plain.send(numbered(A, 0, 2));
  t.equal(server.stored.length, 4, 'and so it is');
  await plain.destination.close();
  t.same(plain.warnings, [], 'once it has an answer, there is nothing more to say');

  const { address: silent } = await broker(t, { fate: () => ({ store: true, then: 'close' }) });
  const counted = await open(t, silent);
  await counted.send(numbered(A, 0, 2));
  await counted.destination.close();
  t.match(counted.warnings, [/may store it a second time, under the same header id/], 'at the end, when nobody knows');
});

// ── the way to the broker ──

t.test('what stands between: reasons that a person can use', async (t) => {
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve));
  const address = dead.address();
  const nobody = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  await new Promise((resolve) => dead.close(resolve));
  const tls = { cert: pem('server'), key: pem('server-key') };
  const plain = await broker(t);
  const secure = await broker(t, { tls });
  const wantsClient = await broker(t, { tls: { ...tls, ca: pem('ca'), requestCert: true, rejectUnauthorized: true } });
  const login = await broker(t, { login: ['user', 'right'] });
  const old = await broker(t, { produceVersions: [0, 2] });
  const ca_file = pemFile('ca');
  const user = { mechanism: 'plain', username: 'user' };
  const rows: [reason: string, address: string, options: object, kind: Verdict['kind'], said: RegExp][] = [
    ['nothing listens', nobody, {}, 'retry', /nothing listens there \(ECONNREFUSED\)$/],
    ['no such host', 'kafka.invalid', {}, 'retry', /kafka.invalid:9092: .*(ENOTFOUND|EAI_AGAIN)/],
    ['the second broker answers', `${nobody},${plain.address}`, {}, 'delivered', /^$/],
    ['TLS', secure.address, { tls: true, ca_file }, 'delivered', /^$/],
    ['an authority that is not trusted', secure.address, { tls: true }, 'blocked', /authority is not trusted; name it in ca_file/],
    ['another name than in the certificate', secure.address, { tls: true, ca_file, server_name: 'other.example' }, 'blocked', /other.example/],
    ['a client certificate', wantsClient.address, { tls: true, ca_file, client_certificate_file: pemFile('client-a'), client_key_file: pemFile('client-a-key') }, 'delivered', /^$/],
    ['no client certificate', wantsClient.address, { tls: true, ca_file }, 'blocked', /it wants a certificate/],
    ['TLS where none is', plain.address, { tls: true, ca_file }, 'retry', /TLS/],
    ['no TLS where it is wanted', secure.address, {}, 'retry', /closed before it answered; it may want other settings of tls/],
    ['a login', login.address, { ...user, password: 'right' }, 'delivered', /^$/],
    ['a wrong password', login.address, { ...user, password: 'hunter2' }, 'blocked', /SASL_AUTHENTICATION_FAILED.*refused/],
    ['no login where one is wanted', login.address, {}, 'retry', /closed/],
    ['a mechanism that it does not know', login.address, { ...user, mechanism: 'scram-sha-256', password: 'right' }, 'blocked', /UNSUPPORTED_SASL_MECHANISM/],
    ['a password file that is not there', login.address, { ...user, password_file: '/nonexistent/password' }, 'blocked', /can't read the password: ENOENT/],
    ['a broker that is too old', old.address, {}, 'blocked', /speaks no version of Produce/],
  ];
  for (const [reason, brokers, options, kind, said] of rows) {
    const { send } = await open(t, '', { brokers: brokers.split(','), ...options });
    const verdict = await send(numbered(A, 0, 1));
    t.equal(verdict.kind, kind, `${reason}: ${JSON.stringify(verdict)}`);
    t.match('reason' in verdict ? verdict.reason : '', said, reason);
    t.notMatch(JSON.stringify(verdict), 'hunter2', `${reason}: no secret`);
  }
});

t.test('topics and producers that are refused', async (t) => {
  const rows: [reason: string, options: KafkaServerOptions, kind: Verdict['kind'], said: RegExp][] = [
    ['no such topic', { topicCode: () => 3 }, 'blocked', /topic logs: UNKNOWN_TOPIC_OR_PARTITION \(there is no such topic/],
    ['it may not be seen', { topicCode: () => 29 }, 'blocked', /topic logs: TOPIC_AUTHORIZATION_FAILED/],
    ['it has no leader yet', { topicCode: () => 5 }, 'retry', /LEADER_NOT_AVAILABLE/],
    ['no right to be idempotent', { producerCode: () => 31 }, 'blocked', /IdempotentWrite, or set idempotent: false/],
    ['the coordinator is not there yet', { producerCode: () => 15 }, 'retry', /COORDINATOR_NOT_AVAILABLE/],
  ];
  for (const [reason, options, kind, said] of rows) {
    const { address } = await broker(t, options);
    const { send } = await open(t, address);
    const verdict = await send(numbered(A, 0, 1));
    t.equal(verdict.kind, kind, reason);
    t.match('reason' in verdict ? verdict.reason : '', said, reason);
  }
  let asked = 0;
  const { server, address } = await broker(t, { topicCode: () => (asked++ < 2 ? 3 : 0) });
  const { send } = await open(t, address);
  t.same(await send(numbered(A, 0, 1)), { kind: 'delivered' }, 'a topic that is made on demand is there a moment later');
  t.equal(server.stored.length, 1);
});

t.test('an idle connection that the broker has closed, and an end while it waits', async (t) => {
  const { server, address } = await broker(t, { fate: ({ number }) => (number === 2 ? { store: false, then: 'silence' } : 'store') });
  const { send } = await open(t, address, { timeout: '60s' });
  await send(numbered(A, 0, 2));
  server.drop();
  await until(() => server.arrivals.length === 1, 'the first batch');
  const again = await send(numbered(A, 2, 4));
  if (again.kind !== 'delivered') t.same(await send(numbered(A, 2, 4)), { kind: 'delivered' }, 'at once or with the next try');
  const ending = new AbortController();
  const waiting = send(numbered(A, 4, 6), ending.signal);
  await until(() => server.arrivals.length >= 3, 'the batch without an answer');
  ending.abort();
  t.equal((await waiting).kind, 'retry', 'it does not wait for the answer');
});

t.test('tried without sending anything', async (t) => {
  const made: boolean[] = [];
  const asked = (mayBeMade: boolean): void => void made.push(mayBeMade);
  const all = { asked, operations: 0xffff };
  const rows: [reason: string, server: KafkaServerOptions, options: object, expected: object][] = [
    ['all is well', { ...all, partitions: 3 }, {}, { kind: 'ok', detail: '3 partitions' }],
    ['a broker that does not say what is allowed', { asked }, {}, { kind: 'ok', detail: '1 partition' }],
    ['may be read only', { asked, operations: (1 << 3) | (1 << 8) }, {}, { kind: 'problem', stage: 'permission', reason: 'topic logs: the user may not write to it' }],
    ['no topic', { ...all, topicCode: () => 3 }, {}, { kind: 'problem', stage: 'index', reason: /UNKNOWN_TOPIC_OR_PARTITION/ }],
    ['the topic may not be seen', { ...all, topicCode: () => 29 }, {}, { kind: 'problem', stage: 'permission' }],
    ['no right to be idempotent', { ...all, producerCode: () => 31 }, {}, { kind: 'problem', stage: 'permission' }],
    ['which is not wanted', { ...all, producerCode: () => 31 }, { idempotent: false }, { kind: 'ok' }],
    ['a wrong password', { ...all, login: ['user', 'right'] }, { mechanism: 'plain', username: 'user', password: 'wrong' }, { kind: 'problem', stage: 'credentials' }],
    ['an authority that is not trusted', { ...all, tls: { cert: pem('server'), key: pem('server-key') } }, { tls: true }, { kind: 'problem', stage: 'TLS' }],
  ];
  for (const [reason, serverOptions, options, expected] of rows) {
    const { server, address } = await broker(t, serverOptions);
    const { destination } = await open(t, address, options);
    t.match(await destination.check(NEVER), expected, reason);
    t.equal(server.arrivals.length, 0, `${reason}: nothing is sent`);
  }
  t.same([...new Set(made)], [false], 'no topic is made');
});

// ── the program ──

t.test('lines to messages: sizes are kept to, what is too large goes to the dead letters, and from there again', async (t) => {
  const state = folder(t);
  let largest = 20_000; // bytes of a batch: what max.message.bytes is about
  const { server, address } = await broker(t, { partitions: 3, fate: ({ bytes }) => (bytes > largest ? 10 : 'store') });
  const file = path.join(state, 'app.log');
  const lines = Array.from({ length: 2_000 }, (_, n) => `2026-11-22T10:00:00Z INFO line ${n} of größer ☃`);
  lines.splice(1_000, 0, `2026-11-22T10:00:00Z WARN ${'long '.repeat(10_000)}`);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const config = path.join(state, 'shipper.yaml');
  writeFileSync(config, `inputs:\n  app: {type: file, paths: [${file}], fields: {service: web}}\noutputs:\n  queue: {type: kafka, brokers: ["${address}"], topic: logs, compression: none}\n`);
  const args = ['--once', '-c', config, '--state-dir', path.join(state, 'state')];
  const { code, stderr } = await run(args);
  t.equal(code, 0, stderr);
  t.match(stderr, /2000 delivered, 1 dead-lettered/);
  const values = server.stored.map(({ value }) => JSON.parse(value) as { message: string; service: string; host: string; timestamp: string });
  t.same(values.map(({ message }) => message), lines.filter((line) => line.length < 1_000).map((line) => line.replace(/^\S+ INFO /, '')), 'every line once, in order');
  t.ok(values.every(({ service, host, timestamp }) => service === 'web' && host !== undefined && timestamp === '2026-11-22T10:00:00Z'));
  t.equal(new Set(server.stored.map(({ id }) => id)).size, 2_000, 'ids');
  const letters = readdirSync(path.join(state, 'state'), { recursive: true }).map(String).find((name) => name.includes('dead-letters')) ?? '';
  t.match(readFileSync(path.join(state, 'state', letters), 'utf8'), /"reason":"MESSAGE_TOO_LARGE/);
  largest = Infinity;
  const resent = await run(['retry-dead-letters', '-c', config, '--state-dir', path.join(state, 'state')]);
  t.equal(resent.code, 0, resent.stderr);
  t.match(server.stored.at(-1)?.value, /"level":"warn"/);
  t.equal(new Set(server.stored.map(({ key }) => key)).size, 1, 'under the key it had');
});

t.test('a broker that freezes: nothing is lost, nothing is there twice, and a person is told', async (t) => {
  let silent = true;
  const { server, address } = await broker(t, { fate: ({ number }) => (number > 0 && silent ? { store: true, then: 'silence' } : 'store') });
  const state = folder(t);
  const file = path.join(state, 'app.log');
  writeFileSync(file, Array.from({ length: 500 }, (_, n) => `INFO line ${n}\n`).join(''));
  const config = path.join(state, 'shipper.yaml');
  writeFileSync(config, `inputs:\n  app: {type: file, paths: [${file}]}\noutputs:\n  queue: {type: kafka, brokers: ["${address}"], topic: logs, timeout: 1s, batch: {events: 50}}\n`);
  const running = start(['--once', '-c', config]);
  running.child.stdin.end();
  await until(() => /queue: .*does not answer; whether the batch is stored is not known: it goes again under the same number, to be stored once; trying again/.test(running.stderr()), 'a message');
  silent = false;
  const { code, stderr } = await running.ended;
  t.equal(code, 0, stderr);
  t.match(stderr, /delivering again/);
  t.same(server.stored.map(({ value }) => (JSON.parse(value) as { message: string }).message), Array.from({ length: 500 }, (_, n) => `line ${n}`));
});

t.test('whoever does not use it does not load it', async (t) => {
  const hook = `data:text/javascript,${encodeURIComponent(`export async function resolve(name, context, next) { if (name.includes('platformatic')) process._rawDebug('LOADED ' + name); return next(name, context); }`)}`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`import { register } from 'node:module'; register(${JSON.stringify(hook)});`)}` };
  const { address } = await broker(t);
  const rows: [reason: string, output: string, loaded: boolean][] = [['console', 'console=json', false], ['kafka', `kafka=${address}/logs`, true]];
  for (const [reason, output, loaded] of rows) {
    const { code, stdout, stderr } = await run(['-o', output], { stdin: 'INFO hello\n', env });
    t.equal(code, 0, `${reason}: ${stderr}`);
    t.equal(stderr.includes('LOADED @platformatic/kafka'), loaded, reason);
    if (!loaded) t.equal(events(stdout).length, 1, reason);
  }
  t.ok(CLI.startsWith(ROOT));
});
