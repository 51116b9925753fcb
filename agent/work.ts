import type { Assembly, Legacy } from './assembly.ts';
import type { Config } from './config/schema.ts';
import type { Ending } from './ending.ts';
import { UserError } from './exit-codes.ts';
import { InputError } from './inputs/input.ts';
import { conclude, outcomeOf, type Outcome } from './outcome.ts';
import { Pipeline } from './pipeline.ts';
import { StateDirectoryInUse } from './state/state-directory.ts';

/** When another configuration takes over, this long is waited for what is under way, in ms. */
const HAND_OVER_MS = 2_000;

/** From the first byte to the exit summary. Gives the exit code. */
export async function work(parts: Assembly, config: Config, ending: Ending): Promise<number> {
  await start(parts).catch(rethrow);
  await ship(parts, config, ending);
  return finish(parts, config);
}

/** Reads and delivers until all is done, or it is told to end. */
export async function ship(parts: Assembly, config: Config, ending: Ending): Promise<void> {
  for (const { output } of parts.outlets) output.closed?.addEventListener('abort', () => ending.quitNow());
  const pipeline = new Pipeline(parts, config.time_zone === 'local' ? undefined : config.time_zone);
  await pipeline.read(ending);
  if (ending.isHandedOver) await drainShortly(parts);
  else await drain(parts, config, ending);
}

/** What a person has to put right becomes one line and an exit code. */
export function rethrow(error: unknown): never {
  if (error instanceof InputError || error instanceof StateDirectoryInUse) throw new UserError(error.message, error.exitCode);
  throw error;
}

export async function start({ inputs }: Assembly): Promise<void> {
  const never = new AbortController();
  for (const input of inputs) await input.start(never.signal);
}

/** At the end of input as long as there is progress; after a signal until its deadline, with one more try at once. */
async function drain({ outlets }: Assembly, config: Config, ending: Ending): Promise<void> {
  const leftMs = (): number => Math.max(0, ending.deadlineMs - performance.now());
  const draining = Promise.all(outlets.map(({ delivery }) => delivery.drain({ quietMs: config.drain_timeout, totalMs: leftMs() })));
  const interrupted = new Promise<void>((resolve) => {
    if (ending.quit.aborted) resolve();
    ending.quit.addEventListener('abort', () => resolve());
    if (!ending.hurried.aborted) ending.hurried.addEventListener('abort', () => {
      setTimeout(resolve, leftMs()).unref();
      for (const { delivery } of outlets) delivery.hurry();
    });
  });
  await Promise.race([draining, interrupted]);
}

/** What is under way may be answered. Those that fail are not waited for: they may be why there is another configuration. */
async function drainShortly({ outlets }: Assembly): Promise<void> {
  await Promise.all(outlets.map(({ delivery }) => delivery.drain({ quietMs: HAND_OVER_MS, totalMs: delivery.health.kind === 'working' ? HAND_OVER_MS : 0 })));
}

/**
 * Closes everything but the state directory, which is not unlocked in between. What was not delivered is not
 * acknowledged, or lies in a disk buffer that the next output of this name goes on with.
 */
export async function handOver(parts: Assembly, config: Config): Promise<Legacy> {
  for (const { delivery } of parts.outlets) await delivery.stop();
  const deleted = new Map(parts.inputs.map((input) => [input.name, input.openDeleted?.() ?? []]));
  for (const input of parts.inputs) await input.stop();
  await closeParts(parts);
  return { config, state: parts.state, checkpoints: parts.checkpoints?.all() ?? [], deleted };
}

/** Closes everything and says what became of what was read. Gives the exit code. */
export async function finish(parts: Assembly, config: Config): Promise<number> {
  return conclude([await end(parts)], config, parts.state?.path);
}

/** Closes everything. */
export async function end(parts: Assembly): Promise<Outcome> {
  for (const { delivery } of parts.outlets) await delivery.stop();
  for (const input of parts.inputs) input.leave?.();
  for (const input of parts.inputs) await input.stop();
  await close(parts);
  return outcomeOf(parts);
}

/** Closes what is open, whether anything was read or not. */
export async function close(parts: Assembly): Promise<void> {
  await closeParts(parts);
  await parts.state?.close();
}

/** The same, but the state directory stays locked. */
export async function closeParts(parts: Assembly): Promise<void> {
  await parts.checkpoints?.close();
  for (const destination of parts.destinations) await destination.close();
  for (const letters of parts.deadLetters) await letters.close();
  await parts.buffers?.close();
}
