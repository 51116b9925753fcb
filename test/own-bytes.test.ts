// What is read of a record depends on its own bytes: not on what an earlier record has left in memory beside it or in the
// scratch space, not on what stands before and behind it in the chunk, and not on what was read before.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { Arena } from '../agent/arena.ts';
import type { Chunk } from '../agent/chunk.ts';
import { eventBytes, LogEvent } from '../agent/event.ts';
import { FIELDS } from '../agent/fields.ts';
import { kernelScanners, SCANNER_BYTES } from '../agent/kernel/kernel-scanners.ts';
import { identify } from '../parsers/aliases.ts';
import { PARSERS } from '../parsers/index.ts';
import { readRecord } from '../parsers/read.ts';
import { plainScanners } from '../parsers/values/scanners.ts';
import { setTimeContext } from '../parsers/values/zones.ts';
import { fieldsOf } from './helpers/chunk.ts';
import { LaneRig, streamOf } from './helpers/lane-rig.ts';
import { seeded } from './helpers/random.ts';

const ROOT = path.dirname(import.meta.dirname);
const random = seeded();
t.comment(`SEED=${random.seed}`);
/** Lines that are made up; ROUNDS=… makes it more. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 2_000);
const nowMs = Date.parse('2026-11-25T12:00:00Z');
setTimeContext({ zone: 'UTC', nowMs, fallbackDateMs: nowMs });

const arena = new Arena({ input: 1 << 20, scratch: 1 << 20, constants: 65_536 }, SCANNER_BYTES + 2 * eventBytes(1) + 2_000_000);
const memory = Buffer.from(arena.memory.buffer);
const kernel = kernelScanners(arena, identify);
const event = new LogEvent(arena);

/** What may lie beside a record, again and again, and how far behind the begin of its chunk the record lies. */
const DIRT = [
  { text: '\0', before: 40, reason: 'memory that nobody has used' },
  { text: ' ', before: 40, reason: 'a blank ends words' },
  { text: '7', before: 40, reason: 'a digit goes on with a number, a version, a time' },
  { text: '7', before: 0, reason: 'and what lies before the chunk is no text at all' },
  { text: 'ms ', before: 40, reason: 'a unit makes a duration of a number' },
  { text: '":', before: 40, reason: 'a quote closes a text, and a colon names one' },
  { text: ')]}', before: 40, reason: 'brackets close what a record leaves open' },
  { text: 'Error: x ', before: 40, reason: 'words that mean something' },
  { text: '\n', before: 40, reason: 'lines go on' },
  { text: '={[', before: 40, reason: 'a word becomes a key' },
];

const BEHIND = 64;

/** What comes of a line that lies `before` bytes behind the chunk's begin. All that isn't the record, nor a line end beside it, is dirt. */
function read(line: Buffer, { text: dirt, before }: { readonly text: string; readonly before: number }, isKernel: boolean): string {
  const { start } = arena.input;
  arena.resetScratch();
  memory.fill(dirt, start - 32, start + before + line.length + BEHIND);
  memory.fill(dirt, arena.scratch.start, arena.scratch.start + 4 * line.length + 4_096);
  if (before > 0) memory[start + before - 1] = 0x0a;
  memory.set(line, start + before);
  memory[start + before + line.length] = 0x0a; // see InputChunk.set
  return readAt(chunkOf(start, before + line.length + BEHIND, isKernel), before, before + line.length);
}

function chunkOf(start: number, length: number, isKernel: boolean): Chunk {
  const bytes = arena.bytes.subarray(start, start + length);
  return { bytes, text: Buffer.from(bytes).toString('latin1'), base: start, valid: true, coloured: bytes.includes(0x1b), scanners: isKernel ? kernel : plainScanners(bytes) };
}

function readAt(chunk: Chunk, start: number, end: number): string {
  event.begin(chunk, start, end);
  readRecord(chunk, start, end, event);
  const found = FIELDS.flatMap((name, field) => ((event.present & (1 << field)) === 0 ? [] : [[name, event.fromOf(field) - start, event.toOf(field) - start, event.ruleOf(field)]]));
  return JSON.stringify({ format: event.format, fields: fieldsOf(event), found, blocked: event.blocked, complete: event.complete });
}

const CLEAN = { text: '\0', before: 0 };

/** Whether the record is the same whatever lies beside it. */
function isAlone(t: Test, line: Buffer): boolean {
  for (const isKernel of [false, true]) {
    const expected = read(line, CLEAN, isKernel);
    for (const { text, before } of DIRT) {
      const actual = read(line, { text, before }, isKernel);
      if (actual === expected) continue;
      t.equal(actual, expected, `${isKernel ? 'kernel' : 'plain'}, beside ${JSON.stringify(text)}, ${before} bytes before it: ${JSON.stringify(line.toString('latin1'))}`);
      return false;
    }
  }
  return true;
}

const labelled = readFileSync(path.join(ROOT, 'test', 'fixtures', 'labelled.jsonl'), 'utf8').split('\n').filter((line) => line !== '').map((line) => String((JSON.parse(line) as { line?: unknown }).line ?? ''));
const samples = readdirSync(path.join(ROOT, 'samples')).flatMap((name) => readFileSync(path.join(ROOT, 'samples', name), 'utf8').split('\n'));
const LINES = [...PARSERS.flatMap(({ examples }) => examples.map(({ line }) => line)), ...labelled, ...samples].filter((line) => line !== '');
const PIECES = LINES.flatMap((line) => Buffer.from(line).toString('latin1').split(/(?<=[ :=.([\]"])/));

/** Colours as programs write them, other escape sequences, and ones that were cut off. */
const ESCAPES = ['\u001b[0m', '\u001b[1;31m', '\u001b[38;5;12m', '\u001b[38;2;10;20;30m', '\u001b[2K', '\u001b]0;title\u0007', '\u001b(B', '\u001b', '\u001b[', '\u001b[1;', '\\x1b[33m', '\\x1b'];

/** Texts that end, or begin, where a rule looks for more. */
const ENDS = [
  { text: '    raise PoolTimeout(f"no connection after {timeout:.2f} sec")', reason: 'a colon behind the bracket would name its text' },
  { text: 'served over HTTP/1.', reason: 'a version goes on with digits' },
  { text: 'agent: Mozilla/5.0 (X11; Linux', reason: 'a closing quote would end the agent' },
  { text: '2026-11-22 10:00', reason: 'a digit would make it no time' },
  { text: '2026-11-22T10:00:00.123456', reason: 'more digits, or a zone' },
  { text: '2026-11-22 10:00:00 [info', reason: 'a bracket would make it a level' },
  { text: '2026-11-22 10:00:00.123 [worker-3] E', reason: 'a letter alone, or a word' },
  { text: 'imap-login: Login: user=<bob@example.co', reason: 'an address, or a path behind a host' },
  { text: 'PHP Warning', reason: 'a colon would make it a level' },
  { text: 'INFO: x', reason: 'a bar in its ninth place made it ArcSight' },
  { text: 'level=info msg=x a=', reason: 'a quote would begin a value' },
  { text: '2026-11-22T10:00 ab.c d: x', reason: 'what stands where microseconds would end is no part of the time' },
];

t.test('texts that end where more is looked for', async (t) => {
  for (const { text, reason } of ENDS) {
    for (const line of [text, `{"msg":"${decodedOnly(text)}"}`, `{"msg":"${decodedOnly(text)}","level":"info"}`, `\u001b[1m${text}`, `x \u001b ${text}`]) if (!isAlone(t, Buffer.from(line))) t.comment(reason);
  }
});

t.test('known lines', async (t) => {
  t.ok(LINES.length > 400, 'there are lines');
  for (const line of LINES) if (!isAlone(t, Buffer.from(line))) return;
});

t.test('known lines and parts of them as the message of a JSON line, decoded', async (t) => {
  for (const line of LINES) {
    const cut = random.oneIn(2) ? line : line.slice(0, 1 + random.below(line.length));
    if (!isAlone(t, Buffer.from(`{"msg":"${decodedOnly(cut)}"${random.of(['', ',"level":"info"'])}}`))) return;
  }
});

t.test('known lines with colours', async (t) => {
  for (const line of LINES) {
    const at = random.below(line.length + 1);
    if (!isAlone(t, Buffer.from(`${line.slice(0, at)}${random.of(ESCAPES)}${line.slice(at)}${random.of(['', random.of(ESCAPES)])}`))) return;
  }
});

/** The text as the inside of a JSON string that has to be decoded: its first letter is spelled out. */
function decodedOnly(text: string): string {
  const first = `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return first + JSON.stringify(text.slice(1)).slice(1, -1);
}

/** Pieces of lines put together, or a line; damaged, cut off, coloured. */
function madeUp(): Buffer {
  let line = random.oneIn(2) ? Buffer.from(Array.from({ length: 1 + random.below(14) }, () => random.of(PIECES)).join(''), 'latin1') : Buffer.from(random.of(LINES));
  for (let times = random.below(3); times > 0 && line.length > 0; times--) line[random.below(line.length)] = random.of(Buffer.from('{}[]":,\\= \t\0\u001b\'()<>-0aZ.|/@#+'));
  for (let times = random.below(3); times > 0; times--) {
    const at = random.below(line.length + 1);
    line = Buffer.concat([line.subarray(0, at), Buffer.from(random.of(ESCAPES)), line.subarray(at)]);
  }
  if (random.oneIn(3)) line = line.subarray(0, random.below(line.length + 1));
  return random.oneIn(5) ? Buffer.from(`{${random.of(['', '"level":"info",'])}"msg":"${decodedOnly(line.toString() || 'x')}"}`) : line;
}

t.test('lines put together of pieces of others, damaged, cut off and coloured', async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const line = madeUp();
    if (line.length > 0 && !isAlone(t, line)) return;
  }
  t.pass(`${ROUNDS} lines`);
});

/** What comes of each line of a chunk, each without its end. */
function readAll(lines: readonly Buffer[], isKernel: boolean): string[] {
  arena.resetScratch();
  const { start } = arena.input;
  const length = lines.reduce((sum, line) => sum + line.length + 1, 0);
  memory.set(Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])), start);
  const chunk = chunkOf(start, length, isKernel);
  let at = 0;
  return lines.map((line) => {
    at += line.length + 1;
    return readAt(chunk, at - line.length - 1, at - 1);
  });
}

t.test('an access log, and another one inside of JSON lines', async (t) => {
  const access = (second: number): string => `1.2.3.4 - - [22/Nov/2026:10:00:0${second} +0000] "GET /x HTTP/1.1" 200 5`;
  const lines = [access(1), JSON.stringify({ msg: access(2) }), access(1), JSON.stringify({ msg: access(2) })].map((line) => Buffer.from(line));
  const times = (isKernel: boolean): unknown[] => readAll(lines, isKernel).map((read) => (JSON.parse(read) as { fields: Record<string, unknown> }).fields['timestamp']);
  for (const isKernel of [false, true]) t.strictSame(times(isKernel), [1, 2, 1, 2].map((second) => `2026-11-22T10:00:0${second}+00:00`), 'each has its own time, though neighbours of one kind share it');
});

t.test('whatever was read before in the chunk', async (t) => {
  for (let round = 0; round < ROUNDS / 4; round++) {
    const few = Array.from({ length: 8 }, () => (random.oneIn(2) ? madeUp() : Buffer.from(random.oneIn(2) ? random.of(LINES) : JSON.stringify({ msg: random.of(LINES) }))));
    const lines = Array.from({ length: 40 }, () => random.of(few)).filter((line) => line.length > 0);
    for (const isKernel of [false, true]) {
      const alone = new Map(few.map((line) => [line, readAll([line], isKernel)[0]]));
      for (const [index, actual] of readAll(lines, isKernel).entries()) {
        const line = lines[index] ?? Buffer.alloc(0);
        if (actual === alone.get(line)) continue;
        t.equal(actual, alone.get(line), `${JSON.stringify(line.toString('latin1'))}, behind ${JSON.stringify(lines.slice(0, index).map(String).slice(-5))}`);
        return;
      }
    }
  }
  t.pass(`${ROUNDS / 4} chunks`);
});

t.test('however much earlier records needed', async (t) => {
  const long = `{"level":"info","msg":"${'some text\\n'.repeat(30_000)}took 35ms"}\n`; // needs scratch space for 270 KB, of which there is 1 MiB
  const records = new LaneRig().records(streamOf(long.repeat(8)));
  t.strictSame(records.map(({ fields }) => fields['duration_ms']), Array.from({ length: 8 }, () => 35));
});
