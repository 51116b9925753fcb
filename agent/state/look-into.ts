import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode, UserError } from '../exit-codes.ts';
import { errorCode, errorText } from './error-code.ts';
import { RUNS } from './state-directory.ts';

/**
 * For commands that look into a state directory: what they can't read is not what is not there. False: there is no such
 * folder. Throws a UserError where it can't be read, and warns of folders of runs that can't.
 */
export function mayLookInto(stateDir: string, warn: (message: string) => void): boolean {
  const problem = problemOf(stateDir);
  if (problem !== undefined) {
    if (errorCode(problem) === 'ENOENT') return false;
    throw new UserError(`${stateDir} can't be read: ${errorText(problem)}`, errorCode(problem) === 'ENOTDIR' ? ExitCode.NO_INPUT : ExitCode.NO_PERMISSION);
  }
  for (const folder of runsIn(stateDir)) {
    const found = problemOf(folder);
    if (found !== undefined && !['ENOENT', 'ENOTDIR'].includes(errorCode(found))) warn(`what lies in ${folder} is not known: ${errorText(found)}`);
  }
  return true;
}

function runsIn(stateDir: string): string[] {
  const runs = join(stateDir, RUNS);
  try {
    return readdirSync(runs).map((name) => join(runs, name));
  } catch {
    return [runs]; // that is said of the folder itself, if it is there
  }
}

/** Why a folder can't be read. */
function problemOf(folder: string): unknown {
  try {
    readdirSync(folder);
    return undefined;
  } catch (error) {
    return error;
  }
}
