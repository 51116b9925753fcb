// Any bytes in, valid out: whatever comes, every record becomes one line of valid UTF-8 and valid JSON with no key twice,
// in every dialect.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { datadogDialect } from '../outputs/dialects/datadog.ts';
import { ecs } from '../outputs/dialects/ecs.ts';
import { flat } from '../outputs/dialects/flat.ts';
import { otel } from '../outputs/dialects/otel.ts';
import { PARSERS } from '../parsers/index.ts';
import { DialectRig, LaneRig, streamOf, untiled } from './helpers/lane-rig.ts';
import { seeded } from './helpers/random.ts';
import { jsonProblem, keyTwice } from './helpers/strict-json.ts';

const SAMPLES = path.join(import.meta.dirname, '..', 'samples');
/** Each kind of input is made for so long, and for at least one round. */
const KIND_MS = 2_000;

const { seed } = seeded();
/** Each kind of input begins it anew: how much of one could be tried in its time has no say in the next. */
let random = seeded(seed);
t.comment(`SEED=${seed}`);

// Defaults that collide with whatever lines say of themselves.
const FIELDS = { service: 'payments', host: 'machine', env: 'prod', a: 1, message: 'default', 'üser': true, 'log.level': 'x', log: 'y' };
const DIALECTS = [{ dialect: flat, fields: {} }, { dialect: flat, fields: FIELDS }, { dialect: ecs, fields: FIELDS }, { dialect: ecs, fields: {} }];

const EXAMPLES = PARSERS.flatMap(({ examples }) => examples.map(({ line }) => line));
const LINES = [...EXAMPLES, ...readdirSync(SAMPLES).flatMap((name) => readFileSync(path.join(SAMPLES, name), 'utf8').split('\n'))].filter((line) => line !== '').map((line) => Buffer.from(line));

/** False, after a failure was reported with all that is needed to repeat it: one is enough. */
function check(t: Test, rig: DialectRig, text: Uint8Array, counter: LaneRig): boolean {
  const outputs = rig.lines(text);
  for (const { bytes, offset, length } of outputs.flat()) {
    const problem = jsonProblem(bytes);
    if (problem === undefined) continue;
    t.fail(problem, { input: JSON.stringify(Buffer.from(text.subarray(offset, offset + length)).toString('latin1')), output: bytes.toString() });
    return false;
  }
  const records = counter.records(streamOf(text));
  const problem = untiled(text, records) ?? outputs.map((lines) => lines.length).find((count) => count !== records.length);
  if (problem !== undefined) t.fail(String(problem), { input: JSON.stringify(Buffer.from(text).toString('latin1')) });
  return problem === undefined;
}

function fuzz(name: string, make: () => Uint8Array): void {
  t.test(name, async (t) => {
    random = seeded(seed);
    const rig = new DialectRig(DIALECTS);
    const counter = new LaneRig();
    const endMs = performance.now() + KIND_MS;
    let [rounds, bytes] = [0, 0];
    do {
      const text = make();
      bytes += text.length;
      rounds++;
      if (!check(t, rig, text, counter)) return;
    } while (performance.now() < endMs);
    t.pass(`${rounds} texts, ${bytes} bytes`);
  });
}

t.test('the checker', async (t) => {
  t.equal(keyTwice('{"a":1,"b":{"a":1},"c":["a","a",{"a":1}]}'), undefined);
  for (const text of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"x":[{"a":1,"a":2}]}', '{"x":{"b":{}, "a" : 1,"c":[],"a":2}}']) t.equal(keyTwice(text), 'a', text);
  for (const text of ['{"a":1}', '{"a":1}\n\n', '[1]\n', '{"a":01}\n', '{"a":\n1}\n']) t.type(jsonProblem(Buffer.from(text)), 'string', text);
  t.equal(jsonProblem(Buffer.from('{"a":"é"}\n')), undefined);
  t.equal(jsonProblem(Buffer.from('{"a":"\xe9"}\n', 'latin1')), 'not UTF-8');
});

fuzz('random bytes', () => {
  const text = random.bytes(random.below(3_000));
  for (let at = 0; at < text.length; at += 1 + random.below(100)) text[at] = random.of([0x0a, 0x0a, 0x7b, 0x22, 0x5b, 0x3c]);
  return text;
});

function mutated(): Buffer {
  let line = Buffer.from(random.of(LINES));
  for (let times = random.below(6); times > 0; times--) {
    const at = random.below(line.length + 1);
    const kind = random.below(6);
    if (kind === 0) line = line.subarray(0, at);
    else if (kind === 1) line = Buffer.concat([line.subarray(0, at), random.bytes(1 + random.below(4)), line.subarray(at)]);
    else if (kind === 2) line = Buffer.concat([line.subarray(0, at), random.of(LINES).subarray(random.below(40))]);
    else if (kind === 3) line = Buffer.concat([line.subarray(0, at), line.subarray(Math.max(0, at - random.below(30)))]);
    else if (kind === 4) line = Buffer.concat([line.subarray(0, at), line.subarray(Math.min(line.length, at + random.below(10)))]);
    else if (at < line.length) line[at] = random.of(Buffer.from('{}[]":,\\= \n\r\t\0\u001b\'()<>-0a'));
  }
  return line;
}

fuzz('damaged lines of every format', () => Buffer.concat(Array.from({ length: 1 + random.below(60) }, () => Buffer.concat([mutated(), Buffer.from(random.oneIn(20) ? '\r\n' : '\n')]))));

const CANONICAL = ['message', 'level', 'timestamp', 'user_id', 'host', 'service', 'duration_ms', 'error_message', 'http_path', 'pid', 'truncated', 'log_offset'];
const RESERVED = ['log', 'error', 'http', 'url', 'user', 'host', 'service', 'process', 'event', 'ecs', 'app', '@timestamp', 'trace', 'client', 'user_agent', 'session'];
const KEYS = [...CANONICAL, ...RESERVED, 'msg', 'userId', 'user', 'err', 'exception', 'time', 'ts', 'severity', 'status', 'a', 'b', 'env', 'üser', '', ' ', '.', 'log.level', 'a.b', 'x'.repeat(40), '\\n', '\\"', '\\\\', '\\u0000', '\\ud800', '😀', '\xff', '\u007f', 'constructor', '__proto__'];

/** A key, sometimes with letters escaped that need not be. */
function key(): string {
  const text = random.of(KEYS);
  if (!random.oneIn(6) || text.includes('\\')) return text;
  return [...text].map((letter) => (random.oneIn(3) && letter.length === 1 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter)).join('');
}

const TEXTS = ['', '-', 'null', 'x', 'GET /a?b=1 HTTP/1.1', 'user=bob a=1 env=2 \xfcser=3 took 5ms', 'a=1 a=2 b="c d"', '2026-11-22T10:00:00Z', 'error', '10.0.0.1:80', '\\u001b[31mred\\u001b[0m', '\\n', '\\ud800', '\x7f', '/p?q=1', 'https://h/p?q', '1.5s', 'ERROR: Error: boom. user_id=7 message=x'];
const NUMBERS = ['0', '-0', '30', '-1', '1.5', '1e5', '1e400', '-1e-400', '123456789012345678901234567890', '1795392255466', '9007199254740993', '200', '5000000000000'];

function value(depth: number): string {
  const kind = random.below(depth > 3 ? 4 : 7);
  if (kind === 0) return random.of(NUMBERS);
  if (kind === 1) return random.of(['true', 'false', 'null']);
  if (kind < 4) return `"${random.of(TEXTS)}"`;
  if (kind === 4) return `[${Array.from({ length: random.below(4) }, () => value(depth + 1)).join()}]`;
  return object(depth + 1, 4);
}

function object(depth: number, most: number): string {
  const space = random.oneIn(6) ? ' ' : '';
  return `{${Array.from({ length: random.below(most) }, () => `${space}"${key()}"${space}:${value(depth)}`).join(`,${space}`)}}`;
}

fuzz('JSON with keys that collide', () => Buffer.from(Array.from({ length: 40 }, () => object(0, random.oneIn(10) ? 60 : 10)).join('\n'), random.oneIn(3) ? 'latin1' : 'utf8'));

function pairs(): string {
  const word = (): string => random.of(['1', '"a b"', '""', '"\\n"', '"a\\"b"', 'x', 'é', '\xff\xfe', '\u001b[1mx', "'q'", '[1,2]', '{"a":1}', '5ms', 'null', '-']);
  const name = (): string => random.of([...KEYS.filter((text) => !/[\\ ]/.test(text)), '\xfe', '\u001b[31ma', 'a\u001b[0m', '\xe9', 'a\0', 'x-y']);
  const line = Array.from({ length: 1 + random.below(12) }, () => `${name()}${random.oneIn(12) ? '' : '='}${word()}`).join(' ');
  return random.of([line, `2026-11-22 10:00:00 INFO app ${line}`, `boom: ${line}`, `<13>Nov 22 10:00:00 host app[1]: ${line}`]);
}

fuzz('pairs with keys that collide', () => Buffer.from(Array.from({ length: 40 }, pairs).join('\n'), random.oneIn(2) ? 'latin1' : 'utf8'));

/** Streams that the comparison of runs tries in each dialect; ROUNDS=… makes it more. */
const RUNS_ROUNDS = Number(process.env['ROUNDS'] ?? 100);

// Runs: what a kernel cuts, reads and writes by itself, against the same records taken one by one.

const HEADS = ['2026-11-22T10:00:00.123Z INFO [shop]', '2026-11-22T10:00:01Z', '2026-11-22 10:00:00,123 ERROR [main] c.e.App -', '2026-11-22 10:00:00.123 UTC [77] LOG: ', '2026-11-22 10:00:00.5 WARN'];
const MESSAGES = [...TEXTS, 'Error processing request for user John. Error: DB timeout. Took 5000ms request_id=a-1', 'GET /a/b?c=1 status 502 in 1.5s', 'text {"k":1}', '\tat a.b(C.java:1)', 'a,b,c,d,e,f,g,h,i,j,k,l,m,n,o', 'slow: 0.034 s user=7 a=1 env=2'];

/** A line of an access log, nginx's and others'. */
function accessLine(or: (often: string, seldom: () => string) => string): string {
  const client = or(random.of(['203.0.113.9', '10.0.0.1']), () => random.of(['::1', '2001:db8::7', '::ffff:10.0.0.7', 'a.example', '1.2.3.4:80', '10.11.2026', '1234.1.1.1', '22/Nov/2026', '1.2.3.4 (10.0.0.1)', 'x 1.2.3.4', '1.2.3.4,', '-', '77:M']));
  const user = or(random.of(['- -', '- alice']), () => random.of(['a b', '-  ', '- a [b', '- a b c', '"x" y', '-']));
  const time = or(random.of(['22/Nov/2026:10:00:00 +0100', '22/Nov/2026:10:00:01 +0000']), () => random.of(['22/Nov/2026 10:00:00', '2/Nov/2026:10:00:00 +0100', '31/Feb/2026:10:00:00 +0000', '22/November/2026:10:00:00', '22/nov/2026:10:00:00 Z', '22/Nov/2026:99:00:00 +0000', '', '22-Nov-2026:10:00:00']));
  const request = or(random.of(['GET /a/b?c=1 HTTP/1.1', 'POST / HTTP/2.0']), () => random.of(['-', '', '\\x16\\x03', '\u001b[33mGET / HTTP/1.1\u001b[0m', 'GET /a b HTTP/1.1', 'get /x', 'GET /\\"x HTTP/1.1', 'é', 'GET', `GET /${'y'.repeat(100)}`]));
  const numbers = or(random.of(['200 5778', '404 0', '304 -']), () => random.of(['000 0', '- -', '200', '200 x', '99 007', '2000 12', '200 12345678901234567890', '']));
  const agent = or(random.of(['"https://example.com/" "Mozilla/5.0 (X11)"', '"-" "curl"', '']), () => random.of(['"-', '"a\\"b" "c"', '"x"', '- -', '"é" "\xff"']));
  const tail = or(random.of(['', '', ' 0.202', ' rt=0.202 uct="-"']), () => random.of([' "203.0.113.9"', ' 310 0.004 [web-80] [] 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0', ' 9999999.999', ' 12ms', ` ${pairs()}`, ' rest=1 x', ' a="1', '  ']));
  return `${client} ${user} [${time}] "${request}" ${numbers} ${agent}${tail}`.trimEnd();
}

/** A line whose parts are what a kernel takes by itself but for one in `rarity`. */
function usual(rarity: number): string {
  const or = (often: string, seldom: () => string): string => (random.oneIn(rarity) ? seldom() : often);
  if (random.oneIn(3)) return accessLine(or);
  if (random.oneIn(2)) return `${or(random.of(HEADS), () => random.of(['2026-11-22-', '2026-11-22 99:00:00', '2026-11-22']))} ${or('slow: took 0.034 s user=7 n=1 cart=2 request_id=a-1', () => random.of([pairs(), random.of(MESSAGES)]))}`;
  const members = [
    `"level":${or('30', () => random.of(['"warn"', '"x"', '50', '-1']))}`, `"time":${or('1795392255466', () => random.of(NUMBERS))}`, `"hostname":${or('"vm"', () => value(3))}`,
    `"durationMs":${or(random.of(['0.034', '12.5', '7', '30']), () => random.of([...NUMBERS, '1e2', '123456789012345.5']))}`, `"url":"/a${random.of(['', '?b=1', '?'])}"`, or('"region":"eu"', () => `"${key()}":${value(0)}`),
    or('"err":{"type":"E","code":5}', () => `"err":${value(1)}`), `"msg":"${or('request completed for order 7', () => random.of(MESSAGES))}"`,
  ];
  return `{${members.filter(() => !random.oneIn(4)).join()}}`;
}

/** Lines as a program writes them, the same few again and again, and others in between. */
function stream(): string[] {
  const rarity = random.of([8, 60, 1000]);
  const few = Array.from({ length: 1 + random.below(8) }, () => usual(rarity));
  const others = [1, 20, 500][random.below(3)] ?? 1;
  return Array.from({ length: 1 + random.below(600) }, () => (random.below(500) >= others ? random.of(few) : random.of([() => usual(8), () => '', () => random.of(['  indented', '\tat a.b(C.java:1)', 'text', ' 10.0.0.1 - -']), () => mutated().toString('latin1')])()));
}

for (const [name, dialect] of Object.entries({ flat, ecs, datadog: datadogDialect('"ddsource":"x"'), otel })) {
  t.test(`runs of a kernel: ${name}`, async (t) => {
    random = seeded(seed);
    const fields = { service: 'payments', host: 'machine', env: 'prod', a: 1 };
    const [alone, together] = [1, 2].map(() => new DialectRig([{ dialect, fields }])) as [DialectRig, DialectRig];
    let records = 0;
    for (let round = 0; round < RUNS_ROUNDS; round++) {
      const lines = stream().join(random.oneIn(9) ? '\r\n' : '\n');
      const text = Buffer.from(random.oneIn(4) ? lines : lines.replaceAll('\u001b', '')); // a chunk with colours is taken record by record
      const [expected, actual] = [alone.lines(text).flat(), together.lines(text, true).flat()];
      records += expected.length;
      for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
        const [one, other] = [expected[index], actual[index]];
        if (one !== undefined && other !== undefined && one.bytes.equals(other.bytes) && one.offset === other.offset && one.length === other.length) continue;
        t.same(other && { ...other, bytes: other.bytes.toString() }, one && { ...one, bytes: one.bytes.toString() }, JSON.stringify(text.subarray(one?.offset ?? 0, (one?.offset ?? 0) + 300).toString('latin1')));
        return;
      }
    }
    t.equal(alone.inRuns, 0);
    t.ok(together.inRuns > 0, `${together.inRuns} of ${records} records were taken by the kernel alone`);
  });
}
