import { assemble } from '../assembly.ts';
import type { Config, StdinInputConfig } from '../config/schema.ts';
import { Ending } from '../ending.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { openHealth } from '../health/open.ts';
import { releaseHangup } from '../hangup.ts';
import { keepHeapSmall } from '../v8-flags.ts';
import type { HealthServer } from '../health/server.ts';
import { StatusReader } from '../health/status.ts';
import { Child, type StreamName } from '../inputs/child.ts';
import { log, setLogLevel } from '../log.ts';
import { rethrow, work } from '../work.ts';

export interface ExecOptions {
  readonly stateDir: string;
  /** The program's output is passed on, too. */
  readonly tee: boolean;
}

const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
/** Those after which whoever sent them does not wait for ever. */
const URGENT: readonly string[] = ['SIGTERM', 'SIGINT'];
/** A program that takes all the time there is after a signal leaves at least this for its last lines, in ms. */
const LEAST_MS = 2_000;

/** Runs a program and ships what it writes to stdout and stderr. Gives its exit code, whatever became of its lines. */
export async function exec(command: readonly string[], config: Config, { stateDir, tee }: ExecOptions): Promise<number> {
  if (command.length === 0) throw new UserError('which program? shipper exec [options] -- COMMAND', ExitCode.USAGE);
  if (tee && Object.values(config.outputs).some(({ type }) => type === 'console')) throw new UserError('--tee passes the output of the program on to stdout, so events can not go there too: name another output with -o', ExitCode.USAGE);
  const withStreams = { ...config, lanes: 1, inputs: streamsOf(config), ...(config.extract && { extract: rulesOf(config, config.extract) }) };
  setLogLevel(config.log_level);
  const wrapper = new Wrapper(config);
  let health: HealthServer | undefined;
  try {
    const openStream = async (name: string) => (await wrapper.start(command, tee)).stream(name as StreamName); // the inputs are streamsOf
    health = await openHealth(config.listen);
    const parts = await assemble(withStreams, { once: false, stateDir, env: process.env, openStream }).catch(rethrow);
    keepHeapSmall();
    const status = new StatusReader(parts);
    health?.show(async () => status.read(), config.stalled_after);
    await work(parts, withStreams, wrapper.ending);
    return await wrapper.end(command);
  } finally {
    await health?.close();
    wrapper.close();
  }
}

/** stdout and stderr as inputs, with the options of the configuration's stdin if it has one. */
function streamsOf({ inputs }: Config): Record<StreamName, StdinInputConfig> {
  const stdin = Object.values(inputs).find((input) => input.type === 'stdin') ?? { type: 'stdin', format: 'auto', encoding: 'utf-8', fields: {} };
  const streamOf = (name: StreamName): StdinInputConfig => ({ ...stdin, fields: { ...stdin.fields, log_stream: name } });
  return { stdout: streamOf('stdout'), stderr: streamOf('stderr') };
}

/** Rules for the configuration's stdin are for the program's streams. */
function rulesOf({ inputs }: Config, rules: NonNullable<Config['extract']>): NonNullable<Config['extract']> {
  return rules.map((rule) => (rule.inputs?.some((name) => inputs[name]?.type === 'stdin') === true ? { ...rule, inputs: [...rule.inputs, 'stdout', 'stderr'] } : rule));
}

/** The program's life: signals go to it as long as it lives, and its end is the beginning of shipper's. */
class Wrapper {
  readonly ending: Ending;
  readonly #config: Config;
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#signal(signal);
  readonly #early: NodeJS.Signals[] = [];
  #starting: Promise<Child> | undefined;
  #child: Child | undefined;
  #urgentSinceMs = Infinity;

  constructor(config: Config) {
    this.#config = config;
    this.ending = new Ending(config);
    for (const signal of FORWARDED) process.on(signal, this.#onSignal);
    releaseHangup();
  }

  /** Starts the program at the first call. */
  start(command: readonly string[], tee: boolean): Promise<Child> {
    return (this.#starting ??= this.#start(command, tee));
  }

  /** Waits for the program, which may outlive its own output. */
  async end(command: readonly string[]): Promise<number> {
    const code = await this.#child?.ended;
    if (this.#child?.isHeldOpen === true && !this.ending.quit.aborted) log.warn(`${command[0] ?? ''} has ended, but another process still holds its output; what that writes is not read any more`);
    return code ?? ExitCode.SOFTWARE;
  }

  close(): void {
    for (const signal of FORWARDED) process.off(signal, this.#onSignal);
  }

  async #start(command: readonly string[], tee: boolean): Promise<Child> {
    const child = await Child.start(command, tee);
    this.#child = child;
    for (const signal of this.#early) child.signal(signal);
    void child.ended.then(() => this.#ended());
    return child;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.hasEnded === true) {
      if (URGENT.includes(signal)) this.ending.signal(signal);
      return;
    }
    if (URGENT.includes(signal)) this.#urgentSinceMs = Math.min(this.#urgentSinceMs, performance.now());
    if (this.#child === undefined) this.#early.push(signal);
    else this.#child.signal(signal);
  }

  /** The streams are read to their end. If something else holds them open, that is waited for until it has been quiet. */
  #ended(): void {
    const { shutdown_timeout: timeoutMs, stop_delay: quietMs } = this.#config;
    const takenMs = performance.now() - this.#urgentSinceMs;
    if (takenMs > 0) this.ending.hurry(Math.max(timeoutMs - takenMs, Math.min(timeoutMs, LEAST_MS)));
    setTimeout(() => this.ending.stopReading(timeoutMs), quietMs).unref();
  }
}
