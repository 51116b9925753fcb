// How outputs over HTTP get to their destinations: TLS and proxies, with real ones of both.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { HttpClient, type HttpOptions, type HttpResult } from '../outputs/http.ts';
import { createOutput } from '../outputs/index.ts';
import { failureOf } from '../outputs/network/failure.ts';
import type { NetworkOptions } from '../outputs/network/options.ts';
import { isProxyAddress, proxyChooser } from '../outputs/network/proxy.ts';
import { OutputOptions } from '../outputs/options.ts';
import { HttpServer } from './helpers/http-server.ts';
import { proxyServer } from './helpers/proxy-server.ts';
import { pem, pemFile, tlsServer } from './helpers/tls-server.ts';

const NEVER = new AbortController().signal;
const CA = { ca_file: pemFile('ca') };
const CLIENT = { client_certificate_file: pemFile('client-a'), client_key_file: pemFile('client-a-key') };

/** A client that is closed when the test is over. */
async function open(test: Test, network: NetworkOptions, env: NodeJS.ProcessEnv = {}, limits: Partial<HttpOptions> = {}): Promise<HttpClient> {
  const client = await HttpClient.open({ connections: 1, connectMs: 10_000, timeoutMs: 30_000, answerBytes: 1_000, network, env, ...limits });
  test.teardown(() => client.close());
  return client;
}

function post(client: HttpClient, url: string): Promise<HttpResult> {
  return client.post(new URL('/path?query', url), {}, Buffer.from('body'), NEVER);
}

// ── TLS ──

t.test('whom to trust, and what to show', async (t) => {
  const combined = path.join(t.testdir({ 'both.pem': pem('client-a') + pem('client-a-key') }), 'both.pem');
  const untrusted = /its authority is not trusted; name it in ca_file or NODE_EXTRA_CA_CERTS \([A-Z_]+\)$/;
  const rows: { reason: string; server?: Parameters<typeof tlsServer>[1]; network: NetworkOptions; result?: object; client?: string; serverName?: string }[] = [
    { reason: 'an own authority', network: CA },
    { reason: 'no authority', network: {}, result: { stage: 'TLS', blocked: true, stubborn: false, reason: untrusted } },
    { reason: 'another authority', network: { ca_file: pemFile('client-b') }, result: { stage: 'TLS', blocked: true, reason: untrusted } },
    { reason: 'another name in the certificate', server: { certificate: 'named' }, network: CA, result: { stage: 'TLS', blocked: true, reason: /ERR_TLS_CERT_ALTNAME_INVALID/ } },
    { reason: 'which is the one that was meant', server: { certificate: 'named' }, network: { ...CA, server_name: 'es.internal' }, serverName: 'es.internal' },
    { reason: 'the name of the address is not meant', network: { ...CA, server_name: 'es.internal' }, result: { stage: 'TLS', blocked: true, reason: /es\.internal/ } },
    { reason: 'expired', server: { certificate: 'expired' }, network: CA, result: { stage: 'TLS', blocked: true, reason: /its certificate has expired \(CERT_HAS_EXPIRED\)$/ } },
    { reason: 'a certificate is wanted, and shown', server: { wantsClient: true }, network: { ...CA, ...CLIENT }, client: 'client-a' },
    { reason: 'certificate and key in one file', server: { wantsClient: true }, network: { ...CA, client_certificate_file: combined }, client: 'client-a' },
    { reason: 'a certificate is wanted, and there is none', server: { wantsClient: true }, network: CA, result: { reason: /it wants a certificate|ECONNRESET|EPIPE/ } }, // the alert may come with a reset behind it
  ];
  for (const { reason, server: options, network, result, client, serverName } of rows) {
    const server = await tlsServer(t, options);
    const got = await post(await open(t, network), server.url);
    t.match(got, result === undefined ? { kind: 'answer', status: 200 } : { kind: 'failure', ...result }, reason);
    if (result === undefined) t.match(server.seen, [{ method: 'POST', url: '/path?query', client, ...(serverName === undefined ? {} : { serverName }) }], reason);
  }
});

t.test('how far a request got, by what was thrown', async (t) => {
  const url = new URL('https://es:9200/x');
  const rows: [code: string, failure: object][] = [
    ['ENOTFOUND', { stage: 'name', stubborn: false, blocked: false, reason: 'https://es:9200: there is no such host (ENOTFOUND)' }],
    ['EAI_AGAIN', { stage: 'name', blocked: false }],
    ['ECONNREFUSED', { stage: 'connection', stubborn: false }],
    ['ETIMEDOUT', { stage: 'connection', stubborn: false }],
    ['ECONNRESET', { stage: 'answer', stubborn: true, blocked: false, reset: true }],
    ['EPIPE', { stage: 'answer', stubborn: true, reset: true }],
    ['HPE_INVALID_CONSTANT', { stage: 'answer', stubborn: true, reset: false }],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', { stage: 'TLS', blocked: true, stubborn: false, reason: /it wants a certificate/ }],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', { stage: 'TLS', blocked: true, reason: /it does not trust the authority/ }],
    ['CERT_NOT_YET_VALID', { stage: 'TLS', blocked: true, reason: /clock/ }],
  ];
  for (const [code, failure] of rows) t.match(failureOf(Object.assign(new Error('why'), { code }), url), { kind: 'failure', ...failure }, code);
  const eproto = Object.assign(new Error('write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl3_record.c:350:\n'), { code: 'EPROTO' });
  t.match(failureOf(eproto, url), { stage: 'TLS', blocked: true, reason: 'https://es:9200: it does not speak TLS; is it http:// instead of https://? (ERR_SSL_WRONG_VERSION_NUMBER)' }, 'said to who writes');
  const both = new AggregateError([Object.assign(new Error('v6'), { code: 'ECONNREFUSED' }), Object.assign(new Error('v4'), { code: 'ECONNREFUSED' })]);
  t.match(failureOf(both, url), { stage: 'connection' }, 'a host with two addresses');
});

t.test('files that can not be used are said at the start', async (t) => {
  const folder = t.testdir({ empty: '', garbage: '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n', key: '-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n' });
  const file = (name: string): string => path.join(folder, name);
  const rows: [reason: string, network: NetworkOptions, message: RegExp][] = [
    ['not there', { ca_file: file('none') }, /ENOENT.*none/],
    ['empty', { ca_file: file('empty') }, /^ca_file .*empty holds no certificate in PEM$/],
    ['a key for an authority', { ca_file: pemFile('server-key') }, /^ca_file .* holds no certificate in PEM$/],
    ['no base64', { ca_file: file('garbage') }, /^ca_file .*garbage: /],
    ['a key that is none', { client_certificate_file: pemFile('client-a'), client_key_file: file('key') }, /client_key_file .*key: /],
    ['a certificate without its key', { client_certificate_file: pemFile('client-a') }, /^client_key_file .* holds no private key in PEM$/],
    ['the key of another', { ...CLIENT, client_key_file: pemFile('client-b-key') }, /key values mismatch/],
    ['a key alone', { client_key_file: pemFile('client-a-key') }, /^client_key_file needs client_certificate_file beside it$/],
  ];
  for (const [reason, network, message] of rows) await t.rejects(open(t, network), { name: 'UserError', message, exitCode: 78 }, reason);
});

t.test('certificates that are replaced are used from the next request on', async (t) => {
  const folder = t.testdir({});
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const put = (from: string, to: string): void => copyFileSync(pemFile(from), to);
  put('client-a', cert);
  put('client-a-key', key);
  const server = await tlsServer(t, { wantsClient: true });
  const client = await open(t, { ...CA, client_certificate_file: cert, client_key_file: key });
  await post(client, server.url);
  put('client-b', cert);
  await post(client, server.url);
  t.same(server.seen.map(({ client }) => client), ['client-a', 'client-a'], 'half replaced: the old pair');
  put('client-b-key', key);
  await post(client, server.url);
  await post(client, server.url);
  t.same(server.seen.map(({ client }) => client), ['client-a', 'client-a', 'client-b', 'client-b']);
  t.equal(new Set(server.seen.map(({ connection }) => connection)).size, 2, 'and connections are kept as long as nothing changes');
  writeFileSync(cert, '');
  server.drop();
  t.match(await post(client, server.url), { kind: 'answer' }, 'emptied: what it held before');
  writeFileSync(cert, readFileSync(pemFile('expired')));
  put('expired-key', key);
  t.match(await post(client, server.url), { kind: 'failure' }, 'the server refuses the new one');
});

// ── proxies ──

t.test('through which proxy an address is reached', async (t) => {
  const both = { HTTPS_PROXY: 'http://secure:3128', HTTP_PROXY: 'http://plain:3128' };
  const rows: [reason: string, url: string, env: NodeJS.ProcessEnv, option: string | undefined, proxy: string | undefined][] = [
    ['none', 'https://a.example', {}, undefined, undefined],
    ['by the scheme of the address', 'https://a.example', both, undefined, 'http://secure:3128'],
    ['not by that of the proxy', 'http://a.example', both, undefined, 'http://plain:3128'],
    ['only for the other scheme', 'http://a.example', { HTTPS_PROXY: 'http://secure:3128' }, undefined, undefined],
    ['lower case', 'https://a.example', { https_proxy: 'http://lower:1' }, undefined, 'http://lower:1'],
    ['lower case wins', 'https://a.example', { ...both, https_proxy: 'http://lower:1' }, undefined, 'http://lower:1'],
    ['empty is none', 'https://a.example', { HTTPS_PROXY: '' }, undefined, undefined],
    ['without a scheme', 'https://a.example', { HTTPS_PROXY: 'proxy:8080' }, undefined, 'http://proxy:8080'],
    ['the option', 'https://a.example', both, 'http://own:1', 'http://own:1'],
    ['the option wins over NO_PROXY as well', 'https://a.example', { ...both, NO_PROXY: '*' }, 'http://own:1', 'http://own:1'],
    ['the option none', 'https://a.example', both, 'none', undefined],
    ['this machine', 'https://localhost:9200', both, undefined, undefined],
    ['this machine by its address', 'http://127.1.2.3', both, undefined, undefined],
    ['this machine in version 6', 'http://[::1]:80', both, undefined, undefined],
    ['NO_PROXY: the name', 'https://es.internal', { ...both, NO_PROXY: 'a.b, es.internal' }, undefined, undefined],
    ['in capitals, with the dot of the root', 'https://ES.Internal.', { ...both, NO_PROXY: 'es.INTERNAL' }, undefined, undefined],
    ['below the name', 'https://a.es.internal', { ...both, NO_PROXY: 'es.internal' }, undefined, undefined],
    ['not: the same end', 'https://does.internal', { ...both, NO_PROXY: 'es.internal' }, undefined, 'http://secure:3128'],
    ['a dot in front: below', 'https://es.internal', { ...both, NO_PROXY: '.internal' }, undefined, undefined],
    ['a dot in front: not the name itself', 'https://internal', { ...both, NO_PROXY: '.internal' }, undefined, 'http://secure:3128'],
    ['a star and a dot', 'https://es.internal', { ...both, NO_PROXY: '*.internal' }, undefined, undefined],
    ['all', 'https://a.example', { ...both, NO_PROXY: '*' }, undefined, undefined],
    ['lower case of it', 'https://a.example', { ...both, no_proxy: 'a.example' }, undefined, undefined],
    ['with the port', 'https://es.internal:9200', { ...both, NO_PROXY: 'es.internal:9200' }, undefined, undefined],
    ['another port', 'https://es.internal', { ...both, NO_PROXY: 'es.internal:9200' }, undefined, 'http://secure:3128'],
    ['the port that goes without saying', 'https://es.internal', { ...both, NO_PROXY: 'es.internal:443' }, undefined, undefined],
    ['an address', 'https://10.1.2.3', { ...both, NO_PROXY: '10.1.2.3' }, undefined, undefined],
    ['a range', 'https://10.1.2.3', { ...both, NO_PROXY: '10.0.0.0/8' }, undefined, undefined],
    ['outside of the range', 'https://11.1.2.3', { ...both, NO_PROXY: '10.0.0.0/8' }, undefined, 'http://secure:3128'],
    ['a range of version 6', 'https://[fd00::7]:9200', { ...both, NO_PROXY: 'fd00::/8' }, undefined, undefined],
    ['a name is in no range', 'https://a.example', { ...both, NO_PROXY: '0.0.0.0/0' }, undefined, 'http://secure:3128'],
    ['the end of an address is no domain', 'https://10.1.2.3', { ...both, NO_PROXY: '2.3' }, undefined, 'http://secure:3128'],
  ];
  for (const [reason, url, env, option, proxy] of rows) t.equal(proxyChooser(option, env)(new URL(url))?.url.origin, proxy, reason);
  const login = proxyChooser('http://me:p%40ss%@proxy', {})(new URL('https://a'));
  t.same([login?.url.href, login?.authorization], ['http://proxy/', `Basic ${Buffer.from('me:p%40ss%').toString('base64')}`], 'credentials are no part of the address');
  for (const text of ['socks5://p:1', 'http://', 'http://p/path', 'http://p?x', 'a b', 'ftp://p']) {
    t.notOk(isProxyAddress(text), text);
    t.throws(() => proxyChooser(undefined, { HTTPS_PROXY: `${text}` }), { name: 'UserError', message: /^HTTPS_PROXY must be the http or https address of a proxy/ }, text);
  }
});

t.test('through a proxy, by CONNECT and plain', async (t) => {
  const target = await tlsServer(t);
  const plain = new HttpServer(() => ({ status: 200, body: 'plain' }));
  t.teardown(() => plain.close());
  const plainUrl = await plain.listen();
  const { port } = new URL(plainUrl);
  const login = 'me:s3cr:et%';
  const rows: { reason: string; proxy?: Parameters<typeof proxyServer>[1]; given?: string; to: string; seen: string[]; result: object }[] = [
    { reason: 'TLS', to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { kind: 'answer', status: 200 } },
    { reason: 'a name that only the proxy can resolve', to: `https://localhost:${target.port}`, seen: [`CONNECT localhost:${target.port}`], result: { kind: 'answer' } },
    { reason: 'with user and password', proxy: { login }, given: 'me:s3cr%3Aet%25', to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { kind: 'answer' } },
    { reason: 'to the proxy itself by TLS', proxy: { secure: true }, to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { kind: 'answer' } },
    { reason: 'a wrong password', proxy: { login }, given: 'me:s3cret', to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { stage: 'proxy', blocked: true, stubborn: false, reason: /the proxy http:\/\/127\.0\.0\.1:\d+ answered HTTP 407: it refuses user and password$/ } },
    { reason: 'no password', proxy: { login }, to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { blocked: true, reason: /HTTP 407: it wants a user and a password$/ } },
    { reason: 'the address is not let through', proxy: { refusal: 403 }, to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { stage: 'proxy', blocked: true, reason: /HTTP 403: it does not let this address through/ } },
    { reason: 'the destination is down, says the proxy', proxy: { refusal: 502 }, to: target.url, seen: [`CONNECT 127.0.0.1:${target.port}`], result: { stage: 'proxy', blocked: false, stubborn: false, reason: /HTTP 502/ } },
    { reason: 'without TLS: the whole address', to: plainUrl, seen: [`POST http://127.0.0.1:${port}/path?query`], result: { kind: 'answer', status: 200 } },
    { reason: 'without TLS, through TLS', proxy: { secure: true }, to: plainUrl, seen: [`POST http://127.0.0.1:${port}/path?query`], result: { kind: 'answer' } },
    { reason: 'without TLS, with user and password', proxy: { login }, given: 'me:s3cr%3Aet%25', to: plainUrl, seen: [`POST http://127.0.0.1:${port}/path?query`], result: { kind: 'answer' } },
    { reason: 'without TLS, no password', proxy: { login }, to: plainUrl, seen: [`POST http://127.0.0.1:${port}/path?query`], result: { kind: 'failure', stage: 'proxy', blocked: true, reason: /HTTP 407/ } },
  ];
  for (const { reason, proxy: options, given, to, seen, result } of rows) {
    const proxy = await proxyServer(t, options);
    const got = await post(await open(t, { ...CA, proxy: given === undefined ? proxy.url : proxy.url.replace('//', `//${given}@`) }), to);
    t.match(got, result, reason);
    t.same(proxy.seen, seen, reason);
    t.notMatch(JSON.stringify(got), /s3cr/, `${reason}: no password`);
  }
  t.equal(plain.requests.at(-1)?.headers['proxy-authorization'], undefined, 'the password is for the proxy only');
  t.equal(plain.requests.at(-1)?.headers.host, `127.0.0.1:${port}`);
});

t.test('a proxy from the environment, and one that is not there', async (t) => {
  const target = await tlsServer(t);
  const proxy = await proxyServer(t);
  // A name, as this machine is never asked for through a proxy; only this proxy knows where it is.
  const env = { https_proxy: proxy.url, NO_PROXY: 'other.example' };
  t.match(await post(await open(t, { ...CA, server_name: 'localhost' }, env), `https://es.example:${target.port}`), { kind: 'answer' });
  t.same(proxy.seen, [`CONNECT es.example:${target.port}`]);
  const gone = await proxyServer(t, { silent: true });
  t.match(await post(await open(t, { ...CA, proxy: gone.url }, {}, { connectMs: 50 }), target.url), { kind: 'failure', stage: 'connection', blocked: false, stubborn: false, reason: /the proxy .* did not answer within 50 ms/ });
  t.match(await post(await open(t, { ...CA, proxy: 'http://127.0.0.1:1' }), target.url), { kind: 'failure', stage: 'connection', reason: /ECONNREFUSED/ });
});

t.test('tunnels are kept, and one that was dropped is made anew at once', async (t) => {
  const target = await tlsServer(t);
  const proxy = await proxyServer(t);
  const client = await open(t, { ...CA, proxy: proxy.url });
  for (let i = 0; i < 3; i++) t.match(await post(client, target.url), { kind: 'answer' });
  t.equal(proxy.seen.length, 1, 'three requests, one tunnel');
  proxy.drop();
  t.match(await post(client, target.url), { kind: 'answer' });
  t.equal(proxy.seen.length, 2);
});

// Every output over HTTP, the least that makes it send, and an answer that is one of its destination.
const OUTPUTS: [type: string, options: (url: string) => object, record: string, answer: string, status: number][] = [
  ['elasticsearch', (url) => ({ url }), '{"create":{"_id":"a"}}\n{}\n', '{"errors":false,"items":[{"create":{"status":201}}]}', 200],
  ['datadog', (url) => ({ url, api_key: 'k' }), '{}\n', '{}', 202],
  ['otlp', (url) => ({ url }), '{}\n', '{}', 200],
  ['cloudwatch', (endpoint) => ({ endpoint, region: 'eu-central-1', group: 'g', stream: 's' }), `${' '.repeat(25)}{"message":"m"}\n`, '{}', 200],
];

t.test('every output takes the same options', async (t) => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIA';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
  t.teardown(() => ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].forEach((name) => delete process.env[name]));
  for (const [type, options, record, body, status] of OUTPUTS) {
    const target = await tlsServer(t, { certificate: 'named', wantsClient: true, answer: { status, body } });
    const proxy = await proxyServer(t, { login: 'me:pw' });
    const network = { ...CA, ...CLIENT, server_name: 'es.internal', proxy: proxy.url.replace('//', '//me:pw@') };
    const destination = await (await createOutput('out', OutputOptions.parse({ type, ...options(target.url), ...network }))).open();
    t.teardown(() => destination.close());
    t.match(await destination.send(Buffer.from(record) as Uint8Array<ArrayBuffer>, 1, NEVER), { kind: 'delivered' }, type);
    t.match(target.seen, [{ client: 'client-a', serverName: 'es.internal' }], type);
    t.same(proxy.seen, [`CONNECT 127.0.0.1:${target.port}`], type);
    t.throws(() => OutputOptions.parse({ type, ...options(target.url), proxy: 'socks5://p' }), /must be none, or the http or https address of a proxy/, type);
  }
});
