import { createReadStream } from 'node:fs';
import { Explainer, type Explanation } from '../explain/explainer.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { problemOf } from '../inputs/named-file.ts';
import { log } from '../log.ts';
import { print } from '../print.ts';

export interface ExplainOptions {
  /** NDJSON, one object per record. */
  readonly json: boolean;
}

/** Shows how each record of the files, or of stdin, is read: by the code that ships. Gives the exit code. */
export async function explain(files: readonly string[], options: ExplainOptions): Promise<number> {
  for (const file of files) checkFile(file);
  const show = options.json ? toJson : (await import('../explain/show.ts')).shower(process.stdout);
  let isOpen = true;
  process.stdout.on('error', () => (isOpen = false));
  const explainer = new Explainer(log.warn, !options.json);
  for (const file of files.length > 0 ? files : ['-']) {
    if (!options.json && files.length > 1) await print(`${file}\n\n`);
    const stream = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 262_144 });
    for await (const records of explainer.records(file === '-' ? 'stdin' : file, stream)) {
      if (!isOpen) return ExitCode.OK; // `shipper explain FILE | head`
      await print(records.map(show).join(''));
    }
  }
  return ExitCode.OK;
}

function checkFile(file: string): void {
  const problem = file === '-' ? undefined : problemOf(file, true);
  if (problem !== undefined) throw new UserError(problem.message, problem.exitCode);
}

function toJson({ offset, length, line_count, format, fields, why, parts, places }: Explanation): string {
  return `${JSON.stringify({ offset, length, ...(parts === undefined ? {} : { parts }), line_count, format, fields, why: places ?? why })}\n`;
}
