// What is most often got wrong about back ends and formats, one test for each fact. The details of each are in the file of its output.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { Metrics } from '../agent/metrics.ts';
import { readError, classifyError } from '../outputs/cloudwatch/errors.ts';
import { LIMITS as CLOUDWATCH } from '../outputs/cloudwatch/limits.ts';
import { rejectedVerdicts } from '../outputs/cloudwatch/rejected.ts';
import { CloudWatchOptions } from '../outputs/cloudwatch-options.ts';
import { classify as classifyDatadog } from '../outputs/datadog.ts';
import { toEntries } from '../outputs/datadog-body.ts';
import { classify as classifyBulk, failureStored } from '../outputs/elasticsearch/answer.ts';
import { classify as classifyOtlp } from '../outputs/otlp.ts';
import { OtlpOptions } from '../outputs/otlp-options.ts';
import { settingsOf } from '../outputs/otlp/settings.ts';
import { events, ROOT, run } from './e2e/run-shipper.ts';
import { CloudWatchServer } from './helpers/cloudwatch-server.ts';
import { HttpServer, type HttpRequest } from './helpers/http-server.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** What a destination is sent when these lines are read. */
async function sent(t: Test, outputs: (url: string) => string[], lines: readonly object[], answer: string, status = 200, env: Record<string, string> = {}): Promise<HttpRequest> {
  const server = new HttpServer(() => ({ status, body: answer }));
  t.teardown(() => server.close());
  const { code, stderr } = await run(outputs(await server.listen()), { stdin: lines.map((line) => `${JSON.stringify(line)}\n`).join(''), env });
  t.equal(code, 0, stderr);
  const [request] = server.requests;
  if (request === undefined) throw new Error('nothing was sent');
  return request;
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const LINES = [
  { time: '2026-11-22T10:00:00.123456789Z', level: 30, msg: 'm', duration_ms: 15.3, trace_id: TRACE, span_id: '00f067aa0ba902b7' },
  { time: '2026-11-22T10:00:01Z', level: 50, msg: 'm' },
  { time: '2026-11-22T10:00:02Z', level: 'SEVERE', msg: 'm' },
];

t.test('1. CloudWatch: nearly every failure is HTTP 400, so its code decides', async (t) => {
  const rows: [code: string, verdict: string][] = [['ThrottlingException', 'retry'], ['AccessDeniedException', 'blocked'], ['InvalidParameterException', 'invalid'], ['DataAlreadyAcceptedException', 'delivered']];
  for (const [code, verdict] of rows) t.equal(classifyError(readError(400, {}, Buffer.from(JSON.stringify({ __type: `x#${code}` })))).kind, verdict, code);
});

t.test('2. and 3. CloudWatch: ascending times, 26 bytes for each event, no gzip, no token; some of a 200 may be refused', async (t) => {
  const now = Date.now();
  const server = new CloudWatchServer(Date.now, ({ operation }) => (operation === 'PutLogEvents' ? { body: '{"nextSequenceToken":"t","rejectedLogEventsInfo":{"tooOldLogEventEndIndex":1}}' } : undefined));
  t.teardown(() => server.close());
  const endpoint = await server.listen();
  const line = (agoMs: number, msg: string): object => ({ time: new Date(now - agoMs).toISOString(), msg });
  const env = { SHIPPER_CLOUDWATCH_ENDPOINT: endpoint, SHIPPER_CLOUDWATCH_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' };
  const { code, stderr } = await run(['-o', 'cloudwatch=/g:s'], { stdin: [line(0, 'c'), line(9_000, 'a'), line(5_000, 'b')].map((one) => `${JSON.stringify(one)}\n`).join(''), env });
  t.equal(code, 0, stderr);
  t.same(server.puts.map((put) => put.map(({ message }) => (JSON.parse(message) as { message: string }).message)), [['a', 'b', 'c']], 'sorted, and nothing is sent again');
  t.match(stderr, /2 delivered, 1 dead-lettered/, 'what was refused is dead-lettered');
  t.same(server.requests.filter(({ headers, input }) => headers['content-encoding'] !== undefined || input.sequenceToken !== undefined), []);
  t.match(CLOUDWATCH, { requestBytes: 1_048_576, events: 10_000, eventBytes: 26 });
  t.ok(CLOUDWATCH.messageBytes <= 1_048_576 - 26);
  t.same(rejectedVerdicts({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 3 }, 4)?.map(({ kind }) => kind), ['rejected', 'delivered', 'delivered', 'rejected'], 'the old end is exclusive, the new start inclusive');
});

t.test('4. EMF: 30 dimensions', async (t) => {
  const options = (count: number): object => ({ type: 'cloudwatch', group: 'g', metrics: { namespace: 'n', fields: { a: 'Count' }, dimensions: Array.from({ length: count }, (_, at) => `d${at}`) } });
  t.doesNotThrow(() => CloudWatchOptions.parse(options(30)));
  t.throws(() => CloudWatchOptions.parse(options(31)), /must name at most 30/);
});

t.test('5. Datadog answers 202, cuts what is over 1 MB and forgets what is over 18 h old, all without a word', async (t) => {
  t.same(classifyDatadog(202, {}, Buffer.from('{}')), { kind: 'delivered' });
  const now = Date.parse('2026-11-22T10:00:00Z');
  const entries = toEntries(bytes(`{"timestamp":"2026-11-21T10:00:00Z","message":"${'m'.repeat(1_000_000)}"}\n`), Buffer.from('{"timestamp":"'), now);
  t.match(JSON.parse(entries.bytes.toString()), [{ timestamp: '2026-11-22T10:00:00.000Z', original_timestamp: '2026-11-21T10:00:00Z', message: /TRUNCATED/ }]);
  t.match(entries, { restamped: 1, cut: 1 });
});

t.test('6., 7. and 8. Datadog: durations in ns, levels as words, ids in decimal of their low 64 bits', async (t) => {
  const logs = JSON.parse((await sent(t, (url) => ['-o', `datadog=${url}`], LINES, '{}', 202, { DD_API_KEY: 'k' })).body.toString()) as object[];
  t.match(logs, [
    { duration: 15_300_000, status: 'info', dd: { trace_id: '11803532876627986230', span_id: '67667974448284343' }, trace_id: TRACE },
    { status: 'error' },
    { status: 'error' }, // and not `severe`, which Datadog takes for OK
  ]);
});

t.test('6., 9. and 11. Elasticsearch: ns, create with ids, a verdict for each record, plain media types', async (t) => {
  const answer = JSON.stringify({ errors: false, items: LINES.map(() => ({ create: { status: 201 } })) });
  const request = await sent(t, (url) => ['-o', `elasticsearch=${url}`], LINES, answer);
  const [action, document] = request.body.toString().split('\n').map((line) => (line === '' ? {} : (JSON.parse(line) as object)));
  t.match(document, { event: { duration: 15_300_000 }, '@timestamp': '2026-11-22T10:00:00.123456789Z', host: { name: /./ } });
  t.same(Object.keys(action ?? {}), ['create'], 'data streams take nothing else');
  t.match(request.url, /filter_path=[^&]*items\.\*\.status/, 'of every record');
  t.match(request.headers, { 'content-type': 'application/x-ndjson', accept: 'application/json', 'transfer-encoding': undefined });
  t.ok(request.body.toString().endsWith('}\n'));
  const mixed = { errors: true, items: [{ create: { status: 201 } }, { create: { status: 409, error: { type: 'version_conflict_engine_exception', reason: '' } } }, { create: { status: 400, error: { type: 'document_parsing_exception', reason: '' } } }] };
  t.match(classifyBulk(200, {}, Buffer.from(JSON.stringify(mixed)), 3), { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'delivered' }, { kind: 'rejected' }] }, '200 with failures in it; our own id is there already');
});

t.test('10. Elasticsearch: a document that did not fit is a success, if there is a failure store', async (t) => {
  const answer = Buffer.from('{"errors":false,"items":[{"create":{"status":201,"failure_store":"used"}},{"create":{"status":201}}]}');
  t.same(classifyBulk(200, {}, answer, 2), { kind: 'delivered' });
  t.equal(failureStored(answer), 1);
});

t.test('6. and 12. OTLP: ns as text, ids in hexadecimal, severities as numbers; 500 is final, and so is partial success', async (t) => {
  const request = await sent(t, (url) => ['-o', `otlp=${url}`], LINES, '{}', 200, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
  const { resourceLogs } = JSON.parse(request.body.toString()) as { resourceLogs: { scopeLogs: { logRecords: object[] }[] }[] };
  t.match(resourceLogs[0]?.scopeLogs[0]?.logRecords[0], { timeUnixNano: '1795341600123456789', traceId: TRACE, spanId: '00f067aa0ba902b7', severityNumber: 9 });
  const verdict = (status: number, body = ''): string => classifyOtlp(status, {}, Buffer.from(body), 2).verdict.kind;
  t.same([429, 502, 503, 504].map((status) => verdict(status)), ['retry', 'retry', 'retry', 'retry']);
  t.same([408, 500, 501].map((status) => verdict(status)), ['invalid', 'invalid', 'invalid']);
  t.equal(verdict(200, '{"partialSuccess":{"rejectedLogRecords":"1"}}'), 'delivered', 'what is refused is not sent again, and the rest is not called lost');
  const url = (env: NodeJS.ProcessEnv): string => settingsOf(OtlpOptions.parse({ type: 'otlp' }), env, () => undefined).url.href;
  t.equal(url({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://c:4318/x' }), 'http://c:4318/x', 'as it stands');
  t.equal(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/x' }), 'http://c:4318/x/v1/logs');
});

t.test('13. Prometheus text 0.0.4: the whole name in TYPE', async (t) => {
  const text = new Metrics().text(undefined);
  t.match(text, /^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total \d/m);
  t.notMatch(text, /# EOF/, 'that is OpenMetrics');
});

t.test('14., 15. and 16. Formats', async (t) => {
  const stdin = [
    '2026-11-22T10:00:00.1Z stdout P hel', '2026-11-22T10:00:00.2Z stdout F lo', // the newline of a P line is no data
  ];
  t.match(events((await run(['-o', 'console'], { stdin: `${stdin.join('\n')}\n` })).stdout), [{ message: 'hello' }]);
  const lines: [line: object, level: string, reason: string][] = [
    [{ level: 30, time: 1795341600000, pid: 1, hostname: 'h', msg: 'm' }, 'info', 'pino'],
    [{ levelno: 30, levelname: 'WARNING', message: 'm' }, 'warn', 'Python'],
    [{ PRIORITY: '3', MESSAGE: 'm', __REALTIME_TIMESTAMP: '1795341600000000', _SYSTEMD_UNIT: 'x.service' }, 'error', 'syslog runs the other way round'],
  ];
  for (const [line, level, reason] of lines) t.match(events((await run(['-o', 'console'], { stdin: `${JSON.stringify(line)}\n` })).stdout), [{ level }], reason);
  const unit = readFileSync(path.join(ROOT, 'deploy', 'shipper.service'), 'utf8');
  t.notMatch(unit, /^MemoryDenyWriteExecute=(?:yes|true)/m, 'that kills V8');
});

// ── limits of a request, byte by byte, where they are those of the configuration ──

t.test('exactly batch.bytes is one request, one byte more makes two; and so for records', async (t) => {
  const server = new HttpServer(({ body }) => ({ status: 200, body: JSON.stringify({ errors: false, items: body.toString().split('\n').filter((line) => line.startsWith('{"create"')).map(() => ({ create: { status: 201 } })) }) }));
  t.teardown(() => server.close());
  const url = await server.listen();
  const home = t.testdir({
    'es.yaml': `outputs: {o: {type: elasticsearch, url: "${url}", compression: none, batch: {bytes: 65536, events: 10, age: 1m}}}`,
    'otlp.yaml': `outputs: {o: {type: otlp, url: "${url}", protocol: http/json, compression: none, batch: {bytes: 65536, events: 10, age: 1m}}}`,
  });
  const send = async (config: string, lengths: number[]): Promise<HttpRequest[]> => {
    const from = server.requests.length;
    const { code, stderr } = await run(['-c', path.join(home, config)], { stdin: lengths.map((length) => `${'m'.repeat(length)}\n`).join('') });
    t.equal(code, 0, stderr);
    return server.requests.slice(from);
  };
  const [probe] = await send('es.yaml', [30_000, 30_000]);
  const second = 30_000 + 65_536 - (probe?.body.length ?? 0);
  t.same((await send('es.yaml', [30_000, second])).map(({ body }) => body.length), [65_536]);
  t.equal((await send('es.yaml', [30_000, second + 1])).length, 2);
  const lines = ({ body }: HttpRequest): number => body.toString().split('{"create"').length - 1;
  t.same((await send('es.yaml', Array<number>(10).fill(1))).map(lines), [10]);
  t.same((await send('es.yaml', Array<number>(11).fill(1))).map(lines).sort(), [1, 10]);
  const records = ({ body }: HttpRequest): number => body.toString().split('"timeUnixNano"').length + body.toString().split('"observedTimeUnixNano"').length - 2;
  const [all = { body: Buffer.alloc(0) } as HttpRequest] = await send('otlp.yaml', Array<number>(10).fill(1));
  t.equal((await send('otlp.yaml', Array<number>(11).fill(1))).length, 2);
  t.ok(records(all) >= 10, 'ten records in one request');
});
