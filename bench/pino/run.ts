// The same program with a pino transport in it and with shipper beside it, ended in ways that let it finish nothing:
// how many of its lines arrive. `npm run compare:pino [-- LINES]`. Fails if a line is missing at shipper.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { CLI } from '../../test/e2e/run-shipper.ts';
import { BulkServer } from '../../test/helpers/bulk-server.ts';

const APP = path.join(import.meta.dirname, 'app.mjs');
const LINES = Number(process.argv[2] ?? 100_000);

interface Case {
  readonly what: string;
  readonly ending: 'exit' | 'kill' | 'throw';
  /** The destination is not there before the program has ended. */
  readonly isDown?: boolean;
}

const CASES: readonly Case[] = [
  { what: '`process.exit(1)`', ending: 'exit' },
  { what: 'an uncaught exception', ending: 'throw' },
  { what: 'SIGKILL', ending: 'kill' },
  { what: '`process.exit(1)`, the destination is down until after', ending: 'exit', isDown: true },
];

/** What has arrived: numbered lines, each counted once, and the trace of the exception. */
interface Arrived {
  readonly lines: number;
  readonly trace: boolean;
}

type Way = (one: Case, folder: string) => Promise<Arrived | undefined>;
const WAYS: Readonly<Record<string, Way>> = {
  'transport to a file': toFile,
  'transport over HTTP': overHttp,
  '`app \\| shipper`': (one, folder) => shipped((url) => `node ${APP} stdout ${one.ending} ${LINES} 2>&1 | node ${CLI} -o elasticsearch=${url}`, one, folder),
  '`shipper exec`': (one, folder) => shipped((url) => `node ${CLI} exec -o elasticsearch=${url} -- node ${APP} stdout ${one.ending} ${LINES}`, one, folder),
};

console.log(`pino ${pino.version}, Node ${process.version}: ${LINES.toLocaleString('en-US')} lines, the last thousand and the end in one turn of the event loop\n`);
console.log(`| ended by | ${Object.keys(WAYS).join(' | ')} |\n|---|${'--:|'.repeat(Object.keys(WAYS).length)}`);
for (const one of CASES) console.log(`| ${one.what} | ${(await row(one)).join(' | ')} |`);

async function row(one: Case): Promise<string[]> {
  const cells: string[] = [];
  for (const [name, way] of Object.entries(WAYS)) {
    const folder = mkdtempSync(path.join(tmpdir(), 'shipper-pino-'));
    const arrived = await way(one, folder);
    rmSync(folder, { recursive: true });
    cells.push(arrived === undefined ? '' : `${arrived.lines.toLocaleString('en-US')}${one.ending === 'throw' ? (arrived.trace ? ' and the trace' : ', no trace') : ''}`);
    if (name.includes('shipper') && (arrived?.lines !== LINES || (one.ending === 'throw' && !arrived.trace))) process.exitCode = 1;
  }
  return cells;
}

async function toFile({ ending, isDown }: Case, folder: string): Promise<Arrived | undefined> {
  if (isDown === true) return undefined;
  const file = path.join(folder, 'log');
  await shell(`node ${APP} file ${ending} ${LINES} ${file}`, folder);
  return arrived(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

async function overHttp({ ending, isDown }: Case, folder: string): Promise<Arrived> {
  let text = '';
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  if (isDown === true) await new Promise((resolve) => server.close(resolve));
  await shell(`node ${APP} http ${ending} ${LINES} http://127.0.0.1:${port}/`, folder);
  if (isDown !== true) await new Promise((resolve) => server.close(resolve)); // what is on its way may still arrive
  return arrived(text);
}

async function shipped(command: (url: string) => string, { isDown }: Case, folder: string): Promise<Arrived> {
  const server = new BulkServer((request, self) => self.store(request));
  const url = await server.listen();
  if (isDown === true) await server.close();
  await shell(command(url), folder, isDown === true ? { SHIPPER_DRAIN_TIMEOUT: '1s' } : {}); // who is there may be slow, who is not need not be waited for
  if (isDown === true) {
    await server.listen(server.port);
    await shell(`node ${CLI} -o elasticsearch=${url} < /dev/null`, folder); // the next run
  }
  await server.close();
  return arrived(server.requests.map(({ body }) => body).join(''));
}

function arrived(text: string): Arrived {
  return { lines: new Set([...text.matchAll(/"line (\d+)"/g)].map(([, number]) => number)).size, trace: text.includes('the last words') };
}

/** What the program and shipper say themselves is not shown. */
function shell(command: string, state: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const child = spawn('sh', ['-c', command], { stdio: 'ignore', env: { ...process.env, SHIPPER_STATE_DIR: path.join(state, 'state'), ...env } });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', () => resolve()));
}
