import { ExitCode } from './exit-codes.ts';
import { OWN_PREFIX, log, writeToStderr } from './log.ts';

/** One line for what a user (UserError and its like) or the system did; a stack trace for a bug alone. Gives the exit code. */
export function report(error: unknown): number {
  if (isForUser(error)) {
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

/** Whether it is something that a user has to put right: a UserError and its like. */
export function isForUser(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
}
