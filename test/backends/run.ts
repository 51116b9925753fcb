// Starts real servers, ships to them, and reads back what they have: `npm run test:backends`. Each module beside this one
// that exports `run` is one kind of server. What can't be tried here is printed as skipped, with the reason.
//   npm run test:backends                      all of them
//   npm run test:backends -- moto opensearch   these
//   npm run test:backends -- --json FILE       the rows as an array, too
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { endWithParent, ownTemporaryFolder } from './cleanup.ts';
import { provide, type Program } from './prerequisites.ts';
import { failedRow, skippedRow, type About, type Row } from './row.ts';
import { shortened, Unavailable } from './tools.ts';

/** Servers at a time: each has a core. */
const JOBS = 2;
/** What takes longest begins first. */
const LONGEST = ['opensearch', 'victorialogs', 'elasticsearch', 'kafka', 'moto'];
/** A server that hangs must not hang the run. */
const LONGEST_MODULE_MS = 1_500_000;
const KEEP_IDS = new Set(['opensearch', 'elasticsearch']);

/** What a module of this folder exports, if it is a kind of server: those without `run` are what the others are made of. */
interface Module {
  readonly run?: () => Promise<Row[]>;
  readonly needs?: readonly Program[];
  /** What its rows are about, for those that come of nothing. */
  readonly about?: readonly About[];
}

const { names, json } = readArguments(process.argv.slice(2));
const startedAt = performance.now();
ownTemporaryFolder();
endWithParent();
const found = new Map<string, readonly Row[]>();
const queue = [...names].sort((a, b) => placeOf(a) - placeOf(b));
await Promise.all(Array.from({ length: JOBS }, async () => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) found.set(name, await runModule(name));
}));
const rows = names.flatMap((name) => found.get(name) ?? []);
print(rows);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows.map(({ server, version, output, real, sent, readBack, replayAdded, skipped }) => ({ server, version, output, real, sent, readBack, replayAdded, skipped })), null, 2)}\n`);
const passed = rows.filter(isPassed).length;
const skipped = rows.filter((row) => row.skipped !== null).length;
const failed = rows.length - passed - skipped;
console.log(`${secondsSince(startedAt)} s`);
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0); // what a server that hangs has left open does not count

function readArguments(args: readonly string[]): { names: string[]; json: string | undefined } {
  const at = args.indexOf('--json');
  const json = at < 0 ? undefined : args[at + 1];
  const names = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3)).sort();
  return { names: names.length > 0 ? names : all.filter((name) => name !== 'run'), json };
}

function placeOf(name: string): number {
  const place = LONGEST.indexOf(name);
  return place < 0 ? LONGEST.length : place;
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 1000);
}

async function runModule(name: string): Promise<readonly Row[]> {
  const beginsAt = performance.now();
  const { run, needs = [], about = [{ server: name, version: '-', output: '-' }] } = (await import(pathToFileURL(path.join(import.meta.dirname, `${name}.ts`)).href)) as Module;
  try {
    if (run === undefined) return [];
    const rows = await inTime(provide(needs).then(run));
    console.log(`${name}: ${secondsSince(beginsAt)} s`);
    return rows;
  } catch (error) {
    if (error instanceof Unavailable) return about.map((one) => skippedRow(one, error.message));
    console.log(`FAIL ${name}: ${error instanceof Error ? (error.stack ?? error.message) : shortened(error)}`);
    return about.map((one) => failedRow(one, 'see above'));
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${LONGEST_MODULE_MS / 60_000} minutes`)), LONGEST_MODULE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** All of it came back, and where ids are kept, no more for having been sent twice. */
function isPassed({ server, skipped, sent, readBack, replayAdded }: Row): boolean {
  return skipped === null && sent > 0 && readBack === sent && (!KEEP_IDS.has(server) || (replayAdded ?? 0) === 0);
}

function print(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.server, row.version, row.output, row.real ? 'real' : 'stand-in', ...(row.skipped === null ? [`${row.sent}`, `${row.readBack}`, `${row.replayAdded ?? '-'}`, row.seconds?.toFixed(1) ?? '-', isPassed(row) ? 'ok' : 'FAIL', row.what ?? ''] : ['-', '-', '-', '-', 'skipped', row.skipped])]);
  const table = [['server', 'version', 'output', 'kind', 'sent', 'read back', 'replay added', 's', '', ''], ...cells];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}
