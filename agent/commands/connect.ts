import type { Check } from '../../outputs/check.ts';
import { createOutput } from '../../outputs/index.ts';
import type { Output } from '../../outputs/output.ts';
import type { Config, OutputConfig } from '../config/schema.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { writeToStderr } from '../log.ts';
import { print } from '../print.ts';

/** Longest wait for all that a destination is asked. */
const LIMIT_MS = 20_000;

/** Tries every destination, all at once, and says of each in one line whether it can be used; gives the exit code. */
export async function connect(outputs: Config['outputs']): Promise<number> {
  const found = await Promise.all(Object.entries(outputs).map(async ([name, options]) => ({ name, ...(await tried(name, options)) })));
  await print(found.flatMap((one) => (one.check.kind === 'ok' ? [lineOf(one, outputs)] : [])).join(''));
  writeToStderr(found.flatMap((one) => (one.check.kind === 'ok' ? [] : [lineOf(one, outputs)])).join(''));
  return found.some(({ check }) => check.kind !== 'ok') ? ExitCode.UNAVAILABLE : ExitCode.OK;
}

/** `search (elasticsearch https://es:9200 logs-app-prod): credentials: HTTP 401 …` */
function lineOf({ name, output, check }: Tried & { readonly name: string }, outputs: Config['outputs']): string {
  const what = [output?.type ?? outputs[name]?.type, output?.target].filter(Boolean).join(' ');
  const found = check.kind === 'ok' ? `ok${check.detail === undefined ? '' : `; ${check.detail}`}` : `${check.stage}: ${check.reason}`;
  return `${name} (${what}): ${found}\n`;
}

interface Tried {
  readonly output?: Output;
  readonly check: Check | { readonly kind: 'problem'; readonly stage: 'options'; readonly reason: string };
}

async function tried(name: string, options: OutputConfig): Promise<Tried> {
  try {
    const output = await createOutput(name, options);
    return { output, check: await checked(output) };
  } catch (error) {
    // An API key that is nowhere, a certificate that can't be read: what the schema could not know.
    if (error instanceof UserError) return { check: { kind: 'problem', stage: 'options', reason: error.message } };
    throw error;
  }
}

async function checked({ check }: Output): Promise<Check> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const found = await check(signal);
  return signal.aborted && found.kind === 'problem' ? { ...found, reason: `no answer within ${LIMIT_MS / 1000} s` } : found;
}
