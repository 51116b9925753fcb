// The end of a run that reads a pipe, which nobody can read again: what came out of it is kept, and the rest stays in it.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { assemble } from '../agent/assembly.ts';
import { ConfigSchema } from '../agent/config/schema.ts';
import { inspectBuffers } from '../agent/delivery/buffer/inspect.ts';
import { Ending } from '../agent/ending.ts';
import { StreamInput } from '../agent/inputs/stdin-source.ts';
import { work } from '../agent/work.ts';
import { start, until } from './e2e/run-shipper.ts';
import { downServer } from './helpers/buffer-rig.ts';
import { BulkServer } from './helpers/bulk-server.ts';

t.setTimeout(400_000); // the runner has a limit of its own

/** A pipe of which both ends are open here: it outlives its readers. */
function makePipe(t: Test): { dir: string; pipe: string; ends: number; open: () => Socket } {
  const dir = mkdtempSync(path.join(tmpdir(), 'shipper-test-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const pipe = path.join(dir, 'pipe');
  t.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const ends = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(ends));
  return { dir, pipe, ends, open: () => new Socket({ fd: openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false }) };
}

/** A line of 64 bytes: whatever a reader takes at once, it is whole lines. */
const LINE = `INFO ${'x'.repeat(58)}\n`;

/** Takes what is in a pipe out of it, and counts the lines. */
function linesLeft(pipe: number): number {
  try {
    return readSync(pipe, Buffer.alloc(65_536)) / LINE.length; // it holds no more
  } catch {
    return 0; // EAGAIN: it is empty
  }
}

/** Lines for which there was room in a pipe: all or none. */
function wrote(pipe: number, lines: number): number {
  try {
    return writeSync(pipe, LINE.repeat(lines)) / LINE.length;
  } catch {
    return 0; // EAGAIN
  }
}

t.test('a source that waits to be read takes nothing more when it is held, and keeps what its stream had taken meanwhile', async (t) => {
  const { ends, open } = makePipe(t);
  const stream = open();
  const input = new StreamInput({ name: 'app', sourceName: 'stdin', stream, claimIndex: () => 0, warn: t.fail, limitBytes: 1 });
  await input.start(new AbortController().signal);
  const [source] = [...input.known()];
  wrote(ends, 10);
  await until(() => stream.isPaused(), 'as much as may wait');
  wrote(ends, 20);
  await until(() => stream.readableLength > 0, 'the stream to take more all the same');
  source?.hold?.();
  wrote(ends, 40);
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
  const taken = (source?.unread ?? 0) / LINE.length;
  t.ok(taken >= 30, 'what the stream had taken can be read');
  t.equal(taken + linesLeft(ends), 70, 'and the rest is in the pipe');
});

t.test('a pipe that has said nothing is closed when reading ends, however long delivery takes', async (t) => {
  const held: (() => void)[] = [];
  const server = new BulkServer((request, self) => new Promise((resolve) => held.push(() => resolve(self.store(request)))));
  t.teardown(() => server.close());
  const { dir, ends, open } = makePipe(t);
  const log = path.join(dir, 'app.log');
  writeFileSync(log, LINE);
  const inputs = { app: { type: 'stdin' }, log: { type: 'file', paths: [log] } };
  const config = ConfigSchema.parse({ inputs, outputs: { out: { type: 'elasticsearch', url: await server.listen(), batch: { age: '1h' } } }, stop_delay: '10ms' });
  const parts = await assemble(config, { once: false, stateDir: path.join(dir, 'state'), env: {}, openStream: async () => open() });
  const ending = new Ending(config);
  const ended = work(parts, config, ending);
  await until(() => parts.ledger.rows().some(({ read }) => read.records > 0), 'the line of the file to be read');
  ending.signal('SIGTERM');
  await until(() => held.length > 0, 'its request, which goes out when reading has ended');
  wrote(ends, 1);
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate); // time enough to take it
  held[0]?.();
  t.equal(await ended, 0);
  t.equal(linesLeft(ends), 1, 'nobody has taken it and thrown it away');
});

t.test('a full disk buffer at the end: what has come is kept, beyond the limit and the deadline', async (t) => {
  const rows: [reason: string, signals: readonly NodeJS.Signals[], shutdownTimeout: string][] = [
    ['a deadline that is over at once', ['SIGTERM'], '1ms'],
    ['a second signal', ['SIGTERM', 'SIGINT'], '1h'],
  ];
  for (const [reason, signals, shutdownTimeout] of rows) {
    const { dir, pipe, ends } = makePipe(t);
    const [config, stateDir] = [path.join(dir, 'shipper.yaml'), path.join(dir, 'state')];
    writeFileSync(config, `outputs: {out: {type: elasticsearch, url: '${(await downServer(t)).url}', batch: {bytes: 256KiB, age: 10ms}, buffer: {max_bytes: 1MiB}}}\nmemory: 8MiB\nstop_delay: 1h\nshutdown_timeout: ${shutdownTimeout}\n`);
    const running = start(['-c', config], { env: { SHIPPER_STATE_DIR: stateDir }, stdinFile: pipe });
    let written = 0;
    // Until nothing fits in anywhere. How long that is watched decides how much has piled up, and nothing else.
    for (let idle = 0; idle < 40; await wait(5)) {
      const fresh = wrote(ends, 64);
      written += fresh;
      idle = fresh === 0 && /disk buffer is full/.test(running.stderr()) ? idle + 1 : 0;
      if (running.child.exitCode !== null) throw new Error(`${reason}: ${running.stderr()}`);
    }
    for (const signal of signals) running.child.kill(signal);
    const { code, stderr } = await running.ended;
    const kept = (await inspectBuffers(stateDir, () => undefined)).reduce((sum, { records }) => sum + records, 0);
    t.equal(kept + linesLeft(ends), written, `${reason}: ${stderr}`);
    t.equal(code, 69, reason);
    t.notMatch(stderr, /lost/, reason);
    t.equal(/: it ends at once/.test(stderr), signals.length > 1, 'why it ends so soon is said');
  }
});
