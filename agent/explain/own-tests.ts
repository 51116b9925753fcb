import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import { Explainer, type Explanation } from './explainer.ts';

/** A test of the configuration that fails: where it does in the configuration, and what it got, for people. */
export interface Failure {
  readonly path: PropertyKey[];
  readonly message: string;
  /** Lines: `-` what was expected, `+` what came. */
  readonly diff: string;
}

type Test = NonNullable<Config['tests']>[number];

/** Reads the line of each test as its input would, and compares. Gives those that fail. */
export async function runTests(config: Config): Promise<Failure[]> {
  const tests = config.tests ?? [];
  if (tests.length === 0) return [];
  const explainer = new Explainer(config, undefined, () => undefined, false);
  const failures: Failure[] = [];
  for (const [index, test] of tests.entries()) {
    const records: Explanation[] = [];
    for await (const some of explainer.records(`tests[${index}]`, Readable.from([Buffer.from(`${test.line}\n`)]), test.input ?? Object.keys(config.inputs)[0] ?? '')) records.push(...some);
    const failure = judge(test, index, records);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

function judge(test: Test, index: number, records: readonly Explanation[]): Failure | undefined {
  const [record] = records;
  if (record === undefined || records.length > 1) return { path: ['tests', index, 'line'], message: `makes ${records.length} records, not one`, diff: records.map(({ fields }) => `  + ${JSON.stringify(fields)}\n`).join('') };
  const wrong = Object.entries(test.fields).filter(([field, value]) => !isDeepStrictEqual(record.fields[field] ?? null, value)); // null: it must not be there
  const wrongFormat = test.format !== undefined && test.format !== record.format;
  const [first] = wrong;
  if (first === undefined && !wrongFormat) return undefined;
  const rows = wrong.map(([field, value]) => difference(field, value, record.fields[field]));
  if (wrongFormat) rows.unshift(difference('format', test.format, record.format));
  const path = wrongFormat ? ['format'] : ['fields', first?.[0] ?? ''];
  return { path: ['tests', index, ...path], message: `is not what the line gives`, diff: `${rows.join('')}    the event: ${JSON.stringify(record.fields)}\n` };
}

function difference(field: string, expected: unknown, actual: unknown): string {
  return `  - ${field}: ${shown(expected)}\n  + ${field}: ${shown(actual)}\n`;
}

function shown(value: unknown): string {
  return value === undefined || value === null ? '(absent)' : JSON.stringify(value);
}
