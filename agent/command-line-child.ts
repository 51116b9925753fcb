// The other process of command-line-apart.ts: what the command line came to goes to descriptor 3, messages to stderr.
import { writeSync } from 'node:fs';
import { serialize } from 'node:v8';
import { commandLine } from './command-line.ts';
import { report } from './report.ts';
import { errorCode } from './state/error-code.ts';

try {
  const outcome = await commandLine(process.argv.slice(2), process.env);
  if (outcome.kind === 'done') process.exitCode = outcome.exitCode;
  else writeAll(serialize(outcome));
} catch (error) {
  process.exitCode = report(error);
}

function writeAll(bytes: Buffer): void {
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(3, bytes, done);
  } catch (error) {
    if (errorCode(error) !== 'EPIPE') throw error; // a signal has ended whoever wanted to know
  }
}
