import { randomBytes } from 'node:crypto';
import { createReadStream, type Dirent, readdirSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import split2 from 'split2';
import * as z from 'zod';
import { RUNS } from '../state/state-directory.ts';

/** A dead letter as it was read back. */
export interface Letter {
  readonly source: { readonly name: string; readonly id: string; readonly offset: number; readonly length: number };
  /** As it was sent. */
  readonly document: string;
}

const LetterSchema = z.object({ source: z.object({ name: z.string(), id: z.string(), offset: z.number(), length: z.number() }), document: z.unknown() });
const BEFORE_DOCUMENT = ',"document":';
const CLAIMED = '.retry';

/** Files with an output's dead letters: of the agent, and of runs that read stdin or a program. */
export function letterFiles(root: string, output: string): string[] {
  const runs = entriesOf(join(root, RUNS)).map(({ name }) => join(root, RUNS, name));
  const isOurs = (entry: Dirent): boolean => entry.isFile() && entry.name.startsWith(`dead-letters-${output}.ndjson`);
  return [root, ...runs].flatMap((folder) => entriesOf(folder).filter(isOurs).map(({ name }) => join(folder, name)));
}

/**
 * Moves a file aside, so that an agent that is at work begins a new one, and gives its path. Each has a name of its
 * own: what an earlier try has left is not overwritten. Throws the system's error; ENOENT: another process was faster.
 */
export async function claim(file: string): Promise<string> {
  if (file.endsWith(CLAIMED)) return file;
  const path = `${file}.${randomBytes(6).toString('hex')}${CLAIMED}`;
  await rename(file, path);
  return path;
}

/** The lines between two offsets of a file. Throws the system's error. */
export async function* linesBetween(path: string, start: number, end: number): AsyncGenerator<string> {
  const lines = split2();
  pipeline(createReadStream(path, { start, end: end - 1 }), lines, () => undefined); // an error ends the lines, too
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

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
