// The output `otlp`: what it sends is read by OpenTelemetry's own definitions, what it is answered is the specification's.
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import { FIELDS } from '../agent/fields.ts';
import { otel } from '../outputs/dialects/otel.ts';
import { createOutput } from '../outputs/index.ts';
import { classify, otlp } from '../outputs/otlp.ts';
import { OtlpOptions } from '../outputs/otlp-options.ts';
import type { Format, TextAttributes } from '../outputs/otlp/format.ts';
import { json } from '../outputs/otlp/json.ts';
import { protobuf } from '../outputs/otlp/protobuf.ts';
import { toRequests } from '../outputs/otlp/request.ts';
import { settingsOf } from '../outputs/otlp/settings.ts';
import { run } from './e2e/run-shipper.ts';
import { HttpServer, type HttpReply, type HttpRequest } from './helpers/http-server.ts';
import { decodeLogs, encodeResponse, plain, type LogRecord, type LogsRequest } from './helpers/otlp.ts';
import { seeded, type Random } from './helpers/random.ts';

const NEVER = new AbortController().signal;
const OBSERVED = { seconds: 1_795_392_255, nanos: 470_000_001 };
const FORMATS: [name: string, format: Format, read: (bytes: Buffer) => LogsRequest][] = [
  ['protobuf', protobuf, decodeLogs],
  ['json', json, (bytes) => JSON.parse(bytes.toString()) as LogsRequest],
];

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** What is sent of a body where nothing limits it: one request. */
function toRequest(body: Uint8Array<ArrayBuffer>, format: Format, common: TextAttributes): Buffer {
  const [request] = toRequests(body, format, common, OBSERVED);
  return request?.bytes ?? Buffer.alloc(0);
}

function recordsOf(request: LogsRequest): readonly LogRecord[] {
  return request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

async function receiver(t: Test, answer: (request: HttpRequest, number: number) => HttpReply | undefined = () => ({ status: 200 })) {
  const server = new HttpServer(answer);
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}

t.test('the dialect has a place for every field, and no name twice', async (t) => {
  t.same(FIELDS.filter((field) => !otel.leaves.some((leaf) => leaf.field === field)), []);
  const names = otel.leaves.map(({ path }) => path.join('/'));
  t.equal(new Set(names).size, names.length);
});

// ── the encodings ──

// A record of the dialect, what of it is in the LogRecord itself, and its attributes.
const RECORDS: [reason: string, json: string, record: object, attributes: object][] = [
  ['everything has its place', '{"service.name":"web","host.name":"h","timestamp":"2026-11-22T10:00:00.123456789Z","level":"error","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","message":"payment failed","user.id":"42"}',
    { timeUnixNano: '1795341600123456789', observedTimeUnixNano: '1795392255470000001', severityNumber: 17, severityText: 'error', body: { stringValue: 'payment failed' }, traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }, { 'user.id': '42' }],
  ['nothing is known', '{}', { timeUnixNano: undefined, severityNumber: undefined, body: undefined, traceId: undefined, observedTimeUnixNano: '1795392255470000001' }, {}],
  ['a time in another zone', '{"timestamp":"2026-11-22T11:00:00.5+01:00"}', { timeUnixNano: '1795341600500000000' }, {}],
  ['the first moment', '{"timestamp":"1970-01-01T00:00:00Z"}', { observedTimeUnixNano: '1795392255470000001' }, {}],
  ['a time far ahead', '{"timestamp":"2500-01-01T00:00:00.999999999Z"}', { timeUnixNano: '16725225600999999999' }, {}],
  ['a time before there were any', '{"timestamp":"1969-12-31T23:59:59Z"}', { timeUnixNano: undefined }, { timestamp: '1969-12-31T23:59:59Z' }],
  ['a time that is none', '{"timestamp":"yesterday","level":"info"}', { timeUnixNano: undefined, severityNumber: 9 }, { timestamp: 'yesterday' }],
  ['a level that is none', '{"level":"loud"}', { severityNumber: undefined }, { level: 'loud' }],
  ['an old trace id of 64 bits is filled up', '{"trace_id":"A3CE929D0E0E4736"}', { traceId: '0000000000000000a3ce929d0e0e4736' }, {}],
  ['ids that are none', '{"trace_id":"00000000000000000000000000000000","span_id":"xyz"}', { traceId: undefined, spanId: undefined }, { trace_id: '00000000000000000000000000000000', span_id: 'xyz' }],
  ['a span id that is too long', '{"span_id":"4bf92f3577b34da6a3ce929d0e0e4736"}', { spanId: undefined }, { span_id: '4bf92f3577b34da6a3ce929d0e0e4736' }],
  ['values of headers are lists', '{"http.request.header.x-request-id":"r-1","http.request.header.referer":"/"}', {}, { 'http.request.header.x-request-id': ['r-1'], 'http.request.header.referer': ['/'] }],
  ['a caller is a file and a line', '{"code.file.path":"server.go:12"}', {}, { 'code.file.path': 'server.go', 'code.line.number': 12n }],
  ['a caller without a line', '{"code.file.path":"server.go"}', {}, { 'code.file.path': 'server.go' }],
  ['a caller that is only a line', '{"code.file.path":":12"}', {}, { 'code.file.path': ':12' }],
  ['whole numbers', '{"a":0,"b":-1,"c":127,"d":128,"e":2147483648,"f":999999999999999,"g":-999999999999999}', {}, { a: 0n, b: -1n, c: 127n, d: 128n, e: 2_147_483_648n, f: 999_999_999_999_999n, g: -999_999_999_999_999n }],
  ['whole numbers beyond what JavaScript can count', '{"a":9007199254740993,"b":9223372036854775807,"c":-9223372036854775808}', {}, { a: 9_007_199_254_740_993n, b: 9_223_372_036_854_775_807n, c: -9_223_372_036_854_775_808n }],
  ['whole numbers beyond 64 bits are text', '{"a":9223372036854775808,"b":12345678901234567890123}', {}, { a: '9223372036854775808', b: '12345678901234567890123' }],
  ['fractions stay fractions', '{"a":1.0,"b":-0.5,"c":1e3,"d":1E-2}', {}, { a: 1, b: -0.5, c: 1000, d: 0.01 }],
  ['beyond what a double holds', '{"a":1e999}', {}, { a: '1e999' }],
  ['true, false and nothing', '{"a":true,"b":false,"c":null}', {}, { a: true, b: false, c: null }],
  ['nested', '{"a":{"b":[1,"x",{"c":null},[]],"d":{}},"e":[[2.5]]}', {}, { a: { b: [1n, 'x', { c: null }, []], d: {} }, e: [[2.5]] }],
  ['blanks between tokens', '{ "a" : [ 1 , { "b" : "c" } ] , "d" : 2 }', {}, { a: [1n, { b: 'c' }], d: 2n }],
  ['escapes', '{"message":"a\\"b\\\\c\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00","k\\"\\u00e9":"v\\n"}', { body: { stringValue: 'a"b\\c/\b\f\n\r\té€😀' } }, { 'k"é': 'v\n' }],
  ['characters of two to four bytes', '{"message":"größer ☃ 😀","ключ":"значение"}', { body: { stringValue: 'größer ☃ 😀' } }, { ключ: 'значение' }],
  ['lengths that take two and three bytes', `{"message":"${'m'.repeat(200)}","a":"${'x'.repeat(20_000)}","b":{"c":"${'y'.repeat(130)}"}}`, { body: { stringValue: 'm'.repeat(200) } }, { a: 'x'.repeat(20_000), b: { c: 'y'.repeat(130) } }],
  ['a text of escapes, half as long as it seems', `{"a":"${'\\n'.repeat(100)}"}`, {}, { a: '\n'.repeat(100) }],
  ['many small numbers, longer than they seem', `{"a":[${'1.5,'.repeat(999)}1.5]}`, {}, { a: Array<number>(1_000).fill(1.5) }],
  ['empty texts and keys', '{"":"","a":""}', {}, { '': '', a: '' }],
  ['a service that is no text', '{"service.name":3}', {}, { 'service.name': 3n }],
];

for (const [name, format, read] of FORMATS) {
  t.test(`${name}: every record, alone and in a batch`, async (t) => {
    const check = (reason: string, found: LogRecord | undefined, record: object, attributes: object): void => {
      t.match(found, record, reason);
      t.strictSame(plain(found?.attributes), attributes, `${reason}: attributes`);
    };
    for (const [reason, text, record, attributes] of RECORDS) check(reason, recordsOf(read(toRequest(bytes(`${text}\n`), format, {})))[0], record, attributes);
    const others = RECORDS.slice(1);
    const all = recordsOf(read(toRequest(bytes(others.map(([, text]) => `${text}\n`).join('')), format, { 'service.name': 's' })));
    t.equal(all.length, others.length);
    others.forEach(([reason, , record, attributes], at) => check(`${reason}, in a batch`, all[at], record, attributes));
  });

  t.test(`${name}: severities`, async (t) => {
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
    const records = recordsOf(read(toRequest(bytes(levels.map((level) => `{"level":"${level}"}\n`).join('')), format, {})));
    t.same(records.map(({ severityNumber, severityText }) => [severityNumber, severityText]), levels.map((level, at) => [1 + 4 * at, level]));
  });

  t.test(`${name}: records are grouped by service and host`, async (t) => {
    const lines = ['a', 'b', 'a', 'ü\\"', 'a'].map((service, n) => `{"service.name":"${service}","host.name":"h","n":${n}}\n`).join('') + '{"host.name":"other"}\n{}\n';
    const { resourceLogs } = read(toRequest(bytes(lines), format, { 'deployment.environment.name': 'prod', 'service.name': 'common' }));
    t.same(resourceLogs.map(({ resource }) => plain(resource.attributes)), [
      { 'deployment.environment.name': 'prod', 'service.name': 'a', 'host.name': 'h' },
      { 'deployment.environment.name': 'prod', 'service.name': 'b', 'host.name': 'h' },
      { 'deployment.environment.name': 'prod', 'service.name': 'ü"', 'host.name': 'h' },
      { 'deployment.environment.name': 'prod', 'service.name': 'common', 'host.name': 'other' },
      { 'deployment.environment.name': 'prod', 'service.name': 'common' },
    ]);
    t.same(resourceLogs.map(({ scopeLogs }) => scopeLogs[0]?.logRecords.length), [3, 1, 1, 1, 1]);
    t.match(resourceLogs[0]?.scopeLogs[0]?.scope, { name: 'shipper', version: /^\d/ });
    t.match(read(toRequest(bytes('{}\n'), format, {})).resourceLogs[0]?.resource.attributes, [{ key: 'service.name', value: { stringValue: 'unknown_service' } }], 'a service there must be');
  });

  t.test(`${name}: what says where a record comes from is of its resource`, async (t) => {
    const pod = (name: string, restarts: number): string => `"k8s.pod.name":"${name}","k8s.container.restart_count":${restarts}`;
    const rows: [reason: string, record: string, resource: object, attributes: object][] = [
      ['a pod', `"n":1,${pod('a', 0)}`, { 'k8s.pod.name': 'a', 'k8s.container.restart_count': 0n }, { n: 1n }],
      ['the same pod', `${pod('a', 0)},"n":2`, { 'k8s.pod.name': 'a', 'k8s.container.restart_count': 0n }, { n: 2n }],
      ['another one, restarted more often than a byte holds', pod('b\\u00e9', 300), { 'k8s.pod.name': 'bé', 'k8s.container.restart_count': 300n }, {}],
      ['no pod', '"n":4', {}, { n: 4n }],
      ['cloud, container and environment are of it, too', '"cloud.region":"eu-1","container.id":"c0ffee","deployment.environment.name":"test"', { 'cloud.region': 'eu-1', 'container.id': 'c0ffee', 'deployment.environment.name': 'test' }, {}],
      ['what is no text and no number from 0 on stays with the record', '"k8s.pod.name":null,"k8s.pod.ip":["a"],"k8s.node.name":-1,"container.cpu":0.5', {}, { 'k8s.pod.name': null, 'k8s.pod.ip': ['a'], 'k8s.node.name': -1n, 'container.cpu': 0.5 }],
      ['what happens in a cluster is an event', '"k8s.event.reason":"Killing","k8sx":"y","cloudy":"z"', {}, { 'k8s.event.reason': 'Killing', k8sx: 'y', cloudy: 'z' }],
    ];
    const { resourceLogs } = read(toRequest(bytes(rows.map(([, record]) => `{"service.name":"s",${record}}\n`).join('')), format, { 'deployment.environment.name': 'prod' }));
    const found = resourceLogs.flatMap(({ resource, scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ attributes }) => ({ resource: plain(resource.attributes), attributes: plain(attributes) }))));
    const wanted = rows.map(([, , resource, attributes]) => ({ resource: { 'deployment.environment.name': 'prod', 'service.name': 's', ...resource }, attributes }));
    const inOrder = (all: object[]): string[] => all.map((one) => inspect(one, { sorted: true, depth: 9 })).sort();
    t.same(inOrder(found), inOrder(wanted));
    t.same(resourceLogs.map(({ scopeLogs }) => scopeLogs[0]?.logRecords.length), [2, 1, 3, 1], 'one resource for each source');
  });

  t.test(`${name}: a request is as long as it may be, and not a byte longer`, async (t) => {
    const random = seeded();
    for (let round = 0; round < 60; round++) {
      const records = Array.from({ length: 1 + random.below(40) }, (_, n) => JSON.stringify({ 'service.name': `s${random.below(4)}`, message: 'm'.repeat(random.below(random.oneIn(4) ? 40_000 : 300)), n, ...(random.oneIn(3) ? { 'k8s.pod.name': `p${random.below(3)}` } : {}) }));
      const body = bytes(records.map((record) => `${record}\n`).join(''));
      const most = toRequest(body, format, {}).length;
      const limit = 1 + random.below(most);
      const requests = toRequests(body, format, {}, OBSERVED, limit);
      let from = 0;
      const isRight = requests.every(({ bytes: request, count }, at) => {
        const own = records.slice(from, from + count);
        const isLast = at === requests.length - 1;
        const more = toRequest(bytes(records.slice(from, from + count + 1).map((record) => `${record}\n`).join('')), format, {}).length;
        from += count;
        return count > 0 && request.equals(toRequest(bytes(own.map((record) => `${record}\n`).join('')), format, {})) && (request.length <= limit || count === 1) && (isLast || more > limit);
      });
      if (!isRight || from !== records.length || toRequests(body, format, {}, OBSERVED, most).length !== 1 || round === 59) t.ok(isRight && from === records.length && toRequests(body, format, {}, OBSERVED, most).length === 1, `round ${round} of SEED=${random.seed}`);
    }
  });

  t.test(`${name}: what lies too deep is text`, async (t) => {
    const deep = `${'['.repeat(1_000)}"ü"${']'.repeat(1_000)}`;
    const [record] = recordsOf(read(toRequest(bytes(`{"deep":${deep}}\n`), format, {})));
    t.match(JSON.stringify(plain(record?.attributes)), /^\{"deep":\[{24}"\[{976}\\"ü\\"\]{976}"\]{24}\}$/);
  });

  t.test(`${name}: any JSON comes out as it went in`, async (t) => {
    const random = seeded();
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 1 + random.below(8) }, () => Object.fromEntries(Array.from({ length: random.below(8) }, (_, n) => [`k${n}${word(random)}`, anyValue(random, 0)])));
      const found = recordsOf(read(toRequest(bytes(values.map((value) => `${JSON.stringify(value)}\n`).join('')), format, {})));
      const same = JSON.stringify(found.map(({ attributes }) => plain(attributes)), bigints) === JSON.stringify(values, bigints);
      if (!same || round === 199) t.ok(same, `round ${round} of SEED=${random.seed}`);
    }
  });
}

function bigints(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function word(random: Random): string {
  return Array.from({ length: random.below(random.oneIn(9) ? 300 : 9) }, () => random.of(['a', 'é', '☃', '😀', '"', '\\', '\n', '\u0000', ' '])).join('');
}

function anyValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 3 ? 5 : 7);
  if (kind === 0) return random.below(1_000_000) - 1_000;
  if (kind === 1) return random.below(1_000) / 64;
  if (kind === 2) return random.of([true, false, null]);
  if (kind < 5) return word(random);
  const values = Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
  return kind === 5 ? values : Object.fromEntries(values.map((value, n) => [`${n}${word(random)}n`, value]));
}

// ── through the program ──

const LINE = { time: '2026-11-22T10:00:00.123Z', level: 'warn', msg: 'slow', logger: 'web', thread: 'main', pid: 4, caller: 'a.go:7', user_id: 'u', session_id: 's', request_id: 'r', duration_ms: 5.5, error_type: 'E', error_message: 'boom', stack_trace: 'E: boom\n at x', http_method: 'GET', http_path: '/a?b=1', http_status: 504, http_version: '1.1', client_ip: '10.0.0.7', user_agent: 'curl', referer: '/', bytes: 12, service: 'web', order: { id: 7 }, 'http.request.method': 'POST' };

t.test('names of the semantic conventions, as they leave the program', async (t) => {
  const { server, url } = await receiver(t);
  for (const [protocol, , read] of FORMATS) {
    const { code, stderr } = await run(['-o', `otlp=${url}`], { stdin: `${JSON.stringify(LINE)}\n`, env: { OTEL_EXPORTER_OTLP_PROTOCOL: `http/${protocol}`, OTEL_EXPORTER_OTLP_HEADERS: 'x-team=k%20ey', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod' } });
    t.equal(code, 0, stderr);
    const request = server.requests.at(-1);
    t.match(request, { method: 'POST', url: '/v1/logs', headers: { 'content-type': protocol === 'json' ? 'application/json' : 'application/x-protobuf', 'content-encoding': 'gzip', 'x-team': 'k ey', 'user-agent': /^shipper\// } });
    const logs = read(request?.body ?? Buffer.alloc(0));
    t.strictSame(plain(logs.resourceLogs[0]?.resource.attributes), { 'deployment.environment.name': 'prod', 'service.name': 'web', 'host.name': hostname() });
    const [record] = recordsOf(logs);
    t.match(record, { timeUnixNano: '1795341600123000000', observedTimeUnixNano: /^\d{19}$/, severityNumber: 13, severityText: 'warn', body: { stringValue: 'slow' } });
    t.match(plain(record?.attributes), {
      'logger.name': 'web', 'thread.name': 'main', 'process.pid': 4n, 'code.file.path': 'a.go', 'code.line.number': 7n, 'user.id': 'u', 'session.id': 's', 'http.request.header.x-request-id': ['r'], duration_ms: 5.5,
      'exception.type': 'E', 'exception.message': 'boom', 'exception.stacktrace': 'E: boom\n at x', 'http.request.method': 'GET', 'url.path': '/a', 'url.query': 'b=1', 'http.response.status_code': 504n, 'network.protocol.version': '1.1',
      'client.address': '10.0.0.7', 'user_agent.original': 'curl', 'http.request.header.referer': ['/'], 'http.response.body.size': 12n, order: { id: 7n },
    });
    const keys = (record?.attributes ?? []).map(({ key }) => key);
    t.equal(new Set(keys).size, keys.length, 'no key is there twice');
  }
});

t.test('the pod that a file is of is in its resource', async (t) => {
  const { server, url } = await receiver(t);
  const line = (text: string): string => `2026-11-22T10:00:00.1Z stdout F ${text}\n`;
  const logs = t.testdir({ pods: { 'shop_api-1_u1': { app: { '0.log': line('a') + line('b') } }, 'shop_api-2_u2': { app: { '3.log': line('c') } } } });
  const pod = (name: string, uid: string, restarts: bigint): object => ({ 'service.name': 'app', 'host.name': hostname(), 'k8s.namespace.name': 'shop', 'k8s.pod.name': name, 'k8s.pod.uid': uid, 'k8s.container.name': 'app', 'k8s.container.restart_count': restarts });
  for (const [protocol, , read] of FORMATS) {
    const { code, stderr } = await run(['--once', path.join(logs, 'pods/*/*/*.log'), '-o', `otlp=${url}`], { env: { OTEL_EXPORTER_OTLP_PROTOCOL: `http/${protocol}` } });
    t.equal(code, 0, stderr);
    const { resourceLogs } = read(server.requests.at(-1)?.body ?? Buffer.alloc(0));
    const found = resourceLogs.map(({ resource, scopeLogs }) => ({ resource: plain(resource.attributes), records: scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body, attributes }) => [body?.stringValue, plain(attributes)])) }));
    t.same(found.sort((a, b) => b.records.length - a.records.length), [
      { resource: pod('api-1', 'u1', 0n), records: [['a', { 'log.iostream': 'stdout' }], ['b', { 'log.iostream': 'stdout' }]] },
      { resource: pod('api-2', 'u2', 3n), records: [['c', { 'log.iostream': 'stdout' }]] },
    ], protocol);
  }
});

t.test('OpenTelemetry\'s variables', async (t) => {
  const rows: [reason: string, options: object, env: Record<string, string>, expected: object][] = [
    ['nothing', {}, {}, { url: 'http://localhost:4318/v1/logs', protocol: 'http/protobuf', headers: {}, resource: {}, gzip: true, timeoutMs: 10_000 }],
    ['an address for all signals', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c:4318/base/' }, { url: 'https://c:4318/base/v1/logs' }],
    ['an address for logs is used as it stands', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c', OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://l' }, { url: 'https://l/' }],
    ['options win', { url: 'http://o:1' }, { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://l' }, { url: 'http://o:1/v1/logs' }],
    ['an option that says it all', { url: 'http://o:1/insert/opentelemetry/v1/logs' }, {}, { url: 'http://o:1/insert/opentelemetry/v1/logs' }],
    ['an option that is used as it stands', { logs_url: 'http://o:1/x' }, {}, { url: 'http://o:1/x' }],
    ['the variable for logs wins, an empty one is none', {}, { OTEL_EXPORTER_OTLP_COMPRESSION: 'none', OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_TIMEOUT: '500', OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '' }, { gzip: true, timeoutMs: 500 }],
    ['compression', {}, { OTEL_EXPORTER_OTLP_COMPRESSION: 'none' }, { gzip: false }],
    ['protocol', {}, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, { protocol: 'http/json' }],
    ['an option instead of gRPC', { protocol: 'http/protobuf' }, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, { protocol: 'http/protobuf' }],
    ['headers of both', { headers: { 'API-Key': 'o' } }, { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=e, x = a%2Cb=c ' }, { headers: { 'api-key': 'o', x: 'a,b=c' } }],
    ['resource', { resource: { a: 'o' } }, { OTEL_RESOURCE_ATTRIBUTES: 'a=1,service.name=x,b=%C3%BC', OTEL_SERVICE_NAME: 'y' }, { resource: { a: 'o', 'service.name': 'y', b: 'ü' } }],
    ['one error leaves all of it out', {}, { OTEL_RESOURCE_ATTRIBUTES: 'a=1,b=%zz' }, { resource: {}, warnings: ['OTEL_RESOURCE_ATTRIBUTES is not a list of key=value; all of it is left out'] }],
    ['no list', {}, { OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b' }, { headers: {}, warnings: [/OTEL_EXPORTER_OTLP_HEADERS/] }],
    ['a timeout that is none', {}, { OTEL_EXPORTER_OTLP_TIMEOUT: '10s' }, { timeoutMs: 10_000, warnings: [/OTEL_EXPORTER_OTLP_TIMEOUT/] }],
    ['files', { ca_file: '/o' }, { OTEL_EXPORTER_OTLP_CERTIFICATE: '/e', OTEL_EXPORTER_OTLP_CLIENT_KEY: '/k' }, { network: { ca_file: '/o', client_key_file: '/k' } }],
  ];
  for (const [reason, options, env, expected] of rows) {
    const warnings: string[] = [];
    const settings = settingsOf(OtlpOptions.parse({ type: 'otlp', ...options }), env, (message) => warnings.push(message));
    t.match({ warnings, ...settings, url: settings.url.href }, { warnings: [], ...expected }, reason);
  }
  const read = (env: Record<string, string>) => settingsOf(OtlpOptions.parse({ type: 'otlp' }), env, () => undefined);
  t.throws(() => read({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), { name: 'UserError', message: /is grpc, which is not spoken here/ });
  t.throws(() => read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }), { name: 'UserError', message: /OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address/ });
});

// ── answers ──

t.test('what an answer means', async (t) => {
  const partial = (rejectedLogRecords: number | string, errorMessage = 'why'): string => JSON.stringify({ partialSuccess: { rejectedLogRecords, errorMessage } });
  const status = Buffer.concat([Buffer.from([0x08, 0x03, 0x12, 0x06]), Buffer.from('broken')]); // google.rpc.Status
  const rejected = (reason: RegExp | string): object => ({ kind: 'partial', items: [{ kind: 'rejected', reason }, { kind: 'rejected', reason }] });
  const rows: { reason: string; status: number; body?: string | Uint8Array; headers?: Record<string, string>; verdict: object; warning?: RegExp }[] = [
    { reason: 'all taken: protobuf', status: 200, verdict: { kind: 'delivered' } },
    { reason: 'all taken: JSON', status: 200, body: '{}', verdict: { kind: 'delivered' } },
    { reason: 'all taken, and said at length', status: 200, body: '{"partialSuccess":{}}', verdict: { kind: 'delivered' } },
    { reason: 'all taken: what Loki answers', status: 204, verdict: { kind: 'delivered' } },
    { reason: 'a warning', status: 200, body: partial(0, 'slow down'), verdict: { kind: 'delivered' }, warning: /slow down/ },
    { reason: 'a warning in protobuf', status: 200, body: encodeResponse({ errorMessage: 'slow down' }), verdict: { kind: 'delivered' }, warning: /slow down/ },
    { reason: 'all refused', status: 200, body: partial('2'), verdict: rejected('all 2 records of a request were refused: why') },
    { reason: 'all refused, in protobuf', status: 200, body: encodeResponse({ rejectedLogRecords: 2, errorMessage: 'why' }), verdict: rejected('all 2 records of a request were refused: why') },
    { reason: 'more refused than there were', status: 200, body: partial(9), verdict: rejected(/^all 2 records/) },
    { reason: 'some refused, nobody says which: not to be sent again, not all of them lost', status: 200, body: encodeResponse({ rejectedLogRecords: 1 }), verdict: { kind: 'delivered' }, warning: /^1 of 2 records of a request were refused, and it is not said which: no reason given$/ },
    { reason: 'snake case, as some write it', status: 200, body: '{"partial_success":{"rejected_log_records":"2"}}', verdict: rejected(/^all 2 records/) },
    { reason: 'a login page', status: 200, body: '<html>', headers: { 'content-type': 'text/html' }, verdict: { kind: 'retry', stubborn: true } },
    { reason: 'a login page that does not say so', status: 200, body: '<html>\n<body>', verdict: { kind: 'retry', stubborn: true } },
    { reason: 'a text', status: 200, body: 'OK', verdict: { kind: 'retry', stubborn: true } },
    { reason: 'cut off', status: 200, body: encodeResponse({ errorMessage: 'slow down' }).subarray(0, 6), verdict: { kind: 'retry', stubborn: true } },
    { reason: 'bad request, with a Status in protobuf', status: 400, body: status, verdict: { kind: 'invalid', reason: 'HTTP 400: broken' } },
    { reason: 'bad request, with a Status in JSON', status: 400, body: '{"code":3,"message":"broken"}', verdict: { kind: 'invalid', reason: 'HTTP 400: broken' } },
    { reason: 'bad request, with a text', status: 400, body: 'entry too far behind\n', verdict: { kind: 'invalid', reason: 'HTTP 400: entry too far behind' } },
    { reason: 'no credentials', status: 401, verdict: { kind: 'blocked' } },
    { reason: 'no permission', status: 403, verdict: { kind: 'blocked' } },
    { reason: 'wrong address', status: 404, verdict: { kind: 'blocked', reason: /logs_url/ } },
    { reason: 'wrong encoding', status: 415, verdict: { kind: 'blocked', reason: /protocol/ } },
    { reason: 'moved', status: 308, verdict: { kind: 'blocked' } },
    { reason: 'timeout of the server: not to be sent again', status: 408, verdict: { kind: 'invalid' } },
    { reason: 'too large', status: 413, verdict: { kind: 'split' } },
    { reason: 'busy', status: 429, headers: { 'retry-after': '4' }, verdict: { kind: 'retry', afterMs: 4_000, stubborn: false } },
    { reason: 'internal error: not to be sent again', status: 500, verdict: { kind: 'invalid' } },
    { reason: 'not implemented', status: 501, verdict: { kind: 'invalid' } },
    { reason: 'bad gateway', status: 502, verdict: { kind: 'retry' } },
    { reason: 'unavailable', status: 503, headers: { 'retry-after': '1' }, verdict: { kind: 'retry', afterMs: 1_000 } },
    { reason: 'gateway timeout', status: 504, verdict: { kind: 'retry' } },
  ];
  for (const { reason, status, body = '', headers = {}, verdict, warning } of rows) {
    const found = classify(status, headers, Buffer.from(body), 2);
    t.match(found.verdict, verdict, reason);
    t.match(found.warning, warning ?? undefined, `${reason}: warning`);
  }
});

t.test('partial success is never sent again, but said and counted', async (t) => {
  const { server, url } = await receiver(t, () => ({ status: 200, body: encodeResponse({ rejectedLogRecords: 1, errorMessage: 'too old' }) }));
  const { code, stderr } = await run(['-o', `otlp=${url}`], { stdin: 'a\nb\n' });
  t.equal(code, 0);
  t.equal(server.requests.length, 1);
  t.match(stderr, /otlp: 1 of 2 records of a request were refused, and it is not said which: too old\n[^]*2 delivered, 0 dead-lettered/);
  const destination = await otlp('o', OtlpOptions.parse({ type: 'otlp', url }), {}).open();
  t.teardown(() => destination.close());
  for (let i = 0; i < 3; i++) t.match(await destination.send(Buffer.from('{}\n{}\n') as Uint8Array<ArrayBuffer>, 2, NEVER), { kind: 'delivered' });
  t.same([...(destination.degraded ?? [])], [['refused_unnamed', 3]]);
  t.match(await destination.send(Buffer.from('{}\n') as Uint8Array<ArrayBuffer>, 1, NEVER), { kind: 'partial', items: [{ kind: 'rejected', reason: 'all 1 records of a request were refused: too old' }] }, 'a record that is alone is named');
  const warned = await receiver(t, () => ({ status: 200, body: encodeResponse({ errorMessage: 'use batches' }) }));
  t.match(await run(['-o', `otlp=${warned.url}`], { stdin: 'a\nb\n' }), { code: 0, stderr: /the receiver says: use batches/ });
});

t.test('what is too large is halved, what is bad is found, what is busy is asked again', async (t) => {
  const { server, url } = await receiver(t, ({ body }, number) => {
    if (number === 1) return { status: 503, headers: { 'retry-after': '0' } };
    if (recordsOf(decodeLogs(body)).length > 2) return { status: 413 };
    return body.includes('poison') ? { status: 400, body: 'no' } : { status: 200 };
  });
  const { code, stderr } = await run(['-o', `otlp=${url}`], { stdin: 'a\nb\nc\npoison\nd\n' });
  t.equal(code, 0);
  t.match(stderr, /4 delivered, 1 dead-lettered|delivered 4.*dead.lettered 1/i);
  const delivered = server.requests.slice(1).map(({ body }) => recordsOf(decodeLogs(body))).filter((records) => records.length <= 2 && !records.some(({ body }) => body?.stringValue === 'poison'));
  t.same(delivered.flat().map(({ body }) => body?.stringValue).sort(), ['a', 'b', 'c', 'd']);
});

t.test('a token in a file is read again when it is refused', async (t) => {
  const file = path.join(t.testdir({ token: 'old' }), 'token');
  const { server, url } = await receiver(t, ({ headers }) => ({ status: headers.authorization === 'Bearer new' ? 200 : 401 }));
  const destination = await (await createOutput('otlp', OtlpOptions.parse({ type: 'otlp', url, bearer_token_file: file, compression: 'none' }))).open();
  t.teardown(() => destination.close());
  t.match(await destination.send(bytes('{}\n'), 1, NEVER), { kind: 'blocked' });
  writeFileSync(file, 'new\n');
  t.match(await destination.send(bytes('{}\n'), 1, NEVER), { kind: 'delivered' });
  t.equal(server.requests.at(-1)?.headers['content-encoding'], undefined);
});

// ── batch.bytes, on the wire ──

for (const [name, , read] of FORMATS) {
  t.test(`${name}: exactly batch.bytes is one request, one byte more makes two`, async (t) => {
    const { server, url } = await receiver(t);
    const limit = 65_536;
    const config = path.join(t.testdir({ 'c.yaml': `outputs: {o: {type: otlp, url: "${url}", protocol: http/${name}, compression: none, batch: {bytes: ${limit}, age: 1m}}}` }), 'c.yaml');
    const send = async (messages: readonly string[]): Promise<HttpRequest[]> => {
      const from = server.requests.length;
      const { code, stderr } = await run(['-c', config], { stdin: messages.map((message) => `${message}\n`).join('') });
      t.equal(code, 0, stderr);
      t.match(stderr, new RegExp(` ${messages.length} delivered, 0 dead-lettered`));
      return server.requests.slice(from);
    };
    const [count, each] = [100, 300];
    const messages = (last: number): string[] => [...Array<string>(count - 1).fill('m'.repeat(each)), 'm'.repeat(last)];
    const [probe] = await send(messages(20_000)); // its length takes as many bytes in protobuf as the one below
    const last = 20_000 + limit - (probe?.body.length ?? 0);
    t.same((await send(messages(last))).map(({ body }) => body.length), [limit]);
    const two = await send(messages(last + 1));
    t.same(two.map(({ body }) => recordsOf(read(body)).length), [count - 1, 1]); // one after the other: they are of one batch
    t.ok(two.every(({ body }) => body.length <= limit));
  });
}

t.test('of two requests of a batch only the one that failed goes again', async (t) => {
  const rows: [reason: string, answer: HttpReply, verdict: object, requests: number][] = [
    ['the second is busy', { status: 503 }, { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'retry', stubborn: false }] }, 2],
    ['the second is bad', { status: 400, body: 'no' }, { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'retry', reason: 'HTTP 400: no', stubborn: true }] }, 2],
    ['the second is refused', { status: 401 }, { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'blocked' }] }, 2],
    ['the second is refused by the receiver', { status: 200, body: encodeResponse({ rejectedLogRecords: 1 }) }, { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'rejected' }] }, 2],
  ];
  const body = bytes(['a', 'b'].map((letter) => `{"message":"${letter.repeat(40_000)}"}\n`).join(''));
  for (const [reason, answer, verdict, requests] of rows) {
    const { server, url } = await receiver(t, (_, number) => (number === 2 ? answer : { status: 200 }));
    const destination = await otlp('o', OtlpOptions.parse({ type: 'otlp', url, batch: { bytes: 65_536 } }), {}).open();
    t.match(await destination.send(body, 2, NEVER), verdict, reason);
    t.equal(server.requests.length, requests, reason);
    await destination.close();
  }
  const { server, url } = await receiver(t, () => ({ status: 503 }));
  const destination = await otlp('o', OtlpOptions.parse({ type: 'otlp', url, batch: { bytes: 65_536 } }), {}).open();
  t.teardown(() => destination.close());
  t.match(await destination.send(body, 2, NEVER), { kind: 'retry' }, 'the first fails: the second is not asked for');
  t.equal(server.requests.length, 1);
});
