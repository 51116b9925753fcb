import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import yargs from 'yargs';
import type { Argv } from 'yargs';
import type { Config } from './config/schema.ts';
import { didYouMean } from './config/did-you-mean.ts';
import { ExitCode, UserError } from './exit-codes.ts';
import { releaseHangup } from './hangup.ts';
import { writeToStderr } from './log.ts';
import { AGENT_COMMANDS, OTHER_COMMANDS, type Outcome, type Plan } from './plan.ts';
import { print } from './print.ts';
import { isForUser } from './report.ts';
import { version } from './version.ts';

const COMMANDS = [...AGENT_COMMANDS, ...OTHER_COMMANDS];
const OPTIONS = ['config', 'output', 'connect', 'once', 'adopt', 'state-dir', 'tee', 'print', 'json', 'input', 'help', 'version'];

const EPILOGUE = `In the environment: SHIPPER_CONFIG, SHIPPER_OUTPUT (blanks between several),
SHIPPER_ONCE=true, SHIPPER_STATE_DIR, and every setting of a configuration: SHIPPER_MEMORY …
Credentials come from SHIPPER_ES_API_KEY, SHIPPER_ES_API_KEY_FILE, SHIPPER_ES_PASSWORD …

  app | shipper                                              events on stdout
  shipper '/var/log/app/*.log' -o elasticsearch=https://es.example:9200
  shipper -c shipper.yaml
  shipper exec -- node server.js                             its output, signals and exit code`;

/** Does what is to be done, and gives the exit code, or says which agent is to be started. */
type Command = () => Promise<number | Plan>;

/** What `-` is for yargs, which drops it from a list of files; no argument can have a NUL. */
const STDIN = '\0stdin';

/** Does what the command line says, unless that is an agent: then it says which one. */
export async function commandLine(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  try {
    const result = await obey(args, env);
    return typeof result === 'number' ? { kind: 'done', exitCode: result } : { kind: 'agent', plan: result };
  } catch (error) {
    if (isForUser(error)) return { kind: 'refused', message: error.message, exitCode: error.exitCode };
    throw error;
  }
}

async function obey(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number | Plan> {
  let command: Command = () => Promise.resolve(ExitCode.OK); // help and version are text, and done with that
  let output = '';
  const parser = parserOf(args, env, (chosen) => (command = chosen));
  await parser.parseAsync(args.map((arg) => (arg === '-' ? STDIN : arg)), {}, (error, _, text) => {
    if (error) throw error;
    output = text;
  });
  if (output !== '') await print(`${output}\n`);
  return command();
}

function parserOf(args: readonly string[], env: NodeJS.ProcessEnv, choose: (command: Command) => void): Argv {
  const chooseOther = (command: Command): void => choose(() => {
    releaseHangup(); // only the agent makes something else of it
    return command();
  });
  const parser: Argv = yargs()
    .scriptName('shipper')
    .usage('$0: plain log lines in, structured events out.\n\nUsage: $0 [run] [FILE…] [options]')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
    })
    .command(['$0 [files..]', 'run'], 'read, parse and deliver: the agent', runOptions, (argv) => choose(() => run(argv, env, parser)))
    .command('exec', 'run a program and ship what it writes: shipper exec [options] -- COMMAND', execOptions, (argv) => choose(() => exec(argv, env)))
    .command('explain [files..]', 'show how each record was read', explainOptions, (argv) => chooseOther(() => explain(argv, env, parser)))
    .command('init [files..]', 'write a configuration from samples', initOptions, (argv) => chooseOther(() => init(argv, env, parser)))
    .command('validate', 'check a configuration', validateOptions, (argv) => chooseOther(() => validate(argv.config ?? env['SHIPPER_CONFIG'], argv.connect ?? false, env)))
    .command('formats', 'list the formats that are known', {}, () => chooseOther(formats))
    .command('buffer', 'show what lies undelivered on the disk', bufferOptions, (argv) => chooseOther(() => buffer(argv, env)))
    .command('retry-dead-letters', 'send records again that a destination refused', agentOptions, (argv) => chooseOther(() => retryDeadLetters(argv, env)))
    .detectLocale(false) // the messages are looked at below
    .strict()
    .version(version())
    .help()
    .alias({ h: 'help', V: 'version' })
    .epilogue(EPILOGUE)
    .wrap(isatty(1) ? process.stdout.columns : 100) // process.stdout is not touched before it is needed: that alone makes a pipe non-blocking
    .exitProcess(false)
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      throw new UserError(usageMessage(message ?? error?.message ?? '', args), ExitCode.USAGE);
    });
  return parser;
}

function runOptions(argv: Argv) {
  return agentOptions(argv)
    .positional('files', { type: 'string', array: true, describe: 'files or quoted patterns; - is stdin' })
    .option('once', { type: 'boolean', coerce: last<boolean>, describe: 'read files to their present end, deliver, exit' })
    .option('adopt', { type: 'boolean', coerce: last<boolean>, describe: 'send what lies on the disk for another address of the same type of output, too' });
}

function execOptions(argv: Argv) {
  return agentOptions(argv).option('tee', { type: 'boolean', coerce: last<boolean>, describe: 'pass the output of the program on, too' });
}

function bufferOptions(argv: Argv) {
  return stateOptions(argv).option('print', { type: 'boolean', coerce: last<boolean>, describe: 'print the records, as they are sent' });
}

function agentOptions(argv: Argv) {
  return stateOptions(argv).option('output', { alias: 'o', type: 'string', array: true, nargs: 1, describe: 'console, file=PATH, elasticsearch=URL, cloudwatch=GROUP, datadog, otlp=URL or kafka=BROKERS/TOPIC; can be repeated' });
}

function stateOptions(argv: Argv) {
  return argv
    .option('config', { alias: 'c', type: 'string', nargs: 1, coerce: last<string>, describe: 'configuration file' })
    .option('state-dir', { type: 'string', nargs: 1, coerce: last<string>, describe: 'folder of checkpoints, source ids, disk buffers and dead letters' });
}

function explainOptions(argv: Argv) {
  return argv
    .positional('files', { type: 'string', array: true, describe: 'files; without any, stdin' })
    .option('config', { alias: 'c', type: 'string', nargs: 1, coerce: last<string>, describe: 'configuration file by which they are read' })
    .option('input', { type: 'string', nargs: 1, coerce: last<string>, describe: 'input of the configuration as which they are read; else the one whose paths they match' })
    .option('json', { type: 'boolean', coerce: last<boolean>, describe: 'one JSON object per record' });
}

function initOptions(argv: Argv) {
  return argv
    .positional('files', { type: 'string', array: true, describe: 'files with some lines of each kind; without any, stdin' })
    .option('output', { alias: 'o', type: 'string', nargs: 1, coerce: last<string>, describe: 'file to write, which must not exist; else stdout' });
}

function validateOptions(argv: Argv) {
  return argv
    .option('config', { alias: 'c', type: 'string', nargs: 1, coerce: last<string>, describe: 'configuration file' })
    .option('connect', { type: 'boolean', coerce: last<boolean>, describe: 'try every destination with a harmless request' });
}

interface FileArguments {
  readonly files: string[] | undefined;
  /** What is behind `--`. */
  readonly '--'?: unknown;
}

interface StateArguments {
  readonly config: string | undefined;
  readonly 'state-dir': string | undefined;
}

interface AgentArguments extends StateArguments {
  readonly output: string[] | undefined;
}

type Use<T> = (configured: { readonly config: Config; readonly stateDir: string }) => Promise<T>;

async function run(argv: AgentArguments & FileArguments & { readonly once: boolean | undefined; readonly adopt: boolean | undefined }, env: NodeJS.ProcessEnv, parser: Argv): Promise<number | Plan> {
  const files = filesOf(argv);
  const isFromFile = configFile(argv, env) !== undefined;
  if (!isFromFile && files.length === 0 && isatty(0)) return help(parser);
  refuseMisspelledCommand(files[0]);
  const start = { kind: 'run', once: argv.once ?? isTrue(env['SHIPPER_ONCE']), adopt: argv.adopt ?? isTrue(env['SHIPPER_ADOPT']), isFromFile } as const;
  return configured(argv, files, env, (found) => Promise.resolve({ ...found, start }));
}

async function exec(argv: AgentArguments & { readonly tee: boolean | undefined; readonly '--'?: unknown }, env: NodeJS.ProcessEnv): Promise<number | Plan> {
  const start = { kind: 'exec', command: behindDashes(argv), tee: argv.tee ?? isTrue(env['SHIPPER_TEE']) } as const;
  return configured(argv, [], env, (found) => Promise.resolve({ ...found, start }));
}

async function buffer(argv: StateArguments & { readonly print: boolean | undefined }, env: NodeJS.ProcessEnv): Promise<number> {
  return configured({ ...argv, output: [] }, [], env, async ({ stateDir }) => {
    const { buffer } = await import('./commands/buffer.ts');
    return buffer(stateDir, { print: argv.print ?? false });
  });
}

async function retryDeadLetters(argv: AgentArguments, env: NodeJS.ProcessEnv): Promise<number> {
  return configured(argv, [], env, async ({ config, stateDir }) => {
    const { retryDeadLetters } = await import('./commands/retry-dead-letters.ts');
    return retryDeadLetters(config, stateDir);
  });
}

function configFile({ config }: StateArguments, env: NodeJS.ProcessEnv): string | undefined {
  return config ?? (env['SHIPPER_CONFIG'] || undefined);
}

/** Does something with the configuration that the arguments mean, or says what is wrong with it. */
async function configured<T>(argv: AgentArguments, files: readonly string[], env: NodeJS.ProcessEnv, use: Use<T>): Promise<T | number> {
  const outputs = argv.output ?? (env['SHIPPER_OUTPUT'] ?? '').split(/\s+/).filter(Boolean);
  const { configure } = await import('./config/from-flags.ts');
  const found = configure({ files, config: configFile(argv, env), outputs, stateDir: argv['state-dir'] }, env);
  if (found.ok) return use({ config: found.config, stateDir: found.stateDir });
  const { formatProblem } = await import('./config/load.ts');
  writeToStderr(found.problems.map(formatProblem).join(''));
  return ExitCode.CONFIG;
}

interface ExplainArguments extends FileArguments {
  readonly config: string | undefined;
  readonly input: string | undefined;
  readonly json: boolean | undefined;
}

async function explain(argv: ExplainArguments, env: NodeJS.ProcessEnv, parser: Argv): Promise<number> {
  const files = filesOf(argv);
  if (files.length === 0 && isatty(0)) return help(parser);
  const { explain } = await import('./commands/explain.ts');
  return configured({ ...argv, output: [], 'state-dir': undefined }, [], env, ({ config, stateDir }) => explain(files, config, stateDir, { json: argv.json ?? false, input: argv.input }));
}

async function init(argv: FileArguments & { readonly output: string | undefined }, env: NodeJS.ProcessEnv, parser: Argv): Promise<number> {
  const files = filesOf(argv);
  if (files.length === 0 && isatty(0)) return help(parser);
  const { init } = await import('./commands/init.ts');
  return configured({ config: undefined, 'state-dir': undefined, output: [] }, [], { ...env, SHIPPER_CONFIG: '' }, ({ config }) => init(files, config, argv.output));
}

async function validate(file: string | undefined, connect: boolean, env: NodeJS.ProcessEnv): Promise<number> {
  if (!file) throw new UserError('which configuration? shipper validate -c FILE', ExitCode.USAGE);
  const { validate } = await import('./commands/validate.ts');
  return validate(file, connect, env);
}

async function formats(): Promise<number> {
  const { formats } = await import('./commands/formats.ts');
  return formats();
}

function filesOf(argv: FileArguments): string[] {
  return [...(argv.files ?? []).map(argument), ...behindDashes(argv)];
}

/** An argument as it was given. */
function argument(text: string): string {
  return text === STDIN ? '-' : text;
}

function behindDashes(argv: { readonly '--'?: unknown }): string[] {
  return Array.isArray(argv['--']) ? argv['--'].map((text) => argument(String(text))) : [];
}

/** yargs makes a list of an option that is given twice; the last one counts. Its own setting for that (duplicate-arguments-array) empties lists as well. */
function last<T>(value: T | T[]): T | undefined {
  return Array.isArray(value) ? value.at(-1) : value;
}

async function help(parser: Argv): Promise<number> {
  await print(`${await parser.getHelp()}\n`);
  return ExitCode.OK;
}

/** `shipper explian app.log` would wait for a file of that name. */
function refuseMisspelledCommand(file: string | undefined): void {
  if (file === undefined || !/^[a-z]+$/.test(file) || existsSync(file)) return;
  const hint = didYouMean(file, COMMANDS);
  if (hint !== '') throw new UserError(`${file} is neither a command nor a file${hint}`, ExitCode.USAGE);
}

/** yargs' message as one of ours. */
function usageMessage(message: string, args: readonly string[]): string {
  const unknown = /^Unknown arguments?: ([^,]*)/.exec(message)?.[1];
  if (unknown !== undefined) return args.includes(unknown) ? `${unknown} is one argument too many` : unknownOption(unknown);
  const incomplete = /^Not enough arguments following: (.*)/.exec(message)?.[1];
  if (incomplete !== undefined) return `${dashed(incomplete)} needs a value`;
  return message.replace(/\s+/g, ' ');
}

function unknownOption(name: string): string {
  return `unknown option ${dashed(name)}${name.length > 1 ? didYouMean(name, OPTIONS).replace('mean ', 'mean --') : ''}`;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1' || value === 'yes';
}
