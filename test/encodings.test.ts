// Sources in other encodings than UTF-8: what is read, where it stands in the file, and that no position is lost on the way.
import { appendFileSync, copyFileSync, openSync, closeSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TextDecoder } from 'node:util';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { byteOrderMark, mayBeMark } from '../agent/inputs/decoding/byte-order-mark.ts';
import { type Charset, bytesOf, codePointOf, putUtf8 } from '../agent/inputs/decoding/charset.ts';
import { decoded } from '../agent/inputs/decoding/decoded-source.ts';
import { charsetOf } from '../agent/inputs/decoding/encodings.ts';
import { ENCODINGS, type Encoding } from '../agent/inputs/decoding/names.ts';
import { fileKind } from '../agent/inputs/file-kind.ts';
import { lastLineEnd } from '../agent/inputs/line-end.ts';
import type { Explanation } from '../agent/explain/explainer.ts';
import type { Source } from '../agent/inputs/source.ts';
import { events, run, start, until } from './e2e/run-shipper.ts';
import { type Answer, BulkServer } from './helpers/bulk-server.ts';
import { LaneRig, streamOf, TurnSource } from './helpers/lane-rig.ts';
import { seeded } from './helpers/random.ts';

t.setTimeout(400_000); // a machine may be slow

/** Small, so that lines are longer than what is read at once, and than a record may be. */
const rig = new LaneRig({ chunkBytes: 4_096, maxRecordBytes: 8_192 });
let sources = 1_000_000;

/** A character with what it is in the file and in the text. */
interface Character {
  readonly raw: Buffer;
  readonly utf8: Buffer;
}

t.test('words of many languages', (t) => {
  const rows: [encoding: Encoding, hex: string, text: string][] = [
    ['utf-16le', '47 00 fc 00 e5 65 3d d8 00 de', 'Gü日😀'],
    ['utf-16be', '00 47 00 fc 65 e5 d8 3d de 00', 'Gü日😀'],
    ['latin1', '47 fc df e9 80 93', 'Güßé€“'],
    ['windows-1252', '80 85 99', '€…™'],
    ['iso-8859-15', 'a4 b4', '€Ž'],
    ['windows-1250', '9e 6c 75 9d 6f 75 e8 6b fd', 'žluťoučký'],
    ['windows-1251', 'cf f0 e8 e2 e5 f2', 'Привет'],
    ['koi8-r', 'f0 d2 c9 d7 c5 d4', 'Привет'],
    ['ibm866', '8f e0 a8 a2 a5 e2', 'Привет'],
    ['shift_jis', '83 8d 83 4f b6 5c', 'ログｶ\\'],
    ['euc-jp', 'a5 ed a5 b0 8e b6 8f b0 a1', 'ログｶ丂'],
    ['gbk', 'c8 d5 d6 be 80', '日志€'],
    ['gb18030', 'c8 d5 d6 be 94 39 fc 36', '日志😀'],
    ['big5', 'a4 e9 bb 78', '日誌'],
    ['euc-kr', 'b7 ce b1 d7', '로그'],
  ];
  for (const [encoding, hex, text] of rows) t.equal(textOf(encoding, Buffer.from(hex.replaceAll(' ', ''), 'hex')), text, encoding);
  t.end();
});

t.test('every character of every encoding is what Node makes of it', (t) => {
  for (const encoding of ENCODINGS) {
    if (['utf-8', 'latin1', 'windows-1252'].includes(encoding)) continue; // Node 20 has a fault there, which is why there is a table of ours
    const fatal = new TextDecoder(encoding, { fatal: true });
    const all = charactersOf(fatal, encoding.startsWith('utf-16'));
    const bytes = Buffer.concat(all);
    t.ok(all.length > 160, `${encoding} has ${all.length} characters that were tried`);
    t.ok(textOf(encoding, bytes) === fatal.decode(bytes), `${encoding}: all of them in a row`);
  }
  t.end();
});

t.test('bytes that mean nothing', (t) => {
  const rows: [encoding: Encoding, hex: string, text: string, why: string][] = [
    ['utf-16le', '41 00 00 d8 42 00', 'A\ufffdB', 'the first half of a pair alone'],
    ['utf-16le', '41 00 00 dc 42 00', 'A\ufffdB', 'the second half alone'],
    ['utf-16le', '00 d8 00 d8 00 dc', '\ufffd\u{10000}', 'a half, then a whole one'],
    ['utf-16le', '41 00 0a', 'A\ufffd', 'half a unit at the end'],
    ['utf-16le', '3d d8 00', '\ufffd\ufffd', 'half a pair and half a unit at the end'],
    ['utf-16be', '00 0a d8 00', '\n\ufffd', 'half a pair at the end'],
    ['shift_jis', '83 0a 41', '\ufffd\nA', 'a newline is never the second byte'],
    ['shift_jis', '41 83', 'A\ufffd', 'the first byte of two at the end'],
    ['gb18030', '81 30 0a 41', '\ufffd0\nA', 'nor the third of four'],
    ['euc-jp', '8f b0 0a', '\ufffd\n', 'nor the third of three'],
    ['iso-8859-6', '41 a1', 'A\ufffd', 'a byte that is not used'],
  ];
  for (const [encoding, hex, text, why] of rows) t.equal(textOf(encoding, Buffer.from(hex.replaceAll(' ', ''), 'hex')), text, `${encoding}: ${why}`);
  const random = seeded(20261126);
  for (const encoding of ENCODINGS) {
    const charset = charsetOf(encoding);
    if (charset === undefined) continue;
    const bytes = Buffer.from(Array.from({ length: 4_000 }, () => (random.oneIn(9) ? 10 : random.below(256))));
    const newlines = charset.unitBytes === 2 ? undefined : bytes.filter((byte) => byte === 10).length;
    const text = textOf(encoding, bytes);
    if (newlines !== undefined) t.equal(text.split('\n').length - 1, newlines, `${encoding}: no newline is lost in noise`);
    t.equal(charactersIn(charset, bytes).reduce((sum, { raw }) => sum + raw.length, 0), bytes.length, `${encoding}: nor a byte`);
  }
  t.end();
});

t.test('byte order marks', (t) => {
  const rows: [hex: string, encoding: Encoding | undefined, mayBe: boolean, why: string][] = [
    ['ef bb bf 41', 'utf-8', false, 'UTF-8'],
    ['ff fe 41 00', 'utf-16le', false, 'UTF-16 as Windows writes it'],
    ['fe ff 00 41', 'utf-16be', false, 'the other way round'],
    ['ff fe 00 00', undefined, false, 'UTF-32, which nobody writes'],
    ['ff fe', 'utf-16le', true, 'UTF-16, or UTF-32: two more bytes tell'],
    ['ff fe 00', 'utf-16le', true, 'the same'],
    ['ff fe 41', 'utf-16le', false, 'UTF-16'],
    ['ff', undefined, true, 'half of one'],
    ['ef bb', undefined, true, 'two thirds of one'],
    ['ef 41', undefined, false, 'none'],
    ['41', undefined, false, 'none'],
    ['', undefined, true, 'nothing is there'],
  ];
  for (const [hex, encoding, mayBe, why] of rows) {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    t.equal(byteOrderMark(bytes)?.encoding, encoding, `${hex}: ${why}`);
    t.equal(mayBeMark(bytes), mayBe, `${hex}: whether more may come`);
  }
  t.end();
});

t.test('which files are logs', (t) => {
  const text = 'one line\r\nand another\r\n'.repeat(20);
  const rows: [bytes: Uint8Array, encoding: Encoding, kind: string, why: string][] = [
    [inUtf16(`\ufeff${text}`), 'utf-8', 'text', 'UTF-16 that says so'],
    [swapped(inUtf16(`\ufeff${text}`)), 'utf-8', 'text', 'the other way round'],
    [inUtf16(`\ufeff${'日本語のログ\n'.repeat(9)}`), 'utf-8', 'text', 'not a byte of it is ASCII'],
    [inUtf16(text), 'utf-16le', 'text', 'UTF-16 that the configuration says'],
    [inUtf16(text), 'utf-8', 'binary', 'UTF-16 that nobody says'],
    [Buffer.concat([Buffer.of(0xff, 0xfe), seeded(7).bytes(4_000)]), 'utf-8', 'text', 'noise is 1 % control characters as UTF-16: nothing tells it from Chinese'],
    [Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.alloc(400, 1)]), 'utf-8', 'text', 'U+0101 is a letter'],
    [Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.alloc(400, Buffer.of(1, 0))]), 'utf-8', 'binary', 'control characters'],
    [Buffer.from('\x7fELF\0\0\0'), 'utf-16le', 'binary', 'a program is one in any encoding'],
    [Buffer.from('cff0e8e2e5f20a', 'hex'), 'windows-1251', 'text', 'hardly anything is ASCII'],
  ];
  for (const [bytes, encoding, kind, why] of rows) t.equal(fileKind(bytes, encoding).kind, kind, why);
  t.match(fileKind(inUtf16(text)), { what: /utf-16le without a byte order mark: then set its input's encoding/ }, 'and what to do about it');
  t.match(fileKind(swapped(inUtf16(text))), { what: /utf-16be/ });
  t.end();
});

t.test('where the last line ends', (t) => {
  const gurmukhi = '\u0a05\u0a05\u0a0a'; // a byte of each is that of a newline
  const rows: [bytes: Buffer, encoding: Encoding, end: number, why: string][] = [
    [Buffer.from('one\ntwo'), 'utf-8', 4, 'UTF-8'],
    [Buffer.from('no line'), 'utf-8', 0, 'no newline'],
    [inUtf16('one\ntwo'), 'utf-16le', 8, 'UTF-16'],
    [inUtf16(`one\n${gurmukhi}`), 'utf-16le', 8, 'bytes 0a that are none'],
    [swapped(inUtf16(`one\n${gurmukhi}`)), 'utf-16be', 8, 'the other way round'],
    [swapped(inUtf16('one\n\u0a00\u0a00')), 'utf-16be', 8, '00 0a, but in the middle of two characters'],
    [inUtf16(`\ufeffone\n${gurmukhi}`), 'utf-8', 10, 'a byte order mark says it'],
    [Buffer.concat([inUtf16('one\ntwo'), Buffer.of(10)]), 'utf-16le', 8, 'half a character at the end'],
    [Buffer.concat([inUtf16('x'.repeat(70_000)), Buffer.of(10)]), 'utf-16le', 140_000, 'no newline for long, and half a character'],
    [inUtf16(gurmukhi), 'utf-16le', 0, 'no newline'],
  ];
  const file = path.join(t.testdir(), 'log');
  for (const [bytes, encoding, end, why] of rows) {
    writeFileSync(file, bytes);
    const descriptor = openSync(file, 'r');
    t.equal(lastLineEnd(descriptor, bytes.length, encoding), end, why);
    closeSync(descriptor);
  }
  t.end();
});

const TEXTS: readonly (readonly [text: string, why: string])[] = [
  ['2026-11-22 10:00:00,123 INFO  payments  done\n2026-11-22 10:00:01,123 ERROR payments  failed\n', 'ASCII'],
  ['2026-11-22 10:00:00,123 INFO  app  Grüße für User\r\n\r\n  \r\n{"level":"warn","msg":"é"}\r\nlast, without an end', 'CR LF, blank lines, an end without a newline'],
  ['2026-11-22 10:00:00,123 ERROR app boom é\njava.lang.IllegalStateException: é\n\tat a.b.C(D.java:1)\n\tat a.b.E(F.java:2)\n2026-11-22 10:00:02,123 INFO app on\n', 'a stack trace'],
  ['\0\0\0é one\n\0\0two é\n\0', 'NULs in front of lines, and at the end'],
  [`short é\n${'é1234567'.repeat(1_200)}\r\nshort\n${'1234567é'.repeat(1_200)}\r\nshort\n`, 'lines that are cut, with CR LF'],
  [`${'é'.repeat(4_090)}\n${'x'.repeat(4_095)}é\n${'é'.repeat(2_048)}\nend`, 'lines about as long as what is read at once'],
  [Array.from({ length: 40 }, (_, n) => `INFO~2026-11-22 10:00:${String(n).padStart(2, '0')}~main-${n}~é number ${n}\n`).join(''), 'headers that are learned'],
  [Array.from({ length: 30 }, (_, n) => `2026-11-22T10:00:00.${String(n).padStart(9, '0')}Z ${n % 3 === 0 ? 'stderr' : 'stdout'} ${n % 5 === 0 ? 'P' : 'F'} é line ${n}\n`).join(''), "a container's envelopes"],
  ['\n\n', 'nothing'],
];
const WIDE: readonly (readonly [text: string, why: string])[] = [
  ['2026-11-22 10:00:00,123 INFO app 日本語のログ 😀\n😀😀\n', 'characters of three and four bytes'],
  [`${'😀'.repeat(3_000)}\n日本\n${'日'.repeat(1_365)}x\n`, 'cut in the middle of them'],
];

t.test('what is read is what it would be in UTF-8, and places are those of the file, however it comes', (t) => {
  const encodings: readonly [Encoding, readonly (readonly [string, string])[]][] = [
    ['utf-16le', [...TEXTS, ...WIDE]], ['utf-16be', [...TEXTS, ...WIDE]], ['latin1', TEXTS], ['gb18030', [...TEXTS, ...WIDE]],
    ['shift_jis', TEXTS.map(([text, why]) => [text.replaceAll('é', 'ｶ漢').replaceAll(/[üß]/g, '漢'), why] as const)],
  ];
  for (const [encoding, texts] of encodings) {
    for (const [text, why] of texts) {
      const characters = encoded(encoding, text);
      const expected = inFile(rig.records(streamOf(text)), characters, 0);
      for (const perTurn of encoding === 'utf-16le' ? [1, 7, 1_000, Infinity] : [7, Infinity]) {
        if (perTurn < 1_000 && text.length > 3_000) continue; // it is looked at again at each turn
        t.strictSame(recordsOf(Buffer.concat(characters.map(({ raw }) => raw)), encoding, perTurn), expected, `${encoding}: ${why}, ${perTurn} bytes at a time`);
      }
    }
  }
  t.end();
});

t.test('a byte order mark is no text', (t) => {
  const [text, why] = TEXTS[1] ?? ['', ''];
  const rows: [encoding: Encoding, configured: Encoding, mark: string][] = [
    ['utf-16le', 'utf-8', 'fffe'], ['utf-16be', 'utf-8', 'feff'], ['utf-16be', 'utf-16le', 'feff'], ['utf-8', 'utf-8', 'efbbbf'], ['utf-8', 'latin1', 'efbbbf'], ['utf-16le', 'latin1', 'fffe'],
  ];
  for (const [encoding, configured, hex] of rows) {
    const mark = Buffer.from(hex, 'hex');
    const characters = encoded(encoding, text);
    const expected = inFile(rig.records(streamOf(text)), characters, mark.length);
    for (const perTurn of [1, 2, 3, 50, Infinity]) {
      t.strictSame(recordsOf(Buffer.concat([mark, ...characters.map(({ raw }) => raw)]), configured, perTurn), expected, `${encoding} where ${configured} is set: ${why}, ${perTurn} bytes at a time`);
    }
    t.strictSame(recordsOf(mark, configured, 1), [], 'nothing else');
  }
  t.end();
});

t.test('reading goes on at every position that can be safe, and gives the same', (t) => {
  const texts = [...TEXTS.slice(0, 4), TEXTS[6] ?? ['', ''], ...WIDE.slice(0, 1)];
  for (const encoding of ['utf-16le', 'gb18030'] as const) {
    for (const [text, why] of texts) {
      const bytes = Buffer.concat(encoded(encoding, text).map(({ raw }) => raw));
      const whole = recordsOf(bytes, encoding, Infinity);
      const safe = new Set<number>();
      recordsOf(bytes, encoding, 5, (source) => safe.add(source.acknowledged));
      t.ok(safe.size > 1 && [...safe].every((offset) => offset === bytes.length || whole.some((record) => record.offset >= offset)), `${encoding}: ${why}: positions ${[...safe].join(', ')}`);
      for (const offset of safe) {
        t.strictSame(recordsOf(bytes, encoding, Infinity, undefined, offset), whole.filter((record) => record.offset >= offset), `${encoding}: ${why}: from ${offset} on`);
      }
    }
  }
  t.end();
});

t.test('half a character was the end of all there was', (t) => {
  const whole = inUtf16('one\ntwo é😀\nthree\n');
  for (let cut = 1; cut <= 24; cut++) {
    const first = recordsOf(whole.subarray(0, cut), 'utf-16le', Infinity);
    const at = Math.max(0, ...first.map(({ offset, length }) => offset + length));
    t.ok(at <= cut, `after ${cut} bytes`);
    const rest = recordsOf(whole, 'utf-16le', Infinity, undefined, at);
    t.match(rest.at(-1), { offset: 24, length: 10, text: 'three' }, `what comes after ${cut} bytes is in step again`);
  }
  t.end();
});

t.test('explain and --once show the same of a file, of the same compressed, and of a pipe', async (t) => {
  const dir = t.testdir();
  const text = Array.from({ length: 200 }, (_, n) => `2026-11-22 10:00:00,123 INFO app Grüße 日本 😀 ${n}\r\n`).join('');
  const rows: [name: string, bytes: Buffer, encoding: Encoding, second: number][] = [
    ['utf16.log', inUtf16(`\ufeff${text}`), 'utf-8', 2 + inUtf16(text).indexOf(inUtf16('\n')) + 2],
    ['gb.log', Buffer.concat(encoded('gb18030', text).map(({ raw }) => raw)), 'gb18030', Buffer.concat(encoded('gb18030', text).map(({ raw }) => raw)).indexOf(10) + 1],
  ];
  for (const [name, bytes, encoding, second] of rows) {
    const file = path.join(dir, name);
    const config = path.join(dir, `${name}.yaml`);
    const out = path.join(dir, `${name}.ndjson`);
    writeFileSync(file, bytes);
    writeFileSync(`${file}.gz`, gzipSync(bytes));
    const configure = (input: string): void => writeFileSync(config, `inputs: { app: ${input} }\noutputs: { out: { type: file, path: ${JSON.stringify(out)} } }\nstate_dir: ${JSON.stringify(path.join(dir, `${name}-state`))}\n`);
    configure(`{ type: file, paths: [${JSON.stringify(file)}], encoding: ${encoding} }`);
    const shown = events((await run(['explain', '--json', '--input', 'app', '-c', config, file])).stdout);
    t.equal(shown.length, 200, name);
    t.match(shown[1], { offset: second, fields: { message: 'Grüße 日本 😀 1' } }, 'in bytes of the file');
    const { start, end } = (shown[1]?.['why'] as { field: string; start: number; end: number }[]).find(({ field }) => field === 'message') ?? { start: 0, end: 0 };
    t.equal(Buffer.from('2026-11-22 10:00:00,123 INFO app Grüße 日本 😀 1').subarray(start, end).toString(), 'app Grüße 日本 😀 1', 'where a field stands: in bytes of the record as UTF-8');
    t.strictSame(events((await run(['explain', '--json', '--input', 'app', '-c', config, `${file}.gz`])).stdout), shown, 'compressed');
    const fields = shown.map((record) => record['fields']);
    const shipped = (): unknown[] => events(readFileSync(out, 'utf8')).map(({ host: _, ...rest }) => rest);
    t.equal((await run(['--once', '-c', config])).code, 0);
    t.strictSame(shipped(), fields, '--once');
    rmSync(out);
    configure(`{ type: file, paths: [${JSON.stringify(`${file}.gz`)}], encoding: ${encoding} }`);
    t.equal((await run(['--once', '-c', config, '--state-dir', path.join(dir, `${name}-gz`)])).code, 0);
    t.strictSame(shipped(), fields, '--once, compressed');
    rmSync(out);
    configure(`{ type: stdin, encoding: ${encoding} }`);
    t.equal((await run(['-c', config], { stdin: bytes })).code, 0);
    t.strictSame(shipped(), fields, 'a pipe');
  }
});

t.test('killed, rotated, compressed, truncated: each line once, under one id', async (t) => {
  let deaf = true;
  const { server, url } = await serve(t, (request) => {
    server.store(request);
    return deaf ? 'silence' : undefined;
  });
  const dir = t.testdir({ logs: {}, state: {} });
  const log = path.join(dir, 'logs', 'app.log');
  const config = path.join(dir, 'shipper.yaml');
  writeFileSync(config, `inputs: { app: { type: file, paths: [${JSON.stringify(log)}], encoding: utf-16le } }\noutputs: { es: { type: elasticsearch, url: ${JSON.stringify(url)}, batch: { age: 20ms, events: 40 } } }\n`);
  let lines = 0;
  const append = (count: number): void => {
    for (let n = 0; n < count; n++) appendFileSync(log, inUtf16(`2026-11-22 10:00:00,123 INFO app 日本 😀 ${lines++}\r\n`));
  };
  const launch = (): ReturnType<typeof start> => start(['-c', config, '--state-dir', path.join(dir, 'state')]);
  const restart = async (running: ReturnType<typeof start>): Promise<ReturnType<typeof start>> => {
    running.child.kill('SIGKILL');
    await running.ended;
    return launch();
  };
  writeFileSync(log, inUtf16('\ufeff'));
  append(100);
  let running = launch();
  await until(() => server.stored.size > 0, 'a request that is never answered');
  deaf = false;
  running = await restart(running);
  await until(() => server.stored.size === lines, 'the rest, and the same again');
  renameSync(log, `${log}.1`);
  append(50);
  await until(() => server.stored.size === lines, 'the successor of a file that was renamed');
  deaf = true;
  append(100);
  await until(() => server.requests.length > 0 && server.stored.size > lines - 100, 'some of the next');
  running.child.kill('SIGKILL');
  await running.ended;
  renameSync(log, `${log}.2`);
  writeFileSync(`${log}.2.gz`, gzipSync(readFileSync(`${log}.2`)));
  rmSync(`${log}.2`);
  append(20);
  deaf = false;
  running = launch();
  await until(() => server.stored.size === lines, 'the rest of a file that was compressed while nobody looked');
  copyFileSync(log, `${log}.3`);
  truncateSync(log);
  append(30);
  await until(() => server.stored.size === lines, 'what came after a truncation');
  appendFileSync(log, inUtf16('half 😀').subarray(0, -3));
  appendFileSync(log, inUtf16('half 😀 2026\n').subarray(11));
  lines++;
  await until(() => server.stored.size === lines, 'a line that came in the middle of a character');
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  t.equal(code, 0, stderr);
  const messages = new Map(server.requests.flatMap(({ ids, documents }) => ids.map((id, at) => [id, String(documents[at]?.['message'])] as const)));
  const expected = [...Array.from({ length: lines - 1 }, (_, n) => `app 日本 😀 ${n}`), 'half 😀 2026'];
  t.strictSame([...messages.values()].sort(), expected.sort(), 'each line once');
});

t.test('start_at: end begins behind a line of UTF-16', async (t) => {
  const { server, url } = await serve(t, () => undefined);
  const dir = t.testdir({ state: {} });
  const log = path.join(dir, 'app.log');
  const config = path.join(dir, 'shipper.yaml');
  writeFileSync(config, `inputs: { app: { type: file, paths: [${JSON.stringify(log)}], start_at: end } }\noutputs: { es: { type: elasticsearch, url: ${JSON.stringify(url)}, batch: { age: 20ms } } }\n`);
  writeFileSync(log, inUtf16('\ufeffold\nhalf \u0a0a'));
  const running = start(['-c', config, '--state-dir', path.join(dir, 'state')]);
  const hasCheckpoint = (): boolean => {
    try {
      return readFileSync(path.join(dir, 'state', 'checkpoints-1.json'), 'utf8').includes('app.log');
    } catch {
      return false; // not yet
    }
  };
  await until(hasCheckpoint, 'the file to be known');
  appendFileSync(log, inUtf16(' whole\nnew 😀\n'));
  await until(() => server.stored.size === 2, 'two lines');
  running.child.kill('SIGTERM');
  await running.ended;
  t.strictSame(server.requests.flatMap(({ documents }) => documents.map((document) => document['message'])), ['half \u0a0a whole', 'new 😀']);
});

/** What is compared of a record. */
type Facts = Pick<Explanation, 'offset' | 'length' | 'line_count' | 'format' | 'fields' | 'text'>;

/** The records of a source whose bytes come so many at a time, from an offset on. `look` is called after each turn. */
function recordsOf(bytes: Buffer, encoding: Encoding, perTurn: number, look?: (source: TurnSource) => void, from = 0): Facts[] {
  const file = Object.assign(new TurnSource(sources++, streamOf(bytes)), {
    offset: from,
    available: from,
    readHead: (target: Uint8Array, count: number) => bytes.copy(target, 0, 0, Math.min(count, file.available, target.length)),
  });
  file.available = Math.min(bytes.length, from + perTurn);
  let source: Source | undefined;
  const records: Explanation[] = [];
  for (;;) {
    if (source === undefined) {
      source = decoded(file, encoding);
      rig.ledger.add(source);
      rig.tracker.add(source);
    }
    const before = source.offset;
    const came = rig.pump(source);
    records.push(...came);
    look?.(file);
    if (file.ended && came.length === 0 && source.offset === before) return records.map(factsOf);
    file.available = Math.min(bytes.length, file.available + perTurn);
  }
}

function factsOf({ offset, length, line_count, format, fields, text }: Explanation): Facts {
  return { offset, length, line_count, format, fields, text };
}

/** Records of the text as UTF-8, with the places that they have in a file of these characters. */
function inFile(records: readonly Explanation[], characters: readonly Character[], markBytes: number): Facts[] {
  const places = new Map<number, number>();
  let [utf8, raw] = [0, markBytes];
  for (const character of characters) {
    places.set(utf8, raw);
    utf8 += character.utf8.length;
    raw += character.raw.length;
  }
  places.set(utf8, raw);
  const placeOf = (position: number): number => places.get(position) ?? NaN;
  return records.map((record) => ({ ...factsOf(record), offset: placeOf(record.offset), length: placeOf(record.offset + record.length) - placeOf(record.offset) }));
}

function textOf(encoding: Encoding, bytes: Buffer): string {
  const charset = charsetOf(encoding);
  return charset === undefined ? bytes.toString() : Buffer.concat(charactersIn(charset, bytes).map(({ utf8 }) => utf8)).toString();
}

function charactersIn(charset: Charset, bytes: Buffer): Character[] {
  const found: Character[] = [];
  for (let at = 0; at < bytes.length; ) {
    const character = charset.read(bytes, at, bytes.length, true);
    const utf8 = Buffer.alloc(4);
    const raw = bytes.subarray(at, at + Math.max(1, bytesOf(character)));
    found.push({ raw, utf8: utf8.subarray(0, putUtf8(codePointOf(character), utf8, 0)) });
    at += raw.length;
  }
  return found;
}

/** All characters of one and two bytes, as bytes; of UTF-16 some of each kind. */
function charactersOf(decoder: TextDecoder, isUtf16: boolean): Buffer[] {
  if (isUtf16) return Array.from({ length: 0x11_00 }, (_, n) => String.fromCodePoint(n * 0x100 + (n & 0xff))).filter((text) => !/[\ud800-\udfff]/u.test(text) && text !== '\ufeff').map((text) => (decoder.encoding === 'utf-16le' ? inUtf16(text) : swapped(inUtf16(text))));
  const isOne = (bytes: Buffer): boolean => {
    try {
      return [...decoder.decode(bytes)].length === 1;
    } catch {
      return false;
    }
  };
  // Of ASCII, Node's tables mix up three control characters.
  const singles = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte)).filter((bytes) => isOne(bytes) && ![0x1a, 0x1c, 0x7f].includes(bytes[0] ?? 0));
  const leads = Array.from({ length: 128 }, (_, n) => 128 + n).filter((byte) => !isOne(Buffer.of(byte)));
  const pairs = leads.flatMap((lead) => Array.from({ length: 64 }, (_, n) => Buffer.of(lead, 64 + 3 * n)).filter(isOne));
  return [...singles, ...pairs];
}

/** A text as characters in an encoding that has all of them. */
function encoded(encoding: Encoding, text: string): Character[] {
  return [...text].map((character) => ({ raw: inRaw(encoding, character), utf8: Buffer.from(character) }));
}

const EAST_ASIAN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shift_jis: { 'ｶ': 'b6', '漢': '8abf' },
  gb18030: { 'é': 'a8a6', 'ü': 'a8b9', 'ß': '81308938', '日': 'c8d5', '本': 'b1be', '語': 'd55a', 'の': 'a4ce', 'ロ': 'a5ed', 'グ': 'a5b0', '😀': '9439fc36' },
};

function inRaw(encoding: Encoding, character: string): Buffer {
  if (encoding === 'utf-16le') return inUtf16(character);
  if (encoding === 'utf-16be') return swapped(inUtf16(character));
  if (encoding === 'latin1') return Buffer.from(character, 'latin1');
  const known = EAST_ASIAN[encoding]?.[character];
  return known === undefined ? Buffer.from(character) : Buffer.from(known, 'hex');
}

function inUtf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes).swap16();
}

async function serve(t: Test, answer: (request: BulkServer['requests'][number]) => Answer | undefined): Promise<{ server: BulkServer; url: string }> {
  const server = new BulkServer((request, own) => answer(request) ?? own.store(request));
  t.teardown(() => server.close());
  return { server, url: await server.listen() };
}
