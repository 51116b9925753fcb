import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatSize } from '../config/units.ts';
import { inspectBuffers, type Inspected } from '../delivery/buffer/inspect.ts';
import { documentOf } from '../delivery/dead-letters.ts';
import { ExitCode } from '../exit-codes.ts';
import { log } from '../log.ts';
import { print } from '../print.ts';
import { errorCode } from '../state/error-code.ts';
import { mayLookInto } from '../state/look-into.ts';

/** Shows what lies in the disk buffers of a state directory, or prints it. Gives the exit code. */
export async function buffer(stateDir: string, options: { readonly print: boolean }): Promise<number> {
  const isThere = mayLookInto(stateDir, log.warn);
  const found = await inspectBuffers(stateDir, log.warn);
  const full = found.filter(({ records }) => records > 0);
  if (options.print) await printAll(full);
  else await print(full.length === 0 ? `nothing lies undelivered in ${stateDir}${isThere ? '' : ', which is not there'}\n` : full.map(describe).join(''));
  return ExitCode.OK;
}

function describe({ folder, owner, records, bytes }: Inspected): string {
  const what = owner === undefined ? 'of an unknown output' : `for ${owner.output} (${owner.type}: ${owner.target}), since ${new Date(owner.sinceMs).toISOString()}`;
  return `${records} records ${what}\n  ${formatSize(bytes)} in ${folder}\n`;
}

/** One document per line. A reader that has gone away is no error. */
async function printAll(buffers: readonly Inspected[]): Promise<void> {
  const documents = async function* (): AsyncGenerator<string> {
    for (const one of buffers) for await (const record of one.read()) yield `${documentOf(record)}\n`;
  };
  await pipeline(Readable.from(documents()), process.stdout, { end: false }).catch((error: unknown) => {
    if (errorCode(error) !== 'EPIPE') throw error;
  });
}
