// shipper's own deflate, unpacked by others: zlib, gzip and Python.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { limitOf } from '../agent/cores.ts';
import { GzipKernel } from '../agent/kernel/gzip-kernel.ts';
import { gzipped, isForZlib } from '../outputs/gzip.ts';
import { KernelCompressor } from '../outputs/gzip/kernel.ts';
import { ZlibCompressor } from '../outputs/gzip/zlib.ts';
import { seeded } from './helpers/random.ts';

const random = seeded();
t.comment(`SEED=${random.seed}`);
/** What tables are made of is the same each time. */
const fixed = seeded(7);

const kernel = new GzipKernel();
const BLOCK = kernel.blockBytes;
const WINDOW = 32_768;
/** Bytes before the first block, and behind the last. */
const [HEADER, TRAILER] = [10, 8];

/** A gzip file of `bytes`, after each block of it was found to be no longer than a stored one. */
function compressed(bytes: Uint8Array): Buffer {
  const pieces = [Buffer.from(kernel.begin())];
  for (let at = 0, isLast = false; !isLast; at += BLOCK) {
    const part = bytes.subarray(at, at + BLOCK);
    isLast = at + BLOCK >= bytes.length;
    const block = kernel.block(part, isLast);
    const most = part.length + 5 * (Math.floor(part.length / 65_535) + 1) + 1; // and bits of the block before
    if (block.length > most) t.fail(`a block of ${part.length} bytes has become ${block.length}`);
    pieces.push(Buffer.from(block));
  }
  return Buffer.concat([...pieces, kernel.end()]);
}

function noise(length: number, symbols = 256, { below } = fixed): Buffer {
  return Buffer.from(Array.from({ length }, () => below(symbols)));
}

/** Each symbol as often as the two rarer ones together, mixed: codes would get as long as there are symbols. */
function fibonacci(symbols: number): Buffer {
  const bytes: number[] = [];
  for (let symbol = 0, [count, next] = [1, 1]; symbol < symbols; symbol++, [count, next] = [next, count + next]) bytes.push(...Array<number>(count).fill(symbol));
  for (let left = bytes.length - 1; left > 0; left--) {
    const other = fixed.below(left + 1);
    [bytes[left], bytes[other]] = [bytes[other] ?? 0, bytes[left] ?? 0];
  }
  return Buffer.from(bytes);
}

const text = noise(1000);
const zeros = (length: number): Buffer => Buffer.alloc(length);
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const HARD: readonly (readonly [reason: string, bytes: Buffer])[] = [
  ['nothing: a block with its end alone', Buffer.alloc(0)],
  ...[1, 2, 3, 4, 15, 16, 17, 18, 32, 33].map((length) => [`${length} bytes: around what is loaded at once`, noise(length)] as const),
  ...[1, 5, 16, 17, 22, 258, 259, 260, 261, 262, 275, 516, 517, 1000].map((length) => [`the same byte ${length} times: around the longest match`, Buffer.alloc(length, 'a')] as const),
  ['the same byte for blocks on end: one distance', Buffer.alloc(3 * BLOCK + 7, 'x')],
  ['two bytes in turn', Buffer.alloc(100_000, 'ab')],
  ['every byte once: literals alone, no distance', EVERY_BYTE],
  ['every byte, again and again', Buffer.concat(Array<Buffer>(700).fill(EVERY_BYTE))],
  ...[65_534, 65_535, 65_536, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 65_536].map((length) => [`${length} bytes of noise: stored, around the longest stored and the longest block`, noise(length)] as const),
  ['noise, then text, then noise: all kinds of blocks, each beginning within a byte', Buffer.concat([noise(BLOCK), Buffer.alloc(BLOCK, 'some text'), noise(BLOCK), Buffer.alloc(20, 'b')])],
  ['few symbols, so that codes are short', noise(200_000, 2)],
  ['frequencies that make the longest codes', fibonacci(24)],
  ['the same with few symbols', fibonacci(17)],
  ['a code of two symbols and its lengths', Buffer.from('ababbaab')],
  ['UTF-8', Buffer.from('äöü€😀'.repeat(5000))],
];

t.test('what is hard is unpacked to what it was', async (t) => {
  for (const [reason, bytes] of HARD) t.ok(gunzipSync(compressed(bytes)).equals(bytes), reason);
});

t.test('gzip and Python unpack it too', async (t) => {
  const file = `${t.testdir()}/all.gz`;
  const whole = Buffer.concat(HARD.map(([, bytes]) => bytes));
  writeFileSync(file, Buffer.concat(HARD.map(([, bytes]) => compressed(bytes)))); // files behind each other are one
  const unpacked = (command: string, ...options: string[]): Buffer => spawnSync(command, [...options, file], { maxBuffer: 2 ** 26 }).stdout;
  t.ok(unpacked('gzip', '-dc').equals(whole), 'gzip');
  const isThere = spawnSync('python3', ['--version']).status === 0;
  t.test('python', { skip: isThere ? false : 'no python3' }, async (t) => {
    t.ok(unpacked('python3', '-c', 'import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())').equals(whole));
  });
});

t.test('matches reach as far back as the window, and no farther', async (t) => {
  for (const [reason, before] of [['at the beginning', 0], ['over the border of two blocks', BLOCK - 1500], ['from one block to the next', BLOCK - WINDOW]] as const) {
    const sizeAt = (distance: number): number => {
      const bytes = Buffer.concat([zeros(before), text, zeros(distance - text.length), text]);
      const packed = compressed(bytes);
      t.ok(gunzipSync(packed).equals(bytes), `${reason}, ${distance}`);
      return packed.length;
    };
    t.ok(sizeAt(WINDOW) < sizeAt(WINDOW + 1) - text.length / 2, `${reason}: found at ${WINDOW}, not beyond`);
    t.ok(sizeAt(WINDOW - 1) < sizeAt(WINDOW + 1) - text.length / 2, `${reason}: found before`);
  }
});

t.test('the kind of a block is the shortest', async (t) => {
  const kindOf = (bytes: Buffer): number => ((compressed(bytes)[HEADER] ?? 0) >> 1) & 3;
  t.equal(kindOf(Buffer.alloc(0)), 1, 'nothing: 2 bytes by the fixed codes');
  t.equal(compressed(Buffer.alloc(0)).length, HEADER + 2 + TRAILER);
  t.equal(kindOf(Buffer.from('{"create":{}}\n')), 1, 'a short text: codes of its own would be longer than it is');
  t.equal(kindOf(noise(1000)), 0, 'noise is stored');
  t.equal(compressed(noise(200_000)).length, HEADER + 200_000 + 5 * 5 + TRAILER, 'with 5 bytes more for each stored block: two of 65,535 bytes and one of 2, then two');
  t.equal(kindOf(noise(5000, 20)), 2, 'codes of its own');
});

t.test('what comes out depends on nothing that was compressed before', async (t) => {
  const body = records(3000, 7);
  const first = compressed(body);
  for (const [reason, other] of [['noise', noise(50_000)], ['the same', body], ['less', body.subarray(0, 100)]] as const) {
    compressed(other);
    t.ok(compressed(body).equals(first), reason);
  }
});

t.test('any bytes, made of noise, runs and repetitions, are unpacked to what they were', async (t) => {
  for (let round = 0; round < 200; round++) {
    const bytes = anything();
    if (!gunzipSync(compressed(bytes)).equals(bytes)) t.fail(`round ${round}: ${bytes.length} bytes`);
  }
  t.pass('200 rounds');
});

t.test('compresses about as well as zlib does with level 1', async (t) => {
  const samples = Buffer.concat(readdirSync('samples').map((file) => readFileSync(`samples/${file}`)));
  const sources = Buffer.concat(readdirSync('outputs').filter((file) => file.endsWith('.ts')).map((file) => readFileSync(`outputs/${file}`)));
  for (const [reason, bytes, most] of [['records', records(5000, 1), 1], ['lines of many programs', samples, 1.05], ['source text', sources, 1.05]] as const) {
    const [own, zlib] = [compressed(bytes).length, gzipSync(bytes, { level: 1 }).length];
    t.ok(own <= most * zlib, `${reason}: ${own} bytes, zlib ${zlib}`);
  }
});

t.test('bodies that are compressed at the same time, by the kernel and by zlib', async (t) => {
  for (const [reason, compressors] of [['the kernel', [new KernelCompressor(), new KernelCompressor()]], ['zlib', [new ZlibCompressor(), new ZlibCompressor()]]] as const) {
    for (const lengths of [[3_000_000, 2_500_000], [0, 1_048_576], [1_048_576, 5]]) {
      const bodies = lengths.map((length) => records(Math.ceil(length / 100), length).subarray(0, length));
      const packed = await Promise.all(compressors.map((compressor, index) => compressor.compress(bodies[index] ?? Buffer.alloc(0))));
      t.same(packed.map((one) => gunzipSync(one).length), lengths, `${reason}: ${lengths.join(' and ')} bytes`);
      t.ok(packed.every((one, index) => gunzipSync(one).equals(bodies[index] ?? Buffer.alloc(0))), 'what they were');
    }
  }
});

t.test('a long body leaves turns to others', async (t) => {
  let turns = 0;
  let isDone = false;
  const others = (async () => {
    for (; !isDone; turns++) await setImmediate();
  })();
  await new KernelCompressor().compress(zeros(5 * 1_048_576));
  isDone = true;
  await others;
  t.ok(turns >= 3, `${turns} turns`);
});

t.test('a compressor is lent until its body is not needed any more', async (t) => {
  const bodies = [records(100, 1), records(200, 2), records(300, 3)];
  const kept = await Promise.all(bodies.map((body) => gzipped(body, async (packed) => {
    for (let turn = 0; turn < 5; turn++) await setImmediate(); // the others are compressed meanwhile
    return gunzipSync(packed).equals(body);
  })));
  t.same(kept, [true, true, true]);
  await t.rejects(gzipped(Buffer.from('x'), () => Promise.reject(new Error('no'))), /no/);
  t.equal(await gzipped(Buffer.from('x'), async (packed) => gunzipSync(packed).toString()), 'x', 'after one that was refused');
});

t.test('zlib is for bodies that are long, where a core has time and this thread has none', async (t) => {
  for (const [bytes, busy, spareCores, expected, reason] of [
    [2_097_152, 1, 1, true, 'a backlog, and a second core'],
    [2_097_152, 0.95, 7, true, 'more cores'],
    [2_097_152, 1, 0, false, 'one core'],
    [2_097_152, 1, 0.5, false, 'half a core more: the kernel takes less of it'],
    [2_097_152, 1, -1, false, 'more lanes than cores'],
    [2_097_152, 0.5, 7, false, 'the thread has time'],
    [262_144, 1, 7, false, 'a short body'],
  ] as const) t.equal(isForZlib({ bytes, busy, spareCores }), expected, reason);
});

t.test('how many cores a limit of time is worth', async (t) => {
  for (const [limit, expected, reason] of [
    ['150000 100000\n', 1.5, 'one and a half'], ['50000 100000', 0.5, 'half of one'], ['max 100000\n', Infinity, 'no limit'],
    ['', Infinity, 'no such file'], ['1 0\n', Infinity, 'nonsense'], ['150000\n', Infinity, 'without a period'],
  ] as const) t.equal(limitOf(limit), expected, reason);
});

/** Records as they are sent, with what differs from one to the next; the same for the same `seed`. */
function records(count: number, seed: number): Buffer {
  const own = seeded(seed);
  const digits = (length: number): string => Array.from({ length }, () => own.below(16).toString(16)).join('');
  return Buffer.from(Array.from({ length: count }, (_, index) => `{"create":{"_id":"${digits(16)}-${index * 93}"}}\n{"@timestamp":"2026-11-22T10:00:${String(index % 60).padStart(2, '0')}Z","log":{"level":"${own.of(['info', 'warn', 'error'])}"},"message":"request ${digits(8)} took ${own.below(900)} ms","user":{"id":"${own.of(['anna', 'john', 'olga'])}"}}\n`).join(''));
}

function anything(): Buffer {
  let bytes = Buffer.alloc(0);
  const most = random.oneIn(3) ? 300_000 : 5000;
  while (bytes.length < most && !random.oneIn(60)) bytes = Buffer.concat([bytes, anyPart(bytes)]);
  return bytes;
}

/** Noise, a run, or what `before` has already. */
function anyPart(before: Buffer): Buffer {
  const length = 1 + random.below(random.of([4, 20, 300, 3000, 40_000]));
  const kind = random.below(4);
  if (kind === 0) return noise(length, random.of([2, 5, 30, 256]), random);
  if (kind === 1) return Buffer.alloc(length, random.below(256));
  const from = Math.max(0, before.length - random.below(random.of([10, 300, 33_000, 70_000])));
  return before.subarray(from, from + length);
}
