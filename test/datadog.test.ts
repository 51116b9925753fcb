// The output `datadog`, against a stand-in: no intake is to be had. What it takes and answers is that of the published API.
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { FIELDS } from '../agent/fields.ts';
import { longestText } from '../outputs/cut-text.ts';
import { classify, datadog } from '../outputs/datadog.ts';
import { toEntries } from '../outputs/datadog-body.ts';
import { LIMITS } from '../outputs/datadog-limits.ts';
import { DatadogOptions } from '../outputs/datadog-options.ts';
import { datadogDialect } from '../outputs/dialects/datadog.ts';
import { createOutput } from '../outputs/index.ts';
import type { Verdict } from '../outputs/output.ts';
import { readTime } from '../outputs/rfc3339.ts';
import { run } from './e2e/run-shipper.ts';
import { HttpServer, type HttpReply, type HttpRequest } from './helpers/http-server.ts';

const NEVER = new AbortController().signal;
const ACCEPTED: HttpReply = { status: 202, body: '{}' };

async function intake(t: Test, answer: (request: HttpRequest, number: number) => HttpReply | undefined = () => ACCEPTED) {
  const server = new HttpServer(answer);
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}

function logsOf(request: HttpRequest | undefined): Record<string, unknown>[] {
  return JSON.parse(request?.body.toString() ?? '[]') as Record<string, unknown>[];
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

t.test('the dialect has a place for every field, opens no object twice and has no name that is also an object', async (t) => {
  const { leaves } = datadogDialect('');
  t.same(FIELDS.filter((field) => !leaves.some((leaf) => leaf.field === field)), []);
  const names = leaves.map(({ path }) => path.join('.'));
  t.same(names.filter((name, at) => names.some((other, i) => i !== at && (other === name || other.startsWith(`${name}.`)))), []);
  const prefixes = leaves.map(({ path }) => path.slice(0, -1).map((_, depth) => path.slice(0, depth + 1).join('.')));
  for (const prefix of new Set(prefixes.flat())) {
    const at = prefixes.flatMap((list, index) => (list.includes(prefix) ? [index] : []));
    t.equal((at.at(-1) ?? 0) - (at[0] ?? 0), at.length - 1, prefix);
  }
});

// A line, and what of its log is of interest.
const now = new Date().toISOString();
const LINES: [reason: string, line: object, log: object][] = [
  ['names, units and types', { time: now, level: 50, msg: 'payment failed', user_id: 'u-7', duration_ms: 15.3, error_type: 'TypeError', error_message: 'x', stack_trace: 'TypeError: x\n at y', logger: 'web', thread: 'main', pid: 4 },
    { timestamp: now, status: 'error', message: 'payment failed', usr: { id: 'u-7' }, duration: 15_300_000, error: { kind: 'TypeError', message: 'x', stack: 'TypeError: x\n at y' }, logger: { name: 'web', thread_name: 'main' }, process: { pid: 4 } }],
  ['HTTP', { msg: 'm', http_method: 'GET', http_path: '/a?b=1', http_status: 504, http_version: '1.1', request_id: 'r-1', user_agent: 'curl', referer: 'http://r/', client_ip: '10.0.0.7', bytes: 12 },
    { http: { method: 'GET', url: '/a?b=1', url_details: { path: '/a', queryString: 'b=1' }, status_code: 504, version: '1.1', request_id: 'r-1', useragent: 'curl', referer: 'http://r/' }, network: { client: { ip: '10.0.0.7' }, bytes_written: 12 } }],
  ['trace ids of 128 and 64 bits in both forms', { msg: 'm', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
    { dd: { trace_id: '11803532876627986230', span_id: '67667974448284343' }, trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' }],
  ['the largest id, in capitals', { msg: 'm', trace_id: 'FFFFFFFFFFFFFFFF' }, { dd: { trace_id: '18446744073709551615' } }],
  ['the smallest id', { msg: 'm', trace_id: '00000000000000000000000000000001' }, { dd: { trace_id: '1' } }],
  ['an id that is decimal already', { msg: 'm', dd: { trace_id: '11803532876627986230' } }, { dd: { trace_id: '11803532876627986230' } }],
  ['an id of another kind', { msg: 'm', trace_id: 'abc-1' }, { dd: { trace_id: 'abc-1' } }],
  ['own keys that Datadog would take for its own', { msg: 'm', level: 'info', status: 'active', ddtags: 'a:b', ddsource: 'x', hostname: 'h', host: 'g' },
    { status: 'info', ddsource: 'shipper', ddtags: 'a:b', hostname: 'g', app: { status: 'active', ddsource: 'x', hostname: 'h' } }],
  ['every level is a word', { msg: 'm', level: 10 }, { status: 'trace' }],
  ['no level', { msg: 'm' }, { status: undefined, hostname: hostname(), ddsource: 'shipper' }],
];

t.test('names, types and units, as they leave the program', async (t) => {
  const { server, url } = await intake(t);
  const { code, stderr } = await run(['-o', `datadog=${url}`], { stdin: LINES.map(([, line]) => `${JSON.stringify(line)}\n`).join(''), env: { DD_API_KEY: 'secret-key' } });
  t.equal(code, 0, stderr);
  t.notMatch(stderr, /secret-key/);
  const logs = logsOf(server.requests[0]);
  LINES.forEach(([reason, , log], at) => t.match(logs[at], log, reason));
  t.match(server.requests[0], { method: 'POST', url: '/api/v2/logs', headers: { 'dd-api-key': 'secret-key', 'content-type': 'application/json', 'content-encoding': 'gzip', 'dd-evp-origin': 'shipper' } });
});

t.test('tags, service and source from options and environment', async (t) => {
  const { server, url } = await intake(t);
  const env = { DD_API_KEY: 'k', DD_ENV: 'prod', DD_VERSION: '1.4', DD_TAGS: 'team:pay, region:eu', DD_SERVICE: 'web', DD_SOURCE: 'nodejs' };
  await run(['-o', `datadog=${url}`], { stdin: 'hello\n', env });
  t.match(logsOf(server.requests[0]), [{ ddsource: 'nodejs', service: 'web', ddtags: 'env:prod,version:1.4,team:pay,region:eu' }]);
  await run(['-o', `datadog=${url}`], { stdin: 'hello\n{"msg":"m","host":"own"}\n', env: { ...env, DD_HOSTNAME: 'node-7' } });
  t.match(logsOf(server.requests[1]), [{ hostname: 'node-7' }, { hostname: 'own' }], "DD_HOSTNAME is this machine's name, where the record says no other");
  const output = datadog('dd', DatadogOptions.parse({ type: 'datadog', api_key: 'k', tags: ['env:test'] }), env);
  t.match(output.dialect.constants, '"ddtags":"env:test,version:1.4,team:pay,region:eu"', 'options win');
  t.throws(() => datadog('dd', DatadogOptions.parse({ type: 'datadog' }), {}), { name: 'UserError', message: 'dd: set api_key, api_key_file or DD_API_KEY in the environment' });
  t.throws(() => DatadogOptions.parse({ type: 'datadog', api_key: 'k', api_key_file: 'f' }), /together/);
});

t.test('a payload of exactly 5,000,000 bytes is one request, one byte more makes two', async (t) => {
  const { server, url } = await intake(t);
  const config = path.join(t.testdir({ 'c.yaml': `outputs: {dd: {type: datadog, url: "${url}", api_key: k, compression: none, batch: {bytes: 5MB, age: 1m}}}` }), 'c.yaml');
  const send = async (lengths: number[]) => {
    const from = server.requests.length;
    const ended = await run(['-c', config], { stdin: lengths.map((length) => `${'m'.repeat(length)}\n`).join('') });
    t.equal(ended.code, 0, ended.stderr);
    return server.requests.slice(from);
  };
  const [probe] = await send([100]);
  const frame = (probe?.body.length ?? 0) - 100 - 2; // a log without its message
  const each = 20_000;
  const others = Math.floor(LIMITS.payloadBytes / (each + frame + 1)) - 1;
  const rest = LIMITS.payloadBytes - 1 - others * (each + frame + 1) - frame - 1; // [ and behind each log , or ]
  const lengths = [...Array<number>(others).fill(each), rest];
  t.same((await send(lengths)).map(({ body }) => body.length), [LIMITS.payloadBytes]);
  const two = await send([...lengths.slice(0, -1), rest + 1]);
  t.same(two.map((request) => logsOf(request).length).sort((a, b) => b - a), [others, 1]); // two connections: either may come first
});

t.test('1,000 logs are one request, 1,001 make two', async (t) => {
  const { server, url } = await intake(t);
  const env = { DD_API_KEY: 'k' };
  await run(['-o', `datadog=${url}`], { stdin: 'x\n'.repeat(1_000), env });
  t.same(server.requests.map((request) => logsOf(request).length), [1_000]);
  await run(['-o', `datadog=${url}`], { stdin: 'x\n'.repeat(1_001), env });
  t.same(server.requests.slice(1).map((request) => logsOf(request).length).sort((a, b) => b - a), [1_000, 1]);
});

// ── what the intake would lose without a word ──

const HEAD = Buffer.from('{"timestamp":"');
const NOW = Date.parse('2026-11-22T10:00:00Z');
const entriesOf = (...records: string[]) => toEntries(bytes(records.map((record) => `${record}\n`).join('')), HEAD, NOW);

t.test('a log of exactly 1,000,000 bytes goes as it is, a longer one is cut and marked', async (t) => {
  const log = (text: string, more = ''): string => `{"message":"${text}"${more}}`;
  const fitting = log('m'.repeat(LIMITS.entryBytes - log('').length));
  t.equal(entriesOf(fitting).bytes.toString(), `[${fitting}]`);
  const rows: [reason: string, text: string, more: string, kept: RegExp, also: object][] = [
    ['plain', 'm'.repeat(1_100_000), '', /^m{900000,}\.\.\.TRUNCATED\.\.\.$/, { truncated: true, original_bytes: 1_100_014 }],
    ['one byte too much', 'm'.repeat(LIMITS.entryBytes - log('').length + 1), '', /^m{900000,}\.\.\.TRUNCATED\.\.\.$/, { truncated: true, original_bytes: LIMITS.entryBytes + 1 }],
    ['characters of four bytes stay whole', '😀'.repeat(300_000), '', /^(😀){240000,}\.\.\.TRUNCATED\.\.\.$/u, {}],
    ['escapes stay whole', '\\n'.repeat(600_000), '', /^\n{490000,}\.\.\.TRUNCATED\.\.\.$/, {}],
    ['pairs of escapes stay whole', '\\ud83d\\ude00'.repeat(100_000), '', /^(😀){80000,}\.\.\.TRUNCATED\.\.\.$/u, {}],
    ['the longest text is cut, the others stay', 'm', `,"stack":"${'s'.repeat(1_100_000)}"`, /^m$/, { stack: /^s{900000,}\.\.\.TRUNCATED\.\.\.$/, truncated: true }],
    ['the longest text is in a list', 'm', `,"list":[1,{"a":["${'s'.repeat(1_100_000)}"]}]`, /^m$/, { truncated: true }],
    ['two long texts', 'm'.repeat(700_000), `,"stack":"${'s'.repeat(700_000)}"`, /^m+(\.\.\.TRUNCATED\.\.\.)?$/, { truncated: true }],
    ['it was cut before', 'm'.repeat(1_100_000), ',"truncated":true,"original_bytes":9999999', /TRUNCATED/, { truncated: true, original_bytes: 9_999_999 }],
    ['an own key of that name', 'm'.repeat(1_100_000), ',"truncated":"no"', /TRUNCATED/, { truncated: 'no', truncated_: true }],
    ['a number stays digit by digit', 'm'.repeat(1_100_000), ',"n":12345678901234567890.10', /TRUNCATED/, {}],
  ];
  for (const [reason, text, more, kept, also] of rows) {
    const { bytes, refused } = entriesOf('{"a":1}', log(text, more), '{"b":2}');
    const logs = JSON.parse(bytes.toString()) as Record<string, unknown>[];
    t.match(logs[1], { ...also, message: kept }, reason);
    t.same([logs.length, refused.length, logs[0], logs[2]], [3, 0, { a: 1 }, { b: 2 }], `${reason}: its neighbours`);
    const length = bytes.length - '[{"a":1},,{"b":2}]'.length;
    t.ok(length <= LIMITS.entryBytes && length > LIMITS.entryBytes - 16, `${reason}: ${length} bytes`);
    if (more.includes('12345678901234567890')) t.ok(bytes.includes('"n":12345678901234567890.10'), reason);
  }
  const numbers = `{"n":[${'1234567,'.repeat(130_000)}1]}`;
  t.same(entriesOf('{"a":1}', numbers, '{"b":2}').refused, [1], 'nothing in it can be cut');
  t.equal(entriesOf(numbers, '{"a":1}', '{"b":2}').bytes.toString(), '[{"a":1},{"b":2}]');
  t.equal(entriesOf('{"a":1}', numbers).bytes.toString(), '[{"a":1}]');
  t.equal(entriesOf(numbers).bytes.length, 1, 'nothing is left to be sent');
  t.same(longestText(Buffer.from(`{"${'k'.repeat(99)}" : "v\\"v","w":"\\\\"}`)), { start: 106, end: 110 }, 'a key is no text');
});

t.test('a log that can\'t be cut goes to the dead letters, the others are delivered', async (t) => {
  const { server, url } = await intake(t);
  const destination = await (await createOutput('dd', DatadogOptions.parse({ type: 'datadog', url, api_key: 'k' }))).open();
  t.teardown(() => destination.close());
  const numbers = `{"n":[${'1234567,'.repeat(130_000)}1]}\n`;
  t.match(await destination.send(bytes(`{"a":1}\n${numbers}`), 2, NEVER), { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'rejected', reason: /1000000 bytes/ }] });
  t.match(await destination.send(bytes(numbers), 1, NEVER), { kind: 'partial', items: [{ kind: 'rejected' }] });
  t.equal(server.requests.length, 1, 'for nothing there is no request');
});

t.test('times beyond what the intake keeps', async (t) => {
  const rows: [reason: string, time: string, stays: boolean][] = [
    ['now', '2026-11-22T10:00:00Z', true],
    ['17 h 58 min ago', '2026-11-21T16:02:00.000Z', true],
    ['18 h ago', '2026-11-21T16:00:00.000Z', false],
    ['18 h ago, in another zone', '2026-11-21T17:00:00.5+01:00', false],
    ['17 h ago, in another zone', '2026-11-22T04:00:00.000000000+11:00', true],
    ['years ago', '1999-12-31T23:59:59Z', false],
    ['1 h 58 min ahead', '2026-11-22T11:58:00Z', true],
    ['2 h ahead', '2026-11-22T12:00:00Z', false],
    ['no time', 'yesterday', true],
  ];
  for (const [reason, time, stays] of rows) {
    const record = `{"timestamp":"${time}","message":"m"}`;
    const expected = stays ? record : `{"timestamp":"2026-11-22T10:00:00.000Z","original_timestamp":"${time}","message":"m"}`;
    t.equal(entriesOf(record).bytes.toString(), `[${expected}]`, reason);
  }
  t.equal(entriesOf('{"timestamp":"1999-12-31T23:59:59Z","original_timestamp":"x"}').bytes.toString(), '[{"timestamp":"2026-11-22T10:00:00.000Z","original_timestamp_":"1999-12-31T23:59:59Z","original_timestamp":"x"}]');
  t.equal(entriesOf('{"message":"\\"timestamp\\":\\"1999-12-31T23:59:59Z\\""}').bytes.toString(), '[{"message":"\\"timestamp\\":\\"1999-12-31T23:59:59Z\\""}]', 'a time in a text');
  const { server, url } = await intake(t);
  await run(['-o', `datadog=${url}`], { stdin: '{"time":"2001-02-03T04:05:06.789Z","msg":"old"}\n', env: { DD_API_KEY: 'k', DD_ENV: 'prod' } });
  const [log] = logsOf(server.requests[0]);
  t.match(log, { original_timestamp: '2001-02-03T04:05:06.789Z', message: 'old' }, 'through the program');
  t.ok(Math.abs(Date.parse(String(log?.['timestamp'])) - Date.now()) < 600_000);
  const destination = await (await createOutput('dd', DatadogOptions.parse({ type: 'datadog', url, api_key: 'k', source: 's' }))).open();
  t.teardown(() => destination.close());
  const head = '{"ddsource":"s","timestamp":"';
  await destination.send(bytes(`${head}2001-01-01T00:00:00Z","message":"m"}\n${head}2001-01-01T00:00:00Z","message":"${'m'.repeat(LIMITS.entryBytes)}"}\n${head}${new Date().toISOString()}"}\n`), 3, NEVER);
  t.same([...(destination.degraded ?? [])], [['restamped', 2], ['cut', 1]], 'and counted');
});

t.test('times of RFC 3339 are read as Date reads them', async (t) => {
  for (const text of ['1970-01-01T00:00:00Z', '2024-02-29T23:59:59.5Z', '2100-03-01T00:00:00-11:30', '1969-12-31T23:59:59+00:00', '2000-12-31T12:00:00.123456789Z']) {
    const moment = { seconds: 0, nanos: 0 };
    t.ok(readTime(Buffer.from(text), 0, text.length, moment), text);
    t.equal(moment.seconds * 1000 + Math.floor(moment.nanos / 1e6), Date.parse(text.replace(/(\.\d{3})\d+/, '$1')), text);
  }
  for (const text of ['', '2024-02-29', '2024-02-29T23:59:59', '2024-02-29 23:59:59Z', '2024-02-29T23:59:59.5', '2024-02-29T23:59:59Zx', '2024-02-29T23:59:59+0100', 'x024-02-29T23:59:59Z']) t.notOk(readTime(Buffer.from(text), 0, text.length, { seconds: 0, nanos: 0 }), `none: ${text}`);
});

// ── answers ──

t.test('what an answer means', async (t) => {
  const error = (detail: string): string => JSON.stringify({ errors: [{ status: '403', title: 'Forbidden', detail }] });
  const rows: { reason: string; status: number; body?: string; headers?: Record<string, string>; verdict: object }[] = [
    { reason: 'accepted', status: 202, body: '{}', verdict: { kind: 'delivered' } },
    { reason: 'accepted, and nothing said', status: 202, verdict: { kind: 'delivered' } },
    { reason: 'the old intake, and what stands in for it', status: 200, body: '{"status":"ok"}', verdict: { kind: 'delivered' } },
    { reason: 'a login page', status: 200, body: '<html>', verdict: { kind: 'retry', stubborn: true } },
    { reason: 'bad payload', status: 400, body: error('bad JSON'), verdict: { kind: 'invalid', reason: 'HTTP 400: bad JSON' } },
    { reason: 'no key', status: 401, body: '{"errors":["Unauthorized"]}', verdict: { kind: 'blocked', reason: /HTTP 401: Unauthorized/ } },
    { reason: 'wrong key', status: 403, body: error('nope'), verdict: { kind: 'blocked', reason: /HTTP 403: nope \(the API key is not one of this site\)/ } },
    { reason: 'no such path', status: 404, body: '<html>', verdict: { kind: 'blocked', reason: 'HTTP 404 (is the site right?)' } },
    { reason: 'moved', status: 307, verdict: { kind: 'blocked' } },
    { reason: 'slow', status: 408, verdict: { kind: 'retry', stubborn: false } },
    { reason: 'too large', status: 413, verdict: { kind: 'split' } },
    { reason: 'not processable', status: 422, verdict: { kind: 'invalid' } },
    { reason: 'too many', status: 429, headers: { 'x-ratelimit-reset': '12' }, verdict: { kind: 'retry', stubborn: false, afterMs: 12_000 } },
    { reason: 'too many, said in the usual way', status: 429, headers: { 'retry-after': '3', 'x-ratelimit-reset': '12' }, verdict: { kind: 'retry', afterMs: 3_000 } },
    { reason: 'broken', status: 500, verdict: { kind: 'retry', stubborn: true } },
    { reason: 'bad gateway', status: 502, verdict: { kind: 'retry', stubborn: true } },
    { reason: 'not now', status: 503, verdict: { kind: 'retry', stubborn: false } },
    { reason: 'too early', status: 425, verdict: { kind: 'retry', stubborn: false } },
    ...[405, 406, 415, 301, 302, 308].map((status) => ({ reason: String(status), status, verdict: { kind: 'blocked' } })),
    { reason: 'gateway timeout', status: 504, verdict: { kind: 'retry', stubborn: true } },
  ];
  for (const { reason, status, body = '', headers = {}, verdict } of rows) t.match(classify(status, headers, Buffer.from(body)), verdict, reason);
});

t.test('a key in a file is read again when it is refused', async (t) => {
  const file = path.join(t.testdir({ key: 'old\n' }), 'key');
  const { server, url } = await intake(t, ({ headers }) => (headers['dd-api-key'] === 'new' ? ACCEPTED : { status: 403 }));
  const destination = await (await createOutput('dd', DatadogOptions.parse({ type: 'datadog', url, api_key_file: file }))).open();
  t.teardown(() => destination.close());
  t.match(await destination.send(bytes('{}\n'), 1, NEVER), { kind: 'blocked' } satisfies Partial<Verdict>);
  t.equal(server.requests.length, 1, 'the same key is not tried twice');
  writeFileSync(file, 'new\n');
  t.match(await destination.send(bytes('{}\n'), 1, NEVER), { kind: 'delivered' });
  t.same(server.requests.map(({ headers }) => headers['dd-api-key']), ['old', 'old', 'new']);
});

t.test('a payload that is too large for a proxy is halved, a bad log is found and kept', async (t) => {
  const state = t.testdir({});
  const { server, url } = await intake(t, ({ body }) => (logsOf({ body } as HttpRequest).length > 2 ? { status: 413 } : body.includes('poison') ? { status: 400, body: '{"errors":["bad"]}' } : ACCEPTED));
  const { code, stderr } = await run(['-o', `datadog=${url}`, '--state-dir', state], { stdin: 'a\nb\nc\npoison\nd\n', env: { DD_API_KEY: 'k' } });
  t.equal(code, 0, stderr);
  t.match(stderr, /4 delivered, 1 dead-lettered|delivered 4.*dead.lettered 1/i);
  const letter = /refused records go to (\S+);/.exec(stderr)?.[1] ?? '';
  t.match(JSON.parse(readFileSync(letter, 'utf8')), { reason: 'HTTP 400: bad', document: { message: 'poison', ddsource: 'shipper' } });
  t.ok(server.requests.length > 5);
});

t.test('the intake of every site', async (t) => {
  const hosts: [Record<string, string>, NodeJS.ProcessEnv, string][] = [
    [{}, {}, 'https://http-intake.logs.datadoghq.com/api/v2/logs'],
    [{}, { DD_SITE: 'datadoghq.eu' }, 'https://http-intake.logs.datadoghq.eu/api/v2/logs'],
    [{ site: 'us2.ddog-gov.com' }, { DD_SITE: 'datadoghq.eu' }, 'https://http-intake.logs.us2.ddog-gov.com/api/v2/logs'],
    [{ url: 'http://proxy:3834' }, {}, 'http://proxy:3834/api/v2/logs'],
    [{ url: 'http://proxy:3834/v1/input' }, {}, 'http://proxy:3834/v1/input'],
  ];
  const { intake } = await import('../outputs/datadog.ts');
  for (const [options, env, url] of hosts) t.equal(intake(DatadogOptions.parse({ type: 'datadog', ...options }), env).href, url);
});
