// Gets, starts and stops servers, ships to them, and reads back by their own means. Every module of this folder that
// exports `run` is one kind of server. The last line is `N passed, N failed`.
//   npm run test:backends                       all
//   npm run test:backends -- moto imds          these
//   npm run test:backends -- --json FILE        writes the rows as well
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from './row.ts';

const OURSELVES = new Set(['run.ts', 'row.ts', 'tools.ts']);

interface Result {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly problem: string | undefined;
}

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : modules();
const results: Result[] = [];
for (const name of names) {
  const result = await runModule(name);
  if (result === undefined) continue;
  results.push(result);
  for (const row of result.rows) console.log(describe(row));
  if (result.problem !== undefined) console.log(`FAIL  ${name}: ${result.problem}`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results.flatMap(({ rows }) => rows), null, 2)}\n`);
const rows = results.flatMap((result) => result.rows);
const passed = rows.filter(isRight).length;
const failed = rows.filter((row) => row.skipped === null && !isRight(row)).length + results.filter(({ problem }) => problem !== undefined).length;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || rows.length === 0 ? 1 : 0;

function modules(): string[] {
  return readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !OURSELVES.has(file)).map((file) => path.basename(file, '.ts')).sort();
}

/** Undefined: the module is a helper of others. */
async function runModule(name: string): Promise<Result | undefined> {
  try {
    const module = (await import(`./${name}.ts`)) as { run?: () => Promise<Row[]> };
    return module.run === undefined ? undefined : { name, rows: await module.run(), problem: undefined };
  } catch (error) {
    return { name, rows: [], problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function isRight(row: Row): boolean {
  return row.skipped === null && row.sent > 0 && row.readBack === row.sent;
}

function describe(row: Row): string {
  const what = `${row.server} ${row.version}`.padEnd(34) + row.output.padEnd(16) + (row.real ? 'real' : 'stand-in').padEnd(10);
  if (row.skipped !== null) return `skip  ${what}${row.skipped}`;
  const replay = row.replayAdded === null ? '' : `, a replay added ${row.replayAdded}`;
  return `${isRight(row) ? 'ok  ' : 'FAIL'}  ${what}${row.sent} sent, ${row.readBack} read back${replay}`;
}
