#!/usr/bin/env node
import { isatty } from 'node:tty';
import { ExitCode, UserError } from './exit-codes.ts';
import { holdHangup } from './hangup.ts';
import type { Outcome } from './plan.ts';
import type { Reload } from './reload.ts';
import { report } from './report.ts';

holdHangup();
process.exitCode = ExitCode.SOFTWARE; // nothing settles if something waits for what will never come
main(process.argv.slice(2), process.env).then((exitCode) => {
  process.exitCode = exitCode;
}, report);

/** The fast ways first: `shipper --version` and `app | shipper` load neither yargs nor zod nor yaml. */
async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    if (args.length === 1 && args[0] === '--version') return await printVersion();
    if (args.length === 0 && !isatty(0) && !isConfigured(env)) return await stdinToConsole(env);
    return await begin(await understand(args, env), args, env);
  } catch (error) {
    return report(error);
  }
}

async function printVersion(): Promise<number> {
  const [{ print }, { version }] = await Promise.all([import('./print.ts'), import('./version.ts')]);
  await print(`${version()}\n`);
  return ExitCode.OK;
}

/** Whether a variable stands for an option. Those named here change nothing about what is read and where it goes. */
function isConfigured(env: NodeJS.ProcessEnv): boolean {
  return Object.keys(env).some((name) => name.startsWith('SHIPPER_') && name !== 'SHIPPER_SERVICE' && name !== 'SHIPPER_STATE_DIR');
}

async function understand(args: readonly string[], env: NodeJS.ProcessEnv, stdio?: 'ignore'): Promise<Outcome> {
  const { commandLineApart, mayBeAgent } = await import('./command-line-apart.ts');
  const apart = mayBeAgent(args) ? commandLineApart(args, env, stdio) : undefined;
  // While the other process is at work, this one loads what it will need. If that fails, it fails again where it is needed.
  if (apart !== undefined) import('./commands/run.ts').catch(() => undefined);
  const outcome = await apart;
  return outcome ?? (await import('./command-line.ts')).commandLine(args, env);
}

async function begin(outcome: Outcome, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (outcome.kind === 'done') return outcome.exitCode;
  if (outcome.kind === 'refused') throw new UserError(outcome.message, outcome.exitCode);
  const { config, stateDir, start } = outcome.plan;
  if (start.kind === 'exec') return (await import('./commands/exec.ts')).exec(start.command, config, { stateDir, tee: start.tee });
  const { run } = await import('./commands/run.ts');
  const { once, adopt, isFromFile } = start;
  return run(config, { once, adopt, stateDir, ...(isFromFile && { reload: () => readAgain(args, env) }) });
}

/** The configuration as it is now. */
async function readAgain(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Reload> {
  const outcome = await understand(args, env, 'ignore');
  if (outcome.kind === 'agent') return { ok: true, ...outcome.plan };
  return { ok: false, reason: outcome.kind === 'refused' ? outcome.message : 'the new one is wrong, as shown above' };
}

async function stdinToConsole(env: NodeJS.ProcessEnv): Promise<number> {
  const [{ run }, { STDIN_TO_CONSOLE }, { stateDir }] = await Promise.all([
    import('./commands/run.ts'),
    import('./config/stdin-to-console.ts'),
    import('./config/state-dir.ts'),
  ]);
  return run(STDIN_TO_CONSOLE, { once: false, stateDir: stateDir(undefined, undefined, env) });
}
