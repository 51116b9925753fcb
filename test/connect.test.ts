// `shipper validate --connect`: real sockets, and what each destination answers to a harmless request.
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { run } from './e2e/run-shipper.ts';
import { awsError, CloudWatchServer } from './helpers/cloudwatch-server.ts';
import { HttpServer, type HttpReply, type HttpRequest } from './helpers/http-server.ts';
import { proxyServer } from './helpers/proxy-server.ts';
import { pemFile, tlsServer } from './helpers/tls-server.ts';

function folder(test: Test): string {
  const path = mkdtempSync(`${tmpdir()}/shipper-test-`);
  test.teardown(() => {
    chmodSync(path, 0o700);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

async function standIn(t: Test, answer: (request: HttpRequest) => HttpReply | undefined) {
  const server = new HttpServer(answer);
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}

/** Exit code and what is said of each output, in any order. */
async function connect(t: Test, outputs: Record<string, object>, env: Record<string, string> = {}): Promise<{ code: number | null; lines: string[] }> {
  const config = path.join(folder(t), 'c.yaml');
  writeFileSync(config, stringify({ memory: '1GiB', outputs }));
  const { code, stdout, stderr } = await run(['validate', '--connect', '-c', config], { env: { AWS_EC2_METADATA_DISABLED: 'true', ...env } });
  return { code, lines: `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith(config)) };
}

const error = (type: string, reason: string, status: number): HttpReply => ({ status, body: JSON.stringify({ error: { type, reason }, status }) });
const EMPTY_BULK = error('parse_exception', 'request body is required', 400);

/** Elasticsearch with security, for a user with these rights. */
function secured(rights: object | undefined): (request: HttpRequest) => HttpReply {
  return ({ url }) => {
    if (rights === undefined) return error('security_exception', 'unable to authenticate user [me]', 401);
    return url.startsWith('/_security') ? { status: 200, body: JSON.stringify({ has_all_requested: false, index: { 'logs-x-y': rights } }) } : EMPTY_BULK;
  };
}

/** OpenSearch without its security plugin. */
function openSearch(hasIndex: boolean): (request: HttpRequest) => HttpReply {
  return ({ method, url }) => {
    if (method === 'HEAD') return { status: hasIndex ? 200 : 404 };
    return url.includes('_bulk') ? EMPTY_BULK : { status: 400, body: '{"error":"no handler found for uri [/_security/user/_has_privileges] and method [POST]"}' };
  };
}

t.test('each destination, and what is wrong with it', async (t) => {
  const home = folder(t);
  chmodSync(home, 0o500);
  const isRoot = process.getuid?.() === 0; // then nothing is forbidden
  const tls = await tlsServer(t);
  const proxy = await proxyServer(t, { login: 'me:pw' });
  const es = (answer: (request: HttpRequest) => HttpReply | undefined) => standIn(t, answer).then(({ url }) => ({ type: 'elasticsearch', url, index: 'logs-x-y' }));
  const dd = (status: number, body = '{}') => standIn(t, () => ({ status, body })).then(({ url }) => ({ type: 'datadog', url, api_key: 'k' }));
  const otlp = (status: number, body = '', more: object = {}) => standIn(t, () => ({ status, body })).then(({ url }) => ({ type: 'otlp', url, ...more }));
  const rows: [reason: string, options: object, line: RegExp][] = [
    ['no such host', { type: 'elasticsearch', url: 'http://no-such-host.invalid:9200' }, /^o\d+ \(elasticsearch http:\/\/no-such-host\.invalid:9200 logs-generic-default\): name: .*(no such host|name server)/],
    ['nothing listens', { type: 'otlp', url: 'http://127.0.0.1:1' }, /\(otlp http:\/\/127\.0\.0\.1:1\): connection: .*nothing listens there/],
    ['an authority that is not trusted', { type: 'elasticsearch', url: tls.url }, /: TLS: .*its authority is not trusted; name it in ca_file/],
    ['no TLS at all', { ...(await es(secured({}))), url: (await es(secured({}))).url.replace('http:', 'https:') }, /: TLS: .*is it http:\/\/ instead of https/],
    ['a proxy that wants a password', { type: 'datadog', url: tls.url, api_key: 'k', ca_file: pemFile('ca'), proxy: proxy.url }, /: proxy: .*HTTP 407: it wants a user and a password/],
    ['a certificate that can not be read', { type: 'datadog', api_key: 'k', ca_file: '/nowhere/ca.pem' }, /^o\d+ \(datadog\): options: .*\/nowhere\/ca\.pem/],
    ['all well', await es(secured({ create_doc: true, auto_configure: true })), /: ok$/],
    ['a user that is unknown', await es(secured(undefined)), /: credentials: HTTP 401: security_exception: unable to authenticate user \[me\] \(/],
    ['a right is missing', await es(secured({ create_doc: false, auto_configure: true })), /: permission: the user lacks the privilege create_doc on logs-x-y$/],
    ['a right that may not be needed', await es(secured({ create_doc: true, auto_configure: false })), /: ok; the user lacks auto_configure on logs-x-y, so it must be there already$/],
    ['OpenSearch', await es(openSearch(true)), /: ok$/],
    ['OpenSearch, no index yet', await es(openSearch(false)), /: ok; logs-x-y is not there yet: the first record makes it/],
    ['refused by what stands before it', await es(() => ({ status: 403, body: '{"Message":"User: anonymous is not authorized to perform: es:ESHttpPost"}' })), /: permission: HTTP 403: AWS: User: anonymous/],
    ['not it at all', await es(() => ({ status: 404, body: '<html>' })), /: index: HTTP 404/],
    ['a web page for everything', await es(() => ({ status: 400, body: '<html>' })), /: answer: HTTP 400/],
    ['closed without an answer', await es(() => undefined), /: answer: /],
    ['VictoriaLogs', { type: 'elasticsearch', url: `${(await standIn(t, () => ({ status: 200 }))).url}/insert/elasticsearch/_bulk` }, /: ok$/],
    ['Datadog', await dd(202), /\(datadog http.*\): ok$/],
    ['Datadog: refuses that there is no log', await dd(400), /: ok$/],
    ['Datadog: wrong key', await dd(403, '{"errors":[{"detail":"Forbidden"}]}'), /: credentials: HTTP 403: Forbidden \(the API key is not one of this site\)/],
    ['Datadog: a key that is not there', { type: 'datadog', url: 'http://127.0.0.1:1', api_key_file: '/nowhere/key' }, /: credentials: can't read the API key: .*\/nowhere\/key/],
    ['Datadog: no key', { type: 'datadog' }, /: options: o\d+: set api_key/],
    ['OTLP', await otlp(200), /: ok$/],
    ['OTLP: JSON', await otlp(200, '{}', { protocol: 'http/json' }), /: ok$/],
    ['OTLP: refuses an empty request', await otlp(400, 'no records'), /: ok; it refuses a request without records: HTTP 400: no records/],
    ['OTLP: no token', await otlp(401), /: credentials: HTTP 401/],
    ['OTLP: wrong path', await otlp(404), /: index: HTTP 404 \(is the url right/],
    ['OTLP: another encoding', await otlp(415), /: answer: HTTP 415 \(another protocol may help/],
    ['stdout', { type: 'console' }, /\(console\): ok$/],
    ['a file that can be made', { type: 'file', path: path.join(folder(t), 'a', 'b', 'x.ndjson') }, /: ok$/],
    ['a file below a file', { type: 'file', path: '/etc/hostname/x' }, /: file: ENOTDIR/],
    ['a file where nothing may be made', { type: 'file', path: path.join(home, 'x.ndjson') }, isRoot ? /: ok$/ : /: file: EACCES/],
    ['Kafka that is not there', { type: 'kafka', brokers: '127.0.0.1:1', topic: 't' }, /\(kafka 127\.0\.0\.1:1\/t\): connection: 127\.0\.0\.1:1: nothing listens there/],
  ];
  const small = { bytes: 65_536, events: 10 };
  const { code, lines } = await connect(t, Object.fromEntries(rows.map(([, options], at) => [`o${at}`, { ...options, batch: small }])));
  t.equal(code, 69);
  rows.forEach(([reason, , line], at) => t.match(lines.filter((text) => text.startsWith(`o${at} `)), [line], reason));
  t.same(lines.filter((line) => !/^o\d+ /.test(line)), [], 'one line for each, and no other');
});

t.test('CloudWatch Logs', async (t) => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's3cret' };
  const server = new CloudWatchServer(Date.now, ({ input, operation }) => {
    if (operation !== 'PutLogEvents') return awsError('UnknownOperationException');
    if (input.logGroupName === '/denied') return awsError('AccessDeniedException', 'User: x is not authorized to perform: logs:PutLogEvents');
    return input.logGroupName === '/key' ? awsError('UnrecognizedClientException', 'The security token included in the request is invalid.') : undefined;
  });
  t.teardown(() => server.close());
  const endpoint = await server.listen();
  server.addStream('/app/web', 's');
  const group = (name: string): object => ({ type: 'cloudwatch', region: 'eu-central-1', endpoint, group: name, stream: 's' });
  const { code, lines } = await connect(t, { there: group('/app/{service}'), gone: group('/app/none'), denied: group('/denied'), key: group('/key') }, { ...keys, SHIPPER_SERVICE: 'web' });
  t.equal(code, 69);
  const of = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name} `));
  t.equal(of('there'), 'there (cloudwatch /app/{service} s): ok');
  t.match(of('gone'), /: ok; log group \/app\/none or its stream s is not there yet; it is made with the first event/);
  t.match(of('denied'), /: permission: AccessDeniedException: User: x is not authorized.*the role needs logs:PutLogEvents/);
  t.match(of('key'), /: credentials: UnrecognizedClientException: .*AWS does not know the access key/);
  t.same(server.streams.get('/app/web:s'), [], 'nothing was kept');
  t.match((await connect(t, { aws: group('/app/web') }, { HOME: '/nowhere' })).lines, [/: credentials: no AWS credentials were found/]);
});

t.test('all well: exit code 0, and nothing is left behind', async (t) => {
  const { server, url } = await standIn(t, openSearch(true));
  const home = folder(t);
  t.match(await connect(t, { a: { type: 'elasticsearch', url }, b: { type: 'file', path: path.join(home, 'x.ndjson') } }), { code: 0, lines: [/^a .*: ok$/, /^b .*: ok$/] });
  t.same(readdirSync(home), []);
  t.same(server.requests.filter(({ body }) => body.includes('create"')), [], 'no record was sent');
  t.match(await run(['validate', '--conect', '-c', 'x']), { code: 64, stderr: /unknown option --conect; did you mean --connect\?/ });
});
