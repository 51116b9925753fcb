// Lines of every format with what must be read from them, written for this project: how much is read right may not fall.
// And lines made to hurt, at every parser: none throws, and what a line costs grows with its length, not its square.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { LogEvent } from '../agent/event.ts';
import { PARSERS, parseWith } from '../parsers/index.ts';
import { readRecord } from '../parsers/read.ts';
import { setTimeContext } from '../parsers/values/zones.ts';
import { chunkOf, fieldsOf, testArena } from './helpers/chunk.ts';

/** F1 over all fields of all lines. */
const FLOOR = 0.999;
const KIB = 1024;
/** How much more per byte a line of 256 KiB may cost than one of 16 KiB, the machine's moods included; a square would be 16. */
const GROWTH = 5;
/** Most a hostile byte may cost in bytes of an ordinary line, the machine's moods included. */
const COST = 20;
/** CPU time below this is noise. */
const NOISE_MS = 4;
const NOW = Date.UTC(2026, 10, 25, 12);

const arena = testArena();
const event = new LogEvent(arena);
setTimeContext({ zone: 'UTC', nowMs: NOW, fallbackDateMs: NOW });

interface Labelled {
  readonly line: string;
  readonly event: Readonly<Record<string, unknown>>;
}

t.test('labelled lines', (t) => {
  const text = readFileSync(path.join(import.meta.dirname, 'fixtures', 'labelled.jsonl'), 'utf8');
  const lines = text.trim().split('\n').map((line) => JSON.parse(line) as Labelled);
  t.ok(lines.length >= 380, `${lines.length} lines`);
  const formats = new Set<string>();
  let [right, wrong, missing] = [0, 0, 0];
  for (const { line, event: expected } of lines) {
    const got = read(line);
    formats.add(event.format);
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      if (!(key in expected) && isOptional(key, line)) continue;
      if (JSON.stringify(expected[key]) === JSON.stringify(got[key])) right++;
      else {
        if (key in got) wrong++;
        if (key in expected) missing++;
        t.comment(`${key}: expected ${JSON.stringify(expected[key])}, got ${JSON.stringify(got[key])}: ${line}`);
      }
    }
  }
  const f1 = (2 * right) / (2 * right + wrong + missing);
  t.comment(`F1 ${f1.toFixed(4)}: ${right} right, ${wrong} wrong, ${missing} missing, formats ${[...formats].join(' ')}`);
  t.ok(f1 >= FLOOR, `F1 ${f1.toFixed(4)} is at least ${FLOOR}`);
  t.end();
});

/** A label may leave out the message; and a time of day has the date of its file. */
function isOptional(key: string, line: string): boolean {
  return key === 'message' || (key === 'timestamp' && /^\[?\d\d:\d\d:\d\d/.test(line));
}

function read(line: string): Record<string, unknown> {
  arena.resetScratch();
  const chunk = chunkOf(arena, line);
  event.begin(chunk, 0, chunk.bytes.length);
  readRecord(chunk, 0, chunk.bytes.length, event);
  return fieldsOf(event);
}

/** What a hostile line is made of: something in front, and something over and over. */
const HEADS = ['', '2026-11-22 10:00:00 INFO ', '{"message":"', '<34>1 2026-11-22T10:00:00Z h a 7 - ', '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /', 'GET /x ', 'msg=', 'CEF:0|a|b|c|d|e|5|', '2026-11-22 10:00:00,'];
/** Those of them that lead to different readers, since timing takes its time. */
const TIMED_HEADS = ['', '2026-11-22 10:00:00 INFO ', '{"message":"'];
const FILLERS = [
  ...'[](){}<>"\'`=|,;:./\\-_@#*&%!?~^$+ \t\n\r\0\x1b0aAzZ', '\xff', 'é', '""', '\\"', '\\\\', '\\u0041', '[a', '(a', '{"a":', '[[', '{"a":1,', 'a=', ' a=1', ' a="', 'a="b" ', '<a=', '1.2.3.4 ', '::', '12:34:56 ', '1 ', '1ms ', 'x/', 'GET /a ', '"GET /a" ',
  'user ', 'user a ', 'Error: ', 'Mozilla/5.0 (', 'at a.b(C.java:1)\n\t', 'XError: a\n', ' {"', '\t{', 'a@b.c ', 'took ', 'INFO ', '[INFO] ', '2026-11-22 10:00:00 ', '- ', '| ', '"a",', '\u001b[31m', 'id: ', 'key=val;', 'A : b ', '::ffff:', 'Root=', '%20',
];

t.test('hostile lines do not throw', (t) => {
  let lines = 0;
  for (const head of HEADS) {
    for (const filler of FILLERS) {
      const chunk = chunkOf(arena, hostile(head, filler, 64 * KIB));
      for (const parser of PARSERS) {
        arena.resetScratch();
        event.begin(chunk, 0, chunk.bytes.length);
        parseWith(parser, chunk, 0, chunk.bytes.length, event);
      }
      arena.resetScratch();
      event.begin(chunk, 0, chunk.bytes.length);
      readRecord(chunk, 0, chunk.bytes.length, event);
      lines++;
    }
  }
  t.ok(lines > 0, `${lines} lines`);
  t.end();
});

t.test('what a line costs grows with its length', (t) => {
  const plain = cost('', 'the quick brown fox jumps over the lazy dog ', 256 * KIB);
  for (const head of TIMED_HEADS) {
    for (const filler of FILLERS) {
      const long = cost(head, filler, 256 * KIB);
      if (long < NOISE_MS) continue;
      const short = cost(head, filler, 16 * KIB);
      const growth = long / 16 / Math.max(short, NOISE_MS / 16);
      if (growth > GROWTH) t.fail(`${JSON.stringify(head)} and ${JSON.stringify(filler)}: ${growth.toFixed(1)} times as much per byte`);
      if (long > COST * Math.max(plain, NOISE_MS / 2)) t.fail(`${JSON.stringify(head)} and ${JSON.stringify(filler)}: ${(long / plain).toFixed(0)} times an ordinary line`);
    }
  }
  t.end();
});

function hostile(head: string, filler: string, bytes: number): Buffer {
  const text = Buffer.from(filler, filler === '\xff' ? 'latin1' : 'utf8');
  return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, text)]);
}

/** CPU time in ms of reading one such line: the best of three, more when it looks too long. */
function cost(head: string, filler: string, bytes: number): number {
  const chunk = chunkOf(arena, hostile(head, filler, bytes));
  let best = Infinity;
  for (let round = 0; round < (best > NOISE_MS ? 4 : 1); round++) {
    arena.resetScratch();
    const before = process.cpuUsage();
    event.begin(chunk, 0, chunk.bytes.length);
    readRecord(chunk, 0, chunk.bytes.length, event);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
