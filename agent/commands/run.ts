import { setFlagsFromString } from 'node:v8';
import { assemble, type Assembly } from '../assembly.ts';
import type { Config } from '../config/schema.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { InputError } from '../inputs/input.ts';
import { log, setLogLevel } from '../log.ts';
import { Pipeline } from '../pipeline.ts';
import { StateDirectoryInUse } from '../state/state-directory.ts';

export interface RunOptions {
  /** Read files to their present end, deliver, exit. */
  readonly once: boolean;
  readonly stateDir: string;
}

/** After Ctrl-C the application that is piped in ends too: its last lines are read as long as they come this close together, in ms. */
const INTERRUPT_QUIET_MS = 200;

/**
 * The path of a record is many small functions, each called at one place. V8 stops inlining at a budget made for web
 * pages; with a larger one the lane is 5 to 10 % faster.
 */
const INLINING = ['--max-inlined-bytecode-size=1000', '--max-inlined-bytecode-size-cumulative=3000'];

/** The agent: from assembly to the exit summary. Gives the exit code. */
export async function run(config: Config, options: RunOptions): Promise<number> {
  setLogLevel(config.log_level);
  for (const flag of INLINING) setFlagsFromString(flag);
  const stop = new AbortController();
  const quit = new AbortController();
  let quietMs = config.stop_delay;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) quit.abort();
    else if (signal === 'SIGINT') quietMs = Math.min(quietMs, INTERRUPT_QUIET_MS);
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const parts = await assemble(config, { ...options, env: process.env }).catch(rethrow);
    for (const { output } of parts.outlets) output.closed?.addEventListener('abort', () => quit.abort());
    await start(parts).catch(rethrow);
    const pipeline = new Pipeline(parts, config.time_zone === 'local' ? undefined : config.time_zone);
    await pipeline.read({ stop: stop.signal, quietMs: () => quietMs, quit: quit.signal });
    await drain(parts, config, stop.signal, quit.signal);
    return await finish(parts);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function start({ inputs }: Assembly): Promise<void> {
  const never = new AbortController();
  for (const input of inputs) await input.start(never.signal);
}

/** At the end of input as long as there is progress; after a signal at most `shutdown_timeout`. */
async function drain({ outlets }: Assembly, config: Config, stop: AbortSignal, quit: AbortSignal): Promise<void> {
  const totalMs = (): number => (stop.aborted ? config.shutdown_timeout : Infinity);
  const draining = Promise.all(outlets.map(({ delivery }) => delivery.drain({ quietMs: config.drain_timeout, totalMs: totalMs() })));
  const interrupted = new Promise<void>((resolve) => {
    if (quit.aborted) resolve();
    quit.addEventListener('abort', () => resolve());
    if (!stop.aborted) stop.addEventListener('abort', () => setTimeout(resolve, config.shutdown_timeout).unref());
  });
  await Promise.race([draining, interrupted]);
}

/** Closes everything and says what became of what was read. */
async function finish(parts: Assembly): Promise<number> {
  for (const { delivery } of parts.outlets) await delivery.stop();
  for (const input of parts.inputs) await input.stop();
  await parts.checkpoints?.close();
  for (const destination of parts.destinations) await destination.close();
  for (const letters of parts.deadLetters) await letters.close();
  await parts.state?.close();
  for (const line of parts.ledger.summary()) log.info(line);
  const closed = parts.outlets.some(({ output }) => output.closed?.aborted);
  const left = parts.outlets.filter((_, index) => parts.ledger.total(index, 'pending').records > 0);
  if (left.length === 0 || closed) return ExitCode.OK;
  for (const { output } of left) log.error(`${output.name}: not everything was delivered in time. ${whereItIs(parts)}`);
  return ExitCode.UNAVAILABLE;
}

function whereItIs({ inputs, state }: Assembly): string {
  const fromFiles = inputs.length > 0 && state !== undefined;
  return fromFiles ? `Files are read again from their checkpoints in ${state.path}` : 'It is lost: stdin can not be read again';
}

/** What a person has to put right becomes one line and an exit code. */
function rethrow(error: unknown): never {
  if (error instanceof InputError || error instanceof StateDirectoryInUse) throw new UserError(error.message, error.exitCode);
  throw error;
}
