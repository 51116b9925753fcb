import { createOutput } from '../../outputs/index.ts';
import type { Output } from '../../outputs/output.ts';
import type { Config } from '../config/schema.ts';
import { letterFiles } from '../delivery/letter-files.ts';
import { Resender } from '../delivery/resend.ts';
import { ExitCode } from '../exit-codes.ts';
import { log, setLogLevel } from '../log.ts';

/** Sends the records again that the configuration's outputs once refused. Gives the exit code. */
export async function retryDeadLetters(config: Config, stateDir: string): Promise<number> {
  setLogLevel(config.log_level);
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
    let isDone = true;
    for (const file of files) {
      const { delivered, refused, unreadable, left } = await resender.resend(file);
      const rest = unreadable > 0 ? `, ${unreadable} lines unreadable and moved aside` : '';
      log.info(`${file}: ${delivered} delivered, ${refused} refused again${rest}`);
      if (left === 0) continue;
      log.error(`${output.name}: not everything could be sent; it is kept for the next try`);
      isDone = false;
      break;
    }
    return isDone;
  } finally {
    await destination.close();
  }
}
