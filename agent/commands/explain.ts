import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { didYouMean } from '../config/did-you-mean.ts';
import type { Config } from '../config/schema.ts';
import { Explainer, type Explanation } from '../explain/explainer.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { Discovery } from '../inputs/discovery.ts';
import type { Encoding } from '../inputs/decoding/names.ts';
import { isGzip } from '../inputs/gzip-file.ts';
import { problemOf } from '../inputs/named-file.ts';
import { log } from '../log.ts';
import { print } from '../print.ts';

export interface ExplainOptions {
  /** NDJSON, one object per record. */
  readonly json: boolean;
  /** Name of the input as which the files are read; without it the one whose paths a file matches, else the first one. */
  readonly input: string | undefined;
}

/** Shows how each record of the files, or of stdin, is read by this configuration: by the code that ships. Gives the exit code. */
export async function explain(files: readonly string[], config: Config, stateDir: string, options: ExplainOptions): Promise<number> {
  const inputOf = inputs(config, options.input);
  for (const file of files) checkFile(file, config.inputs[inputOf(file)]?.encoding);
  const show = options.json ? toJson : (await import('../explain/show.ts')).shower(process.stdout);
  let isOpen = true;
  process.stdout.on('error', () => (isOpen = false));
  const explainer = new Explainer(config, stateDir, log.warn, true);
  for (const file of files.length > 0 ? files : ['-']) {
    if (!options.json && files.length > 1) await print(`${file}\n\n`);
    const stream = file === '-' ? process.stdin : contentOf(file);
    for await (const records of explainer.records(file === '-' ? 'stdin' : file, stream, inputOf(file))) {
      if (!isOpen) return ExitCode.OK; // `shipper explain FILE | head`
      await print(records.map(show).join(''));
    }
  }
  return ExitCode.OK;
}

/** What a file holds, compressed or not: then places are in the uncompressed text, as when it is shipped. */
function contentOf(file: string): Readable {
  const bytes = createReadStream(file, { highWaterMark: 262_144 });
  if (!isGzip(file)) return bytes;
  return pipeline(bytes, createGunzip(), () => undefined); // whoever reads it gets the error, and tells it
}

/** By file (`-` is stdin): the input it belongs to. */
function inputs(config: Config, chosen: string | undefined): (file: string) => string {
  if (chosen !== undefined && !(chosen in config.inputs)) throw new UserError(`no input is called ${chosen}${didYouMean(chosen, Object.keys(config.inputs))}`, ExitCode.USAGE);
  const all = Object.entries(config.inputs).map(([name, input]) => ({ name, input, files: input.type === 'file' ? new Discovery(input.paths, input.exclude) : undefined }));
  const [first] = all;
  return (file) => {
    if (chosen !== undefined) return chosen;
    const found = all.find(({ input, files }) => (file === '-' ? input.type === 'stdin' : files?.matches(path.resolve(file)) === true));
    return (found ?? first)?.name ?? '';
  };
}

function checkFile(file: string, encoding: Encoding | undefined): void {
  const problem = file === '-' ? undefined : problemOf(file, true, encoding);
  if (problem !== undefined) throw new UserError(problem.message, problem.exitCode);
}

function toJson({ offset, length, line_count, format, shape, fields, why, parts, places, tried, withheld }: Explanation): string {
  return `${JSON.stringify({ offset, length, ...(parts === undefined ? {} : { parts }), line_count, format, ...(shape === undefined ? {} : { shape }), fields, why: places ?? why, tried, ...(withheld.length === 0 || places !== undefined ? {} : { withheld }) })}\n`;
}
