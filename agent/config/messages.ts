import type * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'must be text',
  number: 'must be a number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be a map of options',
  record: 'must be a map',
};

/**
 * zod's error map: what is wrong as the end of a sentence that begins with the option's name. An issue about unknown
 * keys gets one line per key, since zod reports all keys of a map in one issue.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'unrecognized_keys') return (issue['keys'] as string[]).map((key) => unknownKey(key, issue.inst)).join('\n');
  if (issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_type') return EXPECTED[String(issue['expected'])] ?? `must be of type ${String(issue['expected'])}`;
  if (issue.code === 'invalid_value') return oneOf(issue['values'] as unknown[], issue.input);
  if (issue.code === 'invalid_key') return nested(issue);
  if (issue.code !== 'invalid_union') return 'is not valid';
  return issue['discriminator'] === 'type' ? unknownType(issue['options'] as unknown[], issue.input) : 'must be text or a list of texts';
}

function unknownKey(key: string, schema: unknown): string {
  const shape = isObjectSchema(schema) ? schema._zod.def.shape : {};
  return `is not an option${didYouMean(key, Object.keys(shape))}`;
}

function isObjectSchema(schema: unknown): schema is z.core.$ZodObject {
  return typeof schema === 'object' && schema !== null && '_zod' in schema && (schema as z.core.$ZodType)._zod.def.type === 'object';
}

function unknownType(types: readonly unknown[], input: unknown): string {
  const type = (input as Readonly<Record<string, unknown>>)['type']; // zod looks for the type in objects only
  return type === undefined ? `is missing: ${list(types)}` : oneOf(types, type);
}

function oneOf(values: readonly unknown[], input: unknown): string {
  const word = typeof input === 'string' ? input : '';
  return `must be ${list(values)}${didYouMean(word, values.map(String))}`;
}

function nested(issue: z.core.$ZodRawIssue): string {
  const [first] = issue['issues'] as { message: string }[];
  return first?.message ?? 'is not a valid name';
}

/** `a, b or c` */
function list(values: readonly unknown[]): string {
  const words = values.map(String);
  const last = words.pop();
  return words.length === 0 ? `${last}` : `${words.join(', ')} or ${last}`;
}
