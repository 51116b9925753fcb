import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import split2 from 'split2';
import { z } from 'zod';
import { RUNS } from '../state/state-directory.ts';

/** A dead letter as it was read back. */
export interface Letter {
  readonly source: { readonly name: string; readonly id: string; readonly offset: number; readonly length: number };
  /** As it was sent. */
  readonly document: string;
}

const LetterSchema = z.object({ source: z.object({ name: z.string(), id: z.string(), offset: z.number(), length: z.number() }), document: z.unknown() });
const BEFORE_DOCUMENT = ',"document":';

/** Files with an output's dead letters: of the agent, and of runs that read stdin or a program. */
export function letterFiles(root: string, output: string): string[] {
  const runs = namesIn(join(root, RUNS)).map((name) => join(root, RUNS, name));
  return [root, ...runs].flatMap((folder) => namesIn(folder).filter((name) => name.startsWith(`dead-letters-${output}.ndjson`)).map((name) => join(folder, name)));
}

/** The lines of a file from `start` on, and where they end. */
export async function* linesFrom(path: string, start: number): AsyncGenerator<string> {
  const lines = createReadStream(path, { start }).pipe(split2());
  for await (const line of lines) if (line !== '') yield String(line);
}

/** Undefined: the line is no dead letter. */
export function parseLetter(line: string): Letter | undefined {
  try {
    const { source, document } = LetterSchema.parse(JSON.parse(line));
    // Digit by digit as it was sent. A quote within a text has a backslash before it, so this can't be found in one.
    const raw = line.slice(line.indexOf(BEFORE_DOCUMENT) + BEFORE_DOCUMENT.length, -1);
    return { source, document: typeof document === 'string' ? document : raw };
  } catch {
    return undefined;
  }
}

export function sizeOf(path: string): number {
  return statSync(path).size;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
