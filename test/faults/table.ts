import type { Verdict } from './judgement.ts';
import type { MemoryRow } from './memory.ts';
import type { WindowRow } from './window.ts';

/** What came of one scenario. */
export interface Row {
  readonly name: string;
  readonly kills: { readonly SIGKILL: number; readonly SIGTERM: number };
  readonly faults: ReadonlyMap<string, number>;
  /** Whether a small file system could be mounted. */
  readonly hasDisk: boolean;
  /** Rotations, truncations. */
  readonly turns: number;
  readonly verdict: Verdict;
  readonly seconds: number;
}

const HEAD = ['', 'KILL', 'TERM', 'faults', 'rotations', 'lines', 'dead letters', 'lost', 'unavoidably', 'repeated', 'at once', 'overtaken', 's', ''];

/** Prints what came of all scenarios. `kinds`: the faults of which each has to have happened. Gives the exit code. */
export function print(rows: readonly Row[], memory: readonly MemoryRow[], windows: readonly WindowRow[], kinds: readonly string[]): number {
  printCells([HEAD, ...rows.map(cellsOf)]);
  const faults = sumOf(rows);
  console.log(`faults: ${[...faults].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
  for (const { name, verdict: { window } } of rows) if (window.truncations > 0) console.log(`${name}: ${window.truncations} truncations, ${window.lines.size} lines (${window.bytes} bytes) written between copy and truncation, ${window.lost} of them lost`);
  const hasDisk = rows.every((row) => row.hasDisk);
  if (!hasDisk) console.log('SKIPPED: a small file system can not be mounted here, so that no disk was filled');
  const missing = kinds.filter((kind) => !faults.has(kind) && (hasDisk || !kind.startsWith('disk')));
  for (const kind of missing) console.log(`FAIL no fault of this kind: ${kind}`);
  const kills = rows.reduce((sum, row) => sum + row.kills.SIGKILL + row.kills.SIGTERM, 0);
  for (const { name, lines, peakMiB, problem } of memory) console.log(`${problem === undefined ? '' : `FAIL ${problem}: `}memory, ${name}: ${lines} lines, dead destination, peak ${peakMiB} MiB`);
  for (const { truncations, lines, inWindow, bytes, lost, problem } of windows) console.log(`${problem === undefined ? '' : `FAIL ${problem}: `}window of copytruncate, a writer as fast as can be: ${truncations} truncations, ${lines} lines, ${inWindow} of them (${bytes} bytes) written between copy and truncation, ${lost} of these lost`);
  const failed = rows.filter(({ verdict }) => verdict.problems.length > 0).length + missing.length + [...memory, ...windows].filter(({ problem }) => problem !== undefined).length;
  console.log(`${kills} kills, ${[...faults.values()].reduce((sum, count) => sum + count, 0)} faults, ${rows.reduce((sum, { verdict }) => sum + verdict.written, 0)} lines`);
  console.log(`${rows.length + kinds.length + memory.length + windows.length - failed} passed, ${failed} failed`);
  return failed > 0 || rows.length + memory.length + windows.length === 0 ? 1 : 0;
}

function cellsOf({ name, kills, faults, turns, verdict, seconds }: Row): string[] {
  const { written, deadLettered, lost, unavoidable, repeated, mostRepeated, overtaken, problems } = verdict;
  const numbers = [kills.SIGKILL, kills.SIGTERM, [...faults.values()].reduce((sum, count) => sum + count, 0), turns, written, deadLettered, lost, unavoidable, repeated, mostRepeated, overtaken, seconds];
  return [name, ...numbers.map(String), problems.length === 0 ? 'ok' : 'FAIL'];
}

function sumOf(rows: readonly Row[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { faults } of rows) for (const [kind, count] of faults) sums.set(kind, (sums.get(kind) ?? 0) + count);
  return sums;
}

function printCells(table: readonly (readonly string[])[]): void {
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  for (const row of table) console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ').trimEnd());
}
