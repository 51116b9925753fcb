// `npm run score`: how much of labelled logs is read right. The logs and their scorers are no part of this project: they
// lie in a folder `corpora` beside the checkout, or where SHIPPER_CORPORA says. Further arguments go to the scorers.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { groups } from './groups.ts';
import { streams } from './streams.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const ADAPTER = `${process.execPath} --import=tsx ${path.join(import.meta.dirname, 'adapter.ts')}`;

interface Score {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
  /** What the scorer counts, in per cent: F1 over all fields, or multi-line records that are exact. NaN: it says nothing. */
  readonly percent: number;
}

/** What a scorer says about the corpus of each; empty where there are no corpora. */
export function scores(args: readonly string[] = []): Score[] {
  const folder = corporaFolder();
  if (folder === undefined) return [];
  return [
    ...scoreWritten(folder, 'score.mjs', 'dev.jsonl', streams, ['--cases', path.join(folder, 'dev.jsonl'), ...args]),
    ...scoreCases(folder, 'prose/score-prose.mjs', 'prose/dev.jsonl', args),
    ...scoreWritten(folder, 'multiline/score.mjs', 'multiline/manifest.jsonl', groups, args),
  ];
}

function scoreCases(folder: string, scorer: string, cases: string, args: readonly string[]): Score[] {
  if (!existsSync(path.join(folder, cases))) return [];
  return [score(cases, [path.join(folder, scorer), '--cases', path.join(folder, cases), '--cmd', ADAPTER, ...args])];
}

/** With what `outputs` makes of the cases, in a file. */
function scoreWritten(folder: string, scorer: string, cases: string, outputs: (file: string) => string, args: readonly string[]): Score[] {
  if (!existsSync(path.join(folder, cases))) return [];
  const scratch = mkdtempSync(path.join(tmpdir(), 'shipper-score-'));
  try {
    const written = path.join(scratch, 'outputs.jsonl');
    writeFileSync(written, outputs(path.join(folder, cases)));
    return [score(cases, [path.join(folder, scorer), '--outputs', written, ...args])];
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function score(name: string, command: readonly string[]): Score {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const figure = /^micro +\S+ +\S+ +([\d.]+)%|multi-line exact ([\d.]+)%/m.exec(stdout);
  return { name, ok: status === 0, text: `${stdout}${stderr}`, percent: Number(figure?.[1] ?? figure?.[2] ?? NaN) };
}

function corporaFolder(): string | undefined {
  const given = process.env['SHIPPER_CORPORA'];
  if (given !== undefined) return given;
  const beside = path.dirname(ROOT);
  return readdirSync(beside).map((name) => path.join(beside, name, 'corpora')).find((folder) => existsSync(path.join(folder, 'score.mjs')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = scores(process.argv.slice(2));
  for (const { name, text } of all) console.log(`${name}\n${text}`);
  if (all.length === 0) console.error('there are no corpora beside the checkout; SHIPPER_CORPORA=FOLDER says where they are');
  process.exitCode = all.length > 0 && all.every(({ ok }) => ok) ? 0 : 1;
}
