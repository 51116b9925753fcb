import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import t, { type Test } from 'tap';
import { credentialChain } from '../outputs/aws/chain.ts';
import { Clock } from '../outputs/aws/clock.ts';
import { CredentialCache, type AwsCredentials, type Provided } from '../outputs/aws/credentials.ts';
import { logsEndpoint } from '../outputs/aws/endpoint.ts';
import { findRegion } from '../outputs/aws/region.ts';
import { authorization, canonicalRequest, sha256, sign } from '../outputs/aws/sigv4.ts';
import { classifyError, readError } from '../outputs/cloudwatch/errors.ts';
import { LIMITS } from '../outputs/cloudwatch/limits.ts';
import { rejectedVerdicts } from '../outputs/cloudwatch/rejected.ts';
import { cloudwatch, CloudWatchDestination } from '../outputs/cloudwatch.ts';
import { CloudWatchOptions, cloudwatchFlag } from '../outputs/cloudwatch-options.ts';
import type { Verdict } from '../outputs/output.ts';
import { run } from './e2e/run-shipper.ts';
import { awsError, CloudWatchServer, type LogsReply, type LogsRequest } from './helpers/cloudwatch-server.ts';
import { seeded } from './helpers/random.ts';
import { readVectors } from './helpers/sigv4-vectors.ts';

const NEVER = new AbortController().signal;
const NOW = Date.parse('2026-11-22T10:00:00.000Z');
const [HOUR, DAY] = [3_600_000, 24 * 3_600_000];
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 's3cret/key', AWS_SESSION_TOKEN: 't0ken', AWS_EC2_METADATA_DISABLED: 'true' };
const DELIVERED: Verdict = { kind: 'delivered' };

// ── signature ──

t.test("AWS's own vectors", async (t) => {
  const vectors = readVectors('test/fixtures/sigv4');
  for (const vector of vectors) {
    const canonical = canonicalRequest(vector.method, vector.path, vector.query, vector.headers, sha256(vector.body), vector.normalizes);
    t.equal(canonical, vector.canonical, `${vector.name}: canonical request`);
    if (vector.authorization !== undefined) t.equal(authorization(canonical, vector), vector.authorization, `${vector.name}: signature`);
  }
  t.equal(vectors.length, 40);
});

t.test("the same signature as the SDK's signer, whatever the request is", async (t) => {
  const random = seeded();
  t.comment(`SEED=${random.seed}`);
  const word = (): string => Array.from({ length: 1 + random.below(12) }, () => random.of([..."abcXYZ019-_.~ !*'()/%+=&ä☃😀\t"])).join('');
  const failures: string[] = [];
  for (let round = 0; round < 300; round++) {
    const url = new URL(random.oneIn(2) ? 'https://logs.eu-central-1.amazonaws.com/' : `http://127.0.0.1:4566/${encodeURIComponent(word())}/b`);
    for (let pairs = random.below(4); pairs > 0; pairs--) url.searchParams.append(word(), word());
    url.search = url.search.replaceAll('+', '%20');
    const body = random.bytes(random.below(200));
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': ` Logs_20140328.${word().replace(/[^\x20-\x7e]/g, '')}  x `, 'user-agent': 'shipper' };
    const credentials = { accessKeyId: 'AKID', secretAccessKey: word(), ...(random.oneIn(2) ? { sessionToken: 'token' } : {}) };
    const ours = sign({ method: 'POST', url, headers, body }, { credentials, region: 'eu-central-1', service: 'logs', atMs: NOW, signsBody: true });
    const theirs = await new SignatureV4({ credentials, region: 'eu-central-1', service: 'logs', sha256: Sha256 }).sign(
      { method: 'POST', protocol: url.protocol, hostname: url.hostname, path: url.pathname, query: queryOf(url), headers: { ...headers, host: url.host }, body },
      { signingDate: new Date(NOW) },
    );
    if (ours['authorization'] !== theirs.headers['authorization']) failures.push(`${url.href} ${JSON.stringify(headers)}`);
  }
  t.same(failures, [], '300 requests');
});

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', typeof secret === 'string' ? secret : Buffer.from(secret as Uint8Array));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : Buffer.from(data as Uint8Array));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {}
}

function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const key of new Set(url.searchParams.keys())) query[key] = url.searchParams.getAll(key);
  return query;
}

// ── requests ──

/** Body as the pipeline makes it: 25 blanks, a document, a newline. */
function bodyOf(documents: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(documents.map((document) => `${' '.repeat(25)}${document}\n`).join(''));
}

function at(ms: number, rest = '"message":"m"'): string {
  return `{"timestamp":"${new Date(ms).toISOString()}",${rest}}`;
}

/** A document of exactly `bytes`. */
function sized(bytes: number, ms = NOW): string {
  const empty = at(ms, '"message":""');
  return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
}

async function destinationAt(t: Test, url: string, options: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = KEYS, now: () => number = () => NOW): Promise<CloudWatchDestination> {
  const destination = await CloudWatchDestination.open(CloudWatchOptions.parse({ type: 'cloudwatch', group: 'g', stream: 's', region: 'eu-central-1', endpoint: url, ...options }), env, now);
  t.teardown(() => destination.close());
  return destination;
}

async function standIn(t: Test, answer?: (request: LogsRequest, server: CloudWatchServer) => LogsReply | undefined, now: () => number = () => NOW): Promise<CloudWatchServer> {
  const server = new CloudWatchServer(now, answer);
  t.teardown(() => server.close());
  await server.listen();
  server.addStream('g', 's');
  return server;
}

t.test('a request, byte for byte', async (t) => {
  const server = await standIn(t);
  const destination = await destinationAt(t, server.url);
  const documents = [at(NOW, '"message":"größer ☃ \\"x\\" C:\\\\\\n\\u0007","n":1.0'), '{"message":"no time"}', '{}', at(NOW + 1)];
  t.same(await destination.send(bodyOf(documents), 4, NEVER), DELIVERED);
  const [request] = server.requests;
  t.equal(request?.raw.toString(), `{"logGroupName":"g","logStreamName":"s","logEvents":[${[NOW, NOW, NOW, NOW + 1].map((timestamp, i) => JSON.stringify({ timestamp, message: documents[i] })).join(',')}]}`);
  t.match(request?.headers, {
    'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Logs_20140328.PutLogEvents', 'x-amz-date': '20261122T100000Z', 'x-amz-security-token': 't0ken',
    'content-length': String(request?.raw.length), 'content-encoding': undefined,
    authorization: /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261122\/eu-central-1\/logs\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
  });
  t.same(server.streams.get('g:s')?.map(({ message }) => message), documents, 'messages are the documents');
  t.equal(cloudwatch('aws', CloudWatchOptions.parse({ type: 'cloudwatch', group: 'g' })).framing.before.length, LIMITS.eventBytes - 1, 'a record is as long as CloudWatch counts it');
});

t.test('limits: at the limit one request, beyond it two, and the stand-in refuses what breaks one', async (t) => {
  const one = (count: number): number[] => [count];
  const half = LIMITS.requestBytes / 2;
  const rows: [reason: string, documents: string[], requests: number[]][] = [
    ['bytes: exactly', [sized(half - 26), sized(half - 26)], one(2)],
    ['bytes: one more', [sized(half - 26), sized(half - 25)], [1, 1]],
    ['bytes: exactly, of characters of several bytes', [sized(half - 26), sized(half - 26).replace('xxxxxxx', 'ä☃xx')], one(2)],
    ['events: exactly', Array.from({ length: 10_000 }, () => at(NOW)), one(10_000)],
    ['events: one more', Array.from({ length: 10_001 }, () => at(NOW)), [10_000, 1]],
    ['span: exactly a day', [at(NOW - DAY), at(NOW)], one(2)],
    ['span: a millisecond more', [at(NOW - DAY - 1), at(NOW)], [1, 1]],
    ['span: several days, in any order', [at(NOW), at(NOW - 50 * HOUR), at(NOW - 25 * HOUR), at(NOW - 49 * HOUR), at(NOW - 1)], [2, 1, 2]],
    ['2 h ahead exactly', [at(NOW), at(NOW + 2 * HOUR)], one(2)],
    ['message: exactly', [sized(LIMITS.messageBytes)], one(1)],
  ];
  for (const [reason, documents, requests] of rows) {
    const server = await standIn(t);
    t.same(await (await destinationAt(t, server.url)).send(bodyOf(documents), documents.length, NEVER), DELIVERED, reason);
    t.same(server.puts.map((events) => events.length), requests, `${reason}: requests`);
    t.equal(server.streams.get('g:s')?.length, documents.length, `${reason}: all are there, once`);
  }
});

t.test('whatever is in a batch, no request breaks a limit, and every record arrives once', async (t) => {
  const random = seeded();
  t.comment(`SEED=${random.seed}`);
  const server = await standIn(t);
  const destination = await destinationAt(t, server.url);
  const spread = [1_000, DAY, 3 * DAY, 30 * DAY];
  for (let round = 0; round < 40; round++) {
    const around = random.of(spread);
    const count = 1 + random.below(random.oneIn(8) ? 12_000 : 60);
    const longest = Math.min(random.of([10, 1_000, 100_000, 1_200_000]), Math.ceil(5_000_000 / count));
    const documents = Array.from({ length: count }, (_, n) => at(NOW - random.below(around) + (random.oneIn(9) ? 3 * HOUR : 0), `"n":${n},"message":"${random.of(['x', 'ä', '😀', '\\\\', '\\u00e4'])}${'y'.repeat(random.below(longest))}"`));
    server.addStream('g', 's');
    const verdict = await destination.send(bodyOf(documents), count, NEVER);
    const stored = (server.streams.get('g:s') ?? []).map(({ message }) => (JSON.parse(message) as { n: number }).n).sort((a, b) => a - b);
    if (verdict.kind !== 'delivered' || stored.some((n, index) => n !== index) || stored.length !== count) t.fail(`${count} records of up to ${longest} bytes within ${around} ms: ${JSON.stringify(verdict).slice(0, 200)}`);
  }
  t.pass(`${server.puts.length} requests`);
});

t.test('order: by time, and as it came where times are equal', async (t) => {
  const server = await standIn(t);
  const times = [5, 3, 5, 1, 3, 5, 0, 3];
  const documents = times.map((ms, n) => at(NOW + ms, `"n":${n}`));
  await (await destinationAt(t, server.url)).send(bodyOf(documents), documents.length, NEVER);
  t.same(server.puts.map((events) => events.map(({ message }) => (JSON.parse(message) as { n: number }).n)), [[6, 3, 1, 4, 7, 0, 2, 5]]);
});

t.test('times of documents', async (t) => {
  const server = await standIn(t);
  const rows: [string, number][] = [
    ['2026-11-22T10:00:00Z', NOW], ['2026-11-22T10:00:00.1Z', NOW + 100], ['2026-11-22T10:00:00.123456789Z', NOW + 123], ['2026-11-22T10:00:00.9999Z', NOW + 999],
    ['2026-11-22T11:00:00.5+01:00', NOW + 500], ['2026-11-22T04:30:00-05:30', NOW], ['not a time at all, really', NOW], ['2026-11-22', NOW],
  ];
  for (const [text, expected] of rows) {
    await (await destinationAt(t, server.url)).send(bodyOf([`{"timestamp":"${text}"}`]), 1, NEVER);
    t.equal(server.puts.at(-1)?.[0]?.timestamp, expected, text);
  }
});

t.test('one queue with now, −25 h, −15 d, +3 h and a 1.2 MiB event with an emoji on the cut', async (t) => {
  const big = `{"timestamp":"${new Date(NOW - HOUR).toISOString()}","level":"info","message":"${'😀'.repeat(314_573)}","n":7}`;
  const documents = [at(NOW), at(NOW - 25 * HOUR), at(NOW - 15 * DAY), at(NOW + 3 * HOUR, '"observed_timestamp":"mine"'), big];
  const server = await standIn(t);
  const destination = await destinationAt(t, server.url);
  t.same(await destination.send(bodyOf(documents), 5, NEVER), DELIVERED);
  t.same([...destination.degraded], [['restamped', 2], ['cut', 1]], 'and counted');
  const stored = server.streams.get('g:s') ?? [];
  t.equal(stored.length, 5, 'nothing is lost');
  const observed = stored.filter(({ message }) => message.includes('observed_timestamp'));
  t.same(observed, [
    { timestamp: NOW, message: `{"timestamp":"${new Date(NOW - 15 * DAY).toISOString()}","observed_timestamp":"2026-11-22T10:00:00.000Z","message":"m"}` },
    { timestamp: NOW, message: documents[3] },
  ], 'outside the window: under the present time, the original beside it, no key twice');
  const cut = stored.find(({ message }) => message.includes('truncated'))?.message ?? '';
  t.match(JSON.parse(cut), { level: 'info', message: /^(?:😀)+$/u, n: 7, truncated: true, original_bytes: Buffer.byteLength(big) }, 'cut between two characters');
  t.ok(Buffer.byteLength(cut) <= LIMITS.messageBytes && Buffer.byteLength(cut) > LIMITS.messageBytes - 4, `${Buffer.byteLength(cut)} bytes`);

  const other = await standIn(t);
  const verdict = await (await destinationAt(t, other.url, { outside_window: 'dead_letter' })).send(bodyOf(documents.slice(0, 4)), 4, NEVER);
  t.match(verdict, { kind: 'partial', items: [DELIVERED, DELIVERED, { kind: 'rejected', reason: 'older than CloudWatch Logs takes' }, { kind: 'rejected', reason: 'more than 2 h in the future' }] });
  t.match(await (await destinationAt(t, other.url, { retention_days: 1 })).send(bodyOf([at(NOW - 25 * HOUR)]), 1, NEVER), DELIVERED);
  t.match(other.puts.at(-1), [{ timestamp: NOW }], 'older than the retention that shipper sets');
});

t.test('what can not be cut is refused, and its neighbours are sent', async (t) => {
  const server = await standIn(t);
  const numbers = `{"n":[${'1234567,'.repeat(130_000)}0]}`;
  const escapes = `{"message":"${'\\ud83d\\ude00'.repeat(100_000)}","truncated":true,"original_bytes":5}`;
  t.match(await (await destinationAt(t, server.url)).send(bodyOf([numbers, at(NOW), escapes]), 3, NEVER), { kind: 'partial', items: [{ kind: 'rejected', reason: /^an event of 1040009 bytes/ }, DELIVERED, DELIVERED] });
  const cut = JSON.parse(server.puts[0]?.[1]?.message ?? '') as { message: string; original_bytes: number };
  t.match(cut, { message: /^(?:😀)+$/u, original_bytes: 5 }, 'no half of a pair, and marked once');
});

t.test('group and stream by the record', async (t) => {
  const server = await standIn(t);
  const document = (service: string, host: string): string => at(NOW, `"host":"${host}","service":"${service}","message":"\\"service\\":\\"no\\"","nested":{"env":"x"},"env":"prod"`);
  const documents = [document('a', 'h1'), document('b', 'h1'), document('a', 'h1'), document('a', 'h:*\\n2'), at(NOW), document('sp ä/c', 'ü')];
  t.same(await (await destinationAt(t, server.url, { group: '/app/{service}', stream: '{host}-{env}' })).send(bodyOf(documents), documents.length, NEVER), DELIVERED);
  t.same(Object.fromEntries([...server.streams].map(([name, events]) => [name, events.length])), {
    'g:s': 0, '/app/a:h1-prod': 2, '/app/b:h1-prod': 1, '/app/a:h___2-prod': 1, '/app/unknown:unknown-unknown': 1, '/app/sp__/c:ü-prod': 1,
  });
});

t.test('metrics of the records, in the embedded format', async (t) => {
  const server = await standIn(t);
  const metrics = { namespace: 'Pay', fields: { duration_ms: 'Milliseconds', n: 'None' }, dimensions: ['service'] };
  const directive = (names: [string, string][]): string => JSON.stringify({ Timestamp: NOW, CloudWatchMetrics: [{ Namespace: 'Pay', Dimensions: [['service']], Metrics: names.map(([Name, Unit]) => ({ Name, Unit })) }] });
  const rows: [reason: string, members: string, metrics: [string, string][] | undefined][] = [
    ['both numbers', '"service":"a","duration_ms":5.25,"n":-1', [['duration_ms', 'Milliseconds'], ['n', 'None']]],
    ['one of them', '"service":"a","n":0', [['n', 'None']]],
    ['none', '"service":"a"', undefined],
    ['numbers as text', '"service":"a","n":"5"', undefined],
    ['a number that is none', '"service":"a","n":1e999', undefined],
    ['no dimension', '"n":1', undefined],
    ['a dimension that is no text', '"service":7,"n":1', undefined],
    ['a blank dimension', '"service":" ","n":1', undefined],
    ['a long dimension', `"service":"${'x'.repeat(1_025)}","n":1`, undefined],
    ['nested: references never follow nesting', '"service":"a","ctx":{"n":1}', undefined],
    ["the application's own", '"service":"a","n":1,"_aws":{}', undefined],
  ];
  const destination = await destinationAt(t, server.url, { metrics });
  for (const [reason, members, names] of rows) {
    await destination.send(bodyOf([at(NOW, members)]), 1, NEVER);
    t.equal(server.puts.at(-1)?.[0]?.message, names === undefined ? at(NOW, members) : `{"_aws":${directive(names)},${at(NOW, members).slice(1)}`, reason);
  }
  const full = Array.from({ length: 2 }, () => sized(LIMITS.requestBytes / 2 - 26).replace('"message":"xxxxxxxxxxxxxxxxxxx', '"service":"a","n":1,"message":"'));
  t.same(await destination.send(bodyOf(full), 2, NEVER), DELIVERED);
  t.same(server.puts.slice(-2).map((events) => events.length), [1, 1], 'what is added counts');
});

// ── answers ──

t.test('rejectedLogEventsInfo: ends are exclusive, the start is inclusive', async (t) => {
  const rows: [reason: string, info: unknown, verdicts: string | undefined][] = [
    ['none', undefined, undefined], ['empty', {}, undefined], ['no object', 'x', undefined],
    ['the first is too old', { tooOldLogEventEndIndex: 1 }, 'r....'], ['none is too old', { tooOldLogEventEndIndex: 0 }, undefined], ['all are too old', { tooOldLogEventEndIndex: 5 }, 'rrrrr'],
    ['two have expired', { expiredLogEventEndIndex: 2 }, 'rr...'], ['the last is too new', { tooNewLogEventStartIndex: 4 }, '....r'], ['all are too new', { tooNewLogEventStartIndex: 0 }, 'rrrrr'],
    ['none is too new', { tooNewLogEventStartIndex: 5 }, undefined], ['all three', { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 }, 'rr..r'],
    ['beyond the end', { tooOldLogEventEndIndex: 99 }, 'rrrrr'], ['negative', { tooOldLogEventEndIndex: -1, tooNewLogEventStartIndex: 5 }, undefined], ['no number', { tooOldLogEventEndIndex: '3' }, undefined],
  ];
  for (const [reason, info, verdicts] of rows) t.equal(rejectedVerdicts(info, 5)?.map(({ kind }) => (kind === 'rejected' ? 'r' : '.')).join(''), verdicts, reason);
});

t.test('events that the server refuses are those of the batch, not of the sorted request', async (t) => {
  const server = await standIn(t, ({ operation }) => (operation === 'PutLogEvents' ? { body: JSON.stringify({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 } }) } : undefined));
  const documents = [5, 1, 4, 2, 3].map((ms) => at(NOW + ms));
  t.match(await (await destinationAt(t, server.url)).send(bodyOf(documents), 5, NEVER), {
    kind: 'partial', items: [{ kind: 'rejected', reason: /future/ }, { kind: 'rejected', reason: /14 days/ }, DELIVERED, { kind: 'rejected', reason: /retention/ }, DELIVERED],
  });
});

t.test('errors, by their code', async (t) => {
  const json = (type: string): string => JSON.stringify({ __type: `com.amazonaws.logs.v20140328#${type}`, message: 'why' });
  const rows: { reason: string; status?: number; headers?: Record<string, string>; body: string; verdict: object }[] = [
    ...['ThrottlingException', 'Throttling', 'ThrottledException', 'RequestLimitExceeded', 'TooManyRequestsException', 'RequestThrottled', 'RequestThrottledException', 'SlowDown'].map((code) => ({ reason: code, body: json(code), verdict: { kind: 'retry', reason: `${code}: why`, afterMs: 1_000, stubborn: undefined } })),
    ...['ServiceUnavailableException', 'LimitExceededException', 'RequestTimeout', 'RequestTimeoutException', 'OperationAbortedException', 'ExpiredTokenException', 'ExpiredToken', 'RequestExpired'].map((code) => ({ reason: code, body: json(code), verdict: { kind: 'retry', reason: `${code}: why`, stubborn: undefined } })),
    ...['UnrecognizedClientException', 'InvalidClientTokenId', 'IncompleteSignature', 'MissingAuthenticationToken', 'InvalidSignatureException', 'SignatureDoesNotMatch', 'AccessDeniedException', 'AccessDenied', 'AuthFailure', 'OptInRequired', 'RequestTimeTooSkewed', 'RequestInTheFuture', 'MissingAuthenticationTokenException', 'UnknownOperationException'].map((code) => ({ reason: code, body: json(code), verdict: { kind: 'blocked', reason: new RegExp(`^${code}: why \\(`) } })),
    ...['InvalidParameterException', 'ValidationException', 'SerializationException', 'MalformedQueryString', 'UnprocessableEntityException'].map((code) => ({ reason: code, body: json(code), verdict: { kind: 'invalid', reason: `${code}: why` } })),
    { reason: 'accepted before', body: json('DataAlreadyAcceptedException'), verdict: DELIVERED },
    { reason: 'code without a namespace', body: '{"__type":"ThrottlingException","Message":"slow"}', verdict: { kind: 'retry', reason: 'ThrottlingException: slow' } },
    { reason: 'code in another member', body: '{"code":"ThrottlingException"}', verdict: { kind: 'retry', reason: 'ThrottlingException' } },
    { reason: 'code in the header, with what follows it', headers: { 'x-amzn-errortype': 'AccessDeniedException:http://x/,y' }, body: '', verdict: { kind: 'blocked', reason: /^AccessDeniedException \(/ } },
    { reason: 'the body counts more than the header', headers: { 'x-amzn-errortype': 'AccessDeniedException' }, body: json('ThrottlingException'), verdict: { kind: 'retry' } },
    { reason: 'XML', status: 403, body: '<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message></Error>', verdict: { kind: 'blocked', reason: /^SignatureDoesNotMatch: no \(/ } },
    { reason: 'a code nobody knows, 400', body: json('BrandNewException'), verdict: { kind: 'invalid' } },
    { reason: 'a code nobody knows, 403', status: 403, body: json('BrandNewException'), verdict: { kind: 'blocked' } },
    { reason: 'a code nobody knows, 500', status: 500, body: json('BrandNewException'), verdict: { kind: 'retry', stubborn: true } },
    { reason: 'InternalServerException', status: 500, body: json('InternalServerException'), verdict: { kind: 'retry', stubborn: true } },
    ...[408, 500, 502, 504].map((status) => ({ reason: String(status), status, body: '<html>', verdict: { kind: 'retry', reason: `HTTP ${status}`, stubborn: true } })),
    { reason: '503', status: 503, body: '', verdict: { kind: 'retry', stubborn: undefined } },
    { reason: '429', status: 429, body: '', verdict: { kind: 'retry', afterMs: 1_000 } },
    { reason: 'asked to wait, in seconds', status: 503, headers: { 'retry-after': '7' }, body: '', verdict: { kind: 'retry', afterMs: 7_000 } },
    { reason: "asked to wait, in the service's own header", headers: { 'x-amz-retry-after': '250', 'retry-after': '7' }, body: json('ThrottlingException'), verdict: { kind: 'retry', afterMs: 250 } },
    { reason: '413', status: 413, body: '', verdict: { kind: 'split' } },
    { reason: '400 without a word', status: 400, body: '', verdict: { kind: 'invalid', reason: 'HTTP 400' } },
    { reason: '404', status: 404, body: '<html>', verdict: { kind: 'blocked', reason: 'HTTP 404 (is the endpoint right?)' } },
    { reason: 'moved', status: 301, body: '', verdict: { kind: 'blocked' } },
    { reason: 'a message of several lines: the first', body: JSON.stringify({ __type: 'InvalidSignatureException', message: 'no match.\n\nThe Canonical String should have been x-amz-security-token:t0ken' }), verdict: { kind: 'blocked', reason: /^InvalidSignatureException: no match\. \(/ } },
  ];
  for (const { reason, status = 400, headers = {}, body, verdict } of rows) t.match(classifyError(readError(status, headers, Buffer.from(body))), verdict, reason);
});

t.test('a 200 that is not the answer of CloudWatch Logs', async (t) => {
  for (const body of ['', '<html>', '[]', '{"a":', 'null']) {
    const server = await standIn(t, () => ({ body }));
    t.match(await (await destinationAt(t, server.url)).send(bodyOf([at(NOW)]), 1, NEVER), { kind: 'retry', stubborn: true, reason: /^HTTP 200, but the answer is not that of CloudWatch Logs/ }, body);
  }
});

t.test('several requests of one batch: what failed is told apart', async (t) => {
  const documents = [at(NOW - 50 * HOUR), at(NOW - 25 * HOUR), at(NOW)];
  const rows: [reason: string, refuse: (events: number, number: number) => LogsReply | undefined, verdict: object, requests: number][] = [
    ['busy from the second on: no third', (_, number) => (number >= 2 ? awsError('ThrottlingException') : undefined), { kind: 'partial', items: [DELIVERED, { kind: 'retry', stubborn: false }, { kind: 'retry' }] }, 2],
    ['busy at once', () => awsError('ThrottlingException'), { kind: 'retry', afterMs: 1_000 }, 1],
    ['a bad one in the middle', (_, number) => (number === 2 ? awsError('InvalidParameterException') : undefined), { kind: 'partial', items: [DELIVERED, { kind: 'retry', stubborn: true }, { kind: 'retry', stubborn: true }] }, 2],
    ['no right', (_, number) => (number === 3 ? awsError('AccessDeniedException') : undefined), { kind: 'partial', items: [DELIVERED, DELIVERED, { kind: 'blocked' }] }, 3],
  ];
  for (const [reason, refuse, verdict, requests] of rows) {
    const server = await standIn(t, ({ input, number }) => refuse(input.logEvents?.length ?? 0, number));
    t.match(await (await destinationAt(t, server.url)).send(bodyOf(documents), 3, NEVER), verdict, reason);
    t.equal(server.requests.length, requests, `${reason}: requests`);
  }
});

// ── groups and streams ──

t.test('groups and streams are made when they are missing', async (t) => {
  const setUp = { group: 'new', retention_days: 7, tags: { team: 'payments' }, class: 'INFREQUENT_ACCESS' };
  const operations = (server: CloudWatchServer): string[] => server.requests.map(({ operation }) => operation);
  const whole = ['PutLogEvents', 'CreateLogStream', 'CreateLogGroup', 'PutRetentionPolicy', 'CreateLogStream', 'PutLogEvents'];

  const server = await standIn(t);
  t.same(await (await destinationAt(t, server.url, setUp)).send(bodyOf([at(NOW)]), 1, NEVER), DELIVERED);
  t.same(operations(server), whole);
  t.same(server.groups.get('new'), { retentionInDays: 7, tags: { team: 'payments' }, logGroupClass: 'INFREQUENT_ACCESS' });

  const stream = await standIn(t);
  t.same(await (await destinationAt(t, stream.url, { stream: 'other' })).send(bodyOf([at(NOW)]), 1, NEVER), DELIVERED);
  t.same(operations(stream), ['PutLogEvents', 'CreateLogStream', 'PutLogEvents'], 'a group that is there is left as it is');

  const twice = await standIn(t);
  const both = await destinationAt(t, twice.url, setUp);
  t.same(await Promise.all([both.send(bodyOf([at(NOW)]), 1, NEVER), both.send(bodyOf([at(NOW)]), 1, NEVER)]), [DELIVERED, DELIVERED]);
  t.equal(operations(twice).filter((operation) => operation === 'CreateLogGroup').length, 1, 'two batches make it once');

  const rows: [reason: string, answer: (request: LogsRequest, server: CloudWatchServer) => LogsReply | undefined, first: object, then: object][] = [
    ['made by somebody else in the meantime', ({ operation, number, input }, self) => {
      if (operation === 'CreateLogGroup') self.groups.set(input.logGroupName, {});
      if (operation === 'CreateLogStream' && number > 3) self.streams.set('new:s', []);
      return undefined;
    }, DELIVERED, DELIVERED],
    ['no right to make a group', ({ operation }) => (operation === 'CreateLogGroup' ? awsError('AccessDeniedException') : undefined), { kind: 'blocked', reason: /^CreateLogGroup: AccessDeniedException: why \(the role needs/ }, { kind: 'blocked' }],
    ['no right to set the retention: told once, and logs flow', ({ operation }) => (operation === 'PutRetentionPolicy' ? awsError('AccessDeniedException') : undefined), { kind: 'blocked', reason: /^PutRetentionPolicy: / }, DELIVERED],
    ['retention throttled: set later', ({ operation, number }) => (operation === 'PutRetentionPolicy' && number < 6 ? awsError('ThrottlingException') : undefined), { kind: 'retry', reason: /^PutRetentionPolicy: / }, DELIVERED],
    ['too many groups', ({ operation }) => (operation === 'CreateLogGroup' ? awsError('LimitExceededException') : undefined), { kind: 'blocked', reason: /^CreateLogGroup: LimitExceeded/ }, { kind: 'blocked' }],
    ['a name that AWS refuses', ({ operation }) => (operation === 'CreateLogGroup' ? awsError('InvalidParameterException') : undefined), { kind: 'blocked' }, { kind: 'blocked' }],
    ['never there', ({ operation }) => (operation === 'PutLogEvents' ? awsError('ResourceNotFoundException') : undefined), { kind: 'retry', reason: /is not there yet/ }, { kind: 'retry' }],
  ];
  for (const [reason, answer, first, then] of rows) {
    const odd = await standIn(t, answer);
    const destination = await destinationAt(t, odd.url, setUp);
    t.match(await destination.send(bodyOf([at(NOW)]), 1, NEVER), first, reason);
    t.match(await destination.send(bodyOf([at(NOW)]), 1, NEVER), then, `${reason}: again`);
    if (reason.startsWith('retention')) t.same(odd.groups.get('new')?.retentionInDays, 7, reason);
  }
});

t.test('emulators that still want sequence tokens', async (t) => {
  const server = await standIn(t, ({ input }) => (input.sequenceToken === '42' ? undefined : { status: 400, body: '{"__type":"InvalidSequenceTokenException","expectedSequenceToken":"42"}' }));
  t.same(await (await destinationAt(t, server.url)).send(bodyOf([at(NOW)]), 1, NEVER), DELIVERED);
});

// ── clock and credentials ──

t.test('a wrong clock is put right by what the server says', async (t) => {
  const rows: [reason: string, clockMs: number, corrected: boolean][] = [['an hour behind', NOW - HOUR, true], ['a day ahead', NOW + DAY, true], ['four minutes', NOW + 240_000, true], ['three minutes', NOW + 180_000, false]];
  for (const [reason, clockMs, corrected] of rows) {
    const server = await standIn(t, ({ headers }) => (headers['x-amz-date'] === '20261122T100000Z' ? undefined : awsError('InvalidSignatureException', 'Signature expired')));
    const destination = await destinationAt(t, server.url, {}, KEYS, () => clockMs);
    t.match(await destination.send(bodyOf([at(NOW)]), 1, NEVER), corrected ? DELIVERED : { kind: 'blocked', reason: /clock/ }, reason);
    t.equal(server.requests.length, corrected ? 2 : 1, `${reason}: tried again at once`);
    if (corrected) t.same(await destination.send(bodyOf([at(NOW)]), 1, NEVER), DELIVERED, `${reason}: stays right`);
    if (corrected) t.equal(server.requests.length, 3, `${reason}: at the first try`);
  }
  const clock = new Clock(() => NOW);
  const date = new Date(NOW + DAY).toUTCString();
  t.notOk(clock.learn({ date, age: '5' }, NOW), 'from a cache');
  t.notOk(clock.learn({ date }, NOW - 1_000_000), 'an answer that took a quarter of an hour');
  t.notOk(clock.learn({ date: 'server-3x' }, NOW), 'no date');
  t.notOk(clock.learn({}, NOW), 'none');
  t.equal(clock.now(), NOW);
});

t.test('credentials that expire are fetched in time, and again when they are refused', async (t) => {
  let nowMs = NOW;
  let fetched = 0;
  let problem = false;
  const provider = (): Promise<Provided> => Promise.resolve(problem ? { kind: 'problem', reason: 'down', passing: true } : { kind: 'credentials', credentials: { accessKeyId: `k${++fetched}`, secretAccessKey: 's', expiresAtMs: nowMs + lifeMs } });
  let lifeMs = HOUR;
  const cache = new CredentialCache([() => Promise.resolve({ kind: 'none' }), provider], () => nowMs);
  const key = async (): Promise<string> => { const provided = await cache.get(); return provided.kind === 'problem' ? provided.reason : provided.credentials.accessKeyId; };
  t.same(await Promise.all([key(), key(), key()]), ['k1', 'k1', 'k1'], 'asked once, however many wait');
  nowMs += HOUR - 301_000;
  t.equal(await key(), 'k1', 'more than five minutes are left');
  nowMs += 2_000;
  lifeMs = 60_000;
  t.equal(await key(), 'k2', 'fewer are left');
  nowMs += 29_000;
  t.equal(await key(), 'k2', 'of a minute, half is used');
  nowMs += 2_000;
  problem = true;
  t.equal(await key(), 'k2', 'the provider is down: the old ones, while they last');
  nowMs += 240_000;
  t.equal(await key(), 'k2', 'and beyond');
  problem = false;
  nowMs += 31_000;
  t.equal(await key(), 'k3', 'it is back');
  lifeMs = -1;
  nowMs += 60_000;
  t.equal(await key(), 'k4', 'what comes expired is used');
  t.equal(await key(), 'k4', 'and not asked for again at once');
  const refused = await cache.get();
  if (refused.kind === 'credentials') t.ok(await cache.renew(refused.credentials), 'refused: others are there');
  t.equal(await key(), 'k5');
  const same = new CredentialCache([() => Promise.resolve({ kind: 'credentials', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })]);
  const held = await same.get();
  if (held.kind === 'credentials') t.notOk(await same.renew(held.credentials), 'refused, and there are no others');
  t.match(await new CredentialCache([]).get(), { kind: 'problem', passing: false, reason: /^no AWS credentials were found/ });
});

t.test('ExpiredToken: fresh credentials and once more, at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shipper-aws-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'credentials');
  const write = (key: string): void => writeFileSync(file, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`);
  write('OLD');
  const env = { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(folder, 'none'), AWS_EC2_METADATA_DISABLED: 'true' };
  for (const code of ['ExpiredTokenException', 'UnrecognizedClientException', 'AccessDeniedException']) {
    write('OLD');
    const server = await standIn(t, ({ headers }) => (headers.authorization?.includes('Credential=NEW/') ? undefined : awsError(code)));
    const destination = await destinationAt(t, server.url, {}, env);
    t.match(await destination.send(bodyOf([at(NOW)]), 1, NEVER), { kind: code === 'ExpiredTokenException' ? 'retry' : 'blocked' }, `${code}: nothing new`);
    t.equal(server.requests.length, 1);
    write('NEW');
    t.same(await destination.send(bodyOf([at(NOW)]), 1, NEVER), DELIVERED, code);
    t.equal(server.requests.length, 3);
  }
});

t.test('no secret in any message', async (t) => {
  const server = await standIn(t, ({ headers, raw }) => awsError('InvalidSignatureException', `secret s3cret/key token ${String(headers['x-amz-security-token'])} ${raw.length}`, 403));
  const verdict = await (await destinationAt(t, server.url)).send(bodyOf([at(NOW)]), 1, NEVER);
  t.match(verdict, { kind: 'blocked', reason: /secret \*\*\* token \*\*\*/ });
  t.notMatch(JSON.stringify(verdict), /s3cret|t0ken/);
});

/** A stand-in for STS, the container and the instance metadata. */
async function metadataServer(t: Test, answer: (request: IncomingMessage, body: string) => { status?: number; body?: string }): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => { body += text; });
    incoming.on('end', () => {
      requests.push(incoming);
      const reply = answer(incoming, body);
      response.writeHead(reply.status ?? 200).end(reply.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

t.test('where credentials come from, in order', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shipper-aws-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string, text: string): string => { writeFileSync(join(folder, name), text); return join(folder, name); };
  const credentials = path('credentials', '[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=s=/+ # why\n\n[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\naws_session_token = tok\n[half]\naws_access_key_id = X\n');
  const config = path('config', '# mine\n[default]\nregion = eu-west-3\ns3 =\n  region = nested\n[profile other]\nregion=ap-south-1\naws_access_key_id = LESS\n[profile irsa]\nrole_arn = arn:aws:iam::1:role/r\nweb_identity_token_file = TOKEN\n[profile sso]\nsso_session = x\n'.replace('TOKEN', join(folder, 'token')));
  const token = path('token', 'jwt-1\n');
  const expiration = '2026-11-22T11:00:00Z';
  const json = (id: string): string => JSON.stringify({ Code: 'Success', AccessKeyId: id, SecretAccessKey: 's', Token: 'tok', Expiration: expiration });
  const container = await metadataServer(t, ({ headers }) => (headers.authorization === 'let-me' ? { body: json('CONTAINER') } : { status: 401, body: 'jwt-1' }));
  const imds = await metadataServer(t, ({ method, url, headers }) => {
    if (method === 'PUT') return headers['x-aws-ec2-metadata-token-ttl-seconds'] === '21600' ? { body: 'imds-token' } : { status: 400 };
    if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401 };
    if (url === '/latest/meta-data/placement/region') return { body: 'us-west-2' };
    return url === '/latest/meta-data/iam/security-credentials/' ? { body: 'my-role\n' } : { body: url?.endsWith('/my-role') ? json('INSTANCE') : '' };
  });
  const sts = await metadataServer(t, (_, body) => {
    const form = new URLSearchParams(body);
    if (form.get('WebIdentityToken') !== 'jwt-1') return { status: 400, body: `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>${body}</Message></Error></ErrorResponse>` };
    return { body: `<R><Credentials><AccessKeyId>WEB-${form.get('Action')}-${form.get('RoleArn')}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>tok</SessionToken><Expiration>${expiration}</Expiration></Credentials></R>` };
  });
  const files = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
  const bare = { AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'), AWS_CONFIG_FILE: join(folder, 'none'), AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url };
  const irsa = { AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ROLE_ARN: 'arn:aws:iam::1:role/r', AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_STS: sts.url };
  const pod = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.url}/v1/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path('pod-token', 'let-me\n') };
  const expiresAtMs = Date.parse(expiration);
  const rows: { reason: string; env: NodeJS.ProcessEnv; profile?: string; is: Partial<AwsCredentials> | RegExp; passing?: boolean }[] = [
    { reason: 'the environment before all', env: { ...files, ...irsa, ...pod, ...KEYS }, is: { accessKeyId: 'AKIDEXAMPLE', sessionToken: 't0ken' } },
    { reason: 'the environment before AWS_PROFILE', env: { ...files, ...KEYS, AWS_PROFILE: 'other' }, is: { accessKeyId: 'AKIDEXAMPLE' } },
    { reason: 'a profile of the configuration before the environment', env: { ...files, ...KEYS }, profile: 'other', is: { accessKeyId: 'OTHER', sessionToken: 'tok' } },
    { reason: 'the default profile', env: { ...files, ...irsa }, is: { accessKeyId: 'DEFAULT', secretAccessKey: 's=/+' } },
    { reason: 'half a key is none', env: { ...files, AWS_PROFILE: 'half', ...pod }, is: { accessKeyId: 'CONTAINER' } },
    { reason: 'AWS_PROFILE; credentials before config', env: { ...files, AWS_PROFILE: 'other' }, is: { accessKeyId: 'OTHER' } },
    { reason: 'a profile that is not there', env: files, profile: 'nobody', is: /^the profile nobody is not/ },
    { reason: 'a profile with a web identity', env: { ...files, AWS_ENDPOINT_URL: sts.url }, profile: 'irsa', is: { accessKeyId: 'WEB-AssumeRoleWithWebIdentity-arn:aws:iam::1:role/r', expiresAtMs } },
    { reason: 'a profile that needs the package of AWS, which is not installed', env: files, profile: 'sso', is: /^sso_session of the AWS profile sso needs the package @aws-sdk\/credential-provider-node/ },
    { reason: 'web identity before container', env: { ...bare, ...irsa, ...pod }, is: { accessKeyId: 'WEB-AssumeRoleWithWebIdentity-arn:aws:iam::1:role/r', sessionToken: 'tok', expiresAtMs } },
    { reason: 'web identity without its file', env: { ...bare, ...irsa, AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'gone') }, is: /^can't read the web identity token: .*ENOENT/ },
    { reason: 'web identity refused: no token in the message', env: { ...bare, ...irsa, AWS_WEB_IDENTITY_TOKEN_FILE: path('bad', 'sesame') }, is: /^web identity: STS refused the role: InvalidIdentityToken$/ },
    { reason: 'STS does not answer: passing', env: { ...bare, ...irsa, AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1' }, is: /^web identity: /, passing: true },
    { reason: 'STS at an address that is none', env: { ...bare, ...irsa, AWS_ENDPOINT_URL_STS: 'localhost:1' }, is: /^web identity: localhost:1 is no address of STS/ },
    { reason: 'instance metadata at an address that is none', env: { ...bare, AWS_EC2_METADATA_SERVICE_ENDPOINT: 'nowhere' }, is: /nowhere is not an address/ },
    { reason: 'EKS Pod Identity, token in a file', env: { ...bare, ...pod }, is: { accessKeyId: 'CONTAINER', expiresAtMs } },
    { reason: 'ECS, token in the environment', env: { ...bare, AWS_CONTAINER_CREDENTIALS_FULL_URI: pod.AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'let-me' }, is: { accessKeyId: 'CONTAINER' } },
    { reason: 'container refuses the token: it is not shown', env: { ...bare, ...pod, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path('wrong', 'wrong') }, is: /^the container's credentials: 127\.0\.0\.1:\d+ answered HTTP 401$/ },
    { reason: 'container over plain http elsewhere', env: { ...bare, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example/' }, is: /without TLS/ },
    { reason: 'container with an address that is none', env: { ...bare, AWS_CONTAINER_CREDENTIALS_FULL_URI: '::' }, is: /is not an address/ },
    { reason: 'container without its token file', env: { ...bare, ...pod, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'gone') }, is: /^can't read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE/ },
    { reason: 'a container that is down: passing', env: { ...bare, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/' }, is: /does not answer \(ECONNREFUSED\)/, passing: true },
    { reason: 'the instance', env: bare, is: { accessKeyId: 'INSTANCE', sessionToken: 'tok', expiresAtMs } },
    { reason: 'nothing', env: { ...bare, AWS_EC2_METADATA_DISABLED: 'TRUE' }, is: /^no AWS credentials were found/ },
    { reason: 'no instance', env: { ...bare, AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' }, is: /^no AWS credentials were found.*ECONNREFUSED/ },
  ];
  for (const { reason, env, profile, is, passing = false } of rows) {
    const provided = await new CredentialCache(credentialChain(env, profile), () => NOW).get();
    t.match(provided, is instanceof RegExp ? { kind: 'problem', reason: is, passing } : { kind: 'credentials', credentials: is }, reason);
  }
  const regions: [string, NodeJS.ProcessEnv, string | undefined, string | undefined][] = [
    ['AWS_REGION', { ...files, AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, undefined, 'a'], ['AWS_DEFAULT_REGION', { ...files, AWS_DEFAULT_REGION: 'b' }, undefined, 'b'], ['the default profile', files, undefined, 'eu-west-3'],
    ['a profile', files, 'other', 'ap-south-1'], ['the instance', bare, undefined, 'us-west-2'], ['none', { ...bare, AWS_EC2_METADATA_DISABLED: 'true' }, undefined, undefined],
  ];
  for (const [reason, env, profile, region] of regions) t.equal(await findRegion(env, profile), region, `region: ${reason}`);

  // Files that are swapped while shipper runs, and tokens of the metadata service that expire.
  const cache = new CredentialCache(credentialChain({ ...bare, ...pod }), () => NOW);
  const first = await cache.get();
  unlinkSync(pod.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE);
  if (first.kind === 'credentials') t.notOk(await cache.renew(first.credentials), 'the token file is gone: the old ones stay');
  t.match(await cache.get(), { kind: 'credentials' });
  const chain = credentialChain(bare);
  for (let round = 0; round < 2; round++) t.match(await new CredentialCache(chain, () => NOW).get(), { kind: 'credentials' });
  const lastTokens = imds.requests.slice(-5).map(({ method }) => method);
  t.same(lastTokens, ['PUT', 'GET', 'GET', 'GET', 'GET'], 'one token serves several questions');
});

t.test('instance metadata: a token that has expired is fetched again, silence and 5xx are tried again', async (t) => {
  let valid = 'one';
  let failures = 2;
  const imds = await metadataServer(t, ({ method, url, headers }) => {
    if (method === 'PUT') return failures-- > 0 ? { status: 503 } : { body: valid };
    if (headers['x-aws-ec2-metadata-token'] !== valid) return { status: 401 };
    return { body: url?.endsWith('/role') ? '{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2020-01-01T00:00:00Z"}' : 'role' };
  });
  const [provider] = credentialChain({ AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url, AWS_SHARED_CREDENTIALS_FILE: '/none', AWS_CONFIG_FILE: '/none' }).slice(-1);
  t.match(await provider?.(), { kind: 'credentials' });
  valid = 'two';
  t.match(await provider?.(), { kind: 'credentials' });
  t.same(imds.requests.map(({ method }) => method), ['PUT', 'PUT', 'PUT', 'GET', 'GET', 'GET', 'PUT', 'GET', 'GET']);
});

t.test('no region, no credentials: everything is kept and the reason is said', async (t) => {
  const env = { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/none', AWS_CONFIG_FILE: '/none' };
  t.match(await (await destinationAt(t, 'http://127.0.0.1:1', { region: undefined }, env)).send(bodyOf([at(NOW)]), 1, NEVER), { kind: 'blocked', reason: /^no AWS region is known/ });
  t.match(await (await destinationAt(t, 'http://127.0.0.1:1', {}, env)).send(bodyOf([at(NOW)]), 1, NEVER), { kind: 'blocked', reason: /^no AWS credentials/ });
  t.match(await (await destinationAt(t, 'http://a', { endpoint: undefined }, { ...KEYS, AWS_ENDPOINT_URL: 'localhost:4566' })).send(bodyOf([at(NOW)]), 1, NEVER), { kind: 'blocked', reason: /^localhost:4566 is no address/ });
  t.match(await (await destinationAt(t, 'http://127.0.0.1:1', {})).send(bodyOf([at(NOW)]), 1, NEVER), { kind: 'retry', reason: /nothing listens/ });
});

// ── from a file to a log group ──

t.test('shipper -o cloudwatch: throttled, then delivered; what is refused lies in the dead letters as a document', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shipper-aws-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const server = await standIn(t, ({ operation, number, input }, self) => {
    if (operation !== 'PutLogEvents' || !self.streams.has('/app/pay:h')) return undefined;
    if (number < 6) return awsError('ThrottlingException', 'Rate exceeded');
    const start = (input.logEvents ?? []).findIndex(({ message }) => message.includes('"boom"'));
    return start < 0 ? undefined : { body: `{"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":${start}}}` };
  }, Date.now);
  const file = join(folder, 'app.log');
  writeFileSync(file, 'INFO one\nINFO two "x"\n{"level":"warn","msg":"boom","host":"h","service":"pay"}\n');
  const env = { ...KEYS, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: server.url, SHIPPER_SERVICE: 'pay', SHIPPER_CLOUDWATCH_STREAM: 'h' };
  const { code, stderr } = await run(['--once', file, '-o', 'cloudwatch=/app/{service}', '--state-dir', folder], { env });
  t.equal(code, 0, stderr);
  t.match(server.streams.get('/app/pay:h'), [], 'the answer for the last try was given by the test');
  t.match(server.puts.at(-1)?.map(({ message }) => JSON.parse(message) as unknown), [{ level: 'info', message: 'one', service: 'pay', host: String }, { message: 'two "x"' }, { level: 'warn', message: 'boom', host: 'h' }]);
  t.match(stderr, /2 delivered, 1 dead-lettered/);
  const letter = JSON.parse(readFileSync(join(folder, 'dead-letters-cloudwatch.ndjson'), 'utf8')) as unknown;
  t.match(letter, { output: 'cloudwatch', reason: 'CloudWatch Logs: more than 2 h in the future', source: { name: file }, document: { level: 'warn', message: 'boom', service: 'pay' } });
});

// ── options ──

t.test('addresses of the service', async (t) => {
  const rows: [region: string, env: NodeJS.ProcessEnv, address: string][] = [
    ['eu-central-1', {}, 'https://logs.eu-central-1.amazonaws.com'], ['cn-north-1', {}, 'https://logs.cn-north-1.amazonaws.com.cn'],
    ['us-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://logs-fips.us-east-1.amazonaws.com'], ['us-gov-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://logs.us-gov-east-1.amazonaws.com'],
    ['us-east-1', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://logs.us-east-1.api.aws'], ['us-east-1', { AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://logs-fips.us-east-1.api.aws'],
    ['us-east-1', { AWS_ENDPOINT_URL: 'http://a:1', AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://b:2' }, 'http://b:2'], ['us-east-1', { AWS_ENDPOINT_URL: 'http://a:1' }, 'http://a:1'],
    ['us-east-1', { AWS_ENDPOINT_URL: 'http://a:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, 'https://logs.us-east-1.amazonaws.com'],
  ];
  for (const [region, env, address] of rows) t.equal(logsEndpoint(region, env), address, `${region} ${JSON.stringify(env)}`);
});

t.test('options, and -o cloudwatch', async (t) => {
  const flags: [string | undefined, object][] = [
    ['app', { group: 'app', stream: undefined }], ['app/host-1', { group: 'app', stream: 'host-1' }], ['team/app/host-1', { group: 'team/app', stream: 'host-1' }],
    ['/app/web', { group: '/app/web', stream: undefined }], ['/app/web:host/1', { group: '/app/web', stream: 'host/1' }], [undefined, { group: undefined }],
  ];
  for (const [value, options] of flags) t.match(cloudwatchFlag(value, {}), { type: 'cloudwatch', ...options }, value ?? 'nothing');
  t.match(cloudwatchFlag('a', { SHIPPER_CLOUDWATCH_REGION: 'x', SHIPPER_CLOUDWATCH_RETENTION_DAYS: '7', SHIPPER_CLOUDWATCH_STREAM: 's' }), { region: 'x', retention_days: '7', stream: 's' });
  const wrong: [object, RegExp][] = [
    [{ group: 'a b' }, /must have only letters/], [{ group: 'aws/x' }, /must not begin with aws/], [{ group: '{a' }, /must have \{NAME\}/], [{ stream: 'a:b' }, /no : and no \*/], [{ retention_days: 8 }, /must be one of 1, 3, 5/],
    [{ metrics: { namespace: 'AWS/x', fields: { n: 'None' } } }, /AWS's own/], [{ metrics: { namespace: 'x', fields: {} } }, /1 to 100 fields/], [{ metrics: { namespace: 'x', fields: { n: 'ms' } } }, /Milliseconds/], [{ metrics: { namespace: 'x', fields: { n: 'None' }, dimensions: [':a'] } }, /not beginning with/],
    [{ tags: { 'aws:x': 'y' } }, /none may begin with aws:/], [{ class: 'standard' }, /STANDARD/], [{ endpoint: 'localhost:4566' }, /http or https/], [{ batch: { bytes: '2MiB' } }, /between 64KiB and 1MiB/], [{ batch: { events: 10_001 } }, /between 1 and 10000/],
  ];
  for (const [options, message] of wrong) t.match(CloudWatchOptions.safeParse({ type: 'cloudwatch', group: 'g', ...options }).error?.message, message, String(message));
});
