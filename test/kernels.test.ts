// The loops that run over every byte, compiled from AssemblyScript, against the same loops in plain TypeScript.
import t, { type Test } from 'tap';
import { Arena } from '../agent/arena.ts';
import { encodePlain } from '../agent/kernel/encode-plain.ts';
import { KernelScanner, MEMBERS_BYTES } from '../agent/kernel/kernel-scanner.ts';
import { loadKernels, loadMembers, plainKernels } from '../agent/kernel/kernel.ts';
import { Kind, KIND_BITS } from '../agent/kernel/pieces.ts';
import { identify } from '../parsers/aliases.ts';
import { hasDuplicates } from '../parsers/values/json-duplicates.ts';
import { DOUBTFUL, MAX_ROWS, ROW, UNSURE } from '../parsers/values/json-scan.ts';
import { PlainScanner } from '../parsers/values/plain-scanner.ts';
import { chunkOf } from './helpers/chunk.ts';
import { seeded } from './helpers/random.ts';

const random = seeded();
t.comment(`SEED=${random.seed}`);

const INPUT_BYTES = 262_144;
const arena = new Arena({ input: INPUT_BYTES, scratch: 65_536, constants: 1024 }, 4 * INPUT_BYTES + MEMBERS_BYTES);
const list = arena.claim(65_536);
const out = arena.claim(2 * INPUT_BYTES);
const table = arena.claim(65_536);
const kernels = loadKernels(arena);
const plain = plainKernels(arena);
const ints = new Int32Array(arena.memory.buffer);

const SPECIAL = ['"', '\\', '\n', '\t', '\r', '\b', '\f', '\0', '\u0001', '\u001f', '\u007f', '\u001b', '\u001b[0m', '\u001b[38;5;123m', '\u001b[', '\u001b[1', '\u001b[é'];
const BROKEN: readonly [bytes: number[], reason: string][] = [
  [[0x80], 'a continuation alone'], [[0xbf], 'the last continuation'], [[0xc0, 0x80], 'overlong NUL'], [[0xc1, 0xbf], 'overlong'],
  [[0xc2], 'two bytes, cut'], [[0xdf], 'two bytes, cut'], [[0xc2, 0x41], 'two bytes, then a letter'], [[0xe0, 0x80, 0x80], 'overlong of three'],
  [[0xe0, 0x9f, 0xbf], 'overlong of three'], [[0xe2, 0x82], 'three bytes, cut'], [[0xe2], 'three bytes, cut early'], [[0xe2, 0x28, 0xa1], 'three bytes, the second wrong'],
  [[0xe2, 0x82, 0x28], 'three bytes, the third wrong'], [[0xed, 0xa0, 0x80], 'a surrogate'], [[0xed, 0xbf, 0xbf], 'a surrogate'], [[0xed, 0x9f, 0xbf], 'the last before the surrogates'],
  [[0xf0, 0x80, 0x80, 0x80], 'overlong of four'], [[0xf0, 0x8f, 0xbf, 0xbf], 'overlong of four'], [[0xf0, 0x9f, 0x98], 'four bytes, cut'], [[0xf0, 0x9f], 'four bytes, cut'],
  [[0xf0, 0x28, 0x8c, 0xbc], 'the second wrong'], [[0xf0, 0x9f, 0x98, 0x28], 'the fourth wrong'], [[0xf4, 0x8f, 0xbf, 0xbf], 'the last character'],
  [[0xf4, 0x90, 0x80, 0x80], 'beyond Unicode'], [[0xf5, 0x80, 0x80, 0x80], 'no lead byte'], [[0xff], 'never'], [[0xfe, 0xfe, 0xff, 0xff], 'never'],
];

type Piece = readonly [address: number, length: number, kind: number];

function writeList(pieces: readonly Piece[]): void {
  pieces.forEach((piece, index) => ints.set(piece, list.start / 4 + index * 3));
}

/** What the kernel writes for one piece over `bytes`, after it was found to be the same as the plain version. */
function encoded(t: Test, bytes: Uint8Array, kind: number, what: string): Buffer {
  const at = arena.input.start;
  arena.bytes.fill(0x22, at, at + bytes.length + 64); // whatever lies behind must play no part
  arena.bytes.set(bytes, at);
  writeList([[at, bytes.length, kind]]);
  const end = kernels.encode(list.start, 1, out.start, out.start);
  const written = Buffer.from(arena.bytes.subarray(out.start, end));
  const expected = new Uint8Array(bytes.length * 6 + 2);
  const length = encodePlain(arena.bytes, ints.subarray(list.start / 4), 1, expected, 0, 0);
  if (Buffer.compare(written, expected.subarray(0, length)) !== 0) t.equal(written.toString('latin1'), Buffer.from(expected.subarray(0, length)).toString('latin1'), what);
  return written;
}

const NO_COLOURS = /\u001b\[[\x20-\x3f]*[\x40-\x7e]/g;

t.test('encode: every length around the 16-byte steps, a special at every position', async (t) => {
  for (let length = 0; length <= 70; length++) {
    const letters = Buffer.alloc(length, 'abcdefghijklmnopqrstuvwxyz');
    for (const kind of [Kind.COPY, Kind.COPY_REPAIRED]) t.equal(encoded(t, letters, kind, `${length}`).toString(), letters.toString());
    for (const kind of [Kind.QUOTE, Kind.QUOTE_REPAIRED]) t.equal(encoded(t, letters, kind, `${length}`).toString(), JSON.stringify(letters.toString()));
    let wrong = 0;
    for (let at = 0; at <= length; at++) {
      for (const special of SPECIAL) {
        const text = letters.toString('latin1', 0, at) + special + letters.toString('latin1', at);
        for (const kind of [Kind.QUOTE, Kind.QUOTE_REPAIRED]) {
          const written = encoded(t, Buffer.from(text), kind, `${JSON.stringify(special)} at ${at} of ${length}`).toString();
          if (JSON.parse(written) !== text.replace(NO_COLOURS, '')) wrong++;
        }
      }
    }
    t.equal(wrong, 0, `read by JSON.parse it is the text without colours, length ${length}`);
  }
});

t.test('encode: every escape is the shortest one', async (t) => {
  for (let byte = 0; byte < 0x80; byte++) {
    const text = String.fromCharCode(byte);
    t.equal(encoded(t, Buffer.from(text), Kind.QUOTE, text).toString(), JSON.stringify(text), `byte ${byte}`);
  }
});

t.test('encode: what is not UTF-8 becomes U+FFFD, as every decoder has it', async (t) => {
  for (const [bytes, reason] of BROKEN) {
    for (const before of [0, 1, 13, 14, 15, 16, 17]) {
      for (const after of ['', 'z', 'é', '"', '0123456789abcdef']) {
        const text = Buffer.concat([Buffer.alloc(before, 'x'), Buffer.from(bytes), Buffer.from(after)]);
        const copied = encoded(t, text, Kind.COPY_REPAIRED, reason).toString('latin1');
        if (copied !== Buffer.from(text.toString()).toString('latin1')) t.fail(`${reason}, copied behind ${before}`);
        const quoted = encoded(t, text, Kind.QUOTE_REPAIRED, reason);
        if (JSON.parse(quoted.toString()) !== text.toString()) t.fail(`${reason}, quoted behind ${before}`);
      }
    }
    t.pass(reason);
  }
});

t.test('encode: line ends between the tokens of JSON become spaces', async (t) => {
  t.equal(encoded(t, Buffer.from('{"a":\r\n\t1}'), Kind.COPY_REPAIRED, 'JSON').toString(), '{"a":  \t1}');
});

t.test('encode: integers and marks', async (t) => {
  const numbers = [0, 1, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 1e15, 2 ** 53 - 1, 2 ** 53];
  for (const number of numbers) {
    writeList([[number | 0, Math.floor(number / 2 ** 32), Kind.INTEGER]]);
    const end = kernels.encode(list.start, 1, out.start, out.start);
    t.equal(Buffer.from(arena.bytes.subarray(out.start, end)).toString(), String(number));
  }
  for (const [offset, length] of [[0, 0], [9, 2 ** 31 - 1], [2 ** 32 + 5, 1], [2 ** 53 - 1, 10]] as const) {
    writeList([[offset | 0, length, Kind.PLACE | (Math.floor(offset / 2 ** 32) << KIND_BITS)]]);
    for (const { encode } of [kernels, plain]) t.equal(Buffer.from(arena.bytes.subarray(out.start, encode(list.start, 1, out.start, out.start))).toString(), `${offset}-${length}`);
  }
  const text = arena.constant('text');
  const marks = table.start;
  writeList([[marks, 0, Kind.MARK], [text.address, 4, Kind.COPY], [marks + 4, 0, Kind.MARK], [text.address, 4, Kind.QUOTE], [marks + 8, 0, Kind.MARK]]);
  for (const { encode } of [kernels, plain]) {
    t.equal(encode(list.start, 5, out.start + 7, out.start), out.start + 17);
    t.same([...ints.subarray(marks / 4, marks / 4 + 3)], [7, 11, 17], 'marks count from the origin');
  }
  t.equal(kernels.encode(list.start, 0, out.start, out.start), out.start, 'no piece, no byte');
});

t.test('encode: random lists of pieces', async (t) => {
  const alphabet = Buffer.from(SPECIAL.join('') + 'abcdefgh äöü€😀');
  for (let round = 0; round < 400; round++) {
    const length = random.below(2_000);
    const bytes = random.oneIn(3) ? random.bytes(length) : Buffer.from(Array.from({ length }, () => random.of(alphabet)));
    arena.bytes.set(bytes, arena.input.start);
    const pieces = Array.from({ length: 1 + random.below(30) }, (_, index): Piece => {
      const kind = random.of([Kind.COPY, Kind.QUOTE, Kind.COPY_REPAIRED, Kind.QUOTE_REPAIRED, Kind.INTEGER, Kind.PLACE, Kind.MARK]);
      if (kind === Kind.PLACE) return [random.below(2 ** 32) | 0, random.below(2 ** 31), kind | (random.below(2 ** 21) << KIND_BITS)];
      if (kind === Kind.MARK) return [table.start + index * 4, 0, kind];
      if (kind === Kind.INTEGER) return [random.below(2 ** 32) | 0, random.below(2 ** 21), kind];
      const from = random.below(length + 1);
      return [arena.input.start + from, random.below(length - from + 1), kind];
    });
    writeList(pieces);
    const results = [kernels, plain].map(({ encode }) => {
      const end = encode(list.start, pieces.length, out.start, out.start);
      return Buffer.concat([arena.bytes.subarray(out.start, end), arena.bytes.subarray(table.start, table.start + 120)]).toString('latin1');
    });
    if (results[0] !== results[1]) t.equal(results[0], results[1], `round ${round}`);
  }
  t.pass('the kernel writes what the plain version writes');
});

t.test('newlines', async (t) => {
  const at = arena.input.start;
  const found = (text: string, limit: number, from = 0): number[][] => [kernels, plain].map(({ newlines }) => {
    arena.bytes.fill(0x0a, at, at + text.length + 64);
    arena.bytes.set(Buffer.from(text, 'latin1'), at);
    const count = newlines(at + from, at + text.length, table.start, limit);
    return [...ints.subarray(table.start / 4, table.start / 4 + count)].map((address) => address - at);
  });
  for (let length = 0; length <= 70; length++) {
    for (let position = 0; position < length; position++) {
      const text = `${'x'.repeat(position)}\n${'x'.repeat(length - position - 1)}`;
      for (const positions of found(text, 100)) if (positions.join() !== String(position)) t.fail(`one newline at ${position} of ${length}`);
    }
    for (const positions of found('x'.repeat(length), 100)) t.same(positions, [], `none in ${length}, though many lie behind`);
  }
  for (const positions of found('\n'.repeat(40), 17)) t.same(positions, Array.from({ length: 17 }, (_, index) => index), 'no more than the limit');
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: random.below(400) }, () => random.of('\n\nabc\r\u008a\u000b')).join('');
    const [compiled, expected] = found(text, 1 + random.below(200), random.below(text.length + 1));
    if (compiled?.join() !== expected?.join()) t.same(compiled, expected, JSON.stringify(text));
  }
  t.pass('random texts');
});

// ── members ──

const scanner = new KernelScanner(arena, loadMembers(arena), identify);

/**
 * Lists an object with both scanners and compares. Types and ids must be the same; a doubt is for the kernel alone to
 * raise, and must be raised wherever a key is there twice.
 */
function compare(t: Test, text: string | Buffer, reason: string, container = -1): number {
  const bytes = Buffer.from(text as string);
  const chunk = chunkOf(arena, bytes);
  arena.bytes.fill(0x22, chunk.base + bytes.length, chunk.base + bytes.length + 64);
  const oracle = new PlainScanner(chunk.bytes);
  const expected = oracle.list(0, bytes.length, 0, container);
  const found = scanner.list(0, bytes.length, 0, container);
  const count = found < 0 ? found : found & (UNSURE - 1);
  if (count !== (expected < 0 ? expected : expected & (UNSURE - 1))) {
    t.equal(count, expected < 0 ? expected : expected & (UNSURE - 1), `${reason}: ${bytes.toString().slice(0, 300)}`);
    return found;
  }
  const rows = oracle.table;
  const kernelRows = scanner.table;
  for (let at = 0; at < count * ROW; at++) {
    const value = kernelRows[at] as number;
    const plainValue = at % ROW === 4 ? value & (DOUBTFUL - 1) : value;
    if (plainValue !== rows[at]) t.equal(plainValue, rows[at], `${reason}: column ${at % ROW} of row ${Math.floor(at / ROW)} of ${bytes.toString().slice(0, 300)}`);
    const [from = 0, to = 0] = kernelRows.subarray(at - 2, at);
    if (at % ROW === 4 && value < DOUBTFUL && hasDuplicates(chunk, from, to)) t.fail(`${reason}: a key twice in ${bytes.toString('utf8', from, to).slice(0, 300)}`);
  }
  const keys = Array.from({ length: Math.max(0, count) }, (_, row) => JSON.parse(bytes.toString('latin1', (rows[row * ROW] as number) - 1, (rows[row * ROW + 1] as number) + 1)) as string);
  if (new Set(keys).size < keys.length && found < UNSURE) t.fail(`${reason}: a key twice at the top of ${bytes.toString().slice(0, 300)}`);
  return found;
}

const deep = (depth: number, open: string, close: string, inner = ''): string => `{"a":${open.repeat(depth)}${inner}${close.repeat(depth)}}`;

type Row = [text: string, valid: boolean, reason: string];

const OBJECTS: readonly Row[] = [
  ['{}', true, 'empty'], [' { } ', true, 'empty, with space'], ['', false, 'nothing'], ['{', false, 'open'], ['}', false, 'closed'], ['[]', false, 'an array'], ['{}}', false, 'something behind'],
  ['{} x', false, 'something behind'], ['{"a":1}', true, 'one'], ['\t{ "a"\r\n:\t1 , "b" : 2 }\n', true, 'all kinds of space'], ['{"a":1,}', false, 'a comma too many'], ['{,"a":1}', false, 'a comma too early'],
  ['{"a" 1}', false, 'no colon'], ['{"a":}', false, 'no value'], ['{"a":1 "b":2}', false, 'no comma'], ['{a:1}', false, 'a bare key'], ["{'a':1}", false, 'other quotes'], ['{"a":1', false, 'cut off'],
  ['{"a":"', false, 'cut in a string'], ['{"a":"b', false, 'cut in a string'], ['{"a', false, 'cut in a key'], ['{"a":"b\\', false, 'cut in an escape'], ['{"a":"b\\u12', false, 'cut in an escape'], ['{"a":"b\\u12"}', false, 'a short escape'],
  ['{"a":"\\u12G4"}', false, 'no hex'], ['{"a":"\\u12aF"}', true, 'hex'], ['{"a":"\\x"}', false, 'no escape'], ['{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t"}', true, 'all escapes'],
  ['{"a":"\t"}', false, 'a raw tab'], ['{"a":"\n"}', false, 'a raw newline'], ['{"a":"\u0000"}', false, 'a raw NUL'], ['{"a":"\u007f"}', true, 'DEL is fine'], ['{"a":"é€😀"}', true, 'UTF-8'],
  ['{"":1}', true, 'an empty key'], ['{"":1,"":2}', true, 'an empty key twice'], ['{"\\n":1}', true, 'an escaped key'],
  ...['0', '-0', '1', '-1', '10', '1.5', '0.5', '1e5', '1E5', '1e+5', '1e-5', '1.5e10', '-0.0', '123456789012345678901234567890'].map((number): Row => [`{"a":${number}}`, true, 'a number']),
  ...['01', '-', '+1', '.5', '1.', '1.e5', '1e', '1e+', '0x1', '00', '-01', 'NaN', 'Infinity', '-Infinity', '1_000', '1..2', '--1', '1-', '/', ':'].map((number): Row => [`{"a":${number}}`, false, 'no number']),
  ...['true', 'false', 'null'].map((word): Row => [`{"a":${word}}`, true, 'a word']),
  ...['True', 'tru', 'truex', 'fals', 'nul', 'nulll', 'undefined', 'falsy', 'trve', 't', 'f', 'n'].map((word): Row => [`{"a":${word}}`, false, 'no word']),
  ['{"a":t', false, 'cut in a word'], ['{"a":tru', false, 'cut in a word'], ['{"a":-', false, 'cut in a number'], ['{"a":1.', false, 'cut in a number'], ['{"a":1e', false, 'cut in a number'],
  ['{"a":[]}', true, 'an array'], ['{"a":[1,"b",null,{"c":[[]]}]}', true, 'nested'], ['{"a":[1,]}', false, 'a comma too many'], ['{"a":[,1]}', false, 'a comma too early'], ['{"a":[1 2]}', false, 'no comma'],
  ['{"a":[1}', false, 'crossed'], ['{"a":{"b":1]}', false, 'crossed'], ['{"a":{"b"}}', false, 'no value inside'], ['{"a":{"b":}}', false, 'no value inside'], ['{"a":{b:1}}', false, 'a bare key inside'],
  ['{"a":{}', false, 'cut behind an object'], ['{"a":[', false, 'cut in an array'], ['{"a":{', false, 'cut in an object'], ['{"a":[[', false, 'cut'], ['{"a":{"b":1', false, 'cut'], ['{"a":[{},[],{"b":{}}] , "c":{} }', true, 'empty ones'],
  [deep(63, '[', ']'), true, '64 deep'], [deep(64, '[', ']'), false, '65 deep'], [deep(62, '{"b":', '}', '{}'), true, '64 deep'], [deep(63, '{"b":', '}', '{}'), false, '65 deep'],
  [deep(62, '[', ']', '"x"'), true, 'a value at the bottom'], [deep(31, '[{"b":', '}]', '1'), true, 'mixed'], [deep(10_000, '[', ']'), false, 'very deep'],
];

t.test('members: valid and broken objects', async (t) => {
  for (const [text, valid, reason] of OBJECTS) {
    const found = compare(t, text, reason);
    t.equal(found >= 0, valid, `${reason}: ${text.slice(0, 60)}`);
    for (let cut = 1; cut < Math.min(text.length, 200); cut++) compare(t, text.slice(0, cut), `${reason}, cut`);
    for (let padding = 0; padding < 17; padding++) compare(t, ' '.repeat(padding) + text, `${reason}, moved`);
  }
});

t.test('members: keys that come twice', async (t) => {
  const long = 'k'.repeat(40);
  const rows: [text: string, unsure: boolean, reason: string][] = [
    ['{"a":1,"a":2}', true, 'equal'], ['{"":1,"":2}', true, 'empty'], ['{"a":1,"\\u0061":2}', true, 'equal when read'], ['{"\\u0061":1,"b":2}', true, 'an escaped key is always looked at'],
    [`{"${long}":1,"${long}":2}`, true, 'too long to be remembered'], [`{"${long}":1}`, true, 'a long key is always looked at'], ['{"a":1,"b":2,"c":3}', false, 'three keys'],
    [`{"${'x'.repeat(32)}":1,"${'x'.repeat(31)}y":2}`, false, 'of the length that is remembered'], [`{"${'x'.repeat(32)}":1,"${'x'.repeat(32)}":2}`, true, 'of the length that is remembered, twice'],
    ['{"":1,"a":2}', false, 'an empty key alone'],
  ];
  for (const [text, unsure, reason] of rows) for (const time of ['first', 'second']) t.equal(compare(t, text, reason) >= UNSURE, unsure, `${reason}, the ${time} time`);
  const nested: [value: string, doubtful: boolean, reason: string][] = [
    ['{"b":1,"c":2}', false, 'none'], ['{"b":1,"b":2}', true, 'equal'], ['[{"b":1},{"b":2}]', false, 'in neighbours'], ['{"b":{"b":1}}', false, 'in an outer one'], ['{"b":{"c":1,"c":2}}', true, 'deeper'],
    ['[[{"b":1,"b":2}]]', true, 'in arrays'], ['{"b":1,"\\u0062":2}', true, 'equal when read'], [`{"${long}":1,"${long}":2}`, true, 'long'], ['{"":1,"":2}', true, 'empty'],
    [`{"${'a'.repeat(8)}":1,"${'a'.repeat(8)}":2}`, true, 'eight letters'], [`{${Array.from({ length: 33 }, (_, i) => `"k${i}":1`).join()},"k32":2}`, true, 'beyond what is told apart'],
    ['{"x":{"b":1},"y":{"b":1},"z":1,"x":2}', true, 'behind inner objects'],
  ];
  for (const [value, doubtful, reason] of nested) {
    compare(t, `{"a":${value}}`, reason);
    t.equal((scanner.table[4] ?? 0) >= DOUBTFUL, doubtful, `nested: ${reason}`);
  }
});

t.test('members: what the kernel remembers is what the keys mean', async (t) => {
  const keys = ['msg', 'message', 'level', 'userId', 'user-id', 'USER_ID', 'duration', 'no alias', 'err', 'é', ''];
  const line = `{${keys.map((key) => `"${key}":1`).join()}}`;
  for (const container of [-1, 0, 5, 200]) for (let time = 0; time < 3; time++) compare(t, line, `in container ${container}`, container);
  // 5000 keys for a table of 1024: they push each other out, within a line and between lines.
  for (let round = 0; round < 60; round++) {
    const many = Array.from({ length: 1 + random.below(MAX_ROWS) }, () => (random.oneIn(20) ? random.of(keys) : `key_${random.below(5_000)}`));
    compare(t, `{${[...new Set(many)].map((key) => `"${key}":1`).join()}}`, 'keys that evict each other');
    compare(t, `{${many.map((key) => `"${key}":1`).join()}}`, 'keys that evict each other, and come twice');
    compare(t, line, 'the usual line after that');
  }
  const full = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"${index}":0`).join()}}`;
  t.ok(compare(t, full(MAX_ROWS), 'as many as the table holds') > 0);
  t.equal(compare(t, full(MAX_ROWS + 1), 'one more'), -1);
});

t.test('members: random objects, whole and damaged', async (t) => {
  const KEYS = ['a', 'b', 'a\\u0062', 'key', '', 'é', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(33), '\\"', '0123456789abcdef', '01234567', 'msg', 'err'];
  const ATOMS = ['1', '-2.5e3', '"s"', '"\\n\\u00e9"', '""', 'true', 'false', 'null', `"${'y'.repeat(50)}"`, '{}', '[]'];
  const space = (): string => (random.oneIn(4) ? random.of([' ', '\n', '\t', '  ']) : '');
  const value = (depth: number): string => {
    if (depth > 4 || random.below(10) < 6) return random.of(ATOMS);
    const inner = Array.from({ length: random.below(5) }, () => (random.oneIn(2) ? member(depth + 1) : value(depth + 1)));
    return random.oneIn(2) ? `[${inner.filter((text) => !text.includes(':')).join(',')}]` : `{${inner.filter((text) => /^\s*"[^"]*"\s*:/.test(text)).join(',')}}`;
  };
  const member = (depth: number): string => `${space()}"${random.of(KEYS)}"${space()}:${space()}${value(depth)}${space()}`;
  let whole = 0;
  for (let round = 0; round < 4_000; round++) {
    const text = `{${Array.from({ length: random.below(12) }, () => member(0)).join(',')}}`;
    if (compare(t, text, `round ${round}`) >= 0) whole++;
    const damaged = Buffer.from(text);
    for (let times = 1 + random.below(3); times > 0; times--) damaged[random.below(damaged.length)] = random.oneIn(2) ? random.below(256) : random.of(Buffer.from('{}[]",:\\0tfn '));
    compare(t, damaged, `round ${round}, damaged`);
  }
  t.ok(whole > 3_000, `${whole} of 4000 were valid`);
});
