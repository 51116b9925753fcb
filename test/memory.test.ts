// What the process takes, as the kernel counts it: the most it ever had resident.
import { appendFileSync, closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { start, until } from './e2e/run-shipper.ts';

const BLOCK_LINES = 4096;
const ELSEWHERE = process.platform === 'linux' ? false : 'there is no /proc here';

// Bounds are a quarter above what docs/PERFORMANCE.md has: how much of Node's own file is resident, and what malloc keeps, differ from machine to machine.
const ROWS: { what: string; mebibytes: number; compression: string; mostMb: number; lineOf?: (n: number) => string }[] = [
  { what: 'little to do', mebibytes: 1, compression: 'none', mostMb: 105 },
  { what: 'a backlog', mebibytes: 64, compression: 'none', mostMb: 120 },
  { what: 'a backlog, compressed', mebibytes: 64, compression: 'gzip', mostMb: 120 },
  { what: 'more than a million routes, users, services, keys and messages, each once', mebibytes: 64, compression: 'none', mostMb: 120, lineOf: unlike },
];

for (const { what, mebibytes, compression, mostMb, lineOf } of ROWS) {
  t.test(`${what}: ${mebibytes} MiB, compression ${compression}`, { skip: ELSEWHERE }, async (t) => {
    const folder = t.testdir({});
    const lines = write(path.join(folder, 'app.log'), mebibytes * 2 ** 20, lineOf);
    const sink = await counter(t);
    const config = path.join(folder, 'shipper.yaml');
    writeFileSync(config, `inputs: { app: { type: file, paths: ['${folder}/*.log'] } }\noutputs: { search: { type: elasticsearch, url: '${sink.url}', compression: ${compression} } }\n`);
    const { child, ended } = start(['-c', config]);
    await until(() => sink.records() === lines || child.exitCode !== null, 'all records');
    t.equal(sink.records(), lines, 'everything arrived');
    const peakMb = peakMbOf(child.pid);
    t.ok(peakMb < mostMb, `${peakMb.toFixed(0)} MB, of at most ${mostMb}`);
    child.kill('SIGTERM');
    t.match(await ended, { code: 0 });
  });
}

t.test('a hole of 500 MiB, as a writer without O_APPEND leaves it behind a truncation', { skip: ELSEWHERE }, async (t) => {
  const folder = t.testdir({});
  const log = path.join(folder, 'app.log');
  const writer = openSync(log, 'w');
  t.teardown(() => closeSync(writer));
  writeSync(writer, 'INFO before\n');
  const sink = await counter(t);
  const { child, ended, stderr } = start([log, '-o', `elasticsearch=${sink.url}`]);
  await until(() => sink.records() === 1 || child.exitCode !== null, 'the first line');
  ftruncateSync(writer);
  writeSync(writer, 'INFO behind the hole\n', 500 * 2 ** 20);
  await until(() => sink.records() > 1 || child.exitCode !== null, 'the line behind the hole');
  const peakMb = peakMbOf(child.pid);
  t.ok(peakMb < 105, `${peakMb.toFixed(0)} MB, of at most 105, as without a hole`);
  appendFileSync(log, 'INFO the last\n');
  await until(() => sink.records() > 2 || child.exitCode !== null, 'what comes after it');
  child.kill('SIGTERM');
  t.match(await ended, { code: 0 });
  for (const read of ['1 records (11 bytes)', '2 records (33 bytes)']) t.match(stderr(), `app.log: read ${read}`, 'the NULs are no records');
});

/** The most that a process ever had resident, in MB. */
function peakMbOf(pid: number | undefined): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024 / 1e6;
}

/** At least `bytes` of text, the same block of lines again and again, or each line by its number; gives how many lines. */
function write(file: string, bytes: number, lineOf?: (n: number) => string): number {
  const blockFrom = (first: number): Buffer => Buffer.from(Array.from({ length: BLOCK_LINES }, (_, n) => (lineOf ?? line)(first + n)).join(''));
  const same = lineOf === undefined ? blockFrom(0) : undefined;
  const descriptor = openSync(file, 'w');
  let lines = 0;
  for (let written = 0; written < bytes; lines += BLOCK_LINES) written += writeSync(descriptor, same ?? blockFrom(lines));
  closeSync(descriptor);
  return lines;
}

function line(n: number): string {
  return `2026-11-22T10:00:0${n % 10}.${String(n % 1000).padStart(3, '0')}Z INFO [payments] Request GET /api/v1/orders for user u-${n} completed with status 200 in ${n % 900}ms request_id=${n.toString(16).padStart(8, '0')} region=eu-west-1\n`;
}

/** What comes once and never again, in every place that something may be remembered by: access log, JSON, key=value, free text. */
function unlike(n: number): string {
  const shapes = [
    `10.0.0.1 - user${n} [22/Nov/2026:10:00:00 +0000] "GET /user/${n}/orders/${n * 7} HTTP/1.1" 200 ${n} "-" "agent/${n}"`,
    `{"level":"level${n}","service":"service-${n}","logger":"logger.${n}","msg":"message ${n}","key_${n}":{"inner_${n}":"value ${n}"}}`,
    `level=info service=s${n} key${n}=${n} other_${n}=x msg="message ${n}"`,
    `2026-11-22T10:00:00.000Z INFO [logger-${n}] [thread-${n}] Request GET /session/${n} of user u-${n} failed: Error${n}: no ${n} request_id=r${n}`,
  ];
  return `${shapes[n % shapes.length]}\n`;
}

/** Takes everything, as Elasticsearch would, and counts records: two lines each. */
async function counter(t: Test): Promise<{ url: string; records: () => number }> {
  let records = 0;
  const server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    void buffer(incoming).then((raw) => {
      const count = newlines(incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw) / 2;
      records += count;
      response.end(`{"errors":false,"items":[${'{"create":{"status":201}},'.repeat(count).slice(0, -1)}]}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, records: () => records };
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
