import * as z from 'zod';
import { OutputOptions } from '../../outputs/options.ts';
import { PARSERS } from '../../parsers/index.ts';
import { ENCODINGS } from '../inputs/decoding/names.ts';
import { didYouMean } from './did-you-mean.ts';
import { entriesOf, type FormatChoice } from './format-choice.ts';
import { budgetProblem } from './memory.ts';
import { address, count, duration, oneOrMore, size, text } from './options.ts';
import { READING, FormatOptions, patternIssues } from './reading-options.ts';
import { REDACTION } from './redact-options.ts';

const NAME = z.string().regex(/^[A-Za-z][\w-]*$/, 'must begin with a letter and have only letters, digits, - and _');

const FORMATS = ['auto', ...PARSERS.map((parser) => parser.name)];
const format = FormatOptions;
const fields = z
  .record(text(), z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, true or false' }))
  .prefault({})
  .describe('Fields that every event of this input carries');

const encoding = z
  .enum(ENCODINGS)
  .prefault('utf-8')
  .describe('What the bytes are. A byte order mark at the beginning says so itself, whatever is set: UTF-16 that begins with one, as most of it does, needs no setting. In `explain`, `offset` and `length` are bytes of the file, `start` and `end` of what a field stands on are bytes of the record as UTF-8');

const FileInput = z.strictObject({
  type: z.literal('file'),
  paths: oneOrMore(text()).describe('Files to follow; `*`, `**`, `?`, `[…]` and `{a,b}` are patterns'),
  exclude: z
    .union([z.array(text()), text().transform((pattern) => [pattern])])
    .prefault([])
    .describe('Patterns of files to leave alone. What shipper itself writes is left out anyway'),
  start_at: z.enum(['beginning', 'end']).prefault('beginning').describe('Where logs are begun of which shipper has never read anything, and that are there when it starts. `end` is not about what comes later, nor about what comes to the place of a file that was read, or was seen empty: rotated, truncated or replaced while shipper was down, such a file is read from its beginning, and so are its generations'),
  max_deleted_bytes: size(1024, 2 ** 50).optional().describe('Most bytes that deleted files may keep on the disk until they are read to their end; beyond it the oldest are let go of, and what they held is counted as lost. Without it all are kept, and more than 1 GiB is a warning'),
  format,
  encoding,
  fields,
});

const StdinInput = z.strictObject({ type: z.literal('stdin'), format, encoding, fields });

export const InputOptions = z.discriminatedUnion('type', [FileInput, StdinInput]);

const InputsSchema = z.record(NAME, InputOptions).refine((inputs) => Object.keys(inputs).length > 0, 'must name at least one input').superRefine(oneStdin);
const OutputsSchema = z.record(NAME, OutputOptions).refine((outputs) => Object.keys(outputs).length > 0, 'must name at least one output');

/** Options that are neither inputs nor outputs. Each can also be given as SHIPPER_NAME in the environment. */
export const SETTINGS = {
  state_dir: text().optional().describe('Folder of checkpoints, source ids and dead letters; without it `$STATE_DIRECTORY`, `$XDG_STATE_HOME/shipper` or `~/.local/state/shipper`'),
  memory: size(8 * 2 ** 20, 2 ** 30).optional().describe('Budget for everything that is read and not yet delivered; when it is used up, reading waits. Without it `13MiB` for each lane, or twice the `batch.bytes` of all outputs where that is more'),
  lanes: count(1, 16).prefault(1).describe('How many files are read, parsed and sent at the same time, each by a lane that can use a core of its own: for backlogs of several files, where there are cores to spare. A file is read by one lane, and stays there. Where an output is the console or a file, there is one lane whatever is set'),
  max_record_bytes: size(1024, 16 * 2 ** 20).prefault('1MiB').describe('Longest record; what is beyond is cut off and counted'),
  time_zone: z.string().refine(isTimeZone, { error: ({ input }) => `must be local, UTC or a name such as Europe/Berlin${didYouMean(String(input), Intl.supportedValuesOf('timeZone'))}` }).prefault('local').describe('Zone of times that are written without one; `local` is that of this machine'),
  shutdown_timeout: duration().prefault('20s').describe('Longest wait for delivery after SIGINT or SIGTERM'),
  drain_timeout: duration().prefault('60s').describe('Longest wait without any progress at the end of stdin and of `--once`'),
  stop_delay: duration().prefault('2s').describe('How long sources must be quiet after SIGTERM before reading stops'),
  listen: address().optional().describe('Address, such as `127.0.0.1:9598`, that tells of health (`/livez`, `/readyz`) and metrics (`/metrics`) over HTTP. Off unless set'),
  stalled_after: duration().prefault('60s').describe('How long nothing that waits may have been delivered until `/readyz` says that an output is stuck'),
  log_level: z.enum(['debug', 'info', 'warn', 'error']).prefault('info').describe("Which of shipper's own messages are written to stderr"),
  ...REDACTION,
};

/** The configuration: the only list of its options. What comes out of it has every default, durations in ms, sizes in bytes. */
export const ConfigSchema = z
  .strictObject({
    inputs: InputsSchema.prefault({ stdin: { type: 'stdin' } }).describe('Where lines come from, by a name of your choice. Without any, stdin is read'),
    outputs: OutputsSchema.prefault({ console: { type: 'console' } }).describe('Where events go, by a name of your choice. Without any, they go to the console'),
    ...READING,
    ...SETTINGS,
  })
  .superRefine((config, context) => {
    if (context.issues.length > 0) return; // the options themselves come first
    for (const { at, ...issue } of patternIssues(config)) context.addIssue({ code: 'custom', ...issue, params: { at } });
    for (const issue of nameIssues(config)) context.addIssue({ code: 'custom', ...issue });
    const message = budgetProblem(config);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['memory'], message });
    for (const { path, message } of routingProblems(config)) context.addIssue({ code: 'custom', path, message });
  });

export type Config = z.output<typeof ConfigSchema>;
export type InputConfig = z.output<typeof InputOptions>;
export type FileInputConfig = z.output<typeof FileInput>;
export type StdinInputConfig = z.output<typeof StdinInput>;
export type OutputConfig = z.output<typeof OutputOptions>;

/** Where an output wants records of an input that there is not. */
export function routingProblems({ inputs, outputs }: Pick<Config, 'inputs' | 'outputs'>): { path: (string | number)[]; message: string }[] {
  const names = Object.keys(inputs);
  return Object.entries(outputs).flatMap(([output, { only }]) =>
    (only?.input ?? []).flatMap((name, at) => (names.includes(name) ? [] : [{ path: ['outputs', output, 'only', 'input', at], message: `must name an input; ${name} is none${didYouMean(name, names)}` }])),
  );
}

interface Names {
  readonly inputs: Readonly<Record<string, { readonly format: FormatChoice }>>;
  readonly formats?: Readonly<Record<string, unknown>> | undefined;
  readonly extract?: readonly { readonly inputs?: readonly string[] | undefined }[] | undefined;
  readonly tests?: readonly { readonly input?: string | undefined }[] | undefined;
}

/** Names of formats and inputs that there are not. */
function nameIssues({ inputs, formats, extract, tests }: Names): { path: PropertyKey[]; message: string }[] {
  const all = [...FORMATS, ...Object.keys(formats ?? {})];
  const input = (name: string, path: PropertyKey[]): { path: PropertyKey[]; message: string }[] => (name in inputs ? [] : [{ path, message: `is no input${didYouMean(name, Object.keys(inputs))}` }]);
  return [
    ...Object.entries(inputs).flatMap(([name, { format: chosen }]) => entriesOf(chosen).flatMap(([one, path]) => (typeof one !== 'string' || all.includes(one) ? [] : [{ path: ['inputs', name, 'format', ...path], message: `must be auto or one of \`shipper formats\`${didYouMean(one, all)}` }]))),
    ...Object.keys(formats ?? {}).flatMap((name) => (FORMATS.includes(name) ? [{ path: ['formats', name], message: 'is the name of a built-in format' }] : [])),
    ...(extract ?? []).flatMap((rule, index) => (rule.inputs ?? []).flatMap((name, place) => input(name, ['extract', index, 'inputs', place]))),
    ...(tests ?? []).flatMap((one, index) => (one.input === undefined ? [] : input(one.input, ['tests', index, 'input']))),
  ];
}

function oneStdin(inputs: Record<string, InputConfig>, context: z.RefinementCtx): void {
  const [, second] = Object.keys(inputs).filter((name) => inputs[name]?.type === 'stdin');
  if (second !== undefined) context.addIssue({ code: 'custom', path: [second, 'type'], message: 'there is only one stdin, and another input reads it' });
}

function isTimeZone(name: string): boolean {
  if (name === 'local') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
