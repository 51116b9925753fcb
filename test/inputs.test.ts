import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync, chmodSync, chownSync, closeSync, copyFileSync, existsSync, ftruncateSync, linkSync, mkdirSync, openSync, readFileSync,
  renameSync, statSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync, writeSync,
} from 'node:fs';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { Descriptors } from '../agent/inputs/descriptors.ts';
import { Discovery } from '../agent/inputs/discovery.ts';
import { FileInput } from '../agent/inputs/file-input.ts';
import { fileKind } from '../agent/inputs/file-kind.ts';
import { InputError } from '../agent/inputs/input.ts';
import { StreamInput } from '../agent/inputs/stdin-source.ts';
import { Checkpoints } from '../agent/state/checkpoints.ts';
import { joined, numbered, openFiles, Reader, setUp } from './helpers/tail-rig.ts';

const DEADLINE_MS = 120_000; // what has not happened by then hangs

t.test('appended lines come as they are written, and a line only when it is whole', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'one\ntw');
  const reader = await tail([log]);
  await reader.untilLines(1);
  t.same(reader.lines, ['one']);
  appendFileSync(log, 'o\nthree');
  await reader.untilLines(2);
  t.same(reader.lines, ['one', 'two']);
  appendFileSync(log, '\n');
  await reader.untilLines(3);
  t.same(reader.lines, ['one', 'two', 'three']);
});

t.test('many appends, each seen', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'line 0\n');
  const reader = await tail([log]);
  for (let i = 1; i < 100; i++) {
    await reader.untilLines(i);
    appendFileSync(log, `line ${i}\n`);
  }
  await reader.untilLines(100);
  t.same(reader.lines, numbered(0, 100));
});

t.test('new files', async (t) => {
  const { log, logs, tail } = setUp(t);
  writeFileSync(log, 'first\n');
  const reader = await tail([join(logs, '**', '*.log')], { startAt: 'end', exclude: ['secret*'] });
  writeFileSync(join(logs, 'secret.log'), 'secret\n');
  writeFileSync(join(logs, 'other.txt'), 'text\n');
  writeFileSync(join(logs, 'b.log'), 'second\n');
  await reader.untilLines(1);
  mkdirSync(join(logs, 'deep', 'er'), { recursive: true });
  writeFileSync(join(logs, 'deep', 'er', 'c.log'), 'third\n');
  await reader.untilLines(2);
  writeFileSync(join(logs, 'empty.log'), '');
  symlinkSync(join(logs, 'other.txt'), join(logs, 'link.log'));
  await reader.untilLines(3);
  appendFileSync(join(logs, 'empty.log'), 'twelve byte\n'); // works from the first byte on
  await reader.untilLines(4);
  appendFileSync(log, 'after\n');
  await reader.untilLines(5);
  t.same(reader.lines, ['second', 'third', 'text', 'twelve byte', 'after'], 'start_at: end is for what was there; the rest is read from its beginning');
});

t.test('a path that is not there yet', async (t) => {
  const { log, tail, warnings } = setUp(t);
  const reader = await tail([log], { startAt: 'end' });
  t.match(warnings, [/app\.log: no such file: waiting for it/]);
  writeFileSync(log, 'here\n');
  await reader.untilLines(1);
  t.same(reader.lines, ['here']);
});

t.test('ten rotations by rename, each right after a write that nobody has read', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'line 0\n');
  const reader = await tail([log]);
  for (let i = 0; i < 10; i++) {
    // The reader has the file, and has not seen its last lines when it is renamed.
    await reader.until(() => reader.lines.includes(`line ${i * 10}`), `generation ${i}`);
    appendFileSync(log, joined(numbered(i * 10 + 1, i * 10 + 10)));
    for (const n of [2, 1]) if (existsSync(`${log}.${n}`)) renameSync(`${log}.${n}`, `${log}.${n + 1}`); // .3 is deleted by that
    renameSync(log, `${log}.1`);
    if (i === 9) appendFileSync(`${log}.1`, 'late\n'); // the application still has the old one open
    writeFileSync(log, `line ${i * 10 + 10}\n`);
  }
  await reader.untilLines(102);
  t.same([...reader.lines].sort(), ['late', ...numbered(0, 101)].sort());
  t.equal(reader.bySource.size, 11, 'each generation is a source of its own');
});

t.test('a rotated file under a name that is meant too is the same source', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'one\ntwo\n');
  const reader = await tail([`${log}*`]);
  await reader.untilLines(2);
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'three\n');
  await reader.untilLines(3);
  appendFileSync(`${log}.1`, 'late\n');
  await reader.untilLines(4);
  t.same([...reader.bySource.values()], [['one', 'two', 'late'], ['three']]);
});

t.test('copytruncate: what was read stays, the new content is a new source', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'one\ntwo\nunfinished');
  const reader = await tail([log]);
  await reader.untilLines(2);
  copyFileSync(log, `${log}.1`);
  truncateSync(log);
  await reader.untilLines(3);
  appendFileSync(log, 'four\n');
  await reader.untilLines(4);
  t.same([...reader.bySource.values()], [['one', 'two', 'unfinished'], ['four']]);
});

t.test('truncated and filled again between two looks', async (t) => {
  const banner = `${'#'.repeat(5_000)}\n`;
  for (const [content, why] of [
    ['new\n'.repeat(1_000), 'beyond the old offset'],
    [`${banner}tw2\n`, 'to the same size, with the same banner'],
    [`${banner}2\n`, 'below the old offset'],
  ] as const) {
    const { log, tail } = setUp(t);
    writeFileSync(log, `${banner}two\n`);
    const reader = await tail([log]);
    await reader.untilLines(2);
    const stat = statSync(log);
    writeFileSync(log, content); // truncates
    utimesSync(log, stat.atime, new Date(stat.mtimeMs + 1_000)); // as if some time had passed
    const expected = content.trimEnd().split('\n');
    await reader.untilLines(2 + expected.length);
    t.same([...reader.bySource.values()], [[banner.trim(), 'two'], expected], why);
    await reader.stop();
  }
});

t.test('a hole that a writer without O_APPEND leaves is handed on as it is', async (t) => {
  const { log, tail } = setUp(t);
  const writer = openSync(log, 'w');
  writeSync(writer, 'before\n');
  const reader = await tail([log]);
  await reader.untilLines(1);
  ftruncateSync(writer, 0);
  writeSync(writer, 'after\n', 1_000_000);
  closeSync(writer);
  await reader.untilLines(2);
  t.equal(reader.lines[1]?.replace(/^\0+/, ''), 'after');
});

t.test('deleted while it is read', async (t) => {
  const { log, tail } = setUp(t);
  const lines = numbered(0, 5_000);
  writeFileSync(log, joined(lines));
  const reader = await tail([log], {}, { bytes: 512 });
  reader.pass();
  unlinkSync(log);
  await reader.untilLines(lines.length);
  t.same(reader.lines, lines);
  writeFileSync(log, 'again\n');
  await reader.untilLines(lines.length + 1);
  t.equal(reader.bySource.size, 2);
});

t.test('what ended leaves no descriptor behind', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'one\nunfinished');
  const descriptors = new Descriptors();
  const reader = await tail([log], { descriptors });
  const before = openFiles(log);
  await reader.untilLines(1);
  unlinkSync(log);
  await reader.untilLines(2);
  await reader.until(() => openFiles(log) === 0, 'the descriptor to be closed');
  t.equal(before, 1);
});

t.test('an inode used again, and files that begin alike', async (t) => {
  const { logs, tail, log } = setUp(t);
  const banner = `${'='.repeat(4_096)}\n`;
  for (const name of ['a', 'b', 'c']) writeFileSync(join(logs, `${name}.log`), `${banner}${name}\n`);
  const first = await tail([join(logs, '*.log')]);
  await first.untilLines(6);
  t.equal(first.bySource.size, 3);
  await first.stop();

  // While nobody looks, another file gets the inode. Where the file system does not do that by itself, content is what changes.
  const inode = statSync(join(logs, 'c.log')).ino;
  unlinkSync(join(logs, 'c.log'));
  writeFileSync(log, `${banner}something else that is longer\n`);
  if (statSync(log).ino !== inode) t.comment('the inode was not used again here');
  const second = await tail([join(logs, '*.log')]);
  await second.untilLines(2);
  t.same(second.lines, [banner.trim(), 'something else that is longer'], 'no offset of the old one is applied');
});

t.test('restart', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'one\ntwo\nunfin');
  const first = await tail([log]);
  await first.untilLines(2);
  await first.stop();
  appendFileSync(log, 'ished\nfour\n');
  const second = await tail([log]);
  await second.untilLines(2);
  t.same(second.lines, ['unfinished', 'four'], 'goes on behind the last acknowledged record');
  t.same([...second.bySource.keys()], [...first.bySource.keys()], 'under the same id');
  await second.stop();

  const unsafe = await tail([log], {}, { acknowledge: false });
  appendFileSync(log, 'five\n');
  await unsafe.untilLines(1);
  await unsafe.stop();
  const third = await tail([log]);
  await third.untilLines(1);
  t.same(third.lines, ['five'], 'what nobody acknowledged comes again');
});

t.test('rotated, truncated or grown while nobody looked', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, 'one\ntwo\n');
  const first = await tail([log]);
  await first.untilLines(2);
  await first.stop();
  appendFileSync(log, 'three\n');
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'four\n');
  const second = await tail([log]);
  await second.untilLines(2);
  t.same([...second.lines].sort(), ['four', 'three'], 'the rest of the renamed file is read, although its new name is not meant');
  await second.stop();
  writeFileSync(log, 'five is longer than four\n');
  const third = await tail([log]);
  await third.untilLines(1);
  t.same(third.lines, ['five is longer than four']);
});

t.test('start_at: end begins with the first whole line, and is forgotten when state was lost', async (t) => {
  const { log, tail, state } = setUp(t);
  writeFileSync(log, 'old\nbegun');
  const first = await tail([log], { startAt: 'end' });
  appendFileSync(log, ' before\n');
  await first.untilLines(1);
  t.same(first.lines, ['begun before']);
  await first.stop();
  for (const turn of [0, 1]) writeFileSync(join(state, `checkpoints-${turn}.json`), 'rubbish');
  const second = await tail([log], { startAt: 'end' });
  await second.untilLines(2);
  t.same(second.lines, ['old', 'begun before'], 'repeats, never loss');
});

t.test('few descriptors, many files', async (t) => {
  const { logs, tail } = setUp(t);
  const paths = numbered(0, 20, 'file').map((name) => join(logs, `${name}.log`));
  for (const path of paths) writeFileSync(path, 'a\n');
  const reader = await tail([join(logs, '*')], { descriptors: new Descriptors(4) });
  await reader.untilLines(20);
  t.ok(openFiles(`${logs}/`) <= 4, 'of files: the folder itself may be open as well');
  for (const path of paths) appendFileSync(path, 'b\n');
  await reader.untilLines(40);
  renameSync(paths[0] ?? '', join(logs, '.hidden')); // closed, renamed, and written to
  appendFileSync(join(logs, '.hidden'), 'c\n');
  await reader.untilLines(41);
  t.equal(reader.bySource.size, 20);
  t.ok(openFiles(`${logs}/`) <= 5);
});

t.test('every source has its turn', async (t) => {
  const { logs, tail } = setUp(t);
  writeFileSync(join(logs, 'a-large.log'), joined(numbered(0, 10_000)));
  writeFileSync(join(logs, 'b-small.log'), 'small\n');
  const reader = await tail([join(logs, '*')]);
  const turns = [];
  // Breaks off after the first one each time, as a lane does that has no room.
  for (let i = 0; i < 4; i++) for (const source of reader.input.sources()) {
    turns.push(source.name.slice(-11, -4));
    break;
  }
  t.same(turns, ['a-large', 'b-small', 'a-large', 'b-small']);
});

t.test('a second name of a file is not a second source', async (t) => {
  const { log, logs, tail } = setUp(t);
  writeFileSync(log, 'one\n');
  linkSync(log, join(logs, 'hard.log'));
  symlinkSync(log, join(logs, 'soft.log'));
  const reader = await tail([join(logs, '*.log')], { once: true });
  await reader.untilFinished();
  t.same(reader.lines, ['one']);
});

t.test('--once reads to the present end', async (t) => {
  const { log, logs, tail } = setUp(t);
  writeFileSync(log, 'one\ntwo\nunfinished');
  writeFileSync(join(logs, 'empty.log'), '');
  const reader = await tail([join(logs, '*.log')], { once: true }, { bytes: 5 });
  appendFileSync(log, ' later\n');
  await reader.untilFinished();
  t.same(reader.lines, ['one', 'two', 'unfinished']);
  await reader.stop();
  const again = await tail([log], { once: true });
  await again.untilFinished();
  t.same(again.lines, [' later'], 'from the checkpoint on');
  await again.stop();
  const nothing = await tail([log], { once: true });
  await nothing.untilFinished();
  t.same(nothing.lines, []);
});

t.test('an abort ends it, and wakes who waits', async (t) => {
  const { log, dir } = setUp(t);
  writeFileSync(log, '');
  const input = new FileInput({ name: 'app', paths: [log], claimIndex: () => 0, warn: t.fail, checkpoints: new Checkpoints({ folder: undefined, warn: t.fail }) });
  const controller = new AbortController();
  await input.start(controller.signal);
  const waiting = input.waitForData();
  controller.abort();
  await waiting;
  t.equal(input.finished, true);
  t.equal(openFiles(`${dir}/`), 0);
});

t.test('what is named and is no log', async (t) => {
  const { dir, log, logs, tail, warnings } = setUp(t);
  writeFileSync(join(logs, 'app.xz'), Buffer.from('\xfd7zXZ\0\0', 'latin1'));
  writeFileSync(join(logs, 'control'), Buffer.alloc(1_000, '\x01\x02abc'));
  writeFileSync(log, 'line\n');
  const cases: [string, boolean, number, RegExp, string][] = [
    [join(dir, 'none.log'), true, 66, /none\.log: no such file$/, 'missing, and not waited for'],
    [join(log, 'none.log'), true, 66, /no such file$/, 'below a file'],
    [join(dir, 'none*.log'), true, 66, /no file matches .*none\*\.log$/, 'a glob that matches nothing'],
    [logs, true, 66, /is a directory; name files, or a pattern such as '.*logs\/\*\.log'$/, 'folder'],
    [logs, false, 66, /is a directory/, 'folder, for the agent too: no waiting turns it into a file'],
    ['/dev/null', true, 66, /is not a regular file; .* shipper < \/dev\/null$/, 'device'],
    [process.execPath, true, 66, /is no log: it is an ELF program$/, 'program'],
    [join(logs, 'app.xz'), true, 66, /is compressed \(xz\)/, 'compressed by another program than gzip'],
    [join(logs, 'control'), false, 66, /is no log: it is binary data$/, '40 % control bytes'],
  ];
  for (const [path, isOnce, exitCode, message, why] of cases) {
    const error = await tail([path], { once: isOnce, refuseBinary: true }).catch((error: unknown) => error);
    t.ok(error instanceof InputError, why);
    t.match(error, { exitCode, message }, why);
    t.notMatch(error instanceof Error && error.message, '\n', 'one line');
  }
  const reader = await tail([join(logs, '*')], { once: true });
  await reader.untilFinished();
  t.same(reader.lines, ['line'], 'in a glob they are left out');
  t.same(warnings.length, 2, 'and said once');
  t.match(warnings.join('\n'), /control is no log: it is binary data: left out/);
});

t.test('what may not be read', async (t) => {
  const { log, logs } = setUp(t);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) t.comment('skipped: files of root can only be made by root');
  const ROOTS = isRoot ? /permission denied; only root may read it \(mode (?:640|0|700)\), as is usual for container logs: run shipper as root, or with the capability DAC_READ_SEARCH/ : /permission denied; run shipper as a user who may read it/;
  const asNobody = (isOnce: boolean, path: string) => output(child(t, `
    import { FileInput } from '${moduleUrl('inputs/file-input')}';
    import { Checkpoints } from '${moduleUrl('state/checkpoints')}';
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    const input = new FileInput({ name: 'app', paths: [process.argv[1]], once: ${isOnce}, claimIndex: () => 0, warn: console.log, checkpoints: new Checkpoints({ folder: undefined, warn: console.log }) });
    try { await input.start(new AbortController().signal); await input.stop(); } catch (error) { console.log(error.exitCode, error.message); }`, [path]));
  writeFileSync(log, 'secret\n', { mode: 0o000 });
  t.match(await asNobody(true, log), all(/^77 .*app\.log: /, ROOTS, /\n$/), 'named, --once');
  t.match(await asNobody(false, log), all(/^.*app\.log: /, ROOTS, /: waiting for it\n$/), 'named: it may be given the right');
  t.match(await asNobody(false, join(logs, '*.log')), all(/^.*app\.log: /, ROOTS, /: trying again\n$/), 'found by a pattern, said once');
  if (isRoot) {
    chmodSync(log, 0o640);
    t.match(await asNobody(true, log), all(/^77 .*app\.log: /, ROOTS, /\n$/), "a container's log, 640 root:root");
    chownSync(log, 0, 4);
    t.match(await asNobody(true, log), /^77 .*app\.log: permission denied; run shipper as a user who may read it\n$/, "a group's: no need of root");
  }
  const folder = join(logs, 'closed');
  mkdirSync(folder, { mode: isRoot ? 0o700 : 0o000 });
  t.match(await asNobody(false, join(folder, '*.log')), all(/^.*closed: /, ROOTS, /: trying again\nno file matches .*: waiting for one\n$/), 'a folder: nothing in it would ever be found');
  t.match(await asNobody(true, join(folder, '*.log')), all(/^.*closed: /, ROOTS, /\n77 no file matches .*, as far as it may be looked for\n$/), 'with --once it ends as for a file: what is there is not known');
  chmodSync(folder, 0o700);
});

/** All of them, one after the other. */
function all(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join(''));
}

t.test('own output is not read', async (t) => {
  const { log, logs, tail, warnings } = setUp(t);
  writeFileSync(log, 'line\n');
  writeFileSync(join(logs, 'out.log'), 'mine\n');
  const { dev, ino } = statSync(join(logs, 'out.log'), { bigint: true });
  const reader = await tail([join(logs, '*')], { once: true, ownFiles: new Set([`${dev}:${ino}`]) });
  await reader.untilFinished();
  t.same(reader.lines, ['line']);
  t.match(warnings, [/out\.log is where shipper itself writes: left out/]);
});

t.test('what a file is', (t) => {
  const cases: [Buffer, string, string][] = [
    [Buffer.from(''), 'text', 'nothing yet'],
    [Buffer.from('2026-11-22 INFO ok\n'), 'text', 'a log'],
    [Buffer.from('caf\xe9 \xff\xfe\n', 'latin1'), 'text', 'broken UTF-8'],
    [Buffer.from('\x1b[31mred\x1b[0m\tline\r\n'), 'text', 'colours, tabs, CR'],
    [Buffer.concat([Buffer.from('line with NULs '), Buffer.alloc(6)]), 'text', 'fewer than 30 %'],
    [Buffer.concat([Buffer.alloc(60_000), Buffer.from('line\n')]), 'text', 'a hole before the first line'],
    [Buffer.alloc(65_536), 'text', 'nothing but hole so far'],
    [Buffer.from('BZhello, this is a line'), 'text', 'prose that begins like bzip2'],
    [Buffer.from('BZh91AY&SY\x01\x02'), 'compressed', 'bzip2'],
    [gzipSync('line'), 'compressed', 'gzip'],
    [Buffer.from('SQLite format 3\0', 'latin1'), 'binary', 'magic alone'],
    [Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar')]), 'binary', 'tar'],
    [Buffer.from('\x01\x02\x03abcd', 'latin1'), 'binary', 'more than 30 %'],
    [Buffer.concat(Array.from({ length: 64 }, (_, at) => createHash('sha512').update(String(at)).digest())), 'binary', 'random bytes'],
    [Buffer.from('2026-11-22 ОШИБКА \x07\x07 нет места на диске\n'), 'text', 'another alphabet, and two bells'],
    [Buffer.from('\x82\xb1\x82\xea\x82\xcd\x83\x8d\x83O\x82\xc5\x82\xb7\n', 'latin1'), 'text', 'Shift JIS: half of it beyond ASCII'],
  ];
  for (const [bytes, kind, why] of cases) t.equal(fileKind(bytes).kind, kind, why);
  t.end();
});

t.test('what paths and globs mean', async (t) => {
  const dir = t.testdir({
    'a.log': '', 'b.log': '', 'c.txt': '', '[x].log': '', '.hidden.log': '',
    one: { 'a.log': '', two: { 'a.log': '', 'b.txt': '' } },
    three: { 'a.log': '' },
  });
  symlinkSync(join(dir, 'one'), join(dir, 'link'));
  symlinkSync('circle', join(dir, 'circle'));
  const cases: [string[], string[], string[], string][] = [
    [['a.log'], [], ['a.log'], 'path'],
    [['*.log'], [], ['[x].log', 'a.log', 'b.log'], 'one star'],
    [['*.log', 'a.log'], [], ['[x].log', 'a.log', 'b.log'], 'each once'],
    [['[x].log'], [], ['[x].log'], 'a file that is named like a glob'],
    [['*/*.log'], [], ['link/a.log', 'one/a.log', 'three/a.log'], 'links to folders are followed where a depth is given'],
    [['**/*.log'], [], ['[x].log', 'a.log', 'b.log', 'one/a.log', 'one/two/a.log', 'three/a.log'], 'any depth, not through links'],
    [['{one,three}/*.log'], [], ['one/a.log', 'three/a.log'], 'braces'],
    [['{one/two,three}/*.log'], [], ['one/two/a.log', 'three/a.log'], 'braces over folders'],
    [['**/*'], ['*.log'], ['c.txt', 'circle', 'link', 'one/two/b.txt'], 'exclude by name'],
    [['**/a.log'], ['**/two/**', 'three/*'], ['a.log', 'one/a.log'], 'exclude by path'],
    [['none/*.log'], [], [], 'a folder that is not there'],
  ];
  for (const [paths, exclude, expected, why] of cases) {
    const inDir = (patterns: string[]) => patterns.map((pattern) => (pattern.includes('/') || !exclude.includes(pattern) ? join(dir, pattern) : pattern));
    const discovery = new Discovery(inDir(paths), inDir(exclude));
    const found = await discovery.scan();
    t.same(found.map((path) => path.slice(dir.length + 1)).sort(), expected, why);
    t.ok(found.every((path) => discovery.matches(path)), `${why}: matches() agrees`);
  }
});

/** What happens to files that patterns mean, in a folder with `a.log` and `one/a.log`, between two looks. */
const CHANGES: readonly [reason: string, pattern: string, change: (dir: string) => void, expected: readonly string[]][] = [
  ['nothing', '*.log', () => undefined, ['a.log']],
  ['lines', '*.log', (dir) => appendFileSync(join(dir, 'a.log'), 'b\n'), ['a.log']],
  ['a new file', '*.log', (dir) => writeFileSync(join(dir, 'b.log'), ''), ['a.log', 'b.log']],
  ['another name', '*.log', (dir) => renameSync(join(dir, 'a.log'), join(dir, 'b.log')), ['b.log']],
  ['deleted', '*.log', (dir) => unlinkSync(join(dir, 'a.log')), []],
  ['a new file in a folder below', '*/*.log', (dir) => writeFileSync(join(dir, 'one', 'b.log'), ''), ['one/a.log', 'one/b.log']],
  ['a new folder', '**/*.log', (dir) => (mkdirSync(join(dir, 'two')), writeFileSync(join(dir, 'two', 'a.log'), '')), ['a.log', 'one/a.log', 'two/a.log']],
  ['a new folder by an old name', '*/*.log', (dir) => (renameSync(join(dir, 'one'), join(dir, '..', 'away')), mkdirSync(join(dir, 'one')), writeFileSync(join(dir, 'one', 'b.log'), '')), ['one/b.log']],
  ['a new folder of all', '*.log', (dir) => (renameSync(dir, `${dir}.away`), mkdirSync(dir), writeFileSync(join(dir, 'b.log'), '')), ['b.log']],
  ['a folder that a link led to in vain', '*/*.log', (dir) => (mkdirSync(join(dir, '..', 'later')), writeFileSync(join(dir, '..', 'later', 'a.log'), '')), ['dangling/a.log', 'one/a.log']],
  ['a folder that was not there', 'none/*.log', (dir) => (mkdirSync(join(dir, 'none')), writeFileSync(join(dir, 'none', 'a.log'), '')), ['none/a.log']],
];

t.test('folders are not read again as long as they show that nothing has come or gone', async (t) => {
  for (const [reason, pattern, change, expected] of CHANGES) {
    const { logs } = setUp(t);
    const dir = join(logs, 'watched');
    mkdirSync(join(dir, 'one'), { recursive: true });
    for (const name of ['a.log', 'one/a.log']) writeFileSync(join(dir, name), 'a\n');
    if (reason.includes('link')) symlinkSync(join(logs, 'later'), join(dir, 'dangling'));
    await tick(logs, [dir, join(dir, 'one'), logs]);
    const nowMs = Date.now() + 3_600_000; // the folders are as they are for long
    const discovery = new Discovery([join(dir, pattern)], [], () => false, () => nowMs);
    const before = await discovery.scan();
    change(dir);
    const after = await discovery.scan();
    t.same(after.map((path) => path.slice(dir.length + 1)).sort(), expected, reason);
    t.equal(after === before, ['nothing', 'lines'].includes(reason), `${reason}: read again, or not`);
  }
  const { logs } = setUp(t);
  const changedMs = statSync(logs).ctimeMs;
  const rows: [nowMs: number[], isRead: boolean, reason: string][] = [
    [[changedMs + 1_000, changedMs + 1_000], true, 'a folder that has changed just now may do so once more in the same tick'],
    [[changedMs - 60_000, changedMs - 60_000], true, 'a clock that was set back'],
    [[changedMs + 60_000, changedMs + 60_000], false, 'a folder that is as it was for long'],
    [[changedMs + 60_000, changedMs + 80_000], true, 'whatever it shows, it is read now and then'],
  ];
  for (const [[first = 0, second = 0], isRead, reason] of rows) {
    let nowMs = first;
    const discovery = new Discovery([join(logs, '*')], [], () => false, () => nowMs);
    const before = await discovery.scan();
    nowMs = second;
    t.equal(await discovery.scan() !== before, isRead, reason);
  }
});

/** Waits until the clock of the file system has gone on since these folders were changed. */
async function tick(below: string, folders: readonly string[]): Promise<void> {
  const probe = join(below, 'probe');
  writeFileSync(probe, '');
  const last = folders.map((folder) => statSync(folder).ctimeMs);
  while (statSync(probe).ctimeMs <= Math.max(...last)) {
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(probe, 'x'); // the file, not its folder
  }
}

t.test('stdin, however it is redirected', async (t) => {
  const { log } = setUp(t);
  const lines = numbered(0, 30_000, 'a line of some length');
  writeFileSync(log, `${joined(lines)}unfinished`);
  const program = `
    import { stdinInput } from '${moduleUrl('inputs/stdin-source')}';
    const input = stdinInput({ name: 'stdin', claimIndex: () => 0, warn: console.error });
    await input.start(new AbortController().signal);
    const target = new Uint8Array(50_000);
    while (!input.finished) {
      for (const source of input.sources()) {
        const length = source.read(target, 0);
        process.stdout.write(target.slice(0, length));
        source.advance(length);
      }
      await input.waitForData();
    }`;
  const expected = readFileSync(log, 'latin1');
  const fromFile = child(t, program, [], openSync(log, 'r'));
  t.equal(await output(fromFile), expected, 'file');
  const fromPipe = child(t, program, [], 'pipe');
  fromPipe.stdin?.end(expected);
  t.equal(await output(fromPipe), expected, 'pipe');
  t.equal(await output(child(t, program, [], openSync('/dev/null', 'r'))), '', '/dev/null');
  const server = createServer((socket) => socket.end(expected)).listen(0);
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0);
  await once(socket, 'connect');
  t.equal(await output(child(t, program, [], socket)), expected, 'socket');
  socket.destroy();
  server.close();
  const folder = child(t, program, [], openSync('/', 'r'));
  const [code] = await once(folder, 'exit');
  t.not(code, 0, 'a folder is an error');
});

t.test('a stream is held back when nobody reads', async (t) => {
  const { Readable } = await import('node:stream');
  let pulled = 0;
  const stream = new Readable({
    read() {
      pulled += 10_000;
      this.push(pulled > 3_000_000 ? null : Buffer.alloc(10_000, `${'x'.repeat(99)}\n`));
    },
  });
  const input = new StreamInput({ name: 'stdin', sourceName: 'stdin', stream, claimIndex: () => 0, warn: t.fail, limitBytes: 100_000 });
  await input.start(new AbortController().signal);
  const deadline = performance.now() + DEADLINE_MS;
  while (!stream.isPaused() && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
  t.ok(pulled <= 300_000, `${pulled} bytes were pulled`);
  const reader = new Reader(input, { bytes: 7_777 });
  await reader.untilFinished();
  t.equal(reader.lines.length, 30_000);
  t.ok(reader.lines.every((line) => line.length === 99));
});

function moduleUrl(name: string): string {
  return new URL(`../agent/${name}.ts`, import.meta.url).href;
}

function child(test: Test, program: string, args: string[], stdin: number | 'pipe' | 'ignore' | import('node:net').Socket = 'ignore'): ChildProcess {
  const process_ = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, '--', ...args], { stdio: [stdin, 'pipe', 'inherit'] });
  test.teardown(() => process_.kill('SIGKILL'));
  return process_;
}

async function output(process_: ChildProcess): Promise<string> {
  const pieces: Buffer[] = [];
  process_.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
  await once(process_, 'close');
  return Buffer.concat(pieces).toString('latin1');
}
