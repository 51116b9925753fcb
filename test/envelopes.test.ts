// Lines that a container runtime has put into envelopes: what the application wrote is read as if it stood alone.
import t from 'tap';
import type { Explanation } from '../agent/explain/explain-sink.ts';
import type { Source, StreamPositions } from '../agent/inputs/source.ts';
import { LaneRig, streamOf, type TurnSource } from './helpers/lane-rig.ts';
import { seeded } from './helpers/random.ts';

const random = seeded();
t.comment(`SEED=${random.seed}`);

const OPTIONS = { chunkBytes: 4_096, maxRecordBytes: 65_536 };
const NOON = '2026-11-25T12:00:00';

/** Lines as containerd writes them, a microsecond apart. */
function cri(...lines: string[]): string {
  return lines.map((line, index) => `${NOON}.${String(index).padStart(6, '0')}789Z ${line}\n`).join('');
}

/** A line as Docker writes it. */
function docker(log: string, stream = 'stdout', attrs = ''): string {
  return `{"log":${JSON.stringify(log)},"stream":"${stream}"${attrs},"time":"${NOON}.123456789Z"}\n`;
}

const texts = (records: readonly Explanation[]): string[] => records.map(({ text }) => text);
const shared = new LaneRig(OPTIONS);
const read = (text: string | Uint8Array, perTurn = Infinity): Explanation[] => shared.records(streamOf(text), perTurn);
const key = ({ offset, length, text, fields }: Explanation): string => JSON.stringify([offset, length, text, fields]);

/** Bytes of the text that are in no record, or in several. */
function untiled(text: string, records: readonly Explanation[]): string[] {
  const bytes = Buffer.from(text);
  const count = new Uint8Array(bytes.length);
  for (const { offset, length, parts = [[offset, length]] } of records) for (const [at, size] of parts) for (let i = at; i < at + size; i++) count[i] = (count[i] ?? 0) + 1;
  return [...count].flatMap((times, at) => (times === 1 || (times === 0 && bytes[at] === 0x0a) ? [] : [`${at}: ${times}`]));
}

const TRACE = ['java.lang.IllegalStateException: no', '\tat a.B.c(B.java:1)', '\tat a.B.d(B.java:2)', 'Caused by: java.io.IOException: disk', '\t... 1 more'];

const LINES: readonly [line: string, fields: Record<string, unknown>, reason: string][] = [
  [`${NOON}.12345678Z stdout F hello`, { timestamp: `${NOON}.12345678Z`, message: 'hello', log_stream: 'stdout' }, 'containerd drops zeros at the end of the fraction'],
  [`${NOON}Z stderr F hello`, { timestamp: `${NOON}Z`, message: 'hello', log_stream: 'stderr' }, 'no fraction at all'],
  [`${NOON}.123456789+00:00 stdout F hello`, { timestamp: `${NOON}.123456789+00:00`, message: 'hello', log_stream: 'stdout' }, 'conmon'],
  [`${NOON}.123456789-05:00 stdout F hello`, { timestamp: `${NOON}.123456789-05:00`, message: 'hello', log_stream: 'stdout' }, 'a node with a zone'],
  [`${NOON}.1Z stdout F:unknown:tags hello`, { timestamp: `${NOON}.1Z`, message: 'hello', log_stream: 'stdout' }, 'further tags'],
  [`${NOON}.1Z stdout F   two more blanks`, { timestamp: `${NOON}.1Z`, message: '  two more blanks', log_stream: 'stdout' }, 'blanks of the text stay'],
  [`${NOON}.1Z stdout F {"level":"warn","time":"2026-01-01T00:00:00Z","msg":"its own"}`, { timestamp: '2026-01-01T00:00:00Z', level: 'warn', message: 'its own', log_stream: 'stdout' }, 'the application knows its time better'],
  [`${NOON}.1Z stdout F {"level":"warn","msg":"no time"}`, { timestamp: `${NOON}.1Z`, level: 'warn', message: 'no time', log_stream: 'stdout' }, 'JSON without a time'],
  [`${NOON}.1Z stderr F E1125 11:59:59.123456       1 server.go:12] boom`, { level: 'error', caller: 'server.go:12', message: 'boom', log_stream: 'stderr' }, 'klog, as Kubernetes itself'],
  ['2021-03-04T12:00:00.1Z stdout F 12:00:01 INFO at noon', { timestamp: /^2021-03-04T12:00:01/, level: 'info', message: 'at noon', log_stream: 'stdout' }, 'a time of day is that of the envelope'],
  [docker('hello\n').trimEnd(), { timestamp: `${NOON}.123456789Z`, message: 'hello', log_stream: 'stdout' }, 'Docker'],
  [docker('"quoted"\t\\n C:\\new\n', 'stderr').trimEnd(), { timestamp: `${NOON}.123456789Z`, message: '"quoted"\t\\n C:\\new', log_stream: 'stderr' }, 'escapes'],
  [docker('ends in \\n', 'stderr').trimEnd(), { timestamp: `${NOON}.123456789Z`, message: 'ends in \\n', log_stream: 'stderr' }, 'a backslash and an n are no newline; the last piece of a stream that ended'],
  [docker('X\n').trimEnd().replace('X', '\\u003ca\\u003e \\ud83d\\ude00 \\ufffd'), { timestamp: `${NOON}.123456789Z`, message: '<a> 😀 \ufffd', log_stream: 'stdout' }, 'HTML is escaped, characters beyond the BMP are pairs'],
  [docker('hello\n', 'stdout', ',"attrs":{"tag":"a,b","env":"x"}').trimEnd(), { timestamp: `${NOON}.123456789Z`, message: 'hello', log_stream: 'stdout', attrs: { tag: 'a,b', env: 'x' } }, 'labels of the container'],
  [docker('{"level":"error","msg":"a \\"b\\"","n":1}\n').trimEnd(), { timestamp: `${NOON}.123456789Z`, level: 'error', message: 'a "b"', log_stream: 'stdout', n: 1 }, 'JSON in JSON'],
];

t.test('one line', async (t) => {
  for (const [line, fields, reason] of LINES) {
    const records = read(`${line}\n`);
    t.equal(records.length, 1, reason);
    t.match(records[0]?.fields, fields, reason);
    t.strictSame([records[0]?.offset, records[0]?.length], [0, Buffer.byteLength(line)], `${reason}: its place is that of the whole line`);
  }
});

const NOT: readonly [line: string, reason: string][] = [
  [`${NOON}Z INFO stdout F hello`, 'a header of its own'],
  [`${NOON} stdout F hello`, 'no zone'],
  [`${NOON}Z stdout X hello`, 'no tag'],
  [`${NOON}Z stdin F hello`, 'no stream'],
  ['{"log":"a","stream":"stdout"}', 'no time'],
  [`{"log":"a","stream":"stdout","time":"${NOON}"}`, 'not a time of Docker'],
  [`{"log":{"level":"info"},"stream":"stdout","time":"${NOON}Z"}`, 'not a text'],
  [`{"log":"\\x","stream":"stdout","time":"${NOON}Z"}`, 'no valid string'],
];

t.test('what looks like an envelope and is none', async (t) => {
  for (const [line, reason] of NOT) {
    const [record] = read(`${line}\n`);
    t.equal(record?.text, line, reason);
    t.notOk(record?.places, reason);
  }
});

const STREAMS: readonly [text: string, expected: string[], reason: string][] = [
  [cri('stdout P 1', 'stderr F 2', 'stdout P 3', 'stdout F 4'), ['134', '2'], 'pieces of two streams'],
  [cri('stdout P a ', 'stdout F b'), ['a b'], 'nothing between two pieces'],
  [cri('stdout P a', 'stdout F ', 'stdout F b'), ['a', 'b'], 'an empty last piece'],
  [cri('stdout P a'), ['a'], 'a piece, then the end'],
  [cri('stdout F a', 'stdout P b').slice(0, -1), ['a', 'b'], 'a piece without a newline, then the end'],
  [cri('stdout F a\r', 'stdout F b\r'), ['a', 'b'], 'an application that writes CRLF'],
  [cri('stdout F a', 'stdout F b').replaceAll('\n', '\r\n'), ['a', 'b'], 'a file with CRLF'],
  [cri('stdout F ', 'stdout F   ', 'stdout F a', 'stdout F', 'stdout F b'), ['a', 'b'], 'blank lines'],
  [cri(...TRACE.map((line) => `stderr F ${line}`), 'stderr F next'), [TRACE.join('\n'), 'next'], 'a trace'],
  [cri(...TRACE.flatMap((line) => [`stderr F ${line}`, `stdout F ${line}`])), [TRACE.join('\n'), TRACE.join('\n')], 'two traces, line by line'],
  [cri('stdout F INFO', 'stdout P  a', 'stdout F b'), ['INFO\n ab'], 'a line that continues, in pieces'],
  [cri('stdout F panic: x', 'stdout F ', 'stdout F goroutine 1 [running]:', 'stdout F main.main()', 'stdout F \t/a.go:1 +0x1d', 'stdout F exit status 2'), ['panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1d\nexit status 2'], 'a blank line inside'],
  [cri('stdout F java.lang.X: one', 'stdout F two', 'stdout F three', 'stdout F four'), ['java.lang.X: one', 'two', 'three', 'four'], 'lines that could have been an exception\'s message are given back'],
  [`${cri('stdout F a')}torn line\n${cri('stdout F b')}`, ['a', 'b', 'torn line'], 'a line without an envelope is one of its own'],
  [`\0\0\0${cri('stdout F a')}\0\0${cri('stdout F b')}`, ['a', 'b'], 'NULs before a line: the file was truncated under its writer'],
  [docker('1', 'stdout') + docker('2\n', 'stderr') + docker('3', 'stdout') + docker('4\n', 'stdout'), ['134', '2'], 'Docker\'s pieces'],
  [TRACE.map((line) => docker(`${line}\n`)).join('') + docker('next\n'), [TRACE.join('\n'), 'next'], 'Docker\'s trace'],
  [docker('\n') + docker('a\r\n') + docker('') + docker('b\n'), ['a', 'b'], 'Docker\'s blank lines'],
];

t.test('lines of streams, however their bytes come', async (t) => {
  for (const [text, expected, reason] of STREAMS) {
    const whole = read(text);
    t.strictSame(texts(whole).sort(), [...expected].sort(), reason);
    for (let perTurn = 1; perTurn < text.length; perTurn++) {
      const parts = read(text, perTurn);
      if (parts.map(key).sort().join() !== whole.map(key).sort().join()) return void t.strictSame(parts, whole, `${reason}: ${perTurn} bytes at a time`);
    }
  }
  return void t.pass('the same records with borders at every byte');
});

t.test('chunks of every size', async (t) => {
  const text = cri('stdout P 1', 'stderr F 2', ...TRACE.flatMap((line) => [`stderr F ${line}`, `stdout P ${line}`]), 'stdout F é€😀') + docker('in between\n');
  const whole = read(text).map(key).sort();
  for (let chunkBytes = 1; chunkBytes < text.length; chunkBytes += 7) {
    const records = new LaneRig({ ...OPTIONS, chunkBytes }).records(streamOf(text));
    if (records.map(key).sort().join() !== whole.join()) t.strictSame(records.map(key).sort(), whole, `chunks of ${chunkBytes}`);
  }
  t.equal(whole.length, 4);
});

t.test('every byte is in one record', async (t) => {
  const pieces = ['F a', 'F b', 'P c', 'P d', 'F {"a":1}', 'F \tat x', 'F Caused by: y', 'F java.lang.X: z', `F ${NOON}Z INFO w`];
  for (let round = 0; round < 200; round++) {
    const lines = Array.from({ length: 1 + random.below(30) }, () => `${random.of(['stdout', 'stderr'])} ${random.of(pieces)}`);
    const text = random.oneIn(2) ? cri(...lines) : lines.map((line) => docker(line.slice(9) + (line[7] === 'F' ? '\n' : ''), line.slice(0, 6))).join('');
    const whole = read(text);
    const wrong = untiled(text, whole);
    if (wrong.length > 0) return void t.strictSame(wrong, [], text);
    const some = read(text, 1 + random.below(200)).map(key).sort();
    if (some.join() !== whole.map(key).sort().join()) return void t.strictSame(some, whole.map(key).sort(), text);
  }
  return void t.pass('200 files');
});

t.test('a restart in the middle', async (t) => {
  const text = cri('stdout P 1', 'stderr F 2', 'stdout P 3', 'stderr F {"a":5}', 'stdout F 4', ...TRACE.flatMap((line) => [`stderr F ${line}`, `stdout F {"b":"${line.length}"}`]), 'stderr F last');
  const whole = read(text).map(key).sort();
  const [rig, again] = [new LaneRig(OPTIONS), new LaneRig(OPTIONS)];
  for (let stop = 1; stop < text.length; stop++) {
    const source = rig.open({ ...streamOf(text), length: Infinity });
    source.available = stop;
    const before = [...rig.pump(source), ...rig.pump(source)];
    const rest = again.open(streamOf(text));
    rest.offset = source.acknowledged;
    rest.ahead = source.ahead;
    rest.available = text.length;
    const after: Explanation[] = [];
    for (let turn = 0; turn < 5; turn++) after.push(...again.pump(rest));
    const all = [...before, ...after].map(key).sort();
    if (all.join() !== whole.join()) return void t.strictSame(all, whole, `stopped at ${stop}, went on at ${JSON.stringify([rest.offset, rest.ahead])}`);
  }
  return void t.pass('nothing is lost and nothing is there twice, and what is read again has the same place');
});

t.test('a busy stream does not wait for a quiet one', async (t) => {
  const text = cri('stdout P 1', 'stderr F {"a":2}', 'stderr F {"a":3}', 'stdout F 4');
  const rig = new LaneRig(OPTIONS);
  const source = rig.open({ ...streamOf(text), length: Infinity });
  source.available = text.lastIndexOf('4') - 30;
  t.strictSame(texts(rig.pump(source)), ['{"a":2}', '{"a":3}'], 'they are on their way');
  t.equal(rig.tracker.acknowledged(source.index), 0, 'what is open lies before them');
  t.strictSame(source.ahead, { stderr: source.offset }, 'and yet they are not sent again after a crash');
  t.strictSame(texts(rig.pump(source, true)), [], 'quiet: the line has no end yet');
  source.available = text.length;
  rig.pump(source);
  t.strictSame(texts(rig.pump(source, true)), ['14']);
  t.equal(rig.tracker.acknowledged(source.index), text.length);
});

t.test('a line whose pieces lie in two files, because the runtime rotated in between', async (t) => {
  const rows: [before: string, after: string, expected: string[], reason: string][] = [
    [cri('stdout F a', 'stdout P 1'), cri('stdout F 2', 'stdout F b'), ['a', '12', 'b'], 'a piece in each'],
    [cri('stdout F a', 'stdout P 1', 'stdout P 2'), cri('stdout P 3', 'stdout F 4'), ['a', '1234'], 'two in each'],
    [cri('stdout F a', 'stdout P 1', 'stderr P x'), cri('stderr F y', 'stdout F 2'), ['a', 'xy', '12'], 'of both streams'],
    [cri('stdout F a', 'stdout P 1'), cri('stderr F x', 'stdout F 2'), ['a', 'x', '12'], 'the other stream says something first'],
    [cri('stdout F a'), cri('stdout F b'), ['a', 'b'], 'nothing is open'],
    [docker('a\n') + docker('1'), docker('2\n'), ['a', '12'], 'Docker'],
  ];
  for (const [before, after, expected, reason] of rows) {
    for (const isStopped of [false, true]) {
      const what = `${reason}${isStopped ? ', after a restart' : ''}`;
      let rig = new LaneRig(OPTIONS);
      const open = (text: string, offset: number, predecessor: Source | undefined, ahead?: StreamPositions): TurnSource => {
        const source = rig.open({ ...streamOf(text), length: Infinity });
        source.available = text.length;
        source.offset = offset;
        source.ahead = ahead;
        source.predecessor = predecessor;
        rig.tracker.add(source); // it begins where it goes on
        return source;
      };
      let first = open(before, 0, undefined);
      const records = [...rig.pump(first), ...rig.pump(first, true)];
      if (isStopped) {
        const { acknowledged, ahead } = first;
        rig = new LaneRig(OPTIONS);
        first = open(before, acknowledged, undefined, ahead);
        records.push(...rig.pump(first), ...rig.pump(first, true));
      }
      const second = open(after, 0, first);
      records.push(...rig.pump(second), ...rig.pump(second, true));
      t.strictSame(texts(records), expected, what);
      t.strictSame([rig.tracker.acknowledged(first.index), rig.tracker.acknowledged(second.index)], [before.length, after.length], `${what}: all is safe in the end`);
    }
  }
  t.end();
});

t.test('long lines', async (t) => {
  const line = Array.from({ length: 65_536 }, (_, at) => 'abc€'[at % 4]).join('').slice(0, 60_000);
  const bytes = Buffer.from(line);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) {
    pieces.push(Buffer.from(`${NOON}.${pieces.length}Z stdout ${at + 16_384 < bytes.length ? 'P' : 'F'} `), bytes.subarray(at, at + 16_384), Buffer.from(`\n${NOON}.5Z stderr F {"a":${at}}\n`));
  }
  const file = Buffer.concat(pieces);
  const rig = new LaneRig({ chunkBytes: 262_144 });
  const records = rig.records(streamOf(file));
  const long = records.find(({ text }) => text.startsWith('abc'));
  t.equal(long?.text, line, 'pieces that cut characters');
  t.equal(long?.parts?.length, pieces.length / 3, 'its parts lie between those of others');
  t.equal(records.length, 1 + pieces.length / 3);

  const cut = new LaneRig({ chunkBytes: 32_768, maxRecordBytes: 20_000 }).records(streamOf(file)).find(({ text }) => text.startsWith('abc'));
  t.ok(cut !== undefined && cut.text.length <= 20_000 && cut.text === line.slice(0, cut.text.length), 'cut at a character');
  t.match(cut?.fields, { truncated: true, original_bytes: bytes.length }, 'and marked');
});

t.test('a line without an end takes no memory and no other stream\'s place', async (t) => {
  const piece = 'x'.repeat(16_384);
  const pieces = Array.from({ length: 300 }, (_, at) => `${NOON}Z stdout P ${piece}\n${NOON}Z stderr F {"a":${at}}\n`).join('');
  const records = new LaneRig({ chunkBytes: 262_144 }).records(streamOf(`${pieces}${NOON}Z stdout F end\n${NOON}Z stdout F next\n`));
  t.equal(records.length, 302);
  t.match(records.find(({ fields }) => fields['truncated'] === true)?.fields, { original_bytes: 300 * 16_384 + 3 });
  t.ok(texts(records).includes('next'));
});

t.test('a line that is longer than any buffer', async (t) => {
  for (const end of ['\n', '', cri('stdout F c').slice(0, -1), `\n${cri('stdout F c')}`]) {
    const text = `${cri('stdout F a')}${NOON}Z stdout F ${'x'.repeat(200_000)}${end}`;
    const records = read(text);
    t.match(records.find(({ text }) => text.includes('xxx'))?.fields, { truncated: true }, 'is cut');
    t.strictSame(untiled(text, records), []);
  }
});

t.test('a record has two thousand lines at most', async (t) => {
  const records = read(cri('stdout F first', ...Array.from({ length: 2_000 }, () => 'stdout F \tat a.B.c(B.java:1)'), 'stdout F next'));
  t.strictSame(records.map(({ line_count: count }) => count), [2_000, 1, 1]);
});

t.test('where the values stand in the file', async (t) => {
  const text = cri('stdout P {"level":"warn","msg":"took ', 'stderr F other', 'stdout F 5ms"}');
  const record = read(text).find(({ text }) => text.startsWith('{'));
  const bytes = Buffer.from(text);
  const shown = Object.fromEntries((record?.places ?? []).map(({ field, start, end }) => [field, bytes.toString('latin1', (record?.offset ?? 0) + start, (record?.offset ?? 0) + end)]));
  t.match(shown, { timestamp: `${NOON}.000000789Z`, level: 'warn', duration_ms: '5ms', log_stream: 'stdout' });
  t.equal(record?.line_count, 2);
});

const JOURNAL: readonly [members: string, fields: Record<string, unknown>, reason: string][] = [
  ['"__REALTIME_TIMESTAMP":"1795392255466000","_SOURCE_REALTIME_TIMESTAMP":"1795392255465999","PRIORITY":"3","_PID":"77","_HOSTNAME":"vm","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"no"',
    { timestamp: '2026-11-23T00:04:15.465999Z', level: 'error', pid: 77, host: 'vm', service: 'sshd', message: 'no' }, 'what the journal calls things; the sender\'s time before the journal\'s'],
  ['"PRIORITY":"6","__REALTIME_TIMESTAMP":"1795392255466000","MESSAGE":[255,32,116,111,111,107,32,53,109,115]', { timestamp: '2026-11-23T00:04:15.466000Z', level: 'info', message: '\ufffd took 5ms', duration_ms: 5 }, 'bytes, of which one is no UTF-8'],
  ['"PRIORITY":"6","MESSAGE":"{\\"level\\":\\"error\\",\\"msg\\":\\"x\\"}"', { level: 'error', message: 'x' }, 'a JSON line of a service'],
  ['"PRIORITY":"6","MESSAGE":"2026-11-25 12:00:00,123 ERROR payments boom"', { level: 'error', message: /boom$/ }, 'a line with a level of its own: all that a service prints has priority 6'],
  ['"PRIORITY":"6","MESSAGE":"java.lang.IllegalStateException: y\\n\\tat a.b(C.java:1)"', { level: 'info', error_type: 'java.lang.IllegalStateException', error_message: 'y' }, 'several lines in one'],
  ['"PRIORITY":"6","MESSAGE":null', { level: 'info', MESSAGE: null }, 'too long, without --all'],
  ['"level":"info","message":[1,2,300]', { level: 'info', message: [1, 2, 300] }, 'numbers that are no bytes'],
];

t.test('the journal as JSON', async (t) => {
  for (const [members, fields, reason] of JOURNAL) t.match(read(`{${members}}\n`)[0]?.fields, fields, reason);
});
