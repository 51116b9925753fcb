// The kernel that is made of TypeScript, against the same TypeScript: what a record says, where each value stands, and
// which rule found it.
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
import { setTimeContext } from '../parsers/values/zones.ts';
import { chunkOf, fieldsOf } from './helpers/chunk.ts';
import { seeded } from './helpers/random.ts';

const ROOT = path.dirname(import.meta.dirname);
const random = seeded();
t.comment(`SEED=${random.seed}`);
const ROUNDS = 12_000;

const arena = new Arena({ input: 1 << 20, scratch: 1 << 20, constants: 65_536 }, SCANNER_BYTES + 2 * eventBytes(1) + 2_000_000);
const kernel = kernelScanners(arena, identify);
const event = new LogEvent(arena);

/** All that is known of a record after it was read. */
function read(chunk: Chunk, length: number): unknown {
  arena.resetScratch();
  event.begin(chunk, 0, length);
  readRecord(chunk, 0, length, event);
  const found = FIELDS.flatMap((name, field) => ((event.present & (1 << field)) === 0 ? [] : [[name, event.fromOf(field), event.toOf(field), event.ruleOf(field)]]));
  return { format: event.format, fields: fieldsOf(event), found, blocked: event.blocked, complete: event.complete };
}

const BEHIND = Buffer.from(`\n${'2026-11-22 10:00:00 '.repeat(4)}`);

/** Whether both read the line alike. */
function agree(t: Test, line: Buffer): boolean {
  const chunk = chunkOf(arena, Buffer.concat([line, BEHIND])); // as in a stream, another line follows
  const [expected, actual] = [read(chunk, line.length), read({ ...chunk, scanners: kernel }, line.length)];
  if (JSON.stringify(expected) === JSON.stringify(actual)) return true;
  t.strictSame(actual, expected, JSON.stringify(line.toString('latin1')));
  return false;
}

const labelled = readFileSync(path.join(ROOT, 'test', 'fixtures', 'labelled.jsonl'), 'utf8').split('\n').filter((line) => line !== '').map((line) => String((JSON.parse(line) as { line?: unknown }).line ?? ''));
const samples = readdirSync(path.join(ROOT, 'samples')).flatMap((name) => readFileSync(path.join(ROOT, 'samples', name), 'utf8').split('\n'));
const LINES = [...PARSERS.flatMap(({ examples }) => examples.map(({ line }) => line)), ...labelled, ...samples].filter((line) => line !== '').map((line) => Buffer.from(line));
const PIECES = LINES.flatMap((line) => line.toString('latin1').split(/(?<=[ :=.([\]"])/));

for (const zone of ['UTC', 'America/New_York']) {
  t.test(`every known line, in ${zone}`, async (t) => {
    const nowMs = Date.parse('2026-11-25T12:00:00Z');
    setTimeContext({ zone, nowMs, fallbackDateMs: nowMs });
    t.ok(LINES.length > 400, 'there are lines');
    for (const line of LINES) if (!agree(t, line)) return;
  });
}

t.test('lines put together of pieces of others, and damaged ones', async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    let line = random.oneIn(2) ? Buffer.from(Array.from({ length: 1 + random.below(14) }, () => random.of(PIECES)).join(''), 'latin1') : Buffer.from(random.of(LINES));
    for (let times = random.below(3); times > 0 && line.length > 0; times--) line[random.below(line.length)] = random.of(Buffer.from('{}[]":,\\= \t\0\u001b\'()<>-0aZ.|/@#+'));
    if (random.oneIn(8)) line = line.subarray(0, random.below(line.length + 1));
    if (line.length > 0 && !agree(t, line)) return;
  }
  t.pass(`${ROUNDS} lines`);
});
