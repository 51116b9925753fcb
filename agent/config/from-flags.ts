import * as z from 'zod';
import { OUTPUT_FLAGS, OutputOptions } from '../../outputs/options.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { COMMAND_LINE_INPUT } from './command-line-input.ts';
import { closest, didYouMean } from './did-you-mean.ts';
import { loadConfig } from './load.ts';
import type { Problem } from './load.ts';
import { describeIssue } from './messages.ts';
import { budgetProblem } from './memory.ts';
import { InputOptions, SETTINGS, routingProblems } from './schema.ts';
import type { Config, OutputConfig } from './schema.ts';
import { stateDir } from './state-dir.ts';
import { STDIN_TO_CONSOLE } from './stdin-to-console.ts';

/** What the command line and the SHIPPER_ variables that stand for it say. */
export interface Flags {
  readonly files: readonly string[];
  readonly config?: string | undefined;
  readonly outputs: readonly string[];
  readonly stateDir?: string | undefined;
}

/** What `run` starts from, or what is wrong with the configuration file. */
export type Configured = { readonly ok: true; readonly config: Config; readonly stateDir: string } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The configuration a command line means: that of its file or, without one, from stdin to the console; FILEs replace
 * the inputs, `-o` the outputs, SHIPPER_MEMORY and its like the other options. Throws a UserError if the flags are wrong.
 */
export function configure(flags: Flags, env: NodeJS.ProcessEnv): Configured {
  const loaded = flags.config === undefined ? { ok: true as const, config: STDIN_TO_CONSOLE } : loadConfig(flags.config, env);
  if (!loaded.ok) return loaded;
  const config: Config = {
    ...loaded.config,
    ...(flags.files.length > 0 && { inputs: inputsOf(flags.files) }),
    ...(flags.outputs.length > 0 && { outputs: outputsOf(flags.outputs, env) }),
    ...settingsOf(env),
  };
  const problem = budgetProblem(config);
  if (problem !== undefined) throw new UserError(`memory ${problem}`, ExitCode.CONFIG);
  const [unknown] = routingProblems(config); // the inputs may be others than those of the file
  if (unknown !== undefined) throw new UserError(`${unknown.path.slice(0, -1).join('.')} ${unknown.message}`, ExitCode.CONFIG);
  return { ok: true, config, stateDir: stateDir(flags.stateDir, loaded.config.state_dir, env) };
}

/** FILEs become one input, `-` is stdin. */
function inputsOf(files: readonly string[]): Config['inputs'] {
  const paths = files.filter((file) => file !== '-');
  if (paths.includes('')) throw usage('FILE', 'must not be empty');
  return {
    ...(paths.length > 0 && { [COMMAND_LINE_INPUT]: InputOptions.parse({ type: 'file', paths }) }),
    ...(paths.length < files.length && { stdin: InputOptions.parse({ type: 'stdin' }) }),
  };
}

function outputsOf(flags: readonly string[], env: NodeJS.ProcessEnv): Config['outputs'] {
  const outputs: Config['outputs'] = {};
  for (const flag of flags) {
    const output = outputOf(flag, env);
    let name: string = output.type;
    for (let n = 2; name in outputs; n++) name = `${output.type}-${n}`;
    outputs[name] = output;
  }
  if (Object.values(outputs).filter(({ type }) => type === 'console').length > 1) throw usage('-o console', 'is there twice');
  return outputs;
}

/** `TYPE` or `TYPE=VALUE`. Messages name the type only: a value may hold a password. */
function outputOf(flag: string, env: NodeJS.ProcessEnv): OutputConfig {
  const [, type = '', , value] = /^([^=]*)(=([^]*))?$/.exec(flag) ?? [];
  const known = OUTPUT_FLAGS.get(type);
  if (known === undefined) throw unknownOutput(type);
  if (value === '') throw usage(`-o ${type}`, `has nothing behind the =: -o ${known.usage}`);
  const options = OutputOptions.safeParse(known.read(value, env), { error: describeIssue });
  if (options.success) return options.data;
  const [issue] = options.error.issues;
  const option = String(issue?.path[0] ?? '');
  if (value === undefined) throw usage(`-o ${type}`, `is not complete: -o ${known.usage}`);
  throw usage(`-o ${type}: ${option}`, issue?.message ?? 'is not valid');
}

function unknownOutput(type: string): UserError {
  const found = closest(type, OUTPUT_FLAGS.keys());
  const usages = [...OUTPUT_FLAGS.values()].map((output) => output.usage);
  // What is not a plain word may be an address with a password, given without its type.
  const name = /^[\w-]+$/.test(type) ? ` ${type}` : '';
  return usage(`-o${name}`, found === undefined ? `is no output; there are ${usages.join(', ')}` : `is no output${didYouMean(type, OUTPUT_FLAGS.keys())}`);
}

/** SHIPPER_MEMORY, SHIPPER_LOG_LEVEL …: every option that is neither an input nor an output, but the state directory, which has its own order. */
function settingsOf(env: NodeJS.ProcessEnv): Partial<Config> {
  const found: Record<string, string> = {};
  for (const key of Object.keys(SETTINGS)) {
    const value = env[`SHIPPER_${key.toUpperCase()}`];
    if (value) found[key] = value;
  }
  const result = z.strictObject(SETTINGS).safeParse(found, { error: describeIssue });
  if (result.success) return Object.fromEntries(Object.entries(result.data).filter(([key]) => key in found));
  const [issue] = result.error.issues;
  throw new UserError(`SHIPPER_${String(issue?.path[0]).toUpperCase()} ${issue?.message ?? 'is not valid'}`, ExitCode.CONFIG);
}

function usage(what: string, message: string): UserError {
  return new UserError(`${what} ${message}`, ExitCode.USAGE);
}
