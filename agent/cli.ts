#!/usr/bin/env node
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { ExitCode } from './exit-codes.ts';
import { holdHangup } from './hangup.ts';
import { OWN_PREFIX, log, writeToStderr } from './log.ts';

// What the agent makes is short-lived and little, but reading a configuration would have V8 make its nursery 16 MB large,
// and it never takes that back.
setFlagsFromString('--semi-space-growth-factor=1');
// V8 optimizes what has run for some time; by default so early that much of it is start-up, and the rest is known so
// little that it is done again. Later is a tenth less work for a gigabyte of lines.
setFlagsFromString('--interrupt-budget=600000');
holdHangup();
process.exitCode = await main(process.argv.slice(2), process.env);

/** The fast ways first: `shipper --version` and `app | shipper` load neither yargs nor zod nor yaml. */
async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    if (args.length === 1 && args[0] === '--version') return await printVersion();
    if (args.length === 0 && !isatty(0) && !isConfigured(env)) return await stdinToConsole(env);
    const { commandLine } = await import('./command-line.ts');
    return await commandLine(args, env);
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

async function stdinToConsole(env: NodeJS.ProcessEnv): Promise<number> {
  const [{ run }, { STDIN_TO_CONSOLE }, { stateDir }] = await Promise.all([
    import('./commands/run.ts'),
    import('./config/stdin-to-console.ts'),
    import('./config/state-dir.ts'),
  ]);
  return run(STDIN_TO_CONSOLE, { once: false, stateDir: stateDir(undefined, undefined, env) });
}

/** One line for what a user (UserError and its like) or the system did; a stack trace for a bug alone. */
function report(error: unknown): number {
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') {
    log.error(error.message);
    return error.exitCode;
  }
  if (error instanceof Error && 'syscall' in error) {
    log.error(error.message);
    return ExitCode.IO_ERROR;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeToStderr(`${OWN_PREFIX}this is a bug of shipper, please report it: ${text}\n`);
  return ExitCode.SOFTWARE;
}
