import * as z from 'zod';
import { FIELDS } from '../fields.ts';
import { compilePattern } from '../../parsers/patterns/compile.ts';
import { PatternError } from '../../parsers/patterns/syntax.ts';
import { didYouMean } from './did-you-mean.ts';
import { entriesOf, type FormatChoice, type PatternText } from './format-choice.ts';
import { oneOrMore, text } from './options.ts';

const ONE_OF = 'must have one of regex and grok';

const SHAPE = {
  regex: text().optional().describe('Regular expression with named groups: `(?<user>\\w+)`, with a type `(?<count:int>\\d+)`'),
  grok: text().optional().describe('The same with grok patterns in it: `%{IP:client_ip} %{NUMBER:took:float}`'),
};

/** One pattern. */
export const PatternOptions = z.strictObject(SHAPE).refine(isOne, ONE_OF);

/** An extraction rule. */
const RuleOptions = z
  .strictObject({ ...SHAPE, inputs: oneOrMore(text()).optional().describe('Inputs whose messages it is looked for in; without it all') })
  .refine(isOne, ONE_OF);

const TestOptions = z.strictObject({
  line: text().describe('A record, as it stands in the input; it may have several lines'),
  input: text().optional().describe('The input it is read as; without it the first one'),
  format: text().optional().describe('The format it must be read by'),
  fields: z.record(z.string(), z.unknown()).prefault({}).describe('Fields the event must have, with these values; `null`: it must not have the field'),
});

/** Options about how records are read, for all inputs. */
export const READING = {
  formats: z
    .record(z.string().regex(/^[A-Za-z][\w-]*$/, 'must begin with a letter and have only letters, digits, - and _'), z.union([PatternOptions, z.array(PatternOptions).min(1, 'must have at least one pattern')], { error: 'must be a pattern, such as {grok: …} or {regex: …}, or a list of them' }))
    .optional()
    .describe('Formats of your own, for `format` of an input: a pattern that begins where a record begins, or a list of which the first that matches counts'),
  patterns: z.record(z.string().regex(/^\w[\w-]*$/, 'must have only letters, digits, - and _'), text()).optional().describe('Grok patterns of your own, by name, beside the usual ones'),
  aliases: z.record(z.string(), oneOrMore(text())).superRefine(checkAliases).optional().describe('Keys that mean a field, by the field: `user_id: [kunde, acct_no]`. Case, `_` and `-` make no difference'),
  extract: z.array(RuleOptions).optional().describe('Patterns that are looked for in messages; what their groups match becomes fields'),
  tests: z.array(TestOptions).optional().describe('Lines and the fields they must give; `shipper validate` runs them'),
};

/** An issue about a pattern's text: `at` is the character it is about. */
export interface PatternIssue {
  readonly path: PropertyKey[];
  readonly message: string;
  readonly at: number;
}

interface WithPatterns {
  readonly inputs: Readonly<Record<string, { readonly format: FormatChoice }>>;
  readonly formats?: Readonly<Record<string, PatternText | readonly PatternText[]>> | undefined;
  readonly patterns?: Readonly<Record<string, string>> | undefined;
  readonly extract?: readonly (PatternText & { readonly inputs?: readonly string[] | undefined })[] | undefined;
}

export const FormatOptions = z
  .union([z.string(), PatternOptions, z.array(z.union([z.string(), PatternOptions])).min(1, 'must name at least one')], { error: 'must be a name, a pattern such as {grok: …} or {regex: …}, or a list of them' })
  .prefault('auto')
  .describe('What the lines are: `auto` finds out line by line; the name of a format, as `shipper formats` lists them or of your own under `formats`; or a pattern, `{grok: …}` or `{regex: …}`. Of a list the first that matches. A line that no pattern matches is read as with `auto`, and counted');

/** Everything that is wrong with the patterns of a configuration. */
export function patternIssues(config: WithPatterns): PatternIssue[] {
  const definitions = new Map(Object.entries(config.patterns ?? {}));
  const check = (pattern: PatternText, path: PropertyKey[]): PatternIssue[] => {
    const problem = problemOf(pattern, definitions);
    return problem === undefined ? [] : [{ path: [...path, pattern.grok === undefined ? 'regex' : 'grok'], message: problem.message, at: problem.at }];
  };
  return [
    ...Object.entries(config.inputs).flatMap(([name, { format }]) => entriesOf(format).flatMap(([one, path]) => (typeof one === 'string' ? [] : check(one, ['inputs', name, 'format', ...path])))),
    ...Object.entries(config.formats ?? {}).flatMap(([name, format]) => entriesOf(format).flatMap(([one, path]) => check(one, ['formats', name, ...path]))),
    ...definitionIssues(definitions),
    ...(config.extract ?? []).flatMap((rule, index) => check(rule, ['extract', index])),
  ];
}

function definitionIssues(definitions: ReadonlyMap<string, string>): PatternIssue[] {
  return [...definitions].flatMap(([name, definition]) => {
    const problem = problemOf({ grok: `(?<x>${definition})` }, definitions);
    return problem === undefined ? [] : [{ path: ['patterns', name], message: problem.message, at: Math.max(0, problem.at - 5) }];
  });
}

function problemOf({ regex, grok }: PatternText, definitions: ReadonlyMap<string, string>): PatternError | undefined {
  try {
    compilePattern(grok ?? regex ?? '', { grok: grok !== undefined, definitions }, true);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return error;
    throw error;
  }
}

function isOne({ regex, grok }: PatternText): boolean {
  return (regex === undefined) !== (grok === undefined);
}

function checkAliases(aliases: Readonly<Record<string, readonly string[]>>, context: z.RefinementCtx): void {
  const taken = new Map<string, string>();
  for (const [field, keys] of Object.entries(aliases)) {
    if (!(FIELDS as readonly string[]).includes(field)) context.addIssue({ code: 'custom', path: [field], message: `is no field${didYouMean(field, FIELDS)}; there are ${FIELDS.join(', ')}` });
    keys.forEach((key, index) => {
      const before = taken.get(key);
      if ((FIELDS as readonly string[]).includes(key)) context.addIssue({ code: 'custom', path: [field, index], message: `is itself the field ${key}` });
      else if (before !== undefined) context.addIssue({ code: 'custom', path: [field, index], message: `is a key of ${before} already` });
      taken.set(key, field);
    });
  }
}

