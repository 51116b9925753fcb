import { formatProblem, loadConfig } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { writeToStderr } from '../log.ts';
import { print } from '../print.ts';

/** Checks a configuration file. What is wrong with it goes to stderr; gives the exit code. */
export async function validate(file: string, env: NodeJS.ProcessEnv): Promise<number> {
  const loaded = loadConfig(file, env);
  if (!loaded.ok) {
    writeToStderr(loaded.problems.map(formatProblem).join(''));
    return ExitCode.CONFIG;
  }
  const { inputs, outputs } = loaded.config;
  await print(`${file}: ok (${counted(inputs, 'input')}, ${counted(outputs, 'output')})\n`);
  return ExitCode.OK;
}

function counted(map: object, noun: string): string {
  const count = Object.keys(map).length;
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
