// The other process of command-line-apart.ts: what the command line came to goes to descriptor 3, messages to stderr.
import { writeSync } from 'node:fs';
import { serialize } from 'node:v8';
import { wholeEnvironment } from './command-line-apart.ts';
import { commandLine } from './command-line.ts';
import { ExitCode } from './exit-codes.ts';
import type { Outcome } from './plan.ts';
import { report } from './report.ts';
import { errorCode } from './state/error-code.ts';

process.exitCode = ExitCode.SOFTWARE; // nothing settles if something waits for what will never come
commandLine(process.argv.slice(2), wholeEnvironment(process.env)).then(tell, report).then((exitCode) => {
  process.exitCode = exitCode;
}, report);

function tell(outcome: Outcome): number {
  if (outcome.kind === 'done') return outcome.exitCode;
  writeAll(serialize(outcome));
  return ExitCode.OK;
}

function writeAll(bytes: Buffer): void {
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(3, bytes, done);
  } catch (error) {
    if (errorCode(error) !== 'EPIPE') throw error; // a signal has ended whoever wanted to know
  }
}
