import { execFile, spawn } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { FIELDS, type FieldName } from '../agent/fields.ts';
import { PrettyPrinter } from '../outputs/console-pretty.ts';
import { Credentials } from '../outputs/credentials.ts';
import { ecs } from '../outputs/dialects/ecs.ts';
import { flat } from '../outputs/dialects/flat.ts';
import { elasticsearch } from '../outputs/elasticsearch.ts';
import { classify } from '../outputs/elasticsearch/answer.ts';
import { ElasticsearchOptions } from '../outputs/elasticsearch-options.ts';
import { FileOptions } from '../outputs/file-options.ts';
import { HttpClient, retryAfterMs, type HttpResult } from '../outputs/http.ts';
import { createOutput } from '../outputs/index.ts';
import type { Verdict } from '../outputs/output.ts';
import { Rotation } from '../outputs/rotation.ts';
import { BulkServer } from './helpers/bulk-server.ts';
import { VirtualClock } from './helpers/virtual-clock.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NEVER = new AbortController().signal;

function folder(test: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'shipper-test-'));
  test.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

// ── dialects ──

t.test('every field has a place in every dialect', async (t) => {
  for (const dialect of [flat, ecs]) {
    const placed = new Set(dialect.leaves.map((leaf) => leaf.field));
    t.same(FIELDS.filter((field) => !placed.has(field)), [], dialect.name);
  }
  t.same(flat.leaves.map((leaf) => leaf.path.join('.')), FIELDS, 'flat names are the canonical ones, in their order');
});

t.test('ecs names are those of the Elastic Common Schema', async (t) => {
  const names: Partial<Record<FieldName, string>> = {};
  for (const { field, path, as } of ecs.leaves) names[field] = [names[field], `${path.join('.')}${as === undefined ? '' : ` (${as})`}`].filter(Boolean).join(', ');
  t.match(names, {
    timestamp: '@timestamp', level: 'log.level', logger: 'log.logger', log_file: 'log.file.path', log_offset: 'log.offset', message: 'message',
    duration_ms: 'event.duration (nanoseconds)', error_type: 'error.type', error_message: 'error.message', stack_trace: 'error.stack_trace',
    trace_id: 'trace.id', span_id: 'span.id', request_id: 'http.request.id', http_method: 'http.request.method', referer: 'http.request.referrer',
    http_status: 'http.response.status_code', bytes: 'http.response.body.bytes', http_version: 'http.version',
    http_path: 'url.original, url.path (before-query), url.query (query)', client_ip: 'client.ip', user_agent: 'user_agent.original', user_id: 'user.id',
    service: 'service.name', host: 'host.name', pid: 'process.pid', thread: 'process.thread.name', session_id: 'session.id',
  });
  t.same(JSON.parse(`{${ecs.constants ?? ''}}`), { ecs: { version: '8.11.0' } });
  t.same(ecs.leaves.map((leaf) => leaf.path.join('.')).filter((name, at, all) => all.some((other, i) => i !== at && (other === name || other.startsWith(`${name}.`)))), [], 'no name is also an object');
});

t.test('leaves with a common path are neighbours, so that no object is opened twice', async (t) => {
  for (const dialect of [flat, ecs]) {
    const prefixes = dialect.leaves.map(({ path }) => path.slice(0, -1).map((_, depth) => path.slice(0, depth + 1).join('.')));
    for (const prefix of new Set(prefixes.flat())) {
      const at = prefixes.flatMap((list, index) => (list.includes(prefix) ? [index] : []));
      t.equal((at.at(-1) ?? 0) - (at[0] ?? 0), at.length - 1, `${dialect.name}: ${prefix}`);
    }
  }
});

// ── elasticsearch ──

const created = '{"create":{"status":201}}';
const item = (status: number, type: string, reason = 'why'): string => JSON.stringify({ create: { status, error: { type, reason } } });
const items = (...list: string[]): string => `{"errors":${list.some((text) => text.includes('error'))},"items":[${list.join(',')}]}`;
const whole = (type: string, status: number): string => JSON.stringify({ error: { type, reason: 'why' }, status });

t.test('what an answer to _bulk means', async (t) => {
  const delivered: Verdict = { kind: 'delivered' };
  const rows: { reason: string; status: number; headers?: Record<string, string>; body?: string; count?: number; verdict: object }[] = [
    { reason: 'all stored', status: 200, body: items(created, created), verdict: delivered },
    { reason: 'all stored, and written in another way', status: 200, body: '{ "took": 3, "errors": false, "items": [{"create":{"_id":"1","status":201}}, {"create":{"status":200}}] }', verdict: delivered },
    { reason: 'stored before: told by its id', status: 200, body: items(created, item(409, 'version_conflict_engine_exception')), verdict: delivered },
    { reason: 'one record', status: 200, body: items(created), count: 1, verdict: delivered },
    { reason: 'a thousand', status: 200, body: items(...Array<string>(1_000).fill(created)), count: 1_000, verdict: delivered },
    { reason: 'as long as the usual answer, and not it', status: 200, body: items(created, '{"create":{"status":500}}', created), count: 3, verdict: { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'retry', stubborn: true }, { kind: 'delivered' }] } },
    { reason: 'as long as the usual answer, and cut off', status: 200, body: items(created, created).slice(0, -2) + '  ', verdict: { kind: 'retry', stubborn: true } },
    { reason: 'failure store: stored, if not where it was meant', status: 200, body: '{"errors":false,"items":[{"create":{"status":201,"failure_store":"used"}}]}', count: 1, verdict: delivered },
    { reason: 'item 429', status: 200, body: items(created, item(429, 'es_rejected_execution_exception')), verdict: { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'retry', reason: '429 es_rejected_execution_exception: why', stubborn: undefined }] } },
    { reason: 'item 429 of a block: the disk is full', status: 200, body: items(created, item(429, 'cluster_block_exception')), verdict: { items: [{}, { kind: 'retry', stubborn: undefined }] } },
    ...([[429, 'rejected_execution_exception'], [429, 'circuit_breaking_exception'], [503, 'process_cluster_event_timeout_exception'], [503, 'no_shard_available_action_exception']] as const).map(([status, type]) => ({ reason: `item ${status} ${type}`, status: 200, body: items(created, item(status, type)), verdict: { items: [{}, { kind: 'retry', reason: `${status} ${type}: why`, stubborn: undefined }] } })),
    ...[500, 502, 504].map((status) => ({ reason: `item ${status}`, status: 200, body: items(created, item(status, 'exception')), verdict: { items: [{}, { kind: 'retry', stubborn: true }] } })),
    ...['mapper_parsing_exception', 'document_parsing_exception', 'illegal_argument_exception', 'strict_dynamic_mapping_exception'].map((type) => ({ reason: `item 400 ${type}`, status: 200, body: items(created, item(400, type)), verdict: { items: [{}, { kind: 'rejected', reason: `400 ${type}: why` }] } })),
    { reason: 'item 401', status: 200, body: items(created, item(401, 'security_exception')), verdict: { items: [{}, { kind: 'blocked' }] } },
    { reason: 'item 403 of a block', status: 200, body: items(created, item(403, 'cluster_block_exception')), verdict: { items: [{}, { kind: 'retry' }] } },
    { reason: 'item 503', status: 200, body: items(created, item(503, 'unavailable_shards_exception')), verdict: { items: [{}, { kind: 'retry', stubborn: undefined }] } },
    { reason: 'item 500: the record may be to blame', status: 200, body: items(created, item(500, 'null_pointer_exception')), verdict: { items: [{}, { kind: 'retry', stubborn: true }] } },
    { reason: 'item 403: no right to write there', status: 200, body: items(created, item(403, 'security_exception')), verdict: { items: [{}, { kind: 'blocked', reason: '403 security_exception: why' }] } },
    { reason: 'item 404: an alias is required, or no index', status: 200, body: items(created, item(404, 'index_not_found_exception')), verdict: { items: [{}, { kind: 'blocked' }] } },
    { reason: 'item 400 of a closed index', status: 200, body: items(created, item(400, 'index_closed_exception')), verdict: { items: [{}, { kind: 'blocked' }] } },
    { reason: 'item 400 of Elasticsearch', status: 200, body: items(item(400, 'document_parsing_exception', 'failed to parse field [a]'), created), verdict: { items: [{ kind: 'rejected', reason: '400 document_parsing_exception: failed to parse field [a]' }, {}] } },
    { reason: 'item 413', status: 200, body: items(item(413, 'content_too_long'), created), verdict: { items: [{ kind: 'rejected' }, {}] } },
    { reason: 'an item that says nothing', status: 200, body: '{"errors":true,"items":[{},{"create":{"status":201}}]}', verdict: { items: [{ kind: 'retry', stubborn: true }, { kind: 'delivered' }] } },
    { reason: 'empty', status: 200, body: '', verdict: { kind: 'retry', reason: 'HTTP 200, but the answer is not that of _bulk: it is empty', stubborn: true } },
    { reason: 'HTML', status: 200, body: '<html>\n', verdict: { kind: 'retry', reason: 'HTTP 200, but the answer is not that of _bulk: "<html>\\n"', stubborn: true } },
    { reason: 'cut off', status: 200, body: '{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}', verdict: { kind: 'retry', stubborn: true } },
    { reason: 'fewer items', status: 200, body: items(created), verdict: { kind: 'retry', reason: 'HTTP 200, but 1 items for 2 records', stubborn: true } },
    { reason: 'more items', status: 200, body: items(created, created, created), verdict: { kind: 'retry', stubborn: true } },
    { reason: 'broken body', status: 400, body: whole('illegal_argument_exception', 400), verdict: { kind: 'invalid', reason: 'HTTP 400: illegal_argument_exception: why' } },
    { reason: '422', status: 422, verdict: { kind: 'invalid' } },
    { reason: 'too large: both answer with an empty body', status: 413, verdict: { kind: 'split' } },
    { reason: 'no credentials', status: 401, body: whole('security_exception', 401), verdict: { kind: 'blocked', reason: /security_exception: why \(the credentials were refused/ } },
    { reason: '403', status: 403, body: whole('security_exception', 403), verdict: { kind: 'blocked' } },
    { reason: '403 of a cluster block: temporary', status: 403, body: whole('cluster_block_exception', 403), verdict: { kind: 'retry' } },
    { reason: '404', status: 404, body: '{"error":"no handler"}', verdict: { kind: 'blocked', reason: /no handler/ } },
    { reason: '405', status: 405, verdict: { kind: 'blocked' } },
    { reason: '406: content type', status: 406, verdict: { kind: 'blocked' } },
    { reason: '415', status: 415, verdict: { kind: 'blocked' } },
    { reason: 'moved', status: 301, verdict: { kind: 'blocked' } },
    { reason: 'busy', status: 429, body: whole('es_rejected_execution_exception', 429), verdict: { kind: 'retry', stubborn: false } },
    { reason: 'busy, and says for how long', status: 429, headers: { 'retry-after': '7' }, verdict: { kind: 'retry', afterMs: 7_000 } },
    { reason: '408', status: 408, verdict: { kind: 'retry', stubborn: false } },
    { reason: '503', status: 503, body: '<html>', verdict: { kind: 'retry', reason: 'HTTP 503', stubborn: false } },
    { reason: '500', status: 500, verdict: { kind: 'retry', stubborn: true } },
    { reason: '502', status: 502, verdict: { kind: 'retry', stubborn: true } },
    { reason: '504', status: 504, verdict: { kind: 'retry', stubborn: true } },
    { reason: '425', status: 425, verdict: { kind: 'retry', stubborn: false } },
    { reason: '202: not an answer to _bulk', status: 202, verdict: { kind: 'retry', stubborn: true } },
  ];
  for (const { reason, status, headers = {}, body = '', count = 2, verdict } of rows) t.match(classify(status, headers, Buffer.from(body), count), verdict, reason);
});

t.test('Retry-After in seconds and as a date', async (t) => {
  const now = Date.parse('Sun, 22 Nov 2026 10:00:00 GMT');
  const rows: [string | string[] | undefined, number | undefined, string][] = [
    ['120', 120_000, 'seconds'], [' 0 ', 0, 'zero'], [['3', '9'], 3_000, 'twice: the first'],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000, 'a date'], ['Sunday, 22-Nov-26 10:00:30 GMT', 30_000, 'an obsolete date'], ['Sun, 22 Nov 2026 09:00:00 GMT', 0, 'a date gone by'],
    [undefined, undefined, 'none'], ['', undefined, 'empty'], ['soon', undefined, 'no date'], ['server-3', undefined, 'what Date.parse takes for a date'], ['-5', undefined, 'negative'], ['1e9', undefined, 'not digits'],
  ];
  for (const [header, wait, reason] of rows) t.equal(retryAfterMs(header, now), wait, reason);
});

t.test('a request is what _bulk wants, byte for byte', async (t) => {
  const server = new BulkServer((request, self) => self.store(request));
  t.teardown(() => server.close());
  const url = await server.listen();
  const body = '{"create":{"_id":"a-0-9"}}\n{"message":"größer ☃"}\n{"create":{"_id":"a-10-9"}}\n{"message":"b"}\n';
  for (const compression of ['gzip', 'none'] as const) {
    const output = elasticsearch('search', ElasticsearchOptions.parse({ type: 'elasticsearch', url: url.replace('//', '//me:s3cret@') + '/prefix/', index: 'logs-app-prod', compression }));
    const destination = await output.open();
    t.same(await destination.send(bytes(body), 2, NEVER), { kind: 'delivered' });
    await destination.close();
    const request = server.requests.at(-1);
    t.equal(request?.url, '/prefix/logs-app-prod/_bulk?filter_path=errors,error.type,error.reason,status,message,Message,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store');
    t.match(request?.headers, { 'content-type': 'application/x-ndjson', accept: 'application/json', authorization: `Basic ${Buffer.from('me:s3cret').toString('base64')}`, 'content-length': String(request?.raw.length), 'transfer-encoding': undefined });
    t.equal(request?.headers['content-encoding'], compression === 'gzip' ? 'gzip' : undefined);
    const sent = request?.raw ?? Buffer.alloc(0);
    t.equal((compression === 'gzip' ? gunzipSync(sent) : sent).toString(), body);
  }
  t.same([...server.stored], ['a-0-9', 'a-10-9']);
  t.match(elasticsearch('search', ElasticsearchOptions.parse({ type: 'elasticsearch', url })).framing, { before: '{"create":{"_id":"{id}"}}\n', after: '\n' });
});

t.test('where requests go', async (t) => {
  const server = new BulkServer((request, self) => self.store(request));
  t.teardown(() => server.close());
  const url = await server.listen();
  const rows: [reason: string, options: object, path: RegExp][] = [
    ['an index', { url }, /^\/logs-generic-default\/_bulk\?filter_path=[^&]*$/],
    ['parameters', { url, query: { pipeline: 'a&b', require_alias: 'true' } }, /^\/logs-generic-default\/_bulk\?filter_path=[^&]*&pipeline=a%26b&require_alias=true$/],
    ['no index', { url: `${url}/insert/elasticsearch/_bulk`, query: { _msg_field: 'message' } }, /^\/insert\/elasticsearch\/_bulk\?filter_path=[^&]*&_msg_field=message$/],
  ];
  for (const [reason, options, path] of rows) {
    const destination = await elasticsearch('search', ElasticsearchOptions.parse({ type: 'elasticsearch', ...options })).open();
    await destination.send(bytes(`{"create":{"_id":"${reason}"}}\n{}\n`), 1, NEVER);
    await destination.close();
    t.match(server.requests.at(-1)?.url, path, reason);
  }
});

t.test('the next node is asked when one does not answer', async (t) => {
  const server = new BulkServer((request, self) => self.store(request));
  t.teardown(() => server.close());
  const gone = new BulkServer(() => ({}));
  const dead = await gone.listen();
  await gone.close();
  const destination = await elasticsearch('search', ElasticsearchOptions.parse({ type: 'elasticsearch', url: [dead, await server.listen()] })).open();
  t.teardown(() => destination.close());
  const body = bytes('{"create":{"_id":"1"}}\n{}\n');
  t.same(await destination.send(body, 1, NEVER), { kind: 'retry', reason: `${dead}: nothing listens there (ECONNREFUSED)`, stubborn: false });
  t.same(await destination.send(body, 1, NEVER), { kind: 'delivered' });
});

t.test('credentials', async (t) => {
  const file = join(folder(t), 'secret');
  const rows: { reason: string; options: Record<string, string>; content?: string; header: string | undefined; problem?: RegExp }[] = [
    { reason: 'none', options: {}, header: undefined },
    { reason: 'a key as Kibana shows it', options: { api_key: 'aWQ6a2V5' }, header: 'ApiKey aWQ6a2V5' },
    { reason: 'a key as the API gives it', options: { api_key: 'id:key' }, header: 'ApiKey aWQ6a2V5' },
    { reason: 'a key in a file, with the newline that editors put there', options: { api_key_file: file }, content: 'aWQ6a2V5\n', header: 'ApiKey aWQ6a2V5' },
    { reason: 'user and password', options: { username: 'me', password: 'pä:ss' }, header: `Basic ${Buffer.from('me:pä:ss').toString('base64')}` },
    { reason: 'password in a file', options: { username: 'me', password_file: file }, content: 'x', header: 'Basic bWU6eA==' },
    { reason: 'token', options: { bearer_token: 't' }, header: 'Bearer t' },
    { reason: 'token in a file', options: { bearer_token_file: file }, content: 't\n', header: 'Bearer t' },
    { reason: 'no such file', options: { api_key_file: `${file}.none` }, header: undefined, problem: /ENOENT.*secret\.none/ },
    { reason: 'an empty file', options: { api_key_file: file }, content: '\n', header: undefined, problem: /is empty/ },
    { reason: 'a file that would break the header', options: { api_key_file: file }, content: 'a\nb', header: undefined, problem: /one line/ },
  ];
  for (const { reason, options, content, header, problem } of rows) {
    if (content !== undefined) writeFileSync(file, content);
    const credentials = new Credentials(options);
    t.equal(await credentials.refresh(), header !== undefined, `${reason}: changed`);
    t.equal(credentials.header, header, reason);
    if (problem !== undefined) t.match(credentials.problem, problem);
    t.equal(await credentials.refresh(), false, `${reason}: as it was`);
  }
});

t.test('a connection that fails is a value, and says what to do', async (t) => {
  const client = await HttpClient.open({ connections: 1, connectMs: 1_000, timeoutMs: 60_000, answerBytes: 1_000 });
  const hasty = await HttpClient.open({ connections: 1, connectMs: 1_000, timeoutMs: 50, answerBytes: 1_000 });
  t.teardown(() => Promise.all([client.close(), hasty.close()]));
  const headers = (text: string): string => `HTTP/1.1 200 OK\r\n${text}\r\n\r\n`;
  const rows: { reason: string; answer: string | undefined; scheme?: string; client?: HttpClient; result: object }[] = [
    { reason: 'cut off in the body', answer: `${headers('content-length: 100')}half`, result: { kind: 'failure', stubborn: true } },
    { reason: 'longer than anyone wants to read', answer: headers('content-length: 5000') + 'x'.repeat(5_000), result: { kind: 'failure', reason: /the answer is longer than 1000 bytes/ } },
    { reason: 'no HTTP', answer: 'SSH-2.0-OpenSSH_9.2\r\n', result: { kind: 'failure', stubborn: true } },
    { reason: 'no TLS', answer: 'HTTP/1.1 400 Bad Request\r\n\r\n', scheme: 'https', result: { kind: 'failure', reason: /is it http:\/\/ instead of https/ } },
    { reason: 'trickles for ever', answer: headers('content-length: 100') + 'x', client: hasty, result: { kind: 'failure', reason: /did not answer within 50 ms/, stubborn: true } },
    { reason: 'says nothing', answer: undefined, client: hasty, result: { kind: 'failure', reason: /did not answer within 50 ms/, stubborn: true } },
  ];
  for (const { reason, answer, scheme = 'http', client: by = client, result } of rows) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => { if (answer !== undefined) socket[by === hasty ? 'write' : 'end'](answer); });
    });
    const port = await listen(t, server);
    t.match(await by.post(new URL(`${scheme}://127.0.0.1:${port}/`), {}, bytes('x'), NEVER), result, reason);
  }
  t.match(await client.post(new URL('http://no-such-host.invalid/'), {}, bytes('x'), NEVER), { kind: 'failure', stubborn: false, reason: /no such host|name server/ });
  t.match(await client.post(new URL('http://127.0.0.1/'), {}, bytes('x'), AbortSignal.abort()), { kind: 'failure' }, 'stopped');
});

t.test('how long a connection may take to be made is asked of those that are made', async (t) => {
  const client = await HttpClient.open({ connections: 1, connectMs: 10_000, timeoutMs: 3_600_000, answerBytes: 1_000 });
  t.teardown(() => client.close());
  const clock = new VirtualClock(); // time stands still but for what passes here
  t.teardown(() => clock.restore());
  const send = (scheme: string, port: number): Promise<HttpResult> => client.post(new URL(`${scheme}://127.0.0.1:${port}/`), {}, bytes('x'), NEVER);

  const heard = new EventEmitter();
  const port = await listen(t, createHttpServer((request, response) => request.resume().on('end', () => heard.emit('request', response))));
  const requests = on(heard, 'request')[Symbol.asyncIterator]();
  const nextRequest = async (): Promise<ServerResponse> => (await requests.next()).value[0];
  const [first, second] = [send('http', port), send('http', port)]; // which waits for the connection of the first
  (await nextRequest()).end();
  t.match(await first, { kind: 'answer' });
  const waiting = await nextRequest();
  await clock.pass(20_000, () => true);
  waiting.end();
  t.match(await second, { kind: 'answer', status: 200 }, 'an answer has as long as it may take: the connection is there');

  const mute = createServer((socket) => socket.on('error', () => undefined));
  const refused = send('https', await listen(t, mute));
  await once(mute, 'connection');
  await clock.pass(20_000, () => true);
  t.match(await refused, { kind: 'failure', reason: /no connection within 10000 ms/, stubborn: false }, 'a handshake of which nothing comes is no connection');
});

async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

// ── file ──

t.test('file', async (t) => {
  const path = join(folder(t), 'out', 'events.ndjson');
  const destination = await (await createOutput('copy', FileOptions.parse({ type: 'file', path }))).open();
  t.teardown(() => destination.close());
  t.same(await destination.send(bytes('{"a":1}\n'), 1, NEVER), { kind: 'delivered' });
  t.same(await destination.send(bytes('{"a":2}\n'), 1, NEVER), { kind: 'delivered' });
  t.equal(readFileSync(path, 'utf8'), '{"a":1}\n{"a":2}\n');
  const rows: [string, string, object][] = [
    ['/dev/full', 'a full disk', { kind: 'retry', reason: /can't write to \/dev\/full: ENOSPC/ }],
    [dirname(path), 'a folder', { kind: 'blocked', reason: /EISDIR/ }],
    ['/proc/none/x', 'where nothing can be made', { kind: 'blocked' }],
  ];
  for (const [where, reason, verdict] of rows) t.match(await (await (await createOutput('copy', FileOptions.parse({ type: 'file', path: where }))).open()).send(bytes('x\n'), 1, NEVER), verdict, reason);
});

/** Names in a folder, and what is in the files; full ones have no time in their names here. */
function contents(path: string): [name: string, text: string][] {
  const stamps: string[] = [];
  return readdirSync(path).sort().map((name) => {
    const [, stamp = '', gz = ''] = /^out\.(.*?Z(?:-\d+)?)(\.gz)?$/.exec(name) ?? [];
    if (stamp !== '' && !stamps.includes(stamp)) stamps.push(stamp);
    const bytes = readFileSync(join(path, name));
    return [stamp === '' ? name : `out.${stamps.indexOf(stamp)}${gz}`, (gz === '' ? bytes : gunzipSync(bytes)).toString()];
  });
}

t.test('a file is put aside when it is full', async (t) => {
  const rows: [reason: string, rotate: object, expected: [name: string, text: string][]][] = [
    ['never', {}, [['out', ['a', 'b', 'c', 'd'].map((letter) => `${letter.repeat(7)}\n`.repeat(100)).join('')]]],
    ['exactly full is not too full', { bytes: 1600 }, [['out', 'ccccccc\n'.repeat(100) + 'ddddddd\n'.repeat(100)], ['out.0.gz', 'aaaaaaa\n'.repeat(100) + 'bbbbbbb\n'.repeat(100)]]],
    ['one byte more is', { bytes: 1599, compression: 'none' }, [['out', 'ddddddd\n'.repeat(100)], ['out.0', 'aaaaaaa\n'.repeat(100)], ['out.1', 'bbbbbbb\n'.repeat(100)], ['out.2', 'ccccccc\n'.repeat(100)]]],
    ['the oldest are deleted', { bytes: 1024, keep: 2 }, [['out', 'ddddddd\n'.repeat(100)], ['out.0.gz', 'bbbbbbb\n'.repeat(100)], ['out.1.gz', 'ccccccc\n'.repeat(100)]]],
  ];
  for (const [reason, rotate, expected] of rows) {
    const path = folder(t);
    const destination = await (await createOutput('copy', FileOptions.parse({ type: 'file', path: join(path, 'out'), rotate }))).open();
    for (const letter of ['a', 'b', 'c', 'd']) t.same(await destination.send(bytes(`${letter.repeat(7)}\n`.repeat(100)), 100, NEVER), { kind: 'delivered' });
    await destination.close();
    t.same(contents(path), expected, reason);
  }
});

t.test('full files: age, what earlier runs left, and what is not ours', async (t) => {
  const path = folder(t);
  const out = join(path, 'out');
  const warnings: string[] = [];
  let now = Date.parse('2026-11-22T10:00:00Z');
  const rotation = () => new Rotation(out, { age: 60_000, keep: 3, compression: 'gzip' }, (message) => warnings.push(message), () => now);
  const old = rotation();
  t.equal(await old.isDue(0, 5), false, 'empty');
  now += 59_999;
  t.equal(await old.isDue(5, 5), false, 'young');
  now += 1;
  t.equal(await old.isDue(5, 5), true, 'old');
  for (const text of ['first', 'second']) {
    writeFileSync(out, text);
    await old.rotate();
  }
  await old.close();
  t.same(readdirSync(path).sort(), ['out.20261122T100100000Z-1.gz', 'out.20261122T100100000Z.gz'], 'two at the same time');
  now += 3_600_000;
  for (const [name, text] of [['out.20261122T090000000Z', 'of a run that was killed'], ['out.20261122T090000000Z.gz.tmp', 'half'], ['out.1', 'not ours'], ['out', 'now']] as const) writeFileSync(join(path, name), text);
  const next = rotation();
  next.tidy();
  await next.close();
  t.same(contents(path), [['out', 'now'], ['out.1', 'not ours'], ['out.0.gz', 'of a run that was killed'], ['out.1.gz', 'second'], ['out.2.gz', 'first']]);
  const { birthtimeMs } = statSync(out);
  now = birthtimeMs + 59_000;
  t.equal(await rotation().isDue(3, 1), false, 'the age is that of the file, not of the run');
  now = birthtimeMs + 61_000;
  t.equal(await rotation().isDue(3, 1), true);
  t.same(warnings, []);
  t.match(await (await (await createOutput('copy', FileOptions.parse({ type: 'file', path: '/dev/null', rotate: { bytes: 1024 } }))).open()).send(bytes('x'.repeat(5_000)), 1, NEVER), { kind: 'delivered' }, 'a device has no size');
});

const run = promisify(execFile);

t.test('a batch that fits only in part leaves no trace', async (t) => {
  const path = join(folder(t), 'events.ndjson');
  const code = `
    import { AppendFile } from './agent/delivery/append-file.ts';
    const file = new AppendFile(${JSON.stringify(path)});
    const lines = Buffer.from(('x'.repeat(99) + '\\n').repeat(30));
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push((await file.append(lines))?.code ?? 'ok');
    console.log(codes.join());`;
  // A limit of 4 KiB stands for the full disk: the second write of 3,000 bytes ends after 1,096.
  const { stdout } = await run('bash', ['-c', `trap '' XFSZ; ulimit -f 4; exec "$0" --import=tsx --input-type=module -e "$1"`, process.execPath, code], { cwd: ROOT });
  t.equal(stdout, 'ok,EFBIG,EFBIG\n');
  t.equal(statSync(path).size, 3_000);
});

// ── console ──

/** A program that writes `batches` of a thousand lines through the console output and says on stderr how it ended. */
const CONSOLE = (options: object, batches: number): string[] => ['--import=tsx', '--input-type=module', '-e', `
  import { createOutput } from './outputs/index.ts';
  const output = await createOutput('console', ${JSON.stringify({ batch: { bytes: 262144, events: 10000, age: 0 }, type: 'console', format: 'json', ...options })});
  const destination = await output.open();
  let sent = 0;
  const body = new TextEncoder().encode(('{"timestamp":"2026-11-22T10:00:00.123Z","level":"info","message":"' + 'm'.repeat(100) + '"}\\n').repeat(1000));
  for (; sent < ${batches} && !output.closed.aborted; sent++) await destination.send(body, 1000, new AbortController().signal);
  await destination.close();
  process.stderr.write((output.closed.aborted ? 'closed' : 'done') + ' ' + (sent === ${batches} ? 'all' : 'not all'));
`];

t.test('the reader of stdout goes away: no error, no stack trace', async (t) => {
  for (const format of ['json', 'pretty']) {
    const child = spawn(process.execPath, CONSOLE({ format }, 1_000_000), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    t.same([code, stderr], [0, 'closed not all'], format);
  }
});

t.test('stdout as a file, as a pipe with a slow reader', async (t) => {
  const path = join(folder(t), 'out');
  const { stderr } = await run('bash', ['-c', '"$@" > "$0"', path, process.execPath, ...CONSOLE({}, 20)], { cwd: ROOT });
  t.equal(stderr, 'done all');
  t.equal(readFileSync(path, 'utf8').split('\n').length, 20_001);
  const child = spawn(process.execPath, CONSOLE({}, 20), { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
  let size = 0;
  for await (const chunk of child.stdout) {
    size += (chunk as Buffer).length;
    await new Promise(setImmediate);
  }
  t.equal(size, statSync(path).size);
});

const EVENTS = [
  { timestamp: '2026-11-22T10:00:00.123Z', level: 'info', logger: 'payments', message: 'Error processing request for user John. Error: DB timeout. Took 5000ms', user_id: 'John', error_type: 'database_timeout', error_message: 'DB timeout', duration_ms: 5000 },
  { timestamp: '2026-11-22T10:00:00.2+01:00', level: 'warn', logger: 'http', message: 'GET /a?x=1 200', http_path: '/a?x=1', ctx: { a: [1] } },
  { timestamp: '2026-11-23T10:00:00Z', level: 'error', message: 'boom', error_type: 'java.sql.SQLException', stack_trace: 'java.sql.SQLException: no\n\tat a.b.c(X.java:1)\nCaused by: x' },
  { level: 'debug', message: 'no time, \u001b[31mno colour\u202e\nand a second line' },
  { message: 'no level' },
];

t.test('for people', async (t) => {
  const lines = EVENTS.map((event) => `${JSON.stringify(event)}\n`).join('');
  t.equal(new PrettyPrinter(false, () => 80).print(lines), `── 2026-11-22 ──
10:00:00.123 INFO  payments  Error processing request for user John. Error: DB
                   timeout. Took 5000ms
                   user_id=John error_type=database_timeout
                   error_message="DB timeout" duration_ms=5000
10:00:00.200 WARN  http  GET /a?x=1 200  http_path=/a?x=1 ctx={"a":[1]}
── 2026-11-23 ──
10:00:00.000 ERROR boom  error_type=java.sql.SQLException
                   java.sql.SQLException: no
                     at a.b.c(X.java:1)
                   Caused by: x
DEBUG no time, \\u001b[31mno colour\\u202e
      and a second line
      no level
`, '80 columns');
  const wide = new PrettyPrinter(false, () => 200).print(lines).split('\n');
  t.equal(wide[1], '10:00:00.123 INFO  payments  Error processing request for user John. Error: DB timeout. Took 5000ms  user_id=John error_type=database_timeout error_message="DB timeout" duration_ms=5000', '200 columns');
  const colour = new PrettyPrinter(true, () => 80).print(lines);
  t.equal(colour.replace(/\x1b\[[\d;]*m/g, ''), new PrettyPrinter(false, () => 80).print(lines), 'colour changes no letter');
  t.match(colour, '\x1b[2m10:00:00.123 \x1b[0m\x1b[32mINFO\x1b[0m  \x1b[36mpayments  \x1b[0mError processing');
  const long = new PrettyPrinter(false, () => 60).print(`${JSON.stringify({ level: 'error', message: 'failed', error_message: 'connection is not available, request timed out after 5000ms', stack_trace: `Error: connection is not available, request timed out after 5000ms\n    at ${'a.b.'.repeat(20)}c (d.js:1)` })}\n`);
  t.match(long, /\n {6}error_message="connection is not available, request\n {6}timed out after 5000ms"\n {6}Error: connection/, 'a value longer than a line is broken at blanks, behind the margin');
  t.match(long, /\n {10}at (?:a\.b\.)+c \(d\.js:1\)\n/, 'a frame is not: it is copied as it stands');
  t.equal(new PrettyPrinter(false, () => 80).print('no JSON\n"text"\n'), '      no JSON\n      "text"\n', 'whatever comes');
});
