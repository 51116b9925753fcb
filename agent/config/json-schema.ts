import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { reference } from './reference.ts';
import { ConfigSchema } from './schema.ts';

/** The part of JSON Schema that the configuration's schema is written in. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly writeOnly?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | false;
  readonly required?: readonly string[];
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

/** The schema of a configuration file, for editors. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(ConfigSchema, { io: 'input' });
  return { $schema, title: 'Configuration of shipper', ...schema } as JsonSchema; // z's type has all of JSON Schema
}

/** What is generated from the schema, by path from the project's root. Tests compare it with what is there. */
export function generated(): Record<string, string> {
  return {
    'config.schema.json': `${JSON.stringify(jsonSchema(), null, 2)}\n`,
    'docs/CONFIGURATION.md': reference(jsonSchema()),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generated())) writeFileSync(path, text);
}
