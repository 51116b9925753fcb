// Secrets: what is one, what is none, and that none gets out, wherever it stands.
import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { formatProblem, parseConfig } from '../agent/config/load.ts';
import { KINDS, type KindName } from '../agent/redaction/kinds.ts';
import { PARSERS } from '../parsers/index.ts';
import { events, ROOT, run, start } from './e2e/run-shipper.ts';
import { BulkServer } from './helpers/bulk-server.ts';
import { LaneRig, streamOf } from './helpers/lane-rig.ts';

const MASKED = Object.fromEntries(KINDS.map((kind) => [kind, 'mask' as const]));
const HASHED = Object.fromEntries(KINDS.map((kind) => [kind, 'hash' as const]));
const all = new LaneRig({ redact: MASKED });

/** A line's event, with one kind of secrets redacted, or all. */
function redacted(line: string, rig = all): Record<string, unknown> {
  return rig.records(streamOf(`${line}\n`))[0]?.fields ?? {};
}

const JWT = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';

t.test('what is a secret, in a text', async (t) => {
  const rows: [reason: string, text: string, message: string][] = [
    ['a mail address', 'to bob@example.com, and <Bob.O+x@mail.example.co.uk>.', 'to [email], and <[email]>.'],
    ['with an apostrophe, or letters beyond ASCII', "o'brien@example.ie müller@exämple.de", '[email] [email]'],
    ['escaped as JSON, as an URL, as HTML', 'a\\u0040b.de a%40b.de a&#64;b.de a&#x40;b.de', '[email] [email] [email] [email]'],
    ['with a colour in it, which is left out later', 'x bob\u001b[31m@example.com\u001b[0m y', 'x [email] y'],
    ['cards, in one piece and in groups', 'x 4111111111111111 5555 5555 5555 4444 3782-822463-10005', 'x [credit_card] [credit_card] [credit_card]'],
    ['cards behind a key and before a full stop', 'x card=4111111111111111. card_4012888888881881', 'x card=[credit_card]. card_[credit_card]'],
    ['IBANs', 'x DE89370400440532013000 and GB29 NWBK 6016 1331 9268 19, gb29nwbk60161331926819', 'x [iban] and [iban], [iban]'],
    ['IPv4', 'x 10.0.0.1:80 (192.168.1.255) http://1.2.3.4/a /10.1.1.1 host/10.0.0.1:9092 10.0.0.0/8.', 'x [ipv4]:80 ([ipv4]) http://[ipv4]/a /[ipv4] host/[ipv4]:9092 [ipv4]/8.'],
    ['IPv6', 'x 2001:db8::1, [::1]:80 fe80::a1%eth0 ::ffff:10.0.0.1 1:2:3:4:5:6:7:8 at:2001:DB8::7: node:fe80::1', 'x [ipv6], [[ipv6]]:80 [ipv6]%eth0 [ipv6] [ipv6] at:[ipv6]: node:[ipv6]'],
    ['JSON Web Tokens', `x ${JWT} eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.`, 'x [jwt] [jwt].'],
    ['credentials of HTTP', 'x Authorization: Bearer abc.def-123 then Bearer 0123456789abcdef', 'x Authorization: Bearer [bearer] then Bearer [bearer]'],
    ['user and password in Base64', 'x authorization=Basic dXNlcjpwYXNz and basic dXNlcjpwYXNz', 'x authorization=Basic [basic] and basic [basic]'],
    ['keys of AWS', 'x AKIAIOSFODNN7EXAMPLE aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'x [aws_key] aws_secret_access_key = [aws_key]'],
    ['keys of services, by how they begin', 'x ghp_0123456789abcdefghijABCDEFGHIJ012345 xoxb-123456789012-abcdefghijkl sk_live_0123456789abcdefgh AIzaSyA0123456789abcdefghijklmnopqrstuv', 'x [api_key] [api_key] [api_key] [api_key]'],
    ['and by their names', 'x api_key=abc123 X-Api-Key: abc123 "accessToken": "abc123" client_secret=abc123; token=abcDEF123', 'x api_key=[api_key] X-Api-Key: [api_key] "accessToken": "[api_key]" client_secret=[api_key]; token=[api_key]'],
    ['passwords in URLs, and what looks like mail there', 'x postgres://app:s3cr3t@db.example:5432/x redis://:p%40ss@h amqp://u:a/b@h ftp://u:p@ss@h', 'x postgres://app:[url_password]@db.example:5432/x redis://:[url_password]@h amqp://u:[url_password]@h ftp://u:[url_password]@h'],
    ['and in data source names', 'x root:secret@tcp(db:3306)/shop', 'x root:[url_password]@tcp(db:3306)/shop'],
    ['passwords', 'x password=hunter2, user=bob passwd: "a b\\"c" DB_PASSWORD=x; userPassword=\'y z\' pwd => 1', 'x password=[password], user=bob passwd: "[password]" DB_PASSWORD=[password]; userPassword=\'[password]\' pwd => [password]'],
    ['on a command line, in SQL, in XML, in Go and in a form', "x --db-password hunter2 IDENTIFIED WITH PASSWORD 'a b' <password>abc</password> map[password:abc user:x] u=1&pass=abc1&x=2", "x --db-password [password] IDENTIFIED WITH PASSWORD '[password]' <password>[password]</password> map[password:[password] user:x] u=1&pass=[password]&x=2"],
    ['with a comma in it', 'x password=hun,ter2 y', 'x password=[password] y'],
    ['quotes that were escaped twice', 'x {\\"password\\":\\"a\\\\\\"b\\",\\"x\\":1}', 'x {\\"password\\":\\"[password]\\",\\"x\\":1}'],
    ['several words in an object', 'x password={"old":"a1","new":["b2"]} y', 'x password={"old":"[password]","new":["[password]"]} y'],
  ];
  for (const [reason, text, message] of rows) t.equal(redacted(`INFO ${text}`)['message'], message, reason);
});

t.test('what is none', async (t) => {
  const rows: [reason: string, text: string][] = [
    ['no mail', 'x user@localhost git@github.com:a/b npm pkg@1.2.3 @scope/pkg a @ b.c d@'],
    ['no cards: another check digit, no issuer, too long, part of something else', 'x 4111111111111112 1234567890123452 41111111111111110000 a4111111111111111 4111111111111111f 0x4111111111111111 1795392255466000000'],
    ['no IBAN: another check digit or country', 'x DE88370400440532013000 XX89370400440532013000 DE893704004405320130001'],
    ['no addresses, but versions', 'x v1.2.3.4 version 1.2.3.4 version: 10.0.0.1 "version":"1.2.3.4" Chrome/120.0.0.0 1.2.3 1.2.3.4.5 256.1.1.1 01.2.3.4 libx-1.2.3.4.so'],
    ['no IPv6: times, hardware, names of programs', 'x 10:00:00 aa:bb:cc:dd:ee:ff std::dec Bad::Face a::b key: value :: 12:30:45.123 Foo::Bar::baz 1::2::3'],
    ['no tokens', 'x eyJ eyJhbGciOiJIUzI1NiJ9 bearer authentication failed Basic authentication is off basic tests AKIAIOSFODNN7 sk-learn ghp_short'],
    ['no passwords', 'x password reset for bob; Failed password for root; password= ; password=null passwordless bypass=1 compass: 2 pass: 12, password_hint_shown password: ***'],
    ['no keys', 'x token: 15 unexpected token: } secret: none api_key= monkey=banana keyword: x'],
    ['no password in a URL', 'x http://host:8080/path@x https://h.de/a?b=c@d http://user@host/ https://h:443'],
    ['what is redacted already', 'x [email] password=[password] password=[FILTERED]'],
  ];
  for (const [reason, text] of rows) t.equal(redacted(`INFO ${text}`)['message'], text, reason);
});

t.test('only the kinds that are switched on', async (t) => {
  const texts: Record<KindName, string> = {
    email: 'bob@example.com', credit_card: '4111111111111111', iban: 'DE89370400440532013000', ipv4: '10.0.0.1', ipv6: '2001:db8::1', jwt: JWT, bearer: 'Bearer 0123456789abcdef',
    basic: 'Basic dXNlcjpwYXNz', aws_key: 'AKIAIOSFODNN7EXAMPLE', api_key: 'api_key=abc123', url_password: 'https://u:p@h/', password: 'password=x',
  };
  const line = `INFO x ${Object.values(texts).join(' ; ')}`;
  for (const kind of KINDS) {
    const { message } = redacted(line, new LaneRig({ redact: { [kind]: 'mask' } }));
    for (const other of KINDS) t.equal(String(message).includes(` ${texts[other]}`), other !== kind, `${kind} is on: ${other}`);
  }
});

t.test('fields are kept, and say the same as the message', async (t) => {
  const rows: [reason: string, line: string, fields: Record<string, unknown>][] = [
    ['a user in a text', 'INFO user bob@example.com logged in, took 5ms', { message: 'user [email] logged in, took 5ms', user_id: '[email]', duration_ms: 5 }],
    ['in JSON, escaped or not', '{"level":30,"user_id":"bob\\u0040example.com","msg":"hi bob@example.com","nested":{"to":["a@b.de"]},"n":1}', { message: 'hi [email]', user_id: '[email]', nested: { to: ['[email]'] }, n: 1 }],
    ['two keys stay two', '{"msg":"x","a@b.de":1,"c@d.de":2,"m":{"c@d.de":3}}', { '[email]': 1, '[email-2]': 2, m: { '[email-2]': 3 } }],
    ['two keys of a text', 'INFO x a@b.de=1 c@d.de=2', { message: 'x [email]=1 [email-2]=2' }],
    ['a number becomes a text', '{"msg":"x","card":4111111111111111,"cards":[4111111111111111,-1],"o":{"pin":1,"password":1234}}', { card: '[credit_card]', cards: ['[credit_card]', -1], o: { pin: 1, password: '[password]' } }],
    ['a number that is a field is none then', '{"msg":"x","bytes":4111111111111111}', { bytes: undefined }],
    ['a number that is an id', '{"msg":"x","user":{"id":4111111111111111}}', { user_id: '[credit_card]', user: { id: '[credit_card]' } }],
    ['JSON behind a text', 'INFO charged {"card":4111111111111111,"to":"a@b.de"}', { card: '[credit_card]', to: '[email]' }],
    ['JSON in JSON', '{"msg":"{\\"level\\":\\"warn\\",\\"msg\\":\\"to a\\\\u0040b.de\\",\\"password\\":\\"a\\\\\\"b\\"}"}', { message: 'to [email]', level: 'warn', password: '[password]' }],
    ['a value that ends with a backslash', '{"msg":"x","password":"a\\\\","next":"b"}', { password: '[password]\\', next: 'b' }],
    ['an address of a client that is masked is no address', '{"msg":"x","client_ip":"10.0.0.1","peer":"10.0.0.1"}', { client_ip: undefined, peer: '[ipv4]' }],
    ['of a URL the field is a part', 'INFO GET https://u:p4ss@h.de/x?password=abc&y=1 200', { message: 'GET https://u:[url_password]@h.de/x?password=[password]&y=1 200', http_path: '/x' }],
    ['logfmt', 'level=info msg="mail to a@b.de" user=c@d.de password="x y" api_key=abc123', { message: 'mail to [email]', user_id: '[email]', password: '[password]', api_key: '[api_key]' }],
    ['a trace', 'java.lang.IllegalStateException: no a@b.de\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: password=abc', { error_message: 'no [email]', stack_trace: 'java.lang.IllegalStateException: no [email]\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: password=[password]' }],
    ['the name made of an error\'s phrase', 'ERROR failed. Error: bob@example.com unknown', { error_type: undefined, error_message: '[email] unknown' }],
    ['CRI', '2026-11-22T10:00:00.5Z stdout F INFO to a@b.de', { message: 'to [email]', log_stream: 'stdout' }],
    ['Docker, with its own attributes', '{"log":"INFO to a\\u0040b.de\\n","stream":"stdout","attrs":{"mail":"x@y.de"},"time":"2026-11-22T10:00:00.5Z"}', { message: 'to [email]', attrs: { mail: '[email]' } }],
    ['the journal\'s bytes', `{"MESSAGE":[${[...Buffer.from('to a@b.de \u0007')].join(',')}],"PRIORITY":"6"}`, { message: 'to [email] \u0007' }],
  ];
  for (const [reason, line, fields] of rows) {
    const event = redacted(line, new LaneRig({ redact: MASKED }));
    t.same(Object.fromEntries(Object.keys(fields).map((key) => [key, event[key]])), fields, reason);
  }
});

t.test('hashes', async (t) => {
  const rig = new LaneRig({ redact: HASHED });
  const event = redacted('{"user_id":"bob@example.com","msg":"to BOB\\u0040example.com and eve@example.com from 10.0.0.1","client_ip":"10.0.0.1","card":4111111111111111,"other":"4111 1111 1111 1111","v6":"2001:DB8::1"}', rig);
  t.match(event['user_id'], /^\[email:[0-9a-f]{16}\]$/);
  const [, first, second, address] = /^to (\S+) and (\S+) from (\S+)$/.exec(String(event['message'])) ?? [];
  t.equal(first, event['user_id'], 'equal secrets are equal');
  t.not(second, first);
  t.equal(event['card'], event['other'], 'however they are written');
  t.match(event['client_ip'], /^2(?:4\d|5[0-5])\.\d+\.\d+\.\d+$/, 'an address stays one, that nobody has');
  t.equal(event['client_ip'], address);
  t.match(event['v6'], /^2001:db8:[0-9a-f:]+$/);
  t.equal(redacted('INFO user bob@example.com logged in', new LaneRig({ redact: HASHED }))['user_id'], event['user_id'], 'under the same key');
});

/** Secrets by kind: as planted, and what must not be seen afterwards. `[shape, hidden]`. */
const PLANTED: Record<KindName, readonly (readonly [string, string])[]> = {
  email: [['zoe.quux+7@planted-mail.example', 'planted-mail']],
  credit_card: [['4539578763621486', '4539578763621486'], ['4539 5787 6362 1486', '5787 6362']],
  iban: [['FR1420041010050500013M02606', '0500013M02606'], ['FR14 2004 1010 0505 0001 3M02 606', '0505 0001 3M02']],
  ipv4: [['203.77.188.9', '203.77.188.9']],
  ipv6: [['2a0c:4f00:91ab::77', '4f00:91ab']],
  jwt: [[JWT, 'dozjgNryP4J3']],
  bearer: [['Bearer q7Zk90aaLmPlanted', 'LmPlanted']],
  basic: [['Basic cGxhbnRlZDpzM2NyM3Q=', 'cGxhbnRlZDpz']],
  aws_key: [['AKIAPLANTED7EXAMPLE2', 'PLANTED7EX']],
  api_key: [['ghp_plantedPLANTED0123456789abcdefghijklm', 'plantedPLANTED'], ['api_key=plantedKey99', 'plantedKey99']],
  url_password: [['https://joe:plantedPw@host.example/x', 'plantedPw']],
  password: [['password=plantedPw99', 'plantedPw99'], ['password: "planted Pw99"', 'planted Pw99']],
};

/** Lines with the secret in the place of each word; of JSON in each value, key and text, escaped or not. */
function planted(line: string, secret: string): string[] {
  const lines = positions(line).map(([start, end]) => line.slice(0, start) + secret + line.slice(end));
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return planteds(value as Record<string, unknown>, secret);
  } catch {
    // a text
  }
  return lines;
}

function positions(line: string): [number, number][] {
  return [...line.matchAll(/[^\s"'=,;|()[\]{}<>]+/g)].map((match) => [match.index, match.index + match[0].length]);
}

function planteds(value: Record<string, unknown>, secret: string): string[] {
  const texts: string[] = [];
  const walk = (node: unknown, put: (other: unknown) => unknown): void => {
    if (typeof node === 'string') texts.push(...[secret, `x ${secret} y`, `${node} ${secret}`].map((text) => JSON.stringify(put(text))));
    else if (typeof node === 'object' && node !== null) for (const [key, inner] of Object.entries(node)) walk(inner, (other) => put(Array.isArray(node) ? node.map((one: unknown, index) => (index === Number(key) ? other : one)) : { ...node, [key]: other }));
  };
  walk(value, (other) => other);
  texts.push(JSON.stringify({ ...value, [secret]: 1 }), JSON.stringify({ ...value, deep: { deeper: [{ [secret]: [secret] }] } }));
  if (/^\d{16}$/.test(secret)) texts.push(...texts.map((text) => text.replace(`"${secret}"`, secret)).filter((text) => isJson(text)));
  // What a serializer may escape.
  const escaped = texts.map((text) => text.replaceAll('@', '\\u0040').replaceAll('/', '\\/').replaceAll('planted', '\\u0070lanted'));
  return [...texts, ...escaped, ...texts.map((text) => JSON.stringify({ level: 'info', msg: text })), ...escaped.map((text) => JSON.stringify({ log: { message: text } }))];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What a reader sees of an event, escapes resolved once more. */
function seen(value: unknown): string {
  const text = JSON.stringify(value);
  return `${text} ${text.replace(/\\+u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))}`;
}

t.test('no secret gets out, in whatever place of whatever line it stands', async (t) => {
  const samples = readdirSync(path.join(ROOT, 'samples')).flatMap((name) => readFileSync(path.join(ROOT, 'samples', name), 'utf8').split('\n').filter((_, index) => index % 40 === 0));
  const lines = [...PARSERS.flatMap(({ examples }) => examples.map(({ line }) => line)), ...samples].filter((line, index) => index % 2 === 0 && line.length > 0 && line.length < 800);
  for (const kind of KINDS) {
    const rig = new LaneRig({ redact: { [kind]: 'mask' } });
    let [count, leaks] = [0, 0];
    for (const [secret, hidden] of PLANTED[kind]) {
      const variants = lines.flatMap((line) => planted(line, secret)).filter((line) => !(kind === 'ipv4' && /(?:version|ver|rev|build|firmware)\W{1,6}203\.|[A-Z][a-z]+\/203\./i.test(line)));
      const records = rig.records(streamOf(variants.map((line) => `{"a":1}\n${line}\n`).join(''))).filter(({ text }) => text !== '{"a":1}'); // nothing is joined to JSON
      for (const { fields, text } of records) {
        count++;
        const shown = `${seen(fields)} ${text}`;
        if (!shown.includes(hidden)) continue;
        if (leaks++ < 5) t.fail(`${kind} leaks: ${JSON.stringify(fields).slice(0, 1_000)}`, { text: text.slice(0, 1_000) });
      }
    }
    t.ok(leaks === 0 && count > 250, `${kind}: ${leaks} leaks in ${count} records`);
  }
});

t.test('what is cut off does not show the half of a secret', async (t) => {
  const rig = new LaneRig({ redact: MASKED, maxRecordBytes: 4_096 });
  for (const secret of ['zoe@planted-mail.example', '4539 5787 6362 1486', '4539578763621486', 'FR14 2004 1010 0505 0001 3M02 606', '203.77.188.9', 'password=plantedPw99', `Bearer ${JWT}`]) {
    for (let before = 1; before < secret.length; before++) {
      const line = `INFO ${'abc defg '.repeat(460)}`.slice(0, 4_096 - before);
      const [record] = rig.records(streamOf(`${line}${secret} and so on ${'x'.repeat(300_000)}\n`));
      const { message, truncated } = record?.fields ?? {};
      t.equal(truncated, true);
      const rest = String(message).slice(-60);
      const half = secret.slice(0, Math.min(before, 8));
      if (before >= 5 && rest.includes(half) && !/^(?:passw|Beare)/.test(half)) t.fail(`${before} characters of ${secret}: ${rest}`);
    }
  }
  t.pass('no half in sight');
});

t.test('records of any size, and texts without room, keep no secret', async (t) => {
  const rig = new LaneRig({ redact: HASHED, maxRecordBytes: 262_144 });
  for (const [name, unit] of [['the shortest secrets', '::1 '], ['mail', 'zoe@planted.example '], ['in JSON', '"a@planted.example",']] as const) {
    for (const size of [1_000, 200_000, 262_000, 400_000]) {
      const body = unit.repeat(Math.floor(size / unit.length));
      const line = unit.startsWith('"') ? `{"msg":"planted@planted.example","list":[${body}1]}` : `INFO x ${body}`;
      const records = rig.records(streamOf(`${line}\n`));
      t.equal(records.some(({ fields }) => /planted|::1 /.test(JSON.stringify(fields))), false, `${name}: ${size} bytes`);
    }
  }
});

t.test('no text makes redaction slow', async (t) => {
  for (const unit of ['@', 'a@', 'a@b.', '://', '://a:', 'a:b@tcp(', 'password=', 'password="', 'password={', 'password=[', "pwd='", 'eyJ', 'eyJhbGciOiJIUzI1NiJ9.', '"', '\\', '\\"', '\\\\u0040', '%40', '&#64;', '1.', '1.1.', '::', 'a:', '4 ', '4', '4111 ', 'DE89 ', 'Bearer ', 'Authorization: ', 'x)', 'password=x)', '_1', '\u001b[', 'a.b']) {
    const time = (size: number): number => {
      const stream = streamOf(`INFO ${unit.repeat(size / unit.length)}\n`);
      const startedAt = process.cpuUsage().user;
      all.records(stream);
      return process.cpuUsage().user - startedAt;
    };
    const [less, more] = [Math.min(time(16_384), time(16_384)), Math.min(time(131_072), time(131_072))];
    t.ok(more < 20 * (less + 3_000), `${JSON.stringify(unit)}: ${less} µs for 16 KB, ${more} µs for 128 KB`);
  }
});

t.test('nothing on the disk or on the way has a secret in it', async (t) => {
  const dir = t.testdir();
  const server = new BulkServer(({ body }) => (body.includes('refuse') ? { status: 400, body: '{"error":"mapper_parsing_exception","status":400}' } : 'silence'));
  await server.listen();
  t.teardown(() => server.close());
  const config = path.join(dir, 'c.yaml');
  const state = path.join(dir, 'state');
  writeFileSync(config, JSON.stringify({
    redact: ['all'],
    outputs: { es: { type: 'elasticsearch', url: `http://127.0.0.1:${server.port}`, compression: 'none', timeout: '1s', batch: { age: '0s' }, buffer: { disk: 'on' } }, copy: { type: 'file', path: path.join(dir, 'copy.ndjson') } },
    shutdown_timeout: '1s',
  }));
  const lines = ['INFO to zoe@planted-mail.example password=plantedPw99', '{"msg":"refuse zoe\\u0040planted-mail.example","password":"plantedPw99"}', 'refuse card 4539 5787 6362 1486'];
  const agent = start(['-c', config, '--state-dir', state]);
  agent.child.stdin.write(`${lines.join('\n')}\n`);
  const files = (): string[] => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => file !== config);
  const holds = (file: string, text: string): boolean => readFileSync(file).includes(text);
  for (let tries = 0; tries < 400 && !(files().some((file) => file.includes('dead-letters') && holds(file, 'refuse')) && files().some((file) => !file.includes('dead-letters') && !file.endsWith('copy.ndjson') && holds(file, '[email]'))); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  agent.child.kill('SIGTERM');
  const { stderr } = await agent.ended;
  t.ok(files().some((file) => file.includes('dead-letters') && holds(file, '[credit_card]')), 'there are dead letters');
  for (const secret of ['planted', '4539 5787', 'zoe']) {
    t.strictSame(files().filter((file) => holds(file, secret)), [], `${secret}: in no file`);
    t.notOk(server.requests.some(({ body }) => body.includes(secret)), 'nor sent');
    t.notMatch(stderr, secret, 'nor told');
  }
});

t.test('a header that is learned holds no secret, neither in explanations nor in the checkpoint', async (t) => {
  const of = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
  const log = (line: (level: string, time: string, thread: string) => string, from = 0): string => Array.from({ length: 24 }, (_, n) => `${line(of(['INFO', 'WARN', 'ERROR'], n), `2026-11-22 10:${10 + from}:${10 + n}`, of(['main', 'worker-3', 'pool-1-thread-2'], n + (n >> 1)))}\n`).join('');
  const rows: [reason: string, line: (level: string, time: string, thread: string) => string, secret: string, shape: string | undefined][] = [
    ['a key of which the record has no more than that', (level, time, thread) => `${level}~${time}~ghp_0123456789plantedABCDEFGHIJ01234567: ${thread}~text`, 'planted', undefined],
    ['what stands behind a label', (level, time, thread) => `password=planted9: ${level}~${time}~${thread}~text`, 'planted9', undefined],
    ['an address in front', (level, time, thread) => `fe80:abcd:face:dead:beef:cafe:babe:f00d: ${level}~${time}~${thread}~text`, 'abcd', undefined],
    ['a secret in a column is no constant', (level, time, thread) => `${level}~${time}~password=${thread}9~text`, 'main9', '<level>~<timestamp>~password=<thread>~<message>'],
    ['nor is a label that only names one', (level, time, thread) => `${level}~${time}~token: ${thread}~text`, 'no secret', '<level>~<timestamp>~token: <value>~<message>'],
  ];
  for (const [reason, line, secret, shape] of rows) {
    t.equal(new LaneRig().records(streamOf(log(line)))[0]?.format, 'learned', `${reason}: without redaction it is learned`);
    const records = new LaneRig({ redact: MASKED }).records(streamOf(log(line)));
    t.notMatch(JSON.stringify(records.map(({ fields, text, tried }) => [fields, text, tried])), secret, reason);
    t.equal(records[0]?.format === 'learned', shape !== undefined, reason);
  }
  const dir = t.testdir();
  const [file, state] = [path.join(dir, 'app.log'), path.join(dir, 'state')];
  const line = rows[1]?.[1] ?? (() => '');
  const ship = async (redact: string): Promise<string> => {
    t.equal((await run(['--once', file, '-o', `file=${path.join(dir, 'out.ndjson')}`, '--state-dir', state], { env: { SHIPPER_REDACT: redact } })).code, 0);
    const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
    const generation = (text: string): number => Number(/"generation":(\d+)/.exec(text)?.[1] ?? -1);
    return files.sort((a, b) => generation(b) - generation(a))[0] ?? ''; // the one before is kept as well
  };
  writeFileSync(file, log(line));
  t.match(await ship('email'), 'planted9', 'it is no secret to those who do not say so');
  writeFileSync(file, log(line) + log(line, 1));
  t.notMatch(await ship('password'), 'planted9', 'what an earlier run has kept goes');
  for (const args of [['explain', file], ['explain', '--json', file]]) t.notMatch((await run(args, { env: { SHIPPER_REDACT: 'all' } })).stdout, 'planted9', args.join(' '));
});

t.test('the configuration', async (t) => {
  const dir = t.testdir({ 'map.yaml': 'redact: { all: mask, email: hash }\nredact_key: 0123456789abcdef' });
  const line = 'INFO to bob@example.com DE89370400440532013000 10.0.0.1\n';
  const shipped = async (args: string[], env: Record<string, string> = {}) => events((await run(args, { stdin: line, cwd: dir, env })).stdout)[0]?.['message'];
  const given = createHash('sha256').update('0123456789abcdef').digest();
  t.equal(await shipped(['-c', 'map.yaml']), `to [email:${createHmac('sha256', given).update('email\0bob@example.com').digest('hex').slice(0, 16)}] [iban] [ipv4]`, 'a hash is what it is said to be');
  const rows: [yaml: string, result: Record<string, string> | RegExp][] = [
    ['redact: [email, iban]', { email: 'mask', iban: 'mask' }],
    ['redact: email=hash ipv4', { email: 'hash', ipv4: 'mask' }],
    ['redact: { email: hash, all: mask }', { ...MASKED, email: 'hash' }],
    ['redact: [emial, ipv4]', /c\.yaml:1:10: redact\[0\] must be .*did you mean email\?/],
    ['redact: { email: hsh }', /c\.yaml:1:18: redact\.email must be mask or hash; did you mean hash\?/],
    ['redact: [email]\nredact_key: short', /redact_key must have at least 16 characters/],
  ];
  for (const [yaml, result] of rows) {
    const loaded = parseConfig('c.yaml', yaml, {});
    if (result instanceof RegExp) t.match(loaded.ok ? '' : loaded.problems.map(formatProblem).join(''), result, yaml);
    else t.same(loaded.ok && loaded.config.redact, result, yaml);
  }
  const state = path.join(dir, 'state');
  const once = await shipped([], { SHIPPER_REDACT: 'email=hash', SHIPPER_STATE_DIR: state });
  t.match(once, /^to \[email:[0-9a-f]{16}\] /);
  t.equal(await shipped([], { SHIPPER_REDACT: 'email=hash', SHIPPER_STATE_DIR: state }), once, 'without a key, one is kept');
  t.not(await shipped([], { SHIPPER_REDACT: 'email=hash' }), once, 'and another machine has another');
  const explained = await run(['explain', '--json'], { stdin: line, env: { SHIPPER_REDACT: 'email=hash', SHIPPER_STATE_DIR: state } });
  t.equal((events(explained.stdout)[0]?.['fields'] as Record<string, unknown>)['message'], once, 'explain says the same');
  const people = await run(['explain'], { stdin: line, env: { SHIPPER_REDACT: 'email' } });
  t.notMatch(people.stdout, /bob/);
  t.match(people.stdout, /^INFO to \[email\] DE/);
});
