import { createOutput } from '../../outputs/index.ts';
import type { Output } from '../../outputs/output.ts';
import type { Config } from '../config/schema.ts';
import { letterFiles } from '../delivery/letter-files.ts';
import { Resender } from '../delivery/resend.ts';
import { ExitCode } from '../exit-codes.ts';
import { log, setLogLevel } from '../log.ts';
import { errorCode, errorText } from '../state/error-code.ts';
import { mayLookInto } from '../state/look-into.ts';

/** Sends the records again that the configuration's outputs once refused. Gives the exit code. */
export async function retryDeadLetters(config: Config, stateDir: string): Promise<number> {
  setLogLevel(config.log_level);
  mayLookInto(stateDir, log.warn);
  let found = 0;
  let isDone = true;
  for (const [name, options] of Object.entries(config.outputs)) {
    const files = letterFiles(stateDir, name);
    found += files.length;
    if (files.length > 0) isDone = (await retry(await createOutput(name, options), files, config.drain_timeout)) && isDone;
  }
  if (found === 0) log.info(`there are no dead letters of ${Object.keys(config.outputs).join(', ')} in ${stateDir}`);
  return isDone ? ExitCode.OK : ExitCode.UNAVAILABLE;
}

/** False: something could not be sent. */
async function retry(output: Output, files: readonly string[], quietMs: number): Promise<boolean> {
  const destination = await output.open();
  try {
    const resender = new Resender(output, destination, quietMs, log.warn);
    let isAllDone = true;
    for (const file of files) {
      const fate = await retryFile(resender, file);
      isAllDone &&= fate === 'done';
      if (fate !== 'stuck') continue;
      log.error(`${output.name}: not everything could be sent; it is kept for the next try`);
      break; // what is in the other files would not get through either
    }
    return isAllDone;
  } finally {
    await destination.close();
  }
}

/** What the system has against one file (`failed`) is no reason to leave out the others; a destination that is down (`stuck`) is. */
async function retryFile(resender: Resender, file: string): Promise<'done' | 'failed' | 'stuck'> {
  try {
    const { delivered, refused, unreadable, isDone } = await resender.resend(file);
    const rest = unreadable > 0 ? `, ${unreadable} lines unreadable and moved aside` : '';
    log.info(`${file}: ${delivered} delivered, ${refused} refused again${rest}`);
    return isDone ? 'done' : 'stuck';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'done'; // by another process that does the same
    if (errorCode(error) === '') throw error;
    log.error(`${file}: ${errorText(error)}; what is in it is kept for the next try`);
    return 'failed';
  }
}
