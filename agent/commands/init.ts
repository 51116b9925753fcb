import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Config } from '../config/schema.ts';
import { Explainer } from '../explain/explainer.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { coverage, draft } from '../init/draft.ts';
import { Survey } from '../init/survey.ts';
import { problemOf } from '../inputs/named-file.ts';
import { log } from '../log.ts';
import { print } from '../print.ts';
import { errorCode, errorText } from '../state/error-code.ts';

/** How much is read of each sample, in bytes. */
const SAMPLE_BYTES = 8 * 2 ** 20;

/** Writes a configuration for what the files, or stdin, hold: to `output`, which must not exist, or to stdout. Gives the exit code. */
export async function init(files: readonly string[], config: Config, output: string | undefined): Promise<number> {
  for (const file of files) checkFile(file);
  const surveys: Survey[] = [];
  for (const file of new Set(files.length > 0 ? files : ['-'])) surveys.push(await survey(file, config));
  const found = surveys.filter(({ records }) => records > 0);
  if (found.length === 0) throw new UserError('there is nothing in these samples: give files with some lines of each kind', ExitCode.NO_INPUT);
  const text = draft(found, output);
  if (output === undefined) await print(text);
  else {
    await write(output, text);
    log.info(`${output} is written: ${coverage(found)} of the records have a structure that was found; see what its comments say`);
  }
  return ExitCode.OK;
}

/** Reads a sample as the agent would with no configuration. */
async function survey(file: string, config: Config): Promise<Survey> {
  const result = new Survey(file === '-' ? undefined : path.resolve(file));
  const stream: Readable = file === '-' ? process.stdin : createReadStream(file, { end: SAMPLE_BYTES - 1 });
  const explainer = new Explainer(config, undefined, log.warn, false);
  for await (const records of explainer.records(file, stream, Object.keys(config.inputs)[0] ?? '')) {
    for (const record of records) result.add(record);
    const last = records.at(-1);
    if (file === '-' && last !== undefined && last.offset > SAMPLE_BYTES) break;
  }
  stream.destroy(); // a pipe is not read to an end that may never come
  return result;
}

function checkFile(file: string): void {
  const problem = file === '-' ? undefined : problemOf(file, true);
  if (problem !== undefined) throw new UserError(problem.message, problem.exitCode);
}

async function write(output: string, text: string): Promise<void> {
  try {
    await writeFile(output, text, { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new UserError(`${output} exists and is left as it is; name another file`, ExitCode.CANNOT_CREATE);
    throw new UserError(`${output} can't be written: ${errorText(error)}`, ExitCode.CANNOT_CREATE);
  }
}
