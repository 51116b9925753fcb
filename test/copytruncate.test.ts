// copytruncate at any moment: the copy is half made, or made and its original not truncated yet, while shipper starts, takes
// files up, reads, and dies. Every line once, under its name alone and where a pattern means the copies, too.
import { appendFileSync, copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Checkpoints, ownStore } from '../agent/state/checkpoints.ts';
import { joined, numbered, setUp } from './helpers/tail-rig.ts';

/** No test waits for so long: a copy counts as one for as long as it is looked at. */
const FOR_EVER_MS = 3_600_000;
const ALL = 500;

/** What whoever rotates does in the end, and what the application writes then. */
function truncate(log: string): void {
  truncateSync(log);
  appendFileSync(log, 'new\n');
}

type Tail = ReturnType<typeof setUp>['tail'];

/** A run that reads what there is must find nothing. */
async function isAllRead(test: Test, tail: Tail, paths: string[], what: string): Promise<void> {
  const again = await tail(paths, { once: true });
  await again.untilFinished();
  test.same(again.lines, [], `${what}: nothing twice after a restart`);
  await again.stop();
}

t.test('a copy that is being made when shipper starts', async (t) => {
  const rows: [reason: string, readBefore: number, copied: number][] = [
    ['nothing was read before, and the copy is half made', 0, 200],
    ['nothing was read before, and the copy is whole', 0, ALL],
    ['the copy is behind what was read before', 300, 200],
    ['the copy is beyond what was read before', 100, 200],
    ['all was read before, and the copy is whole', ALL, ALL],
    ['the copy is shorter than what a checkpoint knows of the first bytes', 300, 3],
  ];
  for (const [reason, readBefore, copied] of rows) {
    for (const isPattern of [false, true]) {
      const { log, tail, warnings } = setUp(t);
      const what = `${reason}, ${isPattern ? 'by pattern' : 'by name'}`;
      const paths = [isPattern ? `${log}*` : log];
      writeFileSync(log, joined(numbered(0, readBefore)));
      const first = await tail(paths);
      await first.untilLines(readBefore);
      await first.stop();
      appendFileSync(log, joined(numbered(readBefore, ALL)));
      writeFileSync(`${log}.1`, joined(numbered(0, copied)).slice(0, -3)); // within a line
      const reader = await tail(paths, { copyMs: FOR_EVER_MS });
      await reader.untilLines(ALL - readBefore);
      copyFileSync(log, `${log}.1`);
      truncate(log);
      await reader.until(() => reader.lines.includes('new'), what);
      t.same(reader.lines, [...numbered(readBefore, ALL), 'new'], what);
      await reader.stop();
      await isAllRead(t, tail, paths, what);
      t.same(warnings, [], what);
    }
  }
});

t.test('a file that is copied, or truncated, while it is being taken up', async (t) => {
  const rows: [reason: string, then: (log: string) => void, hasRest: boolean][] = [
    ['copied', (log) => copyFileSync(log, `${log}.1`), true],
    ['copied and truncated', (log) => (copyFileSync(log, `${log}.1`), truncateSync(log)), false],
    ['copied and truncated, and there is as much in it again', (log) => (copyFileSync(log, `${log}.1`), truncateSync(log), appendFileSync(log, joined(numbered(1_000, 2_000)))), false],
  ];
  for (const [reason, then, hasRest] of rows) {
    for (const isPattern of [false, true]) {
      const { log, tail, state, warnings } = setUp(t);
      const what = `${reason} while its id is being written, ${isPattern ? 'by pattern' : 'by name'}`;
      const paths = [isPattern ? `${log}*` : log];
      const lines = [...numbered(0, ALL), ...numbered(1_000, reason.includes('again') ? 2_000 : 1_000)];
      writeFileSync(log, '');
      const store = ownStore(state, 0);
      let isDue = true;
      const checkpoints = new Checkpoints({
        folder: state, warn: (message) => warnings.push(message), intervalMs: 5,
        store: async (all) => {
          if (isDue && all.length > 0) then(log);
          if (all.length > 0) isDue = false;
          await store(all);
        },
      });
      const reader = await tail(paths, { checkpoints, copyMs: FOR_EVER_MS });
      appendFileSync(log, joined(numbered(0, ALL)));
      await reader.until(() => !isDue, `${what}: it to be taken up`);
      if (hasRest) await reader.untilLines(ALL);
      if (hasRest) truncateSync(log);
      appendFileSync(log, 'new\n');
      await reader.untilLines(lines.length + 1);
      t.same([...reader.lines].sort(), [...lines, 'new'].sort(), what);
      await reader.stop();
      await isAllRead(t, tail, paths, what);
      t.same(warnings, [], what);
    }
  }
});

t.test('a copy that is shorter than what was read: what was written behind its last block was read in time', async (t) => {
  const rows: [reason: string, copied: number, acknowledged: boolean, isDown: boolean][] = [
    ['it is truncated while shipper looks', 400, true, false],
    ['the same, and nothing that was read is safe yet', 400, false, false],
    ['it is truncated while shipper is down', 400, true, true],
    ['the same, and nothing that was read was safe', 400, false, true],
    ['the same with a copy that is shorter than what is known of the first bytes', 40, true, true],
    ['the same with a copy that is even shorter, and nothing was safe', 4, false, true],
  ];
  for (const [reason, copied, acknowledged, isDown] of rows) {
    for (const isPattern of [false, true]) {
      const { log, tail, warnings } = setUp(t);
      const what = `${reason}, ${isPattern ? 'by pattern' : 'by name'}`;
      const paths = [isPattern ? `${log}*` : log];
      const lines = numbered(0, ALL, 'a line');
      writeFileSync(log, joined(lines));
      const first = await tail(paths, { copyMs: FOR_EVER_MS }, { acknowledge: acknowledged });
      await first.untilLines(ALL);
      if (isDown) await first.stop();
      writeFileSync(`${log}.1`, joined(lines.slice(0, copied)));
      truncate(log);
      const reader = isDown ? await tail(paths) : first;
      await reader.until(() => reader.lines.includes('new'), what);
      renameSync(`${log}.1`, `${log}.2`); // it is looked at again
      appendFileSync(log, 'last\n');
      await reader.until(() => reader.lines.includes('last'), what);
      const again = isDown && !acknowledged ? lines.slice(0, copied) : [];
      t.same(isDown ? reader.lines : reader.lines.slice(ALL), [...again, 'new', 'last'], what);
      t.same(new Set(first.bySource.keys()).size, isDown ? 1 : 2, `${what}: one id for what was copied`);
      if (isDown && !acknowledged) t.same(reader.bySource.get([...first.bySource.keys()][0] ?? ''), again, `${what}: what is sent again has the same ids`);
      await reader.stop();
      if (acknowledged || isDown) await isAllRead(t, tail, paths, what);
      t.same(warnings, [], what);
    }
  }
});

t.test('truncated after shipper has seen that a file is in its place, and before it is taken up', async (t) => {
  for (const isPattern of [false, true]) {
    for (const readBefore of [0, 100]) {
      const { log, logs, tail, warnings } = setUp(t);
      const other = join(logs, 'other.log');
      const what = `${readBefore} lines were safe, ${isPattern ? 'by pattern' : 'by name'}`;
      const paths = [isPattern ? `${log}*` : log, `${other}*`];
      writeFileSync(log, joined(numbered(0, 100)));
      writeFileSync(other, 'other 0\n');
      const first = await tail(paths, {}, { acknowledge: readBefore > 0 });
      await first.untilLines(101);
      const id = [...first.bySource].find(([, lines]) => lines.includes('line 0'))?.[0] ?? '';
      await first.stop();
      appendFileSync(other, 'other 1\n');
      renameSync(other, `${other}.1`); // is taken up before
      appendFileSync(log, joined(numbered(100, ALL)));
      copyFileSync(log, `${log}.1`);
      let index = 0;
      const claimIndex = (): number => {
        if (index === 0) truncateSync(log);
        return index++;
      };
      const second = await tail(paths, { claimIndex, copyMs: FOR_EVER_MS });
      appendFileSync(log, 'new\n');
      await second.until(() => second.lines.includes('new'), what);
      t.same(second.bySource.get(id), numbered(readBefore, ALL), `${what}: gone on with in the copy, under its id`);
      t.same(second.lines.filter((line) => line.startsWith('line')), numbered(readBefore, ALL), `${what}: and nowhere else`);
      await second.stop();
      t.same(warnings, [], what);
    }
  }
});

t.test('a copy whose original is not truncated', async (t) => {
  const { log, tail } = setUp(t);
  writeFileSync(log, joined(numbered(0, 10)));
  const reader = await tail([`${log}*`], { copyMs: 50 });
  await reader.untilLines(10);
  copyFileSync(log, `${log}.1`);
  await reader.untilLines(20);
  t.same(reader.lines, [...numbered(0, 10), ...numbered(0, 10)], 'is read in the end, if it is meant');
  t.equal(reader.bySource.size, 2, 'as a file of its own');
});
