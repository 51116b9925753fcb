// Headers that no built-in grammar knows are learned from the first bytes of a stream, and the same bytes teach the same.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { Explanation } from '../agent/explain/explainer.ts';
import type { Source } from '../agent/inputs/source.ts';
import { parseShape } from '../parsers/learned/shape.ts';
import { events, run } from './e2e/run-shipper.ts';
import { LaneRig, streamOf, TurnSource } from './helpers/lane-rig.ts';

const LEVELS = ['INFO', 'WARN', 'ERROR', 'DEBUG'];
const NAMES = ['payments', 'orders', 'cart'];
const CLASSES = ['com.acme.Pay', 'com.acme.Order', 'net.Http'];
const THREADS = ['main', 'worker-3', 'pool-1-thread-2'];
const TEXTS = ['started on port 8080', 'Connection to db lost', 'retrying in 5s', 'Order 4711 shipped', 'nothing to do'];

interface Parts {
  readonly time: string;
  readonly level: string;
  readonly name: string;
  readonly type: string;
  readonly thread: string;
  readonly text: string;
  readonly n: number;
}

/** Lines of a logger; what they hold changes at different rates. */
function lines(line: (parts: Parts) => string, count = 24): string[] {
  const of = (list: readonly string[], n: number): string => list[n % list.length] ?? '';
  return Array.from({ length: count }, (_, n) => line({
    time: `2026-11-22 10:00:${String(n).padStart(2, '0')}`,
    level: of(LEVELS, n), name: of(NAMES, n * 2 + (n >> 2)), type: of(CLASSES, n + (n >> 2)), thread: of(THREADS, n + (n >> 1)), text: of(TEXTS, n), n,
  }));
}

const rig = new LaneRig();

function read(log: readonly string[], perTurn = Infinity): Explanation[] {
  return rig.records(streamOf(log.map((line) => `${line}\n`).join('')), perTurn);
}

const FIRST = { timestamp: '2026-11-22T10:00:00Z', level: 'info', message: 'started on port 8080' };

const HEADERS: [line: (parts: Parts) => string, fields: Record<string, unknown>, reason: string][] = [
  [({ level, time, thread, type, text }) => `${level}~${time}~${thread}~${type}~${text}`, { ...FIRST, thread: 'main', logger: 'com.acme.Pay' }, 'a separator nobody else has'],
  [({ time, level, name, text }) => `${time} >> ${level} >> ${name} >> ${text}`, { ...FIRST, logger: 'payments' }, 'of two characters'],
  [({ level, name, time, text }) => `** ${level.padEnd(5)} ** ${time} ** ${name} ** ${text}`, { ...FIRST, logger: 'payments' }, 'padded'],
  [({ time, thread, type, level, text }) => `${time}  4711  ${thread.padEnd(16)} ${type.padEnd(16)} ${level.padEnd(5)} ${text}`, { ...FIRST, pid: 4711, thread: 'main', logger: 'com.acme.Pay' }, 'columns of a fixed width'],
  [({ time, thread, type, level, text }) => `${time}, ${thread}, ${type}, ${level}, ${text}`, { ...FIRST, thread: 'main', logger: 'com.acme.Pay' }, 'commas'],
  [({ level, name, thread, time, text }) => `${level}\t${name}\t${thread}\t${time}\t${text}`, { ...FIRST, thread: 'main', logger: 'payments' }, 'tabs'],
  [({ time, thread, level, type, text }) => `${time} Thread: ${thread} Level: ${level} Logger: ${type} - ${text}`, { ...FIRST, thread: 'main', logger: 'com.acme.Pay' }, 'labels say what is what'],
  [({ time, level, name, text }) => `T=${time} L=${level[0]} M=${name} ${text}`, { ...FIRST, M: 'payments' }, 'a label that says nothing keeps its own name'],
  [({ thread, level, type, text }) => `${thread} | ${level} | ${type} | ${text}`, { level: 'info', thread: 'main', logger: 'com.acme.Pay', message: FIRST.message }, 'no time at all'],
  [({ time, thread, level, text, n }) => `<4711> (${thread}) Foo.java:${n + 10} ${time} ${level[0]}- ${text}`, { ...FIRST, pid: 4711, thread: 'main', caller: 'Foo.java:10' }, 'a level of one letter'],
  [({ time, thread, level, text }) => `app1;4711;${thread};${time};${level.slice(0, 3)};${text}`.replace(';DEB;', ';DBG;').replace(';WAR;', ';WRN;'), { ...FIRST, pid: 4711, thread: 'main', column_1: 'app1', level: 'info' }, 'what nobody knows is kept under its place'],
];

t.test('headers that are learned', (t) => {
  for (const [line, fields, reason] of HEADERS) {
    const [first, ...others] = read(lines(line));
    t.match(first?.fields, fields, reason);
    t.equal(first?.format, 'learned', `${reason}: ${first?.text}`);
    const left = others.filter(({ fields: { message } }) => !TEXTS.includes(String(message)));
    t.same(left.map(({ text }) => text), [], `${reason}: of each line only the text is left`);
  }
  t.end();
});

const NOT_LEARNED: [line: (parts: Parts) => string, reason: string][] = [
  [({ text, n }) => `Order ${n} of user ${n * 7}: ${text}, and so it goes on`, 'prose'],
  [({ text, time, n }) => `The ${text} was at ${time} for the ${n}th time`, 'prose with a time in it'],
  [({ level, text }) => `We saw an ${level.toLowerCase()} here: ${text}`, 'prose with a level in it'],
  [({ time, text }) => `${time} ${text} and more of it`, 'a time and prose: nothing is left to learn'],
  [({ time, name, n }) => `${time},${name},${n * 3},${n % 2 === 0 ? 'paid' : 'open'}`, 'rows of data that have a time'],
  [({ n, name }) => `-rw-r--r-- 1 root root ${n * 512} Nov 22 10:00 ${name}-${n}.txt`, 'a listing of files'],
  [({ n, name }) => `root      ${n + 1000}  0.${n % 10}  0.1 168140 ${n}12 ?  Ss  10:00:0${n % 10} 0:0${n % 10} /usr/bin/${name}`, 'a listing of processes'],
  [({ n, time }) => `https ${time.replace(' ', 'T')}Z app/lb/50dc6c 10.0.0.${n}:2817 10.0.0.1:80 0.08 0.04 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0"`, 'requests: the words before the time stay'],
  [({ time, n }) => `[GIN] ${time.replaceAll('-', '/').replace(' ', ' - ')} | 200 | ${n}ms | 10.0.0.${n} | GET "/api/v1/${n}"`, 'requests: what is known of them is not lost'],
  [({ time, level, type, text }) => `${time},123 ${level} [main] ${type} - ${text}`, 'a built-in grammar reads all of it'],
];

t.test('what is no header stays as it is', (t) => {
  for (const [line, reason] of NOT_LEARNED) {
    const log = lines(line, 40);
    t.same(read(log).filter(({ format }) => format === 'learned').map(({ text, shape }) => [text, shape]), [], reason);
  }
  t.end();
});

t.test('a shape that can not tell a process from its program is worth less than the tag', (t) => {
  const log = ['78]: notice: nsd starting (NSD 4.6.1)', '78]: notice: listen on ip-address 127.0.0.1@7419 (udp) with server(s): *', '78]: notice: listen on ip-address 127.0.0.1@7419 (tcp) with server(s): *', '79]: notice: nsd started (NSD 4.6.1), pid 27078', '79]: warning: signal received, shutting down...']
    .map((text, second) => `[2026-11-22 10:00:0${second}.436] nsd[270${text}`);
  t.same(read(log).map(({ fields: { service, pid } }) => [service, pid]), [['nsd', 27_078], ['nsd', 27_078], ['nsd', 27_078], ['nsd', 27_079], ['nsd', 27_079]]);
  t.end();
});

const TILDES = HEADERS[0]?.[0] ?? (() => '');
const facts = (records: readonly Explanation[]): unknown => records.map(({ offset, format, fields }) => ({ offset, format, fields }));

t.test('a mixed stream: each line is read by what knows it best', (t) => {
  const [a = '', b = '', ...rest] = lines(TILDES);
  const log = ['Welcome to acme 1.0', a, '{"level":30,"msg":"from JSON"}', b, 'java.lang.IllegalStateException: boom', '\tat com.acme.A.b(A.java:1)', ...rest.slice(0, 10), 'level=warn msg="from logfmt" k=1', '2026-11-22 10:00:00,123 INFO [main] com.acme.Shop - from log4j', ...rest.slice(10)];
  const records = read(log);
  t.same(records.map(({ format }) => format).filter((format) => format !== 'learned'), ['plain', 'json', 'logfmt', 'header'], 'those that are something else');
  t.match(records.find(({ format }) => format === 'json')?.fields, { level: 'info', message: 'from JSON' });
  t.match(records.find(({ format }) => format === 'logfmt')?.fields, { level: 'warn', message: 'from logfmt', k: '1' });
  t.match(records.find(({ format }) => format === 'header')?.fields, { level: 'info', thread: 'main', logger: 'com.acme.Shop', message: 'from log4j' });
  t.equal(records.filter(({ format }) => format === 'learned').length, 24);
  t.match(records.find(({ line_count }) => line_count > 1)?.fields, { error_type: 'java.lang.IllegalStateException' }, 'a trace is joined as ever');
  t.end();
});

t.test('a wrong early guess heals: what one thread alone shows is not known yet', (t) => {
  const early = lines(({ time, level, text }) => `${level} * ${time} * payments * ${text}`, 8);
  const late = lines(({ time, level, name, text }) => `${level} * ${time} * ${name} * ${text}`, 40);
  const records = read([...early, ...late]);
  t.not(records.at(-1)?.shape ?? records.at(-1)?.format, undefined);
  t.match(records.at(-1)?.fields, { logger: 'payments', message: 'nothing to do' }, 'the last line is read as the whole stream shows');
  t.end();
});

t.test('the same bytes teach the same, however they come', (t) => {
  const log = lines(TILDES, 40).map((line) => `${line}\n`).join('');
  const whole = facts(rig.records(streamOf(log)));
  for (const perTurn of [1, 17, 300, 2_000]) t.same(facts(rig.records(streamOf(log), perTurn)), whole, `${perTurn} bytes at a time`);
  const cri = lines(TILDES, 40).map((line, n) => `2026-11-22T10:00:00.${String(n).padStart(9, '0')}Z ${n % 3 === 0 ? 'stderr' : 'stdout'} F ${n % 3 === 0 ? `${n}: prose` : line}\n`).join('');
  const unwrapped = rig.records(streamOf(cri));
  t.equal(unwrapped.filter(({ format }) => format === 'learned').length, 26, 'in envelopes: stdout is learned');
  t.equal(unwrapped.filter(({ fields }) => fields['log_stream'] === 'stderr' && /^\d+: prose$/.test(String(fields['message']))).length, 14, 'stderr is not what stdout is');
  t.same(facts(rig.records(streamOf(cri), 333)), facts(unwrapped), 'in envelopes, in pieces');
  t.end();
});

t.test('nobody waits who need not', (t) => {
  for (const [line, reason] of [['{"level":30,"msg":"hi"}', 'JSON'], ['2026-11-22 10:00:00,123 INFO [main] com.acme.Shop - hi', 'log4j'], ['Server listening on 3000', 'prose'], ['2026-11-22 10:00:00 starting up', 'a time and prose']] as const) {
    const rig = new LaneRig();
    const source = rig.open({ ...streamOf(`${line}\n${line}\n`), length: 10_000 });
    source.available = 2 * line.length + 2;
    t.ok(rig.pump(source).length > 0, `${reason}: the first line goes at once`);
  }
  t.end();
});

t.test('a silence ends the waiting', (t) => {
  const log = lines(TILDES, 12).map((line) => `${line}\n`);
  const rig = new LaneRig();
  const source = rig.open({ ...streamOf(log.join('')), length: 100_000 });
  const upTo = (count: number): number => log.slice(0, count).join('').length;
  source.available = upTo(2);
  t.equal(rig.pump(source).length, 0, 'two lines of a kind nobody knows are held');
  t.same(rig.pump(source, true).map(({ format }) => format), ['plain', 'plain'], 'until the source has been quiet');
  source.available = upTo(4);
  t.equal(rig.pump(source).length, 0, 'the next two as well');
  const after = rig.pump(source, false, 1_000);
  t.ok(after.length > 0, 'or until a second has passed');
  source.available = upTo(12);
  t.same([...after, ...rig.pump(source), ...rig.pump(source, true)].map(({ format }) => format), Array(10).fill('learned'), 'which are read by what the four show');
  t.end();
});

t.test('a restart reads the same bytes the same way', (t) => {
  const log = lines(TILDES, 40).map((line) => `${line}\n`);
  const text = log.join('');
  const whole = rig.records(streamOf(text));
  for (const count of [1, 3, 8, 9, 20, 39]) {
    const first = new LaneRig();
    const source: Source = first.open(streamOf(text));
    Object.assign(source, { available: text.length });
    first.pump(source);
    const again = Object.assign(new TurnSource(0, streamOf(text)), { offset: log.slice(0, count).join('').length, available: text.length, learned: source.learned });
    for (const [with_, restarted] of [['what it had learned', again], ['the file alone', Object.assign(new TurnSource(0, streamOf(text)), { offset: again.offset, available: text.length, readHead: (target: Uint8Array, bytes: number) => Buffer.from(text).copy(target, 0, 0, bytes) })]] as const) {
      const rig = new LaneRig();
      rig.ledger.add(restarted);
      rig.tracker.add(restarted);
      const records = [...rig.pump(restarted), ...rig.pump(restarted)];
      t.same(facts(records), facts(whole.slice(count)), `after ${count} lines, with ${with_}`);
    }
  }
  t.end();
});

t.test('files: what explain shows is what ships, before and after a restart', async (t) => {
  const dir = t.testdir();
  const [file, out, state] = ['app.log', 'out.ndjson', 'state'].map((name) => path.join(dir, name)) as [string, string, string];
  const log = lines(TILDES, 40);
  const ship = (): Promise<{ code: number | null }> => run(['--once', file, '-o', `file=${out}`, '--state-dir', state]);
  writeFileSync(file, log.slice(0, 5).map((line) => `${line}\n`).join(''));
  t.equal((await ship()).code, 0);
  appendFileSync(file, log.slice(5).map((line) => `${line}\n`).join(''));
  t.equal((await ship()).code, 0);
  const shown = events((await run(['explain', '--json', file])).stdout) as unknown as { fields: unknown; format: string; shape: string }[];
  const shipped = events(readFileSync(out, 'utf8')).map(({ host: _, ...fields }) => fields);
  t.same(shown.map(({ fields }) => fields), shipped);
  t.ok(shown.every(({ format, shape }) => format === 'learned' && shape === '<level>~<timestamp>~<thread>~<logger>~<message>'), 'and it shows the shape');
});

t.test('a shape as text is the shape', (t) => {
  for (const text of ['<level>~<timestamp>~<message>', '\\<<pid>> (<thread>) <caller> <timestamp> <level>- <message>', '<timestamp>\\t<level>\\t<message>', '[<column_1>] <value> <timestamp>\\\\<message>', '<timestamp>  <level> <message>']) {
    t.equal(parseShape(text)?.text, text);
  }
  for (const text of ['', '<message>', '<level>', '<level><message>', '<level> <level', '<what> <message>', '<level> <message> ', `${'<level> '.repeat(13)}<message>`, 'x<level>']) {
    t.equal(parseShape(text), undefined, `${text} is none`);
  }
  t.end();
});
