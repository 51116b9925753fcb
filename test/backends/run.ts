// Starts real servers, ships to them, and reads back what they have: `npm run test:backends`. Each module beside this one
// that exports `run` is one kind of server. What can't be tried here is printed as skipped, with the reason.
//   npm run test:backends                      all of them
//   npm run test:backends -- moto opensearch   these
//   npm run test:backends -- --json FILE       the rows as an array, too
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { provide, type Program } from './prerequisites.ts';
import { skippedRow, type Row } from './row.ts';
import { Unavailable } from './tools.ts';

const KEEP_IDS = new Set(['opensearch', 'elasticsearch']);
const { names, json } = readArguments(process.argv.slice(2));
const rows: Row[] = [];
let broken = 0;
for (const name of names) {
  try {
    rows.push(...await runModule(name));
  } catch (error) {
    if (error instanceof Unavailable) {
      rows.push(skippedRow(name, '-', '-', error.message));
      continue;
    }
    broken++;
    console.log(`FAIL ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
print(rows);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows.map(({ server, version, output, real, sent, readBack, replayAdded, skipped }) => ({ server, version, output, real, sent, readBack, replayAdded, skipped })), null, 2)}\n`);
const passed = rows.filter(isPassed).length;
const skipped = rows.filter((row) => row.skipped !== null).length;
const failed = rows.length - passed - skipped + broken;
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function readArguments(args: readonly string[]): { names: string[]; json: string | undefined } {
  const at = args.indexOf('--json');
  const json = at < 0 ? undefined : args[at + 1];
  const names = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const all = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3)).sort();
  return { names: names.length > 0 ? names : all.filter((name) => name !== 'run'), json };
}

/** Modules without `run` are what the others are made of. */
async function runModule(name: string): Promise<Row[]> {
  const module = (await import(pathToFileURL(path.join(import.meta.dirname, `${name}.ts`)).href)) as { run?: () => Promise<Row[]>; needs?: readonly Program[] };
  if (module.run === undefined) return [];
  await provide(module.needs ?? []);
  const startedAt = Date.now();
  const found = await module.run();
  console.log(`${name}: ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return found;
}

/** All of it came back, and where ids are kept, no more for having been sent twice. */
function isPassed({ server, skipped, sent, readBack, replayAdded }: Row): boolean {
  return skipped === null && sent > 0 && readBack === sent && (!KEEP_IDS.has(server) || (replayAdded ?? 0) === 0);
}

function print(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.server, row.version, row.output, row.real ? 'real' : 'stand-in', ...(row.skipped === null ? [`${row.sent}`, `${row.readBack}`, `${row.replayAdded ?? '-'}`, isPassed(row) ? 'ok' : 'FAIL', row.what ?? ''] : ['-', '-', '-', 'skipped', row.skipped])]);
  const table = [['server', 'version', 'output', 'kind', 'sent', 'read back', 'replay added', '', ''], ...cells];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}
