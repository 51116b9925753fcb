// What the output `elasticsearch` does beside plain bulk requests, which are in outputs.test.ts: real sockets, stand-ins for the servers.
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import t, { type Test } from 'tap';
import { IndexTemplate, patternOf, withActions } from '../outputs/elasticsearch/actions.ts';
import { cloudAddress } from '../outputs/elasticsearch/cloud-id.ts';
import { Nodes } from '../outputs/elasticsearch/nodes.ts';
import { conflictOf } from '../outputs/elasticsearch/repair.ts';
import { ElasticsearchDestination, placeOf } from '../outputs/elasticsearch.ts';
import { ElasticsearchOptions } from '../outputs/elasticsearch-options.ts';
import { memberAt } from '../outputs/json-members.ts';
import { run } from './e2e/run-shipper.ts';
import { HttpServer, type HttpReply, type HttpRequest } from './helpers/http-server.ts';

const NEVER = new AbortController().signal;
const NOW = Date.parse('2026-11-22T10:00:00Z');

async function standIn(t: Test, answer: (request: HttpRequest, number: number) => HttpReply | undefined) {
  const server = new HttpServer(answer);
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}

async function open(t: Test, options: object, env: NodeJS.ProcessEnv = {}, now?: () => number): Promise<ElasticsearchDestination> {
  const destination = await ElasticsearchDestination.open('search', ElasticsearchOptions.parse({ type: 'elasticsearch', compression: 'none', ...options }), env, now);
  t.teardown(() => destination.close());
  return destination;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function bulk(...documents: object[]): Uint8Array<ArrayBuffer> {
  return bytes(documents.map((document, at) => `{"create":{"_id":"id-${at}"}}\n${JSON.stringify(document)}\n`).join(''));
}

interface Line {
  readonly action: { readonly create: { readonly _id?: string; readonly _index?: string } };
  readonly document: Record<string, unknown>;
}

function linesOf({ body }: Pick<HttpRequest, 'body'>): Line[] {
  const lines = body.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown);
  return lines.flatMap((line, at) => (at % 2 === 0 ? [{ action: line, document: lines[at + 1] } as Line] : []));
}

const CREATED = { create: { status: 201 } };
const refused = (reason: string, type = 'document_parsing_exception'): object => ({ create: { status: 400, error: { type, reason } } });
const answerOf = (items: object[]): HttpReply => ({ status: 200, body: JSON.stringify({ errors: true, items }) });

// ── addresses ──

t.test('the address in a Cloud ID', async (t) => {
  const id = (text: string): string => `my deployment:${Buffer.from(text).toString('base64')}`;
  const rows: [reason: string, cloudId: string, address: string | undefined][] = [
    ['as the page shows it', id('eu-central-1.aws.cloud.es.io$abc123$def'), 'https://abc123.eu-central-1.aws.cloud.es.io'],
    ['without Kibana', id('example.com$abc$'), 'https://abc.example.com'],
    ['the host has a port', id('example.com:9243$abc$def'), 'https://abc.example.com:9243'],
    ['Elasticsearch has a port', id('example.com:9243$abc:9244$def'), 'https://abc.example.com:9244'],
    ['no name', `:${Buffer.from('example.com$abc$def').toString('base64')}`, 'https://abc.example.com'],
    ['the port that goes without saying', id('example.com:443$abc$def'), 'https://abc.example.com'],
    ['no colon', 'abc', undefined],
    ['two colons', `a:b:${Buffer.from('example.com$abc$def').toString('base64')}`, undefined],
    ['one part', id('example.com'), undefined],
    ['no Elasticsearch', id('example.com$$def'), undefined],
    ['no base64', 'a:$$$', undefined],
    ['an address in it', id('evil.example/x?$abc$def'), undefined],
  ];
  for (const [reason, cloudId, address] of rows) t.equal(cloudAddress(cloudId), address, reason);
  t.same(ElasticsearchOptions.parse({ type: 'elasticsearch', cloud_id: id('example.com$abc$def'), api_key: 'k' }).url, ['https://abc.example.com']);
});

t.test('nodes are asked in turn, and rest when they do not answer', async (t) => {
  let now = 0;
  const [a, b, c] = ['http://a', 'http://b', 'http://c'].map((url) => new URL(url)) as [URL, URL, URL];
  const nodes = new Nodes([a, b, c], () => now);
  const next = (count: number): string => Array.from({ length: count }, () => nodes.next().hostname).join('');
  t.equal(next(4), 'abca');
  nodes.failed(b);
  nodes.failed(b); // by two requests that were under way
  t.equal(next(4), 'caca');
  now = 10;
  nodes.failed(a);
  nodes.failed(c);
  t.equal(next(2), 'bb', 'all rest: the one that has rested longest');
  nodes.works(c);
  t.equal(next(2), 'cc', 'it has answered after all');
  now = 30_000;
  t.equal(next(3), 'bcb', 'half a minute is over for b');
});

t.test('several nodes: none is asked twice in a row while others live, and a gateway that answers for a dead one counts as that', async (t) => {
  const good = await Promise.all([0, 1].map(() => standIn(t, ({ body }) => answerOf(linesOf({ body }).map(() => CREATED)))));
  const bad = await standIn(t, () => ({ status: 502 }));
  const destination = await open(t, { url: [bad.url, ...good.map(({ url }) => url)] });
  const verdicts: string[] = [];
  for (let i = 0; i < 5; i++) verdicts.push((await destination.send(bulk({ a: i }), 1, NEVER)).kind);
  t.same(verdicts, ['retry', 'delivered', 'delivered', 'delivered', 'delivered']);
  t.same([bad, ...good].map(({ server }) => server.requests.length), [1, 2, 2]);
});

t.test('options that do not go together', async (t) => {
  const rows: [reason: string, options: object, message: RegExp][] = [
    ['no address', {}, /is missing: an address, or cloud_id/],
    ['two addresses', { url: 'http://a', cloud_id: 'x:ZXhhbXBsZS5jb20kYWJjJGRlZg==' }, /can't be used together with url/],
    ['a Cloud ID that is none', { cloud_id: 'abc' }, /must be a Cloud ID/],
    ['two ways to log in', { url: 'http://a', aws: {}, api_key: 'k' }, /can't be used together/],
    ['capitals in a template', { url: 'http://a', index: 'Logs-{service}' }, /must be the name of a data stream/],
    ['a template that begins with a field', { url: 'http://a', index: '{service}-logs' }, /must be the name of a data stream/],
    ['an open brace', { url: 'http://a', index: 'logs-{service' }, /must be the name of a data stream/],
    ['fields where there are no indices', { url: 'http://a/_bulk', index: 'logs-{service}' }, /can have no fields/],
    ['a lifecycle that nobody makes', { url: 'http://a', retention_days: 3 }, /needs setup: true/],
    ['templates where there are none', { url: 'http://a', setup: true, aws: { service: 'aoss' } }, /has no templates/],
  ];
  for (const [reason, options, message] of rows) t.throws(() => ElasticsearchOptions.parse({ type: 'elasticsearch', ...options }), message, reason);
});

// ── the index of each record ──

t.test('members of a document, however its source has written it', async (t) => {
  const json = '{ "a" : {"b":1, "c.d" : [ {"x":"}"} ] } ,\t"e":"\\"a\\":1" , "f.g":{"h":2 }, "n":12 }';
  const rows: [path: string, value: string | undefined][] = [
    ['a.b', '1'], ['a.c.d', '[ {"x":"}"} ]'], ['e', '"\\"a\\":1"'], ['f.g.h', '2'], ['n', '12'], ['a', '{"b":1, "c.d" : [ {"x":"}"} ] }'], ['b', undefined], ['a.b.c', undefined], ['x', undefined], ['', undefined],
  ];
  for (const [path, value] of rows) {
    const member = memberAt(Buffer.from(json), 0, json.length, path.split('.'));
    t.equal(member && json.slice(member.start, member.end), value, path);
  }
});

t.test('an index from fields', async (t) => {
  const rows: [reason: string, template: string, document: string, index: string][] = [
    ['canonical names are found where the dialect puts them', 'logs-{service}-{level}', '{"log":{"level":"error"},"service":{"name":"web"}}', 'logs-web-error'],
    ["a record's own key", 'logs-x-{env}', '{"env":"prod"}', 'logs-x-prod'],
    ['in an object', 'logs-{k8s.ns}-x', '{"k8s":{"ns":"pay"}}', 'logs-pay-x'],
    ['missing', 'logs-{service}-{env}', '{"service":{"name":"web"}}', 'logs-web-unknown'],
    ['empty, null, a list and an object are no names', 'a{p}{q}{r}{s}', '{"p":"","q":null,"r":[1],"s":{}}', 'aunknownunknownunknownunknown'],
    ['what no name may have', 'logs-{service}-x', '{"service":{"name":"My-App/Ü *\\"1\\"\\n, a:b"}}', 'logs-my_app_ü___1____a_b-x'],
    ['what it may not begin with', 'a{n}', '{"n":"._x"}', 'ax'],
    ['a number', 'logs-{n}', '{"n":7}', 'logs-7'],
    ['longer than a part may be', 'logs-{n}', `{"n":"${'x'.repeat(300)}"}`, `logs-${'x'.repeat(100)}`],
    ['no character is cut in two', 'logs-{n}', `{"n":"x${'ü'.repeat(300)}"}`, `logs-x${'ü'.repeat(49)}`],
    ['in all at most 255 bytes', 'l{n}{n}{n}', `{"n":"${'x'.repeat(300)}"}`, `l${'x'.repeat(254)}`],
  ];
  for (const [reason, template, document, index] of rows) t.equal(new IndexTemplate(template).of(Buffer.from(document), 0, Buffer.byteLength(document)), index, reason);
  t.same(['logs-{service}-{env}', 'logs-a-b', 'x-{a}{b}-y'].map(patternOf), ['logs-*-*', 'logs-a-b', 'x-*-y']);
  const body = bulk({ service: { name: 'a' } }, { service: { name: 'b' } });
  t.equal(withActions(body, { keepsIds: false }).toString(), '{"create":{}}\n{"service":{"name":"a"}}\n{"create":{}}\n{"service":{"name":"b"}}\n');
  t.equal(withActions(body, { keepsIds: true, index: new IndexTemplate('logs-{service}') }).toString(), '{"create":{"_index":"logs-a","_id":"id-0"}}\n{"service":{"name":"a"}}\n{"create":{"_index":"logs-b","_id":"id-1"}}\n{"service":{"name":"b"}}\n');
});

t.test('an index from fields, through the program', async (t) => {
  const { server, url } = await standIn(t, ({ body }) => answerOf(linesOf({ body }).map(() => CREATED)));
  const { code, stderr } = await run(['-o', `elasticsearch=${url}`], { stdin: '{"msg":"a","service":"web","env":"prod"}\n{"msg":"b","service":"Pay-Roll"}\n', env: { SHIPPER_ES_INDEX: 'logs-{service}-{env}' } });
  t.equal(code, 0, stderr);
  t.match(server.requests[0]?.url, /^\/_bulk\?/);
  t.match(linesOf(server.requests[0] ?? { body: Buffer.alloc(0) }), [
    { action: { create: { _index: 'logs-web-prod', _id: /^[\w-]{16}-0-40$/ } }, document: { message: 'a' } },
    { action: { create: { _index: 'logs-pay_roll-unknown' } }, document: { message: 'b' } },
  ]);
});

// ── refusals that are no end ──

t.test('fields that do not fit the index', async (t) => {
  const reasons: [reason: string, field: string | undefined][] = [
    ['[1:34] failed to parse field [n] of type [long] in document with id \'a\'. Preview of field\'s value: \'abc\'', 'n'],
    ['failed to parse field [a.b] of type [date] in document with id \'a\'', 'a.b'],
    ['[1:5] object mapping for [error] tried to parse field [error] as object, but found a concrete value', 'error'],
    ['object mapping for [a.b] tried to parse field [b] as object, but found a concrete value', 'a.b'],
    ['mapper [a] cannot be changed from type [long] to [text]', 'a'],
    ['Limit of total fields [1000] has been exceeded while adding new fields [1]', undefined],
    ['mapping set to strict, dynamic introduction of [x] within [_doc] is not allowed', undefined],
  ];
  for (const [reason, field] of reasons) t.equal(conflictOf(`400 document_parsing_exception: ${reason}`), field, reason);
});

t.test('a field of another type is sent once more as text, if that was asked for', async (t) => {
  // Field by field, what the index takes; whatever else there is, it takes as it comes.
  const conflict = (document: Record<string, unknown>): string | undefined => {
    if (typeof document['n'] === 'string') return 'failed to parse field [n] of type [long]';
    const inner = document['a'];
    if (typeof inner === 'object' && inner !== null && 'b' in inner && typeof inner.b === 'object') return 'failed to parse field [a.b] of type [text]';
    return document['strict'] === undefined ? undefined : 'failed to parse field [gone] of type [long]';
  };
  const stored: Record<string, unknown>[] = [];
  const { server, url } = await standIn(t, ({ body }) => answerOf(linesOf({ body }).map(({ document }) => {
    const reason = conflict(document);
    if (reason === undefined) stored.push(document);
    return reason === undefined ? CREATED : refused(reason);
  })));
  const body = bulk({ n: 1 }, { x: 0, n: 'seven "7"', y: 2 }, { a: { b: { c: [1, 2] } }, big: 1 }, { strict: 1 }, { n: 'again', a: { b: {} } }, { n: 'x', n_text: 'taken' });
  const plain = await open(t, { url });
  t.match(await plain.send(body, 6, NEVER), { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'rejected' }, { kind: 'rejected' }, { kind: 'rejected' }, { kind: 'rejected' }, { kind: 'rejected' }] }, 'not asked for');
  t.equal(server.requests.length, 1);
  stored.length = 0;
  const destination = await open(t, { url, repair_conflicts: true });
  t.match(await destination.send(body, 6, NEVER), { kind: 'partial', items: [
    { kind: 'delivered' }, { kind: 'delivered' }, { kind: 'delivered' },
    { kind: 'rejected', reason: '400 document_parsing_exception: failed to parse field [gone] of type [long]' },
    { kind: 'rejected', reason: /field \[n\].*; and with that field as text: .*field \[a\.b\]/ },
    { kind: 'rejected', reason: /field \[n\]/ },
  ] });
  t.same(stored, [{ n: 1 }, { x: 0, n_text: 'seven "7"', y: 2 }, { a: { b_text: '{"c":[1,2]}' }, big: 1 }], 'as text, under another name, the rest untouched');
  t.equal(server.requests.length, 3, 'once');
  t.same(linesOf(server.requests[2] ?? { body: Buffer.alloc(0) }).map(({ action }) => action.create._id), ['id-1', 'id-2', 'id-4'], 'under the ids they had');
  t.same([...destination.degraded], [['repaired', 2]]);
});

t.test('a repair that does not get through leaves its records for later', async (t) => {
  const { url } = await standIn(t, ({ body }, number) => (number === 1 ? answerOf([CREATED, refused('failed to parse field [n] of type [long]')]) : linesOf({ body }).length === 1 ? { status: 503 } : undefined));
  const destination = await open(t, { url, repair_conflicts: true });
  t.match(await destination.send(bulk({ a: 1 }, { n: 'x' }), 2, NEVER), { kind: 'partial', items: [{ kind: 'delivered' }, { kind: 'retry', reason: 'HTTP 503' }] });
});

t.test('the failure store has taken them: delivered, counted and said', async (t) => {
  const { url } = await standIn(t, ({ body }) => answerOf(linesOf({ body }).map(({ document }) => (document['bad'] === undefined ? CREATED : { create: { status: 201, failure_store: 'used' } }))));
  const destination = await open(t, { url, index: 'logs-web-prod' });
  t.same(await destination.send(bulk({ a: 1 }, { bad: 1 }, { bad: 2 }), 3, NEVER), { kind: 'delivered' });
  t.same([...destination.degraded], [['failure_store', 2]]);
  const { code, stderr } = await run(['-o', `elasticsearch=${url}`], { stdin: '{"msg":"m","bad":1}\n'.repeat(3) });
  t.equal(code, 0);
  t.equal(stderr.match(/records do not fit the index, and lie in its failure store: see logs-generic-default::failures/g)?.length, 1, 'once');
});

t.test('a collection that takes no ids of ours', async (t) => {
  const refusal = { create: { status: 400, error: { type: 'illegal_argument_exception', reason: 'Document ID is not supported in create/index operation request' } } };
  const { server, url } = await standIn(t, ({ body }) => answerOf(linesOf({ body }).map(({ action }) => (action.create._id === undefined ? CREATED : refusal))));
  const destination = await open(t, { url });
  t.same(await destination.send(bulk({ a: 1 }, { a: 2 }), 2, NEVER), { kind: 'delivered' });
  t.same(await destination.send(bulk({ a: 3 }), 1, NEVER), { kind: 'delivered' });
  t.same(server.requests.map((request) => linesOf(request).map(({ action }) => action.create)), [[{ _id: 'id-0' }, { _id: 'id-1' }], [{}, {}], [{}]], 'asked with ids only once');
});

// ── OpenSearch at AWS ──

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

const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's3cret', AWS_SESSION_TOKEN: 't0ken', AWS_EC2_METADATA_DISABLED: 'true' };

/** The Authorization that the SDK would have sent for this very request. */
async function signedBySdk(request: HttpRequest, service: string): Promise<string | undefined> {
  const { authorization = '', host = '' } = request.headers;
  const names = (/SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '').split(';');
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  const url = new URL(request.url, `http://${host}`);
  const { 'x-amz-date': date = '', 'x-amz-security-token': hidden, ...rest } = headers;
  const signingDate = new Date(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const signer = new SignatureV4({ credentials: { accessKeyId: 'AKID', secretAccessKey: 's3cret', sessionToken: 't0ken' }, region: 'eu-central-1', service, sha256: Sha256, applyChecksum: service === 'aoss' });
  const signed = await signer.sign({ method: request.method, protocol: 'http:', hostname: url.hostname, path: url.pathname, query: Object.fromEntries(url.searchParams), headers: rest, body: request.raw }, { signingDate });
  return signed.headers['authorization'];
}

t.test('requests to OpenSearch at AWS are signed as the SDK signs them', async (t) => {
  for (const [service, compression] of [['es', 'none'], ['aoss', 'gzip']] as const) {
    const { server, url } = await standIn(t, ({ body }) => answerOf(linesOf({ body }).map(() => CREATED)));
    const destination = await open(t, { url, compression, aws: { service, region: 'eu-central-1' }, query: { pipeline: 'a b' } }, KEYS, () => NOW);
    t.same(await destination.send(bulk({ a: 1 }), 1, NEVER), { kind: 'delivered' });
    const [request] = server.requests;
    if (request === undefined) throw new Error('no request came');
    t.match(request.headers['authorization'], new RegExp(`Credential=AKID/20261122/eu-central-1/${service}/aws4_request, SignedHeaders=.*content-type.*host.*x-amz-date;x-amz-security-token`), service);
    t.equal(request.headers['authorization'], await signedBySdk(request, service), `${service}: the same signature`);
    t.equal(request.headers['x-amz-content-sha256'], service === 'aoss' ? createHash('sha256').update(request.raw).digest('hex') : undefined, `${service}: the hash of what is sent`);
    t.notMatch(request.headers['authorization'], /content-length/);
  }
});

t.test('service and region by the address', async (t) => {
  const rows: [address: string, aws: object, place: object][] = [
    ['https://search-a-xyz.eu-central-1.es.amazonaws.com', {}, { service: 'es', region: 'eu-central-1' }],
    ['https://vpc-a.us-gov-west-1.es.amazonaws.com:443', {}, { service: 'es', region: 'us-gov-west-1' }],
    ['https://search-a.cn-north-1.es.amazonaws.com.cn', {}, { service: 'es', region: 'cn-north-1' }],
    ['https://search-a.aos.eu-west-2.on.aws', {}, { service: 'es', region: 'eu-west-2' }],
    ['https://abc123.us-east-1.aoss.amazonaws.com', {}, { service: 'aoss', region: 'us-east-1' }],
    ['https://logs.example.com', {}, { service: 'es', region: undefined }],
    ['https://logs.example.com', { service: 'aoss', region: 'eu-west-1' }, { service: 'aoss', region: 'eu-west-1' }],
    ['https://x.us-east-1.aoss.amazonaws.com', { region: 'eu-west-1' }, { service: 'aoss', region: 'eu-west-1' }],
  ];
  for (const [url, aws, place] of rows) t.same(placeOf(ElasticsearchOptions.parse({ type: 'elasticsearch', url, aws })), place, url);
});

t.test('a wrong clock and expired credentials are put right at once; else it says what is wrong', async (t) => {
  const late = new Date(NOW + 3_600_000).toUTCString();
  const { server, url } = await standIn(t, ({ body, headers }) => {
    if (headers['x-amz-date'] === '20261122T100000Z') return { status: 403, headers: { date: late }, body: '{"message":"Signature expired: 20261122T100000Z is now earlier than 20261122T105500Z"}' };
    return answerOf(linesOf({ body }).map(() => CREATED));
  });
  const destination = await open(t, { url, aws: { region: 'eu-central-1' } }, KEYS, () => NOW);
  t.same(await destination.send(bulk({ a: 1 }), 1, NEVER), { kind: 'delivered' });
  t.same(server.requests.map(({ headers }) => headers['x-amz-date']), ['20261122T100000Z', '20261122T110000Z']);
  const refusing = await standIn(t, () => ({ status: 403, body: '{"Message":"User: arn:aws:iam::1:user/x is not authorized to perform: es:ESHttpPost\\nThe Canonical String for this request should have been\\nt0ken"}' }));
  const denied = await open(t, { url: refusing.url, aws: { region: 'eu-central-1' } }, KEYS, () => NOW);
  const verdict = await denied.send(bulk({ a: 1 }), 1, NEVER);
  t.match(verdict, { kind: 'blocked', reason: /HTTP 403: AWS: User: arn:aws:iam::1:user\/x is not authorized to perform: es:ESHttpPost \(/ });
  t.notMatch(JSON.stringify(verdict), /t0ken|s3cret/);
  const lost = await open(t, { url, aws: { region: 'eu-central-1' } }, { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nowhere' }, () => NOW);
  t.match(await lost.send(bulk({ a: 1 }), 1, NEVER), { kind: 'blocked', reason: /no AWS credentials were found/ });
});

// ── set-up ──

/** Elasticsearch or OpenSearch, as far as set-up asks them. */
function cluster(flavour: object, made: Map<string, unknown>, templateStatus = 200) {
  return ({ method, url, body }: HttpRequest): HttpReply => {
    if (method === 'GET' && url === '/') return { status: 200, body: JSON.stringify({ version: flavour }) };
    if (method === 'POST') return answerOf(linesOf({ body }).map(() => CREATED));
    const [name = ''] = url.split('?');
    if (templateStatus !== 200) return { status: templateStatus, body: '{"error":{"type":"security_exception","reason":"action [indices:admin/index_template/put] is unauthorized"}}' };
    if (made.has(name)) return name.startsWith('/_index_template') ? { status: 400, body: '{"error":{"type":"illegal_argument_exception","reason":"index template [x] already exists"}}' } : { status: 409 };
    made.set(name, JSON.parse(body.toString()));
    return { status: 200, body: '{"acknowledged":true}' };
  };
}

t.test('set-up makes what is missing and nothing else, before the first records', async (t) => {
  const elastic = new Map<string, unknown>();
  const es = await standIn(t, cluster({ number: '9.4.0', build_flavor: 'default' }, elastic));
  const options = { url: es.url, index: 'logs-{service}-prod', setup: true, retention_days: 30 };
  const first = await open(t, options);
  for (let i = 0; i < 2; i++) t.same(await first.send(bulk({ a: 1 }), 1, NEVER), { kind: 'delivered' });
  t.same(es.server.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`), ['GET /', 'PUT /_index_template/shipper-logs-any-prod', 'POST /_bulk', 'POST /_bulk']);
  t.equal(es.server.requests[1]?.url, '/_index_template/shipper-logs-any-prod?create=true', 'what a person has changed is never overwritten');
  t.match(elastic.get('/_index_template/shipper-logs-any-prod'), { index_patterns: ['logs-*-prod'], data_stream: {}, priority: 250, template: { lifecycle: { data_retention: '30d' } } });
  elastic.set('/_index_template/shipper-logs-any-prod', 'changed');
  t.same(await (await open(t, options)).send(bulk({ a: 1 }), 1, NEVER), { kind: 'delivered' });
  t.equal(elastic.get('/_index_template/shipper-logs-any-prod'), 'changed');

  const open1 = new Map<string, unknown>();
  const os = await standIn(t, cluster({ number: '2.19.6', distribution: 'opensearch' }, open1));
  for (let i = 0; i < 2; i++) t.same(await (await open(t, { url: os.url, setup: true, retention_days: 7 })).send(bulk({ a: 1 }), 1, NEVER), { kind: 'delivered' });
  t.same([...open1.keys()], ['/_plugins/_ism/policies/shipper-logs-generic-default', '/_index_template/shipper-logs-generic-default']);
  t.match(open1.get('/_plugins/_ism/policies/shipper-logs-generic-default'), { policy: { ism_template: [{ index_patterns: ['logs-generic-default'] }], states: [{ transitions: [{ conditions: { min_rollover_age: '7d' } }] }, { actions: [{ delete: {} }] }] } });
  t.notMatch(JSON.stringify(open1.get('/_index_template/shipper-logs-generic-default')), /lifecycle|ignore_dynamic|composed_of/, 'what OpenSearch does not know');

  const denied = await standIn(t, cluster({}, new Map(), 403));
  t.match(await (await open(t, { url: denied.url, setup: true })).send(bulk({ a: 1 }), 1, NEVER), { kind: 'blocked', reason: /^setup: PUT \/_index_template\/shipper-logs-generic-default: HTTP 403: security_exception: .*the right to make index templates/ });
  const busy = await standIn(t, () => ({ status: 503 }));
  t.match(await (await open(t, { url: busy.url, setup: true })).send(bulk({ a: 1 }), 1, NEVER), { kind: 'retry', reason: 'setup: GET /: HTTP 503' });
});
