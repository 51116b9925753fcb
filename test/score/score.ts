// `npm run score`: how much of labelled logs is read right. The logs and their scorers are no part of this project: they
// lie in a folder `corpora` beside the checkout, or where SHIPPER_CORPORA says. Further arguments go to the scorers.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(import.meta.dirname, '..', '..');
const ADAPTER = `${process.execPath} --import=tsx ${path.join(import.meta.dirname, 'adapter.ts')}`;

interface Corpus {
  readonly scorer: string;
  readonly cases: string;
}

/** What a scorer says about the corpus of each; empty where there are no corpora. */
export function scores(args: readonly string[] = []): { readonly name: string; readonly ok: boolean; readonly text: string }[] {
  const folder = corporaFolder();
  if (folder === undefined) return [];
  return corporaIn(folder).map(({ scorer, cases }) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [scorer, '--cases', cases, '--cmd', ADAPTER, ...args], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
    return { name: path.relative(folder, cases), ok: status === 0, text: `${stdout}${stderr}` };
  });
}

function corporaFolder(): string | undefined {
  const given = process.env['SHIPPER_CORPORA'];
  if (given !== undefined) return given;
  const beside = path.dirname(ROOT);
  const folders = readdirSync(beside, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => path.join(beside, name, 'corpora')).find((folder) => existsSync(path.join(folder, 'score.mjs')));
}

function corporaIn(folder: string): Corpus[] {
  const all = [['score.mjs', 'dev.jsonl'], ['prose/score-prose.mjs', 'prose/dev.jsonl']] as const;
  return all.map(([scorer, cases]) => ({ scorer: path.join(folder, scorer), cases: path.join(folder, cases) })).filter(({ cases }) => existsSync(cases));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = scores(process.argv.slice(2));
  for (const { name, text } of all) console.log(`${name}\n${text}`);
  if (all.length === 0) console.error('there are no corpora beside the checkout; SHIPPER_CORPORA=FOLDER says where they are');
  process.exitCode = all.length > 0 && all.every(({ ok }) => ok) ? 0 : 1;
}
