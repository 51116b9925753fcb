// What rotation does to files: compressed, copied, renamed, while shipper looks and while it does not. Every line once.
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { FileSource } from '../agent/inputs/file-source.ts';
import { remoteKind, remoteKindOf } from '../agent/inputs/file-system.ts';
import { compareGenerations, isBetween, isGeneration, mayBecome } from '../agent/inputs/rotation-name.ts';
import { decodeCheckpoints, encodeCheckpoints } from '../agent/state/checkpoint-file.ts';
import { Checkpoints } from '../agent/state/checkpoints.ts';
import { joined, numbered, openFiles, setUp } from './helpers/tail-rig.ts';

/** What gzip does: the compressed file beside the original, which goes; its time is that of the original. */
function gzip(path: string, to = `${path}.gz`): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(to, gzipSync(readFileSync(path)));
  utimesSync(to, atime, mtime);
  unlinkSync(path);
}

/** Makes it look as if the file was left alone for long. */
function age(path: string): void {
  const hourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path, hourAgo, hourAgo);
}

t.test('names that rotation gives', (t) => {
  const cases: [string, string, boolean, string][] = [
    ['app.log', 'app.log.1', true, 'logrotate'],
    ['app.log', 'app.log.12.gz', true, 'compressed at once'],
    ['app.log', 'app.log-20261125', true, 'dateext'],
    ['app.log', 'app-20261125.log.gz', true, 'dateext and extension'],
    ['app.log', 'app.2026-11-25.log', true, 'catalina'],
    ['app.log', 'app.log.2026-11-25T12:00:00Z', true, 'by time'],
    ['0.log', '0.log.20261125-120000.gz', true, 'kubelet'],
    ['app.log.1', 'app.log.2.gz', true, 'delaycompress'],
    ['app.log.1', 'app.log.1.gz', true, 'compressed'],
    ['app-2026-11-24.log', 'app-2026-11-24.log.gz', true, 'a dated file, compressed'],
    ['app-2026-11-24.log', 'app-2026-11-25.log.gz', false, 'another day is another file'],
    ['worker-1.log', 'worker-2.log', false, 'two workers'],
    ['worker-1.log', 'worker-1.log.2', true, 'the second one of a worker'],
    ['access-2026-11-24.log', 'access-2026-11-24.log.1.gz', true, 'a dated file that grew too large, compressed'],
    ['app.log', 'app.log', true, 'itself'],
    ['app.log', 'apple.log.1', false, 'another name'],
    ['app.log', 'web.log.1', false, 'another name'],
    ['app.log', 'app.err.1', false, 'another extension'],
    ['a/app.log', 'b/app.log.1', false, 'another folder'],
  ];
  for (const [earlier, later, expected, why] of cases) t.equal(mayBecome(`/logs/${earlier}`, `/logs/${later}`), expected, `${earlier} → ${later}: ${why}`);
  t.end();
});

t.test('names of generations that nobody has seen', (t) => {
  const cases: [string, boolean, boolean, string][] = [
    ['app.log.1', false, true, 'a count'],
    ['app.log-20261125.gz', false, true, 'a date'],
    ['app-2026-11-25-1.log', false, true, 'a date inside'],
    ['app.251125.log', false, true, 'a short one'],
    ['app-1.log', false, false, 'a count inside: it may be the log of a worker'],
    ['app-1.log', true, true, 'the same, where generations are known to be called so'],
    ['app.log', false, false, 'the one that is there now'],
    ['app.log.tmp', false, false, 'no name of a generation'],
  ];
  for (const [name, isCounted, expected, why] of cases) t.equal(isGeneration('/logs/app.log', `/logs/${name}`, isCounted), expected, `${name}: ${why}`);
  const between: [string, string, string, boolean][] = [
    ['app-2026-11-24.log', 'app-2026-11-26.log', 'app-2026-11-25.log', true],
    ['app.log.9', 'app.log.11', 'app.log.10', true],
    ['app-2026-11-24.log', 'app-2026-11-26.log', 'app-2026-11-26.log', false],
    ['app-2026-11-24.log', 'app-2026-11-26.log', 'app-2026-11-23.log', false],
    ['app-2026-11-24.log', 'app-2026-11-26.log', 'web-2026-11-25.log', false],
  ];
  for (const [earlier, later, name, expected] of between) t.equal(isBetween(`/logs/${earlier}`, `/logs/${later}`, `/logs/${name}`), expected, `${name} between ${earlier} and ${later}`);
  t.ok((compareGenerations('/logs/app.log.10', '/logs/app.log.9.gz') ?? 0) < 0, 'the higher the count, the older');
  t.equal(compareGenerations('/logs/app.log-20261124', '/logs/app.log-20261125'), undefined, 'dates: their times tell');
  t.end();
});

t.test('compressed files that a pattern finds', async (t) => {
  const { logs, tail, warnings } = setUp(t);
  const long = numbered(0, 60_000, 'a line of some length');
  writeFileSync(join(logs, 'app.log.3.gz'), gzipSync(joined(long)));
  writeFileSync(join(logs, 'app.log.2.gz'), Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]));
  writeFileSync(join(logs, 'app.log.1.gz'), gzipSync('no newline'));
  writeFileSync(join(logs, 'app.log'), 'plain\n');
  const first = await tail([join(logs, 'app.log*')], {}, { bytes: 50_000 });
  const lines = [...long, 'one', 'two', 'no newline', 'plain'];
  await first.untilLines(lines.length);
  t.same([...first.lines].sort(), [...lines].sort());
  t.equal(first.bySource.size, 4, 'each is a source');
  await first.stop();

  const again = await tail([join(logs, 'app.log*')], { once: true });
  await again.untilFinished();
  t.same(again.lines, [], 'not read again after a restart');
  t.same(warnings, []);
  await again.stop();

  const atEnd = await tail([join(logs, 'app.log.*')], { name: 'other', once: true, startAt: 'end' });
  await atEnd.untilFinished();
  t.same(atEnd.lines, [], 'start_at: end');
});

t.test('a compressed file goes on where it was acknowledged', async (t) => {
  const { logs, tail } = setUp(t);
  const lines = numbered(0, 30_000, 'a line of some length');
  writeFileSync(join(logs, 'app.log.1.gz'), gzipSync(joined(lines)));
  const first = await tail([join(logs, '*')], {}, { bytes: 10_000 });
  await first.untilLines(1_000);
  await first.stop();
  t.ok(first.lines.length < lines.length, 'it was stopped in the middle');
  renameSync(join(logs, 'app.log.1.gz'), join(logs, 'app.log.2.gz'));
  const second = await tail([join(logs, '*')], { once: true });
  await second.untilFinished();
  t.same([...first.lines, ...second.lines], lines, 'under another name, too');
  t.same([...first.bySource.keys()], [...second.bySource.keys()], 'and it has the same id');
});

t.test('damaged compressed files: what can be read is read, and the rest is said', async (t) => {
  const lines = numbered(0, 40_000, `${Math.random()} line`);
  const whole = gzipSync(joined(lines), { level: 1 });
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, whole.length - 2_000, whole.length - 1_900);
  const cases: [Buffer, number, RegExp, string][] = [
    [whole.subarray(0, whole.length / 2), 15_000, /unexpected end of file/, 'cut in the middle'],
    [whole.subarray(0, whole.length - 8), 40_000, /unexpected end of file/, 'without its checksum'],
    [damaged, 35_000, /damaged or not complete/, 'damaged near its end'],
    [whole.subarray(0, 5), 0, /unexpected end of file/, 'nothing but a beginning'],
    [Buffer.concat([whole, Buffer.from('rubbish')]), 40_000, /incorrect header check/, 'followed by something else'],
  ];
  for (const [bytes, least, message, why] of cases) {
    const { logs, tail, warnings } = setUp(t);
    writeFileSync(join(logs, 'app.log.1.gz'), bytes);
    const reader = await tail([join(logs, '*')], { once: true });
    await reader.untilFinished();
    t.ok(reader.lines.length >= least, `${why}: ${reader.lines.length} lines`);
    t.same(reader.lines.slice(0, least), lines.slice(0, least), why);
    t.match(warnings, [message], `${why}: said`);
    await reader.stop();
    const again = await tail([join(logs, '*')], { once: true });
    await again.untilFinished();
    t.same([again.lines, warnings.length], [[], 1], `${why}: once`);
    unlinkSync(join(logs, 'app.log.1.gz'));
    await again.stop();
  }
});

t.test('a compressed file that is still being written is waited for', async (t) => {
  const { logs, tail, warnings } = setUp(t);
  const lines = numbered(0, 20_000, `${Math.random()} line`);
  const whole = gzipSync(joined(lines));
  const path = join(logs, 'app.log.1.gz');
  writeFileSync(path, whole.subarray(0, 10_000));
  const reader = await tail([join(logs, '*')], { settleMs: 300 });
  for (let at = 10_000; at < whole.length; at += 10_000) {
    appendFileSync(path, whole.subarray(at, at + 10_000));
    await new Promise(setImmediate);
  }
  await reader.untilLines(lines.length);
  t.same(reader.lines, lines);
  t.same(warnings, []);
});

t.test('compressed while shipper looks: what was read as a plain file is not read again', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, joined(numbered(0, 100)));
  const reader = await tail([`${log}*`]);
  await reader.untilLines(100);
  renameSync(log, `${log}.1`);
  writeFileSync(log, joined(numbered(100, 200)));
  await reader.untilLines(200);
  gzip(`${log}.1`);
  appendFileSync(log, 'last\n');
  await reader.untilLines(201);
  renameSync(log, `${log}.1`);
  renameSync(`${log}.1.gz`, `${log}.2.gz`);
  writeFileSync(log, 'new\n');
  await reader.untilLines(202);
  t.same(reader.lines, [...numbered(0, 200), 'last', 'new']);
  await reader.stop();
  const again = await tail([`${log}*`], { once: true });
  await again.untilFinished();
  t.same(again.lines, [], 'nor after a restart');
});

t.test('gone on while nobody looked', async (t) => {
  const [before, rest, fresh] = [numbered(0, 500), numbered(500, 1_000), numbered(1_000, 1_010)];
  const cases: [string, (log: string) => void][] = [
    ['renamed', (log) => renameSync(log, `${log}.1`)],
    ['renamed and compressed', (log) => (renameSync(log, `${log}.1`), gzip(`${log}.1`))],
    ['with a date, and compressed', (log) => gzip(log, log.replace('.log', '-20261125.log.gz'))],
    ['copied and truncated', (log) => (copyFileSync(log, `${log}.1`), truncateSync(log))],
    ['copied, truncated and compressed', (log) => (copyFileSync(log, `${log}.1`), truncateSync(log), gzip(`${log}.1`))],
    ['rotated twice', (log) => (renameSync(log, `${log}.2`), gzip(`${log}.2`), writeFileSync(`${log}.1`, ''))],
  ];
  for (const isPattern of [false, true]) {
    for (const [why, rotate] of cases) {
      const { log, logs, tail } = setUp(t);
      writeFileSync(`${log}.9.gz`, gzipSync('another generation\n'));
      age(`${log}.9.gz`);
      writeFileSync(log, joined(before));
      const paths = isPattern ? [join(logs, 'app*')] : [log];
      const first = await tail(paths);
      await first.untilLines(before.length + (isPattern ? 1 : 0));
      await first.stop();
      appendFileSync(log, joined(rest));
      rotate(log);
      writeFileSync(log, joined(fresh));
      const what = `${why}, ${isPattern ? 'pattern' : 'name'}`;
      const second = await tail(paths, { once: true }, { bytes: 1_000 });
      await second.untilFinished();
      t.equal(first.lines.includes('another generation'), isPattern, `${what}: what was there before is read only if it is meant`);
      t.same(second.lines, [...rest, ...fresh], `${what}: goes on where it was, and is finished first`);
      await second.stop();
      const third = await tail(paths, { once: true });
      await third.untilFinished();
      t.same(third.lines, [], `${what}: nothing twice`);
      await third.stop();
    }
  }
});

/** Makes the file at `log` a generation with a count, as logrotate and others do. */
function shift(log: string): void {
  for (let count = 30; count > 0; count--) {
    for (const end of ['', '.gz']) if (existsSync(`${log}.${count}${end}`)) renameSync(`${log}.${count}${end}`, `${log}.${count + 1}${end}`);
  }
  if (existsSync(log)) renameSync(log, `${log}.1`);
}

function copyTruncate(log: string): void {
  const content = readFileSync(log);
  const { ino } = statSync(log);
  shift(log);
  renameSync(`${log}.1`, log); // only the others have moved
  writeFileSync(`${log}.1`, content);
  truncateSync(log);
  if (statSync(log).ino !== ino) throw new Error('another file');
}

/** How the generation with this number leaves its place, for a log that is called app.log. */
const ROTATIONS: readonly [reason: string, rotate: (log: string, generation: number) => void][] = [
  ['counted', shift],
  ['counted, and compressed at once', (log) => (shift(log), gzip(`${log}.1`))],
  ['counted, and compressed one rotation later', (log) => (shift(log), existsSync(`${log}.2`) && gzip(`${log}.2`))],
  ['counted, and the one that was read is deleted', (log) => (shift(log), rmSync(`${log}.4`, { force: true }))],
  ['dated', (log, generation) => renameSync(log, `${log}-2026112${generation}`)],
  ['dated inside', (log, generation) => renameSync(log, log.replace('.log', `-2026-11-25-${generation}.log`))],
  ['dated inside and compressed, as by Log4j', (log, generation) => gzip(log, log.replace('.log', `-2026-11-25-${generation}.log.gz`))],
  ['counted inside, where the one that was read shows it', (log, generation) => renameSync(log, log.replace('.log', `-${generation}.log`))],
  ['copied and truncated', copyTruncate],
];

t.test('several generations that nobody has seen at their path', async (t) => {
  const linesOf = (generation: number): string[] => numbered(generation * 100, generation * 100 + 100);
  for (const isRunning of [false, true]) {
    for (const [reason, rotate] of ROTATIONS) {
      const { log, logs, tail, warnings } = setUp(t);
      const what = `${reason}, ${isRunning ? 'faster than anybody looks' : 'while nobody looked'}`;
      const strangers = ['app.log.27', 'app-20261101.log', 'app-77.log', 'app.log.old'].map((name) => join(logs, name));
      for (const stranger of strangers) writeFileSync(stranger, 'from before the first look\n');
      for (const stranger of strangers) age(stranger);
      writeFileSync(log, joined(linesOf(0)));
      const first = await tail([log]);
      await first.untilLines(100);
      if (!isRunning) await first.stop();
      for (let generation = 1; generation < 5; generation++) {
        rotate(log, generation); // all at once: a reader in this thread can't look in between
        writeFileSync(log, joined(linesOf(generation)));
      }
      const second = isRunning ? first : await tail([log], {}, { bytes: 1_000 });
      const expected = numbered(isRunning ? 0 : 100, 500);
      await second.untilLines(expected.length);
      appendFileSync(log, 'last\n');
      await second.untilLines(expected.length + 1);
      t.same(second.lines, [...expected, 'last'], `${what}: all of them, the oldest first, and nothing that was there before`);
      await second.stop();
      const third = await tail([log], { once: true });
      await third.untilFinished();
      t.same([third.lines, warnings], [[], []], `${what}: nothing twice`);
      await third.stop();
    }
  }
});

t.test('generations that nobody has seen: stopped in the middle of them, copies, logs of workers', async (t) => {
  const { log, logs, tail } = setUp(t);
  writeFileSync(log, joined(numbered(0, 10)));
  const first = await tail([log]);
  await first.untilLines(10);
  await first.stop();
  copyFileSync(log, `${log}.bak`);
  writeFileSync(join(logs, 'app-1.log'), 'a worker\n');
  for (let generation = 1; generation < 4; generation++) {
    shift(log);
    if (generation === 3) gzip(`${log}.1`);
    writeFileSync(log, joined(numbered(generation * 1_000, generation * 1_000 + 1_000)));
  }
  const second = await tail([log], {}, { bytes: 1_000 });
  await second.untilLines(500);
  await second.stop();
  shift(log);
  const third = await tail([log], {}, { bytes: 1_000 });
  await third.untilLines(1_800);
  await third.stop();
  const fourth = await tail([log], { once: true }).catch(() => undefined);
  t.equal(fourth, undefined, 'nothing is at the path');
  writeFileSync(log, 'new\n');
  const fifth = await tail([log], { once: true });
  await fifth.untilFinished();
  t.same([...second.lines, ...third.lines, ...fifth.lines], [...numbered(1_000, 4_000), 'new'], 'neither the copy of what was read, nor the log of a worker');
});

t.test('a log whose time somebody has set: its place is known, and so is what came after it', async (t) => {
  for (const [reason, time] of [['before 1970', new Date(-86_400_000)], ['tomorrow', new Date(Date.now() + 86_400_000)]] as const) {
    const { log, tail, warnings } = setUp(t);
    writeFileSync(log, 'read\n');
    utimesSync(log, time, time);
    const first = await tail([log]);
    await first.untilLines(1);
    await first.stop();
    for (const line of ['unseen', 'new']) {
      shift(log);
      writeFileSync(log, `${line}\n`);
    }
    const second = await tail([log], { once: true });
    await second.untilFinished();
    t.same([second.lines, warnings], [['unseen', 'new'], []], reason);
    await second.stop();
  }
});

t.test('generations that nobody has seen, and that are left out', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'read\n');
  const first = await tail([log], { exclude: ['*.gz'] });
  await first.untilLines(1);
  await first.stop();
  for (const line of ['in .gz', 'in .1', 'new']) {
    shift(log);
    if (line === 'new') gzip(`${log}.2`);
    writeFileSync(log, `${line}\n`);
  }
  const second = await tail([log], { exclude: ['*.gz'], once: true });
  await second.untilFinished();
  t.same(second.lines, ['in .1', 'new']);
});

t.test('a link that led to files which nobody has seen', async (t) => {
  const { log, logs, tail } = setUp(t);
  const day = (date: number): string => join(logs, `web-2026-11-${date}.txt`);
  for (let date = 21; date < 24; date++) writeFileSync(day(date), joined(numbered(date * 10, date * 10 + 10)));
  symlinkSync(day(23), log);
  const first = await tail([log]);
  await first.untilLines(10);
  await first.stop();
  for (let date = 24; date < 28; date++) writeFileSync(day(date), joined(numbered(date * 10, date * 10 + 10)));
  unlinkSync(log);
  symlinkSync(day(26), log);
  const second = await tail([log]);
  await second.untilLines(30);
  unlinkSync(log);
  symlinkSync(day(27), log);
  await second.untilLines(40);
  t.same(second.lines, numbered(240, 280), 'those between where it led and where it leads');
});

/** What happened while nobody looked, with `start_at: end`, to a log that was read. */
interface AtEnd {
  readonly reason: string;
  readonly pattern?: string;
  readonly name?: string;
  readonly change: (log: string, logs: string) => void;
  readonly expected: readonly string[];
}

const AT_END: readonly AtEnd[] = [
  { reason: 'rotated', change: (log) => (renameSync(log, `${log}.1`), writeFileSync(log, 'new\n')), expected: ['new'] },
  { reason: 'truncated', change: (log) => writeFileSync(log, 'new\n'), expected: ['new'] },
  { reason: 'truncated, and grown beyond what was read', change: (log) => writeFileSync(log, joined(numbered(0, 100))), expected: numbered(0, 100) },
  { reason: 'deleted', change: (log) => (unlinkSync(log), writeFileSync(log, 'new\n')), expected: ['new'] },
  { reason: 'rotated twice, and the pattern finds all', pattern: 'app.log*', change: (log) => ['middle', 'new'].forEach((line) => (shift(log), writeFileSync(log, `${line}\n`))), expected: ['middle', 'new'] },
  { reason: 'the same, compressed', pattern: 'app.log*', change: (log) => ['middle', 'new'].forEach((line) => (shift(log), line === 'new' && gzip(`${log}.1`), writeFileSync(log, `${line}\n`))), expected: ['middle', 'new'] },
  { reason: 'another day', name: 'app-2026-11-24.log', change: (_, logs) => writeFileSync(join(logs, 'app-2026-11-25.log'), 'new\n'), expected: ['new'] },
  { reason: 'a number of its own: another log', name: 'app-1.log', change: (_, logs) => writeFileSync(join(logs, 'app-2.log'), 'not read\n'), expected: [] },
  { reason: 'a time that is set back', change: (log) => (shift(log), writeFileSync(log, 'new\n'), age(log)), expected: ['new'] },
];

t.test('start_at: end is about logs that were not read before, and not about what came to their places', async (t) => {
  for (const { reason, pattern = '*.log', name = 'app.log', change, expected } of AT_END) {
    const { logs, tail } = setUp(t);
    const log = join(logs, name);
    writeFileSync(log, 'one\ntwo\nthree\n');
    const first = await tail([join(logs, pattern)], { startAt: 'end' });
    appendFileSync(log, 'four\n');
    await first.untilLines(1);
    await first.stop();
    change(log, logs);
    writeFileSync(join(logs, 'other.log'), 'not read\n');
    const second = await tail([join(logs, pattern)], { startAt: 'end', once: true });
    await second.untilFinished();
    t.same([first.lines, [...second.lines].sort()], [['four'], [...expected].sort()], `${reason} while nobody looked`);
    await second.stop();
  }
});

t.test('start_at: end is not about what is written to an empty file, however long ago shipper has seen it', async (t) => {
  const fill = (log: string): void => writeFileSync(log, 'new\n');
  const rows: [reason: string, isTruncated: boolean, change: (log: string) => void][] = [
    ['empty from the beginning', false, fill],
    ['truncated while shipper looked', true, fill],
    ['empty, filled and rotated', false, (log) => (writeFileSync(log, 'before\n'), shift(log), fill(log))],
    ['empty for long, filled and rotated', false, (log) => (age(log), writeFileSync(log, 'before\n'), shift(log), fill(log))],
    ['empty, and replaced', false, (log) => (unlinkSync(log), fill(log))],
    ['empty, and a generation from before its time', false, (log) => (writeFileSync(`${log}.1`, 'not read\n'), age(`${log}.1`), fill(log))],
  ];
  for (const [reason, isTruncated, change] of rows) {
    const { log, tail } = setUp(t);
    writeFileSync(log, isTruncated ? 'one\n' : '');
    const first = await tail([log], { startAt: 'end' });
    if (isTruncated) truncateSync(log);
    await first.until(() => first.checkpoints.all().some(({ prefix, detached }) => prefix.bytes === 0 && detached === undefined), `${reason}: it to be noted`);
    await first.stop();
    change(log);
    const second = await tail([log], { startAt: 'end' });
    await second.until(() => second.lines.includes('new'), reason);
    appendFileSync(log, 'newer\n');
    await second.until(() => second.lines.includes('newer'), reason);
    await second.stop();
    const third = await tail([log], { startAt: 'end', once: true });
    await third.untilFinished();
    const isBefore = reason.includes('rotated');
    t.same([first.lines, second.lines, third.lines], [[], [...(isBefore ? ['before'] : []), 'new', 'newer'], []], reason);
    await third.stop();
  }
});

t.test('start_at: end, where another lane has read what was at the place of a file', async (t) => {
  const { log, logs, tail } = setUp(t);
  writeFileSync(log, 'new\n');
  writeFileSync(join(logs, 'other.log'), 'not read\n');
  const share = { speaks: true, claim: () => Promise.resolve(true), known: [{ input: 'app', path: log }, { input: 'another', path: join(logs, 'other.log') }] };
  const reader = await tail([join(logs, '*.log')], { startAt: 'end', once: true, share });
  await reader.untilFinished();
  t.same(reader.lines, ['new']);
});

/** Counts how often it is asked to forget. */
class SweptCheckpoints extends Checkpoints {
  sweeps = 0;

  override sweep(input: string, inUse: ReadonlySet<string>): void {
    super.sweep(input, inUse);
    this.sweeps++;
  }
}

t.test('compressed files that stay where they are are not read again after weeks', async (t) => {
  const { logs, state, tail, warnings } = setUp(t);
  let nowMs = Date.now();
  const checkpoints = new SweptCheckpoints({ folder: state, warn: (message) => warnings.push(message), now: () => nowMs });
  for (const name of ['stays', 'goes']) writeFileSync(join(logs, `${name}.log.1.gz`), gzipSync(`in ${name}\n`));
  const pattern = join(logs, '*.gz');
  const first = await tail([pattern], { checkpoints, pollMs: 1, sweepPolls: 1 });
  await first.untilLines(2);
  for (const name of ['stays', 'goes']) renameSync(join(logs, `${name}.log.1.gz`), name === 'stays' ? join(logs, 'stays.log.2.gz') : join(logs, 'gone'));
  for (let week = 0; week < 3; week++) {
    const before = checkpoints.sweeps;
    await first.until(() => checkpoints.sweeps > before + 1, 'two looks for checkpoints that nothing needs');
    nowMs += 8 * 24 * 3_600_000;
  }
  t.equal(checkpoints.all().length, 1, 'what is gone is forgotten');
  await first.stop();
  const again = await tail([pattern], { once: true });
  await again.untilFinished();
  t.same([first.lines.sort(), again.lines, warnings], [['in goes', 'in stays'], [], []]);
});

t.test('stopped again in the middle of what was moved', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, joined(numbered(0, 10)));
  const first = await tail([log]);
  await first.untilLines(10);
  await first.stop();
  appendFileSync(log, joined(numbered(10, 10_000)));
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'new\n');
  const second = await tail([log], {}, { bytes: 1_000 });
  await second.untilLines(20);
  await second.stop();
  gzip(`${log}.1`, `${log}.2.gz`);
  const third = await tail([log], {}, { bytes: 1_000 });
  await third.untilLines(20);
  await third.stop();
  const fourth = await tail([log], { once: true });
  await fourth.untilFinished();
  t.same([...second.lines, ...third.lines, ...fourth.lines], [...numbered(10, 10_000), 'new']);
});

t.test('copytruncate while shipper looks', async (t) => {
  for (const isPattern of [false, true]) {
    const { log, tail, warnings } = setUp(t);
    const what = isPattern ? 'pattern' : 'name';
    writeFileSync(log, joined(numbered(0, 10)));
    const reader = await tail(isPattern ? [`${log}*`] : [log]);
    await reader.untilLines(10);
    appendFileSync(log, joined(numbered(10, 1_000)));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, joined(numbered(1_000, 1_010)));
    await reader.untilLines(1_010);
    renameSync(`${log}.1`, `${log}.2`);
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, 'last\n');
    await reader.untilLines(1_011);
    t.same(reader.lines, [...numbered(0, 1_010), 'last'], `${what}: what had not been read comes from the copy`);
    t.same(warnings, [], what);
    await reader.stop();
    const again = await tail(isPattern ? [`${log}*`] : [log], { once: true });
    await again.untilFinished();
    t.same(again.lines, [], `${what}: nothing twice`);
    await again.stop();
  }
});

/** What a script or a person did to a log of which `read` lines were read, before more was written to it: `rest`. */
const STRAYS: readonly [reason: string, read: number, copy: (log: string, logs: string) => void, isFound: boolean, options?: { readonly pattern?: string; readonly exclude?: string[] }][] = [
  ['a name without any sign', 500, (log, logs) => copyFileSync(log, join(logs, 'app-backup')), true],
  ['a sign in the middle', 500, (log) => copyFileSync(log, `${log}.bak.txt`), true],
  ['a small log', 40, (log) => copyFileSync(log, `${log}.bak.txt`), true],
  ['a name that is meant', 500, (log, logs) => copyFileSync(log, join(logs, 'app-backup.log')), true, { pattern: '*.log' }],
  ['two copies: the one that holds all', 500, (log, logs) => (writeFileSync(join(logs, 'early'), readFileSync(log).subarray(0, 100)), copyFileSync(log, join(logs, 'late'))), true],
  ['nothing was read that tells it from others', 5, (log, logs) => copyFileSync(log, join(logs, 'app-backup')), false],
  ['left out by its name', 500, (log, logs) => copyFileSync(log, join(logs, 'app-backup')), false, { exclude: ['*-backup'] }],
  ['another log that begins alike', 500, (log, logs) => writeFileSync(join(logs, 'stranger'), readFileSync(log, 'latin1').replace(/line 499/, 'LINE 499')), false],
  ['in another folder', 500, (log, logs) => (mkdirSync(join(logs, 'old')), copyFileSync(log, join(logs, 'old', 'app.log'))), false],
  ['a copy of what was read, no more', 500, (_, logs) => writeFileSync(join(logs, 'early'), joined(numbered(0, 500))), false],
];

t.test('copied to whatever name, and truncated', async (t) => {
  for (const isRunning of [false, true]) {
    for (const [reason, read, copy, isFound, { pattern = 'app.log', exclude = [] } = {}] of STRAYS) {
      const { log, logs, tail } = setUp(t);
      const what = `${reason}, ${isRunning ? 'before anybody looked' : 'while nobody looked'}`;
      const rest = numbered(read, read + 300);
      writeFileSync(log, joined(numbered(0, read)));
      const first = await tail([join(logs, pattern)], { exclude });
      await first.untilLines(read);
      if (!isRunning) await first.stop();
      appendFileSync(log, joined(rest));
      copy(log, logs);
      writeFileSync(log, 'new\n');
      const second = isRunning ? first : await tail([join(logs, pattern)], { exclude });
      await second.until(() => second.lines.includes('new'), what);
      appendFileSync(log, 'last\n');
      await second.until(() => second.lines.includes('last'), what);
      t.same(second.lines, [...(isRunning ? numbered(0, read) : []), ...(isFound ? rest : []), 'new', 'last'], what);
      await second.stop();
      const third = await tail([join(logs, pattern)], { exclude, once: true });
      await third.untilFinished();
      t.same(third.lines, [], `${what}: nothing twice`);
      await third.stop();
    }
  }
});

t.test('copytruncate with a reader that is in time for what is written after the copy, or that does not read for long', async (t) => {
  const rows: [reason: string, isInTime: boolean][] = [
    ['in time: the copy ends before what was read', true],
    ['it does not read until the copy is old', false],
  ];
  for (const [reason, isInTime] of rows) {
    for (const isPattern of [false, true]) {
      const { log, tail, warnings } = setUp(t);
      const what = `${reason}, ${isPattern ? 'pattern' : 'name'}`;
      writeFileSync(log, joined(numbered(0, 10)));
      const reader = await tail(isPattern ? [`${log}*`] : [log], isInTime ? {} : { copyMs: 0 });
      await reader.untilLines(10);
      copyFileSync(log, `${log}.1`);
      if (isInTime) appendFileSync(log, joined(numbered(10, 15)));
      if (isInTime) await reader.untilLines(15);
      truncateSync(log);
      appendFileSync(log, 'new\n');
      if (!isInTime && isPattern) await waitFor(() => [...reader.input.known()].some((source) => source instanceof FileSource && source.path === `${log}.1`), `${what}: the copy to be looked at`);
      await reader.until(() => reader.lines.includes('new'), what);
      appendFileSync(log, 'last\n');
      await reader.until(() => reader.lines.includes('last'), what);
      t.same(reader.lines, [...numbered(0, isInTime ? 15 : 10), 'new', 'last'], what);
      t.same(warnings, [], what);
      await reader.stop();
      const again = await tail(isPattern ? [`${log}*`] : [log], { once: true });
      await again.untilFinished();
      t.same(again.lines, [], `${what}: nothing twice`);
      await again.stop();
    }
  }
});

t.test('a copy that gets the inode of a file that was read and deleted', async (t) => {
  for (const isPattern of [false, true]) {
    const { log, tail, warnings } = setUp(t);
    writeFileSync(log, joined(numbered(0, 10)));
    writeFileSync(`${log}.2`, joined(numbered(0, 1_000, 'old')));
    const first = await tail([`${log}*`]);
    await first.untilLines(1_010);
    await first.stop();
    appendFileSync(log, joined(numbered(10, 1_000)));
    copyFileSync(log, `${log}.2`); // into the same inode: what deleting and copying comes to, if the file system has it so
    renameSync(`${log}.2`, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, joined(numbered(1_000, 1_010)));
    const second = await tail([isPattern ? `${log}*` : log]);
    await second.untilLines(1_000);
    await second.stop();
    const third = await tail([isPattern ? `${log}*` : log], { once: true });
    await third.untilFinished();
    t.same([...second.lines, ...third.lines], numbered(10, 1_010), `${isPattern ? 'pattern' : 'name'}: gone on with in the copy, and nothing twice`);
    t.same(warnings, []);
  }
});

t.test('truncated, and no copy: what is lost is counted', async (t) => {
  const { log, tail, warnings } = setUp(t);
  writeFileSync(log, joined(numbered(0, 5_000)));
  const reader = await tail([log], {}, { bytes: 1_000 });
  reader.pass();
  const [source] = [...reader.input.known()];
  const left = statSync(log).size - (source?.offset ?? 0);
  truncateSync(log);
  await reader.until(() => (source?.lost ?? 0) > 0, 'the loss to be seen');
  t.equal(source?.lost, left);
  t.match(warnings, [new RegExp(`app\\.log was truncated before its last ${left} bytes could be taken: they are lost`)]);
});

/** While nobody reads. */
async function waitFor(isThere: () => boolean, what: string): Promise<void> {
  const givenUpAt = performance.now() + 120_000;
  while (!isThere()) {
    if (performance.now() > givenUpAt) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

t.test('deleted files are held to their end, or as long as the disk may keep them', async (t) => {
  const size = joined(numbered(10_000, 13_000)).length;
  const rows: [maxDeletedBytes: number | undefined, isCompressed: boolean, lost: boolean, reason: string][] = [
    [undefined, false, false, 'no limit'],
    [3 * size, false, false, 'a limit that is not reached'],
    [Math.floor(1.5 * size), false, true, 'room for one of two: the older is let go of'],
    [Math.floor(1.5 * size), true, false, 'the same, with a compressed copy of it'],
  ];
  for (const [maxDeletedBytes, isCompressed, isLost, reason] of rows) {
    const { log, tail, warnings } = setUp(t);
    const reader = await tail([log], { maxDeletedBytes, graceMs: 20_000 }, { bytes: 1_100 }); // a hundred lines
    const { input } = reader;
    const holds = (isThere: () => boolean): Promise<void> => waitFor(isThere, reason);
    for (const generation of [0, 1]) {
      writeFileSync(log, joined(numbered(10_000 + generation * 3_000, 13_000 + generation * 3_000)));
      await holds(() => [...input.known()].length === generation + 1);
      if (generation === 0) reader.pass();
      if (generation === 0 && isCompressed) writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
      rmSync(log);
      await holds(() => (input.deletedBytes ?? 0) >= size);
    }
    const [oldest] = [...input.known()].filter((source) => source.offset > 0);
    await holds(() => (isLost || isCompressed ? oldest?.ended === true : input.deletedBytes === 2 * size));
    t.equal(openFiles(`${log} (deleted)`), isLost || isCompressed ? 1 : 2, `${reason}: what is let go of is closed, so that the disk gets it back`);
    writeFileSync(log, 'last\n');
    await reader.until(() => reader.lines.includes('last'), `${reason}: the last line`);
    if (isCompressed) await reader.untilLines(6_001);
    const missing = numbered(10_000, 16_000).filter((line) => !reader.lines.includes(line));
    t.equal(oldest?.lost, joined(missing).length, `${reason}: what is counted as lost is what is missing`);
    t.equal(missing.length > 0, isLost, reason);
    t.equal(reader.lines.length, 6_001 - missing.length, `${reason}: nothing twice`);
    t.match(warnings.filter((warning) => !warning.includes('no such file')), isLost ? [/app\.log was deleted, and is let go of for max_deleted_bytes before its last \d+ bytes could be taken: they are lost/] : [], reason);
    await reader.stop();
  }
});

t.test('a deleted file that is let go of, beside a compressed one: it is looked into, and what is in neither is counted', async (t) => {
  const text = joined(numbered(0, 3_000));
  const rows: [reason: string, compressed: string, isLost: boolean, isStopped: boolean][] = [
    ['its copy', text, false, false],
    ['another', 'something else\n', true, false],
    ['another, and nobody has time to look', 'something else\n', false, true],
  ];
  for (const [reason, compressed, isLost, isStopped] of rows) {
    const { log, tail, warnings } = setUp(t);
    let counted = 0;
    writeFileSync(log, text);
    const reader = await tail([log], { maxDeletedBytes: 1_024, graceMs: 20_000, searchMs: isLost ? 0 : 120_000, lost: (_, bytes) => (counted += bytes) }, { bytes: 1_000 });
    reader.pass();
    const [source] = [...reader.input.known()];
    const left = text.length - (source?.offset ?? 0);
    writeFileSync(`${log}.1.gz`, gzipSync(compressed));
    rmSync(log);
    await waitFor(() => source?.ended === true, `${reason}: it to be let go of`);
    if (isStopped) reader.input.leave?.();
    else if (isLost) await reader.until(() => counted > 0, `${reason}: the loss`);
    else await reader.untilLines(3_000);
    t.equal(counted, isLost ? left : 0, reason);
    t.match(warnings.filter((warning) => !warning.includes('no such file')), isLost ? [`${log} was truncated or deleted, and there is no copy of what it held; what had not been read is lost: ${left} bytes`] : isStopped ? [`${log} was truncated or deleted before its last ${left} bytes could be taken, and no copy of it was found yet: the next run looks for it`] : [], reason);
    t.equal(new Set(reader.lines).size, reader.lines.length, `${reason}: nothing twice`);
  }
});

t.test('the old file is finished before the new one is begun', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, joined(numbered(0, 3_000)));
  const reader = await tail([log], {}, { bytes: 500 });
  reader.pass();
  renameSync(log, `${log}.1`);
  writeFileSync(log, joined(numbered(3_000, 3_100)));
  await reader.untilLines(3_100);
  t.same(reader.lines, numbered(0, 3_100));
});

t.test('a link that leads to another file', async (t) => {
  const { log, logs, tail } = setUp(t);
  const [zero, one] = [join(logs, '0.txt'), join(logs, '1.txt')];
  writeFileSync(zero, joined(numbered(0, 100)));
  symlinkSync(zero, log);
  const reader = await tail([log], {}, { bytes: 200 });
  reader.pass();
  writeFileSync(one, joined(numbered(100, 110)));
  unlinkSync(log);
  symlinkSync(one, log);
  await reader.untilLines(110);
  t.same(reader.lines, numbered(0, 110));
  await reader.stop();
  appendFileSync(one, 'while nobody looked\n');
  renameSync(one, join(logs, '1.txt.20261125-120000'));
  age(join(logs, '1.txt.20261125-120000'));
  gzip(join(logs, '1.txt.20261125-120000'));
  writeFileSync(one, 'new\n');
  const again = await tail([log], { once: true });
  await again.untilFinished();
  t.same(again.lines, ['while nobody looked', 'new'], 'what it led to is looked for where that lay');
});

t.test('a file system on which others write unseen', async (t) => {
  const { dir, log, tail } = setUp(t);
  const [under, mount] = [join(dir, 'state', 'under'), join(dir, 'logs')];
  mkdirSync(under);
  const mounted = spawnSync('bindfs', [under, mount]);
  if (mounted.status !== 0) return void t.pass('skipped', { skip: `needs bindfs and the right to mount: ${mounted.error?.message ?? String(mounted.stderr)}` });
  t.teardown(() => spawnSync('fusermount', ['-uz', mount]));
  const behind = join(under, 'app.log');
  t.match(remoteKindOf(mount), /FUSE/);
  writeFileSync(behind, 'one\n');
  const reader = await tail([`${log}*`]);
  await reader.untilLines(1);
  appendFileSync(behind, 'two\n');
  await reader.untilLines(2);
  appendFileSync(behind, 'three\n');
  renameSync(behind, `${behind}.1`);
  writeFileSync(behind, 'four\n');
  await reader.untilLines(4);
  copyFileSync(behind, `${behind}.new`);
  renameSync(`${behind}.new`, behind);
  appendFileSync(behind, 'five\n');
  await reader.untilLines(5);
  t.same(reader.lines, ['one', 'two', 'three', 'four', 'five'], 'appends, a rotation, and a file that has another number now');
  await reader.stop();
  copyFileSync(behind, `${behind}.new`);
  renameSync(`${behind}.new`, behind);
  appendFileSync(behind, 'six\n');
  const again = await tail([`${log}*`], { once: true });
  await again.untilFinished();
  t.same(again.lines, ['six'], 'or has got it while nobody looked');
  await again.stop();
});

t.test('which file systems those are', (t) => {
  const rows: [number, boolean, string][] = [
    [0x6969, true, 'NFS'],
    [0xff534d42, true, 'CIFS'],
    [0xfe534d42, true, 'SMB 2 and 3'],
    [0x65735546, true, 'FUSE'],
    [0x01021997, true, '9p'],
    [0xef53, false, 'ext4'],
    [0x58465342, false, 'XFS'],
    [0x9123683e, false, 'btrfs'],
    [0x794c7630, false, 'overlay: what a container writes in its own layer is seen'],
    [0x01021994, false, 'tmpfs'],
  ];
  for (const [type, expected, why] of rows) t.equal(remoteKind(type) !== undefined, expected, why);
  t.end();
});

t.test('device numbers that were dealt out anew', async (t) => {
  const { log, tail, state } = setUp(t);
  writeFileSync(log, 'one\n');
  const first = await tail([log]);
  await first.untilLines(1);
  await first.stop();
  for (const turn of [0, 1]) {
    const { generation, checkpoints } = decoded(join(state, `checkpoints-${turn}.json`));
    writeFileSync(join(state, `checkpoints-${turn}.json`), encodeCheckpoints(generation, checkpoints.map((one) => ({ ...one, device: '4711' }))));
  }
  appendFileSync(log, 'two\n');
  const second = await tail([log]);
  await second.untilLines(1);
  for (let line = 0; line < 5; line++) {
    appendFileSync(log, `more ${line}\n`);
    await second.untilLines(line + 2);
  }
  t.same(second.lines, ['two', ...numbered(0, 5, 'more')]);
  t.same([...second.bySource.keys()], [...first.bySource.keys()], 'the same source');
});

function decoded(path: string): Exclude<ReturnType<typeof decodeCheckpoints>, string> {
  const read = decodeCheckpoints(readFileSync(path));
  if (typeof read === 'string') throw new Error(read);
  return read;
}
