// Secrets are planted wherever a configuration can have one, and whatever goes wrong, none of them shows.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { withoutHeaders } from '../outputs/network/scrub.ts';
import { run } from './e2e/run-shipper.ts';
import { HttpServer, type HttpReply, type HttpRequest } from './helpers/http-server.ts';
import { proxyServer } from './helpers/proxy-server.ts';

/** What must never be seen; `PLANTED` is in all of them. */
const SECRET = 'PLANTED-5ecret';
const SHOWN = /PLANTED|UExBTlRFR/; // also in Base64

function folder(test: Test): string {
  const path = mkdtempSync(`${tmpdir()}/shipper-test-`);
  test.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Repeats in its answer all that it was sent, as some proxies do, and as a JSON error of each kind. */
function echo(status: number): (request: HttpRequest) => HttpReply {
  return ({ headers }) => {
    const { authorization = '' } = headers;
    const all = `${JSON.stringify(headers)} ${authorization} ${Buffer.from(authorization.replace(/^\w+ /, ''), 'base64').toString()}`;
    return { status, body: JSON.stringify({ error: { type: 'security_exception', reason: all }, errors: [all], message: all, __type: 'AccessDeniedException' }) };
  };
}

const file = (home: string): string => {
  const path = `${home}/secret`;
  writeFileSync(path, `${SECRET}\n`);
  return path;
};

// Each way to log in, at a destination that answers as said.
const OUTPUTS: [reason: string, options: (url: string, home: string) => object][] = [
  ['an API key', (url) => ({ type: 'elasticsearch', url, api_key: SECRET })],
  ['an API key as the API gives it', (url) => ({ type: 'elasticsearch', url, api_key: `id:${SECRET}` })],
  ['a password', (url) => ({ type: 'elasticsearch', url, username: 'me', password: SECRET })],
  ['a password in an address', (url) => ({ type: 'elasticsearch', url: url.replace('//', `//me:${SECRET}@`) })],
  ['a password in a file', (url, home) => ({ type: 'elasticsearch', url, username: 'me', password_file: file(home) })],
  ['a token', (url) => ({ type: 'elasticsearch', url, bearer_token: SECRET })],
  ['signed', (url) => ({ type: 'elasticsearch', url, aws: { region: 'eu-central-1' } })],
  ["Datadog's key", (url) => ({ type: 'datadog', url, api_key: SECRET })],
  ["Datadog's key in a file", (url, home) => ({ type: 'datadog', url, api_key_file: file(home) })],
  ['headers', (url) => ({ type: 'otlp', url, headers: { 'x-api-key': SECRET, authorization: `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}` } })],
  ['a token for OTLP', (url) => ({ type: 'otlp', url, bearer_token: SECRET })],
  ['CloudWatch', (endpoint) => ({ type: 'cloudwatch', endpoint, region: 'eu-central-1', group: 'g' })],
];
const AWS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: `${SECRET}-token`, OTEL_EXPORTER_OTLP_HEADERS: `x-other=${SECRET}` };

t.test('no message, dead letter or buffer has a secret in it, whatever is answered', async (t) => {
  const proxy = await proxyServer(t, { login: 'somebody:else' });
  const withPassword = proxy.url.replace('//', `//me:${SECRET}@`);
  for (const status of [400, 403, 503]) {
    const server = new HttpServer(echo(status));
    t.teardown(() => server.close());
    const url = await server.listen();
    const home = folder(t);
    const batch = { bytes: 65_536, age: '0s' };
    const outputs = Object.fromEntries(OUTPUTS.map(([, options], at) => [`o${at}`, { ...options(url, home), batch }]));
    const others = {
      proxied: { type: 'datadog', url, api_key: SECRET, proxy: withPassword, batch },
      nowhere: { type: 'elasticsearch', url: `http://me:${SECRET}@127.0.0.1:1`, batch },
    };
    const config = path.join(home, 'c.yaml');
    writeFileSync(config, stringify({ memory: '64MiB', log_level: 'debug', drain_timeout: '300ms', outputs: { ...outputs, ...others } }));
    const env = { ...AWS, SHIPPER_STATE_DIR: path.join(home, 'state'), AWS_EC2_METADATA_DISABLED: 'true', HOME: home };
    const ran = await run(['-c', config], { stdin: 'one line\n', env });
    t.notMatch(`${ran.stdout}${ran.stderr}`, SHOWN, `HTTP ${status}: run`);
    if (status === 403) {
      const connected = await run(['validate', '--connect', '-c', config], { env });
      t.notMatch(`${connected.stdout}${connected.stderr}`, SHOWN, `HTTP ${status}: validate --connect`);
      const shown = await run(['buffer', '--print', '-c', config], { env });
      t.notMatch(`${shown.stdout}${shown.stderr}`, SHOWN, `HTTP ${status}: buffer`);
    }
    const files = readdirSync(path.join(home, 'state'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    t.ok(files.length > 0);
    for (const name of files) t.notMatch(readFileSync(name, 'latin1'), SHOWN, `HTTP ${status}: ${path.relative(home, name)}`);
    t.ok(server.requests.length >= OUTPUTS.length, `${server.requests.length} requests: every output has asked`);
    const sent = JSON.stringify(server.requests.map(({ headers }) => headers));
    t.match(sent, /PLANTED/, 'secrets were sent');
    if (status !== 503) t.match(ran.stderr, /\*\*\*/, 'and would have come back');
  }
});

t.test('what a server repeats of a request', async (t) => {
  const basic = `Basic ${Buffer.from('me:pass:word').toString('base64')}`;
  const rows: [reason: string, headers: Record<string, string>, body: string, expected: string][] = [
    ['a header', { authorization: 'ApiKey abcdef' }, 'got ApiKey abcdef.', 'got ***.'],
    ['what is behind the scheme', { authorization: 'Bearer abcdef' }, 'token abcdef is old', 'token *** is old'],
    ['a password, decoded', { authorization: basic }, 'user me with pass:word', 'user me with ***'],
    ['user and password', { authorization: basic }, 'me:pass:word', '***'],
    ["a user's own header", { 'X-Api-Key': 'abcdef' }, 'abcdef abcdef', '*** ***'],
    ['nothing to hide', { 'content-type': 'application/json', accept: 'application/json' }, 'application/json is needed', 'application/json is needed'],
    ['too short to be told from a word', { 'x-team': 'pay' }, 'payment', 'payment'],
  ];
  for (const [reason, headers, body, expected] of rows) t.equal(withoutHeaders(Buffer.from(body), headers).toString(), expected, reason);
});
