import { formatProblem, loadConfig, type Loaded } from '../config/load.ts';
import { ExitCode } from '../exit-codes.ts';
import { laneCount } from '../lanes/lane-count.ts';
import { writeToStderr } from '../log.ts';
import { print } from '../print.ts';

/** Checks a configuration file, and with `connects` what it names. What is wrong goes to stderr; gives the exit code. */
export async function validate(file: string, connects: boolean, env: NodeJS.ProcessEnv): Promise<number> {
  const loaded = loadConfig(file, env);
  if (!loaded.ok) {
    writeToStderr(loaded.problems.map(formatProblem).join(''));
    return ExitCode.CONFIG;
  }
  const { inputs, outputs, tests = [] } = loaded.config;
  if (tests.length > 0 && !(await pass(loaded))) return ExitCode.CONFIG;
  const tested = tests.length === 0 ? '' : `, ${counted(tests, 'test')} passed`;
  laneCount(loaded.config); // says where lanes are not used
  await print(`${file}: ok (${counted(inputs, 'input')}, ${counted(outputs, 'output')}${tested})\n`);
  if (!connects) return ExitCode.OK;
  const { connect } = await import('./connect.ts');
  return connect(outputs);
}

/** Runs the configuration's own tests. */
async function pass({ config, problemAt }: Loaded & { readonly ok: true }): Promise<boolean> {
  const { runTests } = await import('../explain/own-tests.ts');
  const failures = await runTests(config);
  for (const { path, message, diff } of failures) writeToStderr(`${formatProblem(problemAt(path, message))}${diff}`);
  if (failures.length > 0) writeToStderr(`${failures.length} of ${counted(config.tests ?? [], 'test')} failed\n`);
  return failures.length === 0;
}

function counted(map: object, noun: string): string {
  const count = Object.keys(map).length;
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
