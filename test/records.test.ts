// From bytes to records: what a line is, which lines are one record, and what becomes of lines that are too long.
import t from 'tap';
import type { Explanation } from '../agent/explain/explain-sink.ts';
import { LaneRig, streamOf, untiled, type Stream } from './helpers/lane-rig.ts';
import { seeded } from './helpers/random.ts';

const random = seeded();
t.comment(`SEED=${random.seed}`);

const places = (records: readonly Explanation[]): string[] => records.map(({ offset, length }) => `${offset}+${length}`);
const texts = (records: readonly Explanation[]): string[] => records.map(({ text }) => text);

const CUTS: readonly [text: string, records: string[], reason: string][] = [
  ['', [], 'nothing'],
  ['a\n', ['a'], 'a line'],
  ['a', ['a'], 'a last line without an end'],
  ['a\nb\nc\n', ['a', 'b', 'c'], 'lines'],
  ['a\nb', ['a', 'b'], 'the last one without an end'],
  ['\n\na\n\n\nb\n\n', ['a', 'b'], 'blank lines'],
  [' \n\t\n  \t \na\n   \nb\n \n', ['a', 'b'], 'lines of white space are blank'],
  ['\n', [], 'a blank line alone'],
  [' ', [], 'white space alone'],
  ['   \n   ', [], 'white space alone, twice'],
  ['a\r\nb\r\n', ['a', 'b'], 'CRLF'],
  ['a\r\n\r\n\r\nb\r\n', ['a', 'b'], 'blank lines with CRLF'],
  ['a\r\nb\r', ['a', 'b'], 'cut between CR and LF'],
  ['a\rb\n', ['a\rb'], 'CR alone ends no line'],
  ['10%\r20%\r30%\n', ['10%\r20%\r30%'], 'a progress bar'],
  ['\ra\nb\n', ['\ra', 'b'], 'CR at the beginning'],
  ['a\n\rb\n', ['a', '\rb'], 'CR at the beginning of a later line'],
  ['\r', [], 'CR and nothing else'],
  ['a\r\r\nb\n', ['a\r', 'b'], 'two CRs, one of which belongs to the line end'],
  ['\0\0\0a\nb\n', ['a', 'b'], 'NULs in front: a file that was truncated under its writer'],
  ['a\n\0\0\0\0\0b\n', ['a', 'b'], 'NULs between lines'],
  ['a\n\0\0\0\0', ['a'], 'NULs at the end'],
  ['\0\0\0\n\0\n\na\n', ['a'], 'lines of NULs are blank'],
  ['\0 \n\0\r\na\n', ['a'], 'NULs and white space'],
  ['a\0b\n', ['a\0b'], 'NUL inside a line is a part of it'],
  ['a\0\0\nb\n', ['a\0\0', 'b'], 'NULs at the end of a line too'],
  ['a\n b\n\tc\nd\n', ['a\n b\n\tc', 'd'], 'indented lines continue'],
  ['a\n b', ['a\n b'], 'a continuation without an end'],
  ['a\r\n b\r\nc\r\n', ['a\r\n b', 'c'], 'continued with CRLF'],
  ['a\n\n b\nc\n', ['a\n\n b', 'c'], 'a blank line inside'],
  ['a\n b\n\n\nc\n', ['a\n b', 'c'], 'blank lines behind a continuation belong to none'],
  [' a\n b\n  d\nc\n', [' a', ' b\n  d', 'c'], 'an indented line at the beginning has nothing to continue, nor has one beside it'],
  ['java.lang.X: y\n\tat a\nCaused by: z\n\tat b\nnext\n', ['java.lang.X: y\n\tat a\nCaused by: z\n\tat b', 'next'], 'a Java trace'],
  ['{"a":1}\n b\n', ['{"a":1}', ' b'], 'a JSON object is whole'],
  ['{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}'], 'JSON lines'],
  ['é\n€uro\n😀', ['é', '€uro', '😀'], 'UTF-8'],
  ['\ufeffa\nb\n', ['\ufeffa', 'b'], 'a byte order mark'],
];

t.test('what a record is, however its bytes come', async (t) => {
  const rig = new LaneRig();
  for (const [text, expected, reason] of CUTS) {
    const bytes = Buffer.from(text);
    const whole = rig.records(streamOf(bytes));
    t.same(texts(whole), expected, reason);
    t.equal(untiled(bytes, whole), undefined, `${reason}: every byte in its place`);
    for (let perTurn = 1; perTurn < bytes.length; perTurn++) t.same(places(rig.records(streamOf(bytes), perTurn)), places(whole), `${reason}: ${perTurn} bytes at a time`);
  }
});

t.test('chunks that end anywhere', async (t) => {
  const text = `2026-11-22T10:00:00Z INFO first\r\n\r\n\0\0second\n  and more\n\n{"level":"warn","msg":"third"}\n${'long '.repeat(30)}\n\n   \nlast é`;
  const bytes = Buffer.from(text);
  const whole = new LaneRig().records(streamOf(bytes));
  t.same(whole.length, 5);
  for (let chunkBytes = 1; chunkBytes <= bytes.length + 1; chunkBytes++) {
    const records = new LaneRig({ chunkBytes, maxRecordBytes: 200 }).records(streamOf(bytes));
    if (JSON.stringify(records) !== JSON.stringify(whole)) t.same(records, whole, `chunks of ${chunkBytes}`);
  }
  t.pass('the same records, from chunks of every size');
});

t.test('random texts: the same records from chunks of any size, which tile the text', async (t) => {
  const PIECES = ['a', 'bb', '\n', '\n', '\n', '\r\n', '\r', ' ', '\t', '\0', ' indented', '{"a":1}', 'é', 'Caused by: x'];
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(Array.from({ length: random.below(60) }, () => random.of(PIECES)).join(''));
    const whole = new LaneRig({ chunkBytes: 4_096, maxRecordBytes: 4_096 }).records(streamOf(bytes));
    const problem = untiled(bytes, whole);
    if (problem !== undefined) return void t.fail(`${problem} in ${JSON.stringify(bytes.toString())}`);
    const options = { chunkBytes: 1 + random.below(40), maxRecordBytes: 1_000 };
    const perTurn = 1 + random.below(20);
    const parts = new LaneRig(options).records(streamOf(bytes), perTurn);
    if (places(parts).join() !== places(whole).join()) return void t.same(places(parts), places(whole), `chunks of ${options.chunkBytes}, ${perTurn} bytes a turn: ${JSON.stringify(bytes.toString())}`);
  }
  return void t.pass('300 texts');
});

t.test('a quiet source: what has ended is taken, what has not is left', async (t) => {
  const rig = new LaneRig();
  const bytes = Buffer.from('first\n  more\nsecond\n  of second\nopen');
  const source = rig.open({ ...streamOf(bytes), length: Infinity });
  source.available = 19; // "second" has no newline yet
  t.same(texts(rig.pump(source)), [], 'the next line could go on with it: not known yet');
  source.available = 20;
  t.same(texts(rig.pump(source)), ['first\n  more'], 'the next line begins another');
  t.same(texts(rig.pump(source, true)), ['second'], 'quiet for long enough');
  source.available = bytes.length;
  t.same(texts(rig.pump(source)), []);
  t.same(texts(rig.pump(source, true)), ['  of second'], 'what came too late is a record of its own; the line without an end is left');
  t.equal(source.offset, bytes.length - 4);
});

t.test('a record has two thousand lines at most', async (t) => {
  const lines = (count: number): string => ` more\n`.repeat(count);
  const rows: [text: string, counts: number[], reason: string][] = [
    [`first\n${lines(1_999)}next\n`, [2_000, 1], 'two thousand'],
    [`first\n${lines(2_000)}next\n`, [2_000, 1, 1], 'one more'],
    [`first\n${lines(2_001)}next\n`, [2_000, 1, 1, 1], 'more: what is left of the indented lines stands side by side'],
    [`first\n${lines(2_000)}`, [2_000, 1], 'and nothing behind'],
    [`first\n${lines(1_999)} without an end`, [2_000, 1], 'the last one without an end'],
  ];
  for (const [text, counts, reason] of rows) {
    const bytes = Buffer.from(text);
    for (const perTurn of [Infinity, 997]) {
      const records = new LaneRig().records(streamOf(bytes), perTurn);
      t.same(records.map((record) => record.line_count), counts, reason);
      t.equal(untiled(bytes, records), undefined);
    }
  }
});

t.test('more lines than the table of newlines holds', async (t) => {
  for (const count of [8_191, 8_192, 8_193, 20_000]) {
    const bytes = Buffer.from('x\n'.repeat(count));
    const records = new LaneRig().records(streamOf(bytes));
    t.equal(records.length, count);
    t.equal(untiled(bytes, records), undefined);
  }
});

const MAX = 100;

t.test('what is longer than max_record_bytes is cut at a character, whatever its chunks', async (t) => {
  const line = (length: number, character = 'x'): string => character.repeat(length / Buffer.byteLength(character));
  const rows: [text: string, kept: number[], lengths: number[], reason: string][] = [
    [`${line(100)}\nnext\n`, [100, 4], [100, 4], 'as long as may be'],
    [`${line(101)}\nnext\n`, [100, 4], [101, 4], 'one byte too long'],
    [`${line(102, 'é')}\nnext\n`, [100, 4], [102, 4], 'between two characters'],
    [`x${line(102, 'é')}\nnext\n`, [99, 4], [103, 4], 'in the middle of a character'],
    [`${line(120, '€')}\nnext\n`, [99, 4], [120, 4], 'in the middle of one of three bytes'],
    [`xx${line(120, '😀')}\nnext\n`, [98, 4], [122, 4], 'in the middle of one of four bytes'],
    [`${line(1_000)}\nnext\n`, [100, 4], [1_000, 4], 'much too long'],
    [`${line(1_000)}\r\nnext\r\n`, [100, 4], [1_000, 4], 'and with CRLF'],
    [`${line(1_000)}`, [100], [1_000], 'and without an end'],
    [`${line(1_000)}\r`, [100], [1_000], 'and cut between CR and LF'],
    [`first\n${line(1_000)}\nnext\n`, [5, 100, 4], [5, 1_000, 4], 'behind a short one, which is a record of its own'],
    [`first\n\n\n${line(1_000)}\n\n\nnext\n`, [5, 100, 4], [5, 1_000, 4], 'among blank lines'],
    [`${line(1_000)}\n${line(1_000, 'é')}\nnext\n`, [100, 100, 4], [1_000, 1_000, 4], 'two of them'],
    [`\0\0${line(1_000)}\nnext\n`, [100, 4], [1_000, 4], 'behind NULs'],
    [`${'\0'.repeat(1_000)}next\n`, [4], [4], 'many NULs are no line'],
    [`${' \n'.repeat(1_000)}next\n`, [4], [4], 'many blank lines are none either'],
    [`${'\r'.repeat(50)}${line(1_000)}\nnext\n`, [100, 4], [1_050, 4], 'CRs are a part of it'],
  ];
  for (const [text, kept, lengths, reason] of rows) {
    const bytes = Buffer.from(text);
    for (const chunkBytes of [1, 7, 50, 64, 300, 4_096]) {
      for (const perTurn of [1, 13, Infinity]) {
        const rig = new LaneRig({ chunkBytes, maxRecordBytes: MAX });
        const records = rig.records(streamOf(bytes), perTurn);
        const what = `${reason}: chunks of ${chunkBytes}, ${perTurn} bytes a turn`;
        const same = JSON.stringify([records.map(({ text: record }) => Buffer.byteLength(record)), records.map(({ length }) => length)]) === JSON.stringify([kept, lengths]);
        if (!same) t.same([records.map(({ text: record }) => Buffer.byteLength(record)), records.map(({ length }) => length)], [kept, lengths], what);
        const problem = untiled(bytes, records);
        if (problem !== undefined) t.fail(`${what}: ${problem}`);
        records.forEach(({ fields, length }, index) => {
          const cut = length > (kept[index] ?? 0);
          if ((fields['truncated'] === true) !== cut || fields['original_bytes'] !== (cut ? length : undefined)) t.fail(`${what}: says ${JSON.stringify(fields)}`);
        });
        const cutBytes = records.reduce((sum, { length, text: record }) => sum + length - Buffer.byteLength(record), 0);
        const summary = rig.ledger.summary().join('\n');
        if (cutBytes > 0 && !summary.includes(`${cutBytes} bytes cut off`)) t.fail(`${what}: ${summary}`);
      }
    }
    t.pass(reason);
  }
});

t.test('what was read of a long line counts as read when it is through', async (t) => {
  for (const end of ['\n', '', '\r\n', '\n\n']) {
    const text = `${'x'.repeat(1_000)}${end}`;
    const rig = new LaneRig({ chunkBytes: 64, maxRecordBytes: MAX });
    const source = rig.open(streamOf(text));
    source.available = text.length;
    for (let turn = 0; turn < 100; turn++) rig.pump(source);
    t.equal(source.offset, text.length);
    t.equal(rig.tracker.acknowledged(source.index), text.length, `ending in ${JSON.stringify(end)}`);
  }
});

t.test('a line of 64 MiB, then a normal one, in flat memory', async (t) => {
  const long = 64 * 2 ** 20;
  const tail = Buffer.from('\nINFO a normal line\n');
  const stream: Stream = {
    length: long + tail.length,
    fill(target, offset) {
      target.fill(0x79);
      for (let at = Math.max(offset, long); at < offset + target.length; at++) target[at - offset] = tail[at - long] ?? 0;
    },
  };
  const rig = new LaneRig();
  const used = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const before = used();
  let most = 0;
  const records = rig.records({ length: stream.length, fill: (target, offset) => { stream.fill(target, offset); most = Math.max(most, used() - before); } });
  t.same(records.map(({ length, fields }) => [length, fields['truncated']]), [[long, true], [18, undefined]]);
  t.equal(Buffer.byteLength(String(records[0]?.fields['message'])), 2 ** 20);
  t.equal(records[1]?.fields['message'], 'a normal line');
  t.ok(most < 32 * 2 ** 20, `${Math.round(most / 2 ** 20)} MiB more at most`);
});
