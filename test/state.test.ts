import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { decodeCheckpoints, encodeCheckpoints, loadCheckpoints, storeCheckpoints } from '../agent/state/checkpoint-file.ts';
import { type Checkpoint, Checkpoints } from '../agent/state/checkpoints.ts';
import { lockFolder } from '../agent/state/lock.ts';
import { newSourceId } from '../agent/state/source-id.ts';
import { StateDirectory, StateDirectoryInUse } from '../agent/state/state-directory.ts';
import { crashed } from './helpers/disk-faults.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
t.comment(`SEED=${seed}`);

type Known = ReturnType<typeof loadCheckpoints>;

const checkpoint = (inode: number, more: Partial<Checkpoint> = {}): Checkpoint => ({
  id: newSourceId(), input: 'app', path: `/var/log/ä-${inode}.log`, device: '66306', inode: String(inode), offset: 1_000 + inode,
  prefix: { bytes: 4_096, hash: 'abcdefghijklmnopqrstuv' }, marker: { end: 1_000 + inode, bytes: 64, hash: 'ABCDEFGHIJKLMNOPQRSTUV' }, ...more,
});

t.test('source ids', (t) => {
  t.match(newSourceId(), /^[\w-]{16}$/);
  t.equal(newSourceId(() => Buffer.alloc(12, 0xff)), '_'.repeat(16));
  t.not(newSourceId(), newSourceId());
  t.end();
});

t.test('a state directory is made for its owner alone, and is used by one process at a time', async (t) => {
  const dir = join(t.testdir(), 'new', 'state');
  const holder = inChild(t, `
    import { StateDirectory } from '${moduleUrl('state-directory')}';
    await StateDirectory.open(process.argv[1], { ownFolder: false, warn: console.log });
    console.log('open'); setInterval(() => {}, 1_000);`, [dir]);
  await line(holder, 'open');
  t.equal(statSync(dir).mode & 0o777, 0o700);
  await t.rejects(StateDirectory.open(dir, { ownFolder: false, warn: t.fail }), { constructor: StateDirectoryInUse, message: `state directory ${dir} is in use by another shipper; give this one its own with --state-dir` });
  await killed(holder);
  const own = await StateDirectory.open(dir, { ownFolder: false, warn: t.fail });
  t.equal(own?.path, dir, 'the kernel frees it at death');
  await t.rejects(StateDirectory.open(dir, { ownFolder: false, warn: t.fail }), { constructor: StateDirectoryInUse, message: /in use/ }, 'the same process does not get it twice');
  await own?.close();
  const again = await StateDirectory.open(dir, { ownFolder: false, warn: t.fail });
  t.ok(again, 'nor is it kept after the end');
  await again?.close();
  t.equal(readdirSync(dir).length, 1, 'old locks are swept up');
});

t.test('of many that find a stale lock, one gets it', async (t) => {
  const dir = t.testdir();
  for (let round = 0; round < 20; round++) {
    const before = await lockFolder(dir);
    await before?.release(); // its socket refuses now, as after a crash
    const locks = await Promise.all(Array.from({ length: 8 }, () => lockFolder(dir)));
    const held = locks.filter((lock) => lock !== undefined);
    t.equal(held.length, 1, `round ${round}`);
    for (const lock of held) await lock.release();
  }
});

t.test('a folder whose path is longer than a socket may have', async (t) => {
  const dir = join(t.testdir(), 'x'.repeat(120));
  mkdirSync(dir);
  const lock = await lockFolder(dir);
  t.ok(lock);
  t.equal(await lockFolder(dir), undefined);
  await lock?.release();
});

t.test('a state directory that can not be written: one warning, and it goes on', async (t) => {
  const dir = t.testdir({ file: 'content' });
  for (const [path, why] of [[join(dir, 'file', 'state'), 'below a file'], ['/proc/state', 'a file system that takes nothing']] as const) {
    const warnings: string[] = [];
    t.equal(await StateDirectory.open(path, { ownFolder: false, warn: (message) => warnings.push(message) }), undefined, why);
    t.match(warnings, [/^state directory .* can't be written \(.*\): positions and buffers are kept in memory only/]);
    t.equal(warnings.length, 1);
  }
  const checkpoints = new Checkpoints({ folder: undefined, warn: t.fail });
  const one = checkpoint(1);
  await checkpoints.adopt(one);
  t.equal(checkpoints.find('app', '66306', '1'), one);
  await checkpoints.close();
});

t.test('runs that read stdin share a state directory', async (t) => {
  const dir = t.testdir();
  const runs = () => readdirSync(join(dir, 'runs'));
  const open = () => StateDirectory.open(dir, { ownFolder: true, warn: t.fail });
  const one = await open();
  const two = await open();
  t.equal(runs().length, 2);
  writeFileSync(join(one?.path ?? '', 'buffer-0'), 'undelivered');
  await one?.close();
  t.equal(runs().length, 2, 'what holds a buffer stays');
  await two?.close();
  t.equal(runs().length, 1);

  mkdirSync(join(dir, 'runs', 'dead'));
  await storeCheckpoints(join(dir, 'runs', 'dead'), 1, []);
  const three = await open();
  t.notOk(existsSync(join(dir, 'runs', 'dead')), 'a dead run that left nothing is swept up');
  t.equal(runs().length, 2);
  await three?.close();

  const many = await Promise.all(Array.from({ length: 10 }, open));
  t.equal(new Set(many.map((run) => run?.path)).size, 10, 'runs that start together do not sweep each other away');
  t.ok(many.every((run) => run !== undefined && existsSync(run.path)));
  for (const run of many) await run?.close();
  t.equal(runs().length, 1);
});

t.test('checkpoints come back as they were', async (t) => {
  const folder = t.testdir();
  const first = new Checkpoints({ folder, warn: t.fail });
  const [one, two] = [checkpoint(1), checkpoint(2, { inode: '18446744073709551615', goneSinceMs: 5 })];
  await Promise.all([first.adopt(one), first.adopt(two)]);
  t.same(loadCheckpoints(folder).checkpoints, [one, two], 'durable when adopted');
  t.equal(loadCheckpoints(folder).generation, 2, 'both in one write, into both files: the first time each is made');
  let taken = 0;
  for (let i = 0; i < 10; i++) first.changed(one, () => (taken++, { ...one, offset: 5_000 }));
  await first.close();
  t.equal(taken, 1, 'looked at once, when it is written');
  const second = new Checkpoints({ folder, warn: t.fail });
  t.equal(second.find('app', one.device, one.inode)?.offset, 5_000);
  t.equal(second.find('web', one.device, one.inode), undefined, 'inputs do not share positions');
  t.equal(second.previous('app').length, 2);
  const other = checkpoint(1);
  await second.adopt(other);
  second.changed(one, () => ({ ...one, offset: 9_000 }));
  await second.close();
  const kept = loadCheckpoints(folder).checkpoints;
  t.same(kept.find(({ id }) => id === other.id), other, 'what had the inode before has no say any more');
  t.same(kept.find(({ id }) => id === one.id), { ...one, offset: 9_000, detached: true }, 'and is kept: there may be a copy of it');
  t.same(readdirSync(folder).sort(), ['checkpoints-0.json', 'checkpoints-1.json']);
  t.equal(statSync(join(folder, 'checkpoints-0.json')).mode & 0o777, 0o600);
});

t.test('the write is debounced, and comes by itself', async (t) => {
  const folder = t.testdir();
  const checkpoints = new Checkpoints({ folder, warn: t.fail, intervalMs: 1 });
  const one = checkpoint(1);
  await checkpoints.adopt(one);
  checkpoints.changed(one, () => ({ ...one, offset: 7 }));
  await until(() => loadCheckpoints(folder).checkpoints[0]?.offset === 7, 'the write');
  await checkpoints.close();
  t.pass();
});

t.test('a damaged newest generation, whatever the damage: the one before it is used, and it is said', async (t) => {
  const folder = t.testdir();
  const [older, newer] = [[checkpoint(1)], [checkpoint(1), checkpoint(2)]];
  await storeCheckpoints(folder, 6, older);
  await storeCheckpoints(folder, 7, newer);
  t.same(loadCheckpoints(folder), { generation: 7, checkpoints: newer, problems: [], lost: false });
  const path = join(folder, 'checkpoints-1.json');
  const whole = readFileSync(path);
  const damages: [string, (at: number) => Buffer][] = [
    ['cut', (at) => whole.subarray(0, at)],
    ['flipped', (at) => flipped(whole, at)],
    ['zeros from there on', (at) => Buffer.concat([whole.subarray(0, at), Buffer.alloc(whole.length - at)])],
  ];
  for (const [damage, make] of damages) {
    let wrong = 0;
    for (let at = 0; at < whole.length; at++) {
      if (typeof decodeCheckpoints(make(at)) !== 'string') wrong++;
      writeFileSync(path, make(at));
      const { generation, problems, lost } = loadCheckpoints(folder);
      if (generation !== 6 || problems.length !== 1 || lost) wrong++;
    }
    t.equal(wrong, 0, `${damage} at every one of ${whole.length} bytes`);
  }
  for (const [bytes, why] of [[Buffer.from('{}'), 'another file'], [encodeCheckpoints(7, []).subarray(1), 'no header'], [validChecksum({ generation: 7 }), 'another shape under a right checksum'], [validChecksum({ generation: 7, checkpoints: [{ ...checkpoint(1), offset: -1 }] }), 'an impossible offset']] as const) {
    t.type(decodeCheckpoints(bytes), 'string', why);
  }
});

t.test('damage is said once, and the next write heals it', async (t) => {
  const folder = t.testdir();
  await storeCheckpoints(folder, 6, [checkpoint(1)]);
  writeFileSync(join(folder, 'checkpoints-1.json'), '');
  const warnings: string[] = [];
  const checkpoints = new Checkpoints({ folder, warn: (message) => warnings.push(message) });
  t.match(warnings, [/^checkpoint file damaged: .*checkpoints-1\.json: is no checkpoint file; the generation beside it is used$/]);
  t.equal(checkpoints.lost, false);
  await checkpoints.adopt(checkpoint(2));
  await checkpoints.close();
  t.same(loadCheckpoints(folder).problems, []);

  for (const turn of [0, 1]) writeFileSync(join(folder, `checkpoints-${turn}.json`), Buffer.alloc(500));
  const none = new Checkpoints({ folder, warn: (message) => warnings.push(message) });
  t.equal(none.lost, true);
  t.match(warnings.at(-1), /files are read from their beginning$/);
  t.equal(new Checkpoints({ folder: t.testdir(), warn: t.fail }).lost, false, 'nothing there is not lost');
  await none.close();
});

t.test('a folder that stops taking writes: a warning, no crash, and it recovers', async (t) => {
  const folder = join(t.testdir({ state: {} }), 'state');
  const warnings: string[] = [];
  const checkpoints = new Checkpoints({ folder, warn: (message) => warnings.push(message) });
  const one = checkpoint(1);
  await checkpoints.adopt(one);
  renameSync(folder, `${folder}-away`);
  await checkpoints.adopt(checkpoint(2)); // does not hold up what waits for it
  await checkpoints.flush();
  t.match(warnings, [/^checkpoints can't be written \(ENOENT.*: going on, and trying again/]);
  t.equal(warnings.length, 1, 'said once');
  renameSync(`${folder}-away`, folder);
  await checkpoints.flush();
  t.match(warnings, [/./, /^checkpoints are written to .* again$/]);
  t.equal(loadCheckpoints(folder).checkpoints.length, 2);
  await checkpoints.close();
});

t.test('files that may not be written any more: a warning, no crash, and it recovers', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shipper-state-')); // nobody can enter it: the project's may be root's alone
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const isRoot = process.getuid?.() === 0; // whom no mode keeps out
  if (isRoot) chownSync(folder, 65534, 65534);
  const child = inChild(t, `
    import { chmodSync, readdirSync } from 'node:fs';
    import { Checkpoints } from '${moduleUrl('checkpoints')}';
    import { loadCheckpoints } from '${moduleUrl('checkpoint-file')}';
    const [folder] = process.argv.slice(1);
    const [one, two] = ${JSON.stringify([checkpoint(1), checkpoint(2)])};
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    const modes = (file, own) => { for (const name of readdirSync(folder)) chmodSync(folder + '/' + name, file); chmodSync(folder, own); };
    const warnings = [];
    const checkpoints = new Checkpoints({ folder, warn: (message) => warnings.push(message) });
    await checkpoints.adopt(one);
    modes(0o400, 0o500);
    await checkpoints.adopt(two);
    await checkpoints.flush();
    const meanwhile = loadCheckpoints(folder);
    modes(0o600, 0o700);
    await checkpoints.flush();
    await checkpoints.close();
    console.log(JSON.stringify({ warnings, meanwhile, after: loadCheckpoints(folder) }));`, [folder]);
  const { warnings, meanwhile, after } = JSON.parse(await text(child.stdout ?? process.stdin)) as { warnings: string[]; meanwhile: Known; after: Known };
  t.match(warnings, [/^checkpoints can't be written \(EACCES.*: going on, and trying again/, /^checkpoints are written to .* again$/]);
  t.equal(warnings.length, 2, 'each said once');
  t.match([meanwhile, after], [{ problems: [], lost: false }, { problems: [], lost: false }], 'what was there stays whole');
  t.same([meanwhile.checkpoints.length, after.checkpoints.length], [1, 2]);
});

t.test('a full disk', async (t) => {
  const folder = t.testdir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'shipper-test', folder], { stdio: 'ignore' });
  } catch {
    return t.comment('SKIPPED: a small file system can not be mounted here');
  }
  try {
    const warnings: string[] = [];
    const checkpoints = new Checkpoints({ folder, warn: (message) => warnings.push(message) });
    const one = checkpoint(1);
    await checkpoints.adopt(one);
    fill(join(folder, 'full'));
    for (const offset of [2_000, 300_000, 4_000_000_000]) {
      checkpoints.changed(one, () => ({ ...one, offset }));
      await checkpoints.flush();
      t.same(loadCheckpoints(folder).checkpoints.map((known) => known.offset), [offset], 'positions are noted nevertheless: the files have their blocks');
    }
    await checkpoints.adopt(checkpoint(2));
    t.equal(loadCheckpoints(folder).checkpoints.length, 2, 'and so is a new file');
    t.same(warnings, []);
    for (let inode = 3; inode < 40; inode++) await checkpoints.adopt(checkpoint(inode));
    t.match(warnings, [/ENOSPC.*a restart now would repeat lines/], 'many new files are too much, which is said');
    t.equal(warnings.length, 1, 'once');
    t.same({ ...loadCheckpoints(folder), checkpoints: [] }, { generation: loadCheckpoints(folder).generation, checkpoints: [], problems: [], lost: false }, 'what was there is still whole');
    const known = loadCheckpoints(folder).checkpoints.length;
    t.ok(known > 2 && known < 39, `${known} of 39 are known`);
    rmSync(join(folder, 'full'));
    await checkpoints.close();
    t.equal(loadCheckpoints(folder).checkpoints.length, 39);
  } finally {
    execFileSync('umount', [folder]);
  }
});

t.test('a crash between any two calls of the system: the generation before it, or the new one, and no damage', async (t) => {
  const wrong: string[] = [];
  let calls = 0;
  for (let isOver = false; !isOver; calls++) {
    const folder = t.testdir({});
    for (const generation of [6, 7]) await storeCheckpoints(folder, generation, [checkpoint(1)]);
    isOver = !(await crashed(calls, () => storeCheckpoints(folder, 8, [checkpoint(1), checkpoint(2)])));
    const { generation, checkpoints, problems, lost } = loadCheckpoints(folder);
    const isRight = problems.length === 0 && !lost && (generation === 8 ? checkpoints.length === 2 : generation === 7 && checkpoints.length === 1 && !isOver);
    if (!isRight) wrong.push(`call ${calls}: generation ${generation} of ${checkpoints.length}, ${problems.join()}`);
    await storeCheckpoints(folder, generation + 1, [checkpoint(3)]);
    if (loadCheckpoints(folder).checkpoints[0]?.inode !== '3') wrong.push(`call ${calls}: it does not go on`);
  }
  t.same(wrong, [], `${calls} places`);
  t.ok(calls > 5, `${calls} places`);
});

t.test('kill -9 at any point of a write', async (t) => {
  const folder = t.testdir();
  const random = mulberry32(seed);
  let atLeast = 0;
  for (let kill = 0; kill < 5; kill++) {
    const writer = inChild(t, `
      import { loadCheckpoints, storeCheckpoints } from '${moduleUrl('checkpoint-file')}';
      const [folder] = process.argv.slice(1);
      const checkpoint = ${JSON.stringify(checkpoint(1))};
      for (let generation = loadCheckpoints(folder).generation + 1; ; generation++) {
        await storeCheckpoints(folder, generation, Array(50).fill({ ...checkpoint, offset: generation }));
        process.stdout.write(generation + '\\n');
      }`, [folder]);
    const kills = Math.floor(random() * 60);
    let seen = 0;
    const killer = new Promise<void>((resolve) => {
      const lines = createInterface({ input: writer.stdout ?? process.stdin });
      lines.on('line', (text) => {
        atLeast = Math.max(atLeast, Number(text));
        if (seen++ === kills) writer.kill('SIGKILL'); // lines that are under way still count
      });
      lines.on('close', resolve);
    });
    await Promise.all([killer, once(writer, 'exit')]);
    const { generation, checkpoints, problems, lost } = loadCheckpoints(folder);
    t.same({ problems, lost }, { problems: [], lost: false }, `kill ${kill}`);
    t.ok(generation >= atLeast, `generation ${generation}, ${atLeast} was reported durable`);
    t.equal(checkpoints[0]?.offset, generation);
  }
});

t.test('checkpoints of files that are gone are kept for a while, and not without bound', async (t) => {
  const folder = t.testdir();
  let now = 1_000;
  const open = () => new Checkpoints({ folder, warn: t.fail, now: () => now, keepMs: 100 });
  const first = open();
  const [gone, back, live, other] = [checkpoint(1), checkpoint(2), checkpoint(3), checkpoint(4, { input: 'web' })];
  for (const one of [gone, back, live, other]) await first.adopt(one);
  first.sweep('app', new Set([live.id]));
  now += 50;
  first.sweep('app', new Set([live.id, back.id]));
  now += 60;
  first.sweep('app', new Set([live.id]));
  await first.adopt(checkpoint(5));
  await first.close();
  t.same(loadCheckpoints(folder).checkpoints.map((one) => one.inode), ['2', '3', '4', '5'], 'the time runs anew for one that came back');

  now += 1_000_000; // down for long: the time counts only while somebody looks
  const second = open();
  t.equal(second.previous('app').length, 3);
  for (let inode = 10; inode < 2_500; inode++) void second.adopt(checkpoint(inode));
  second.sweep('app', new Set());
  await second.close();
  t.ok(loadCheckpoints(folder).checkpoints.length <= 2_001);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

function validChecksum(body: unknown): Buffer {
  const text = encodeCheckpoints(1, []).toString();
  const { crc32 } = process.getBuiltinModule('node:zlib');
  const json = JSON.stringify(body);
  return Buffer.from(`${text.slice(0, text.indexOf('\n')).replace(/\w{8}$/, crc32(json).toString(16).padStart(8, '0'))}\n${json}`);
}

function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(4_096), { flag: 'a' });
  } catch {
    // full
  }
}

function moduleUrl(name: string): string {
  return new URL(`../agent/state/${name}.ts`, import.meta.url).href;
}

function inChild(test: Test, program: string, args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, '--', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  test.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function line(child: ChildProcess, expected: string): Promise<void> {
  for await (const text of createInterface({ input: child.stdout ?? process.stdin })) if (text === expected) return;
  throw new Error(`the child ended without saying ${expected}`);
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function until(isThere: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!isThere()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Public-domain generator of 32 bits, so that a seed gives the same run again. */
function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
