import type { JsonSchema } from './json-schema.ts';
import { DURATION, SIZE } from './units.ts';

const INTRODUCTION = `# Configuration

Every option there is. This page is generated from the schema (\`npm run schema\`); [config.example.yaml](../config.example.yaml)
is a file to start from, and \`shipper validate -c FILE\` checks one, with \`--connect\` its destinations as well. Editors that know JSON Schema complete and check options with
\`# yaml-language-server: $schema=config.schema.json\` in the first line.

- **Durations** have a unit: \`500ms\`, \`1.5s\`, \`2m\`, \`1m30s\`, \`1h\`.
- **Sizes** are \`2MiB\`, \`10MB\` or a number of bytes.
- **\`\${NAME}\`** in a value is taken from the environment, \`\${NAME:-default}\` with a default; \`$$\` is a \`$\`. It is always text: it can't add options.
- **Secrets** are better kept in files (\`api_key_file\`), which are read again when a server refuses what they held.
`;

/** docs/CONFIGURATION.md */
export function reference(schema: JsonSchema): string {
  const { inputs, outputs, formats, patterns, aliases, extract, tests, ...settings } = schema.properties ?? {};
  return [
    INTRODUCTION,
    `## Inputs\n\n\`inputs\`: ${inputs?.description}.\n`,
    ...variants(inputs),
    `## Outputs\n\n\`outputs\`: ${outputs?.description}.\n`,
    ...variants(outputs),
    '## Reading\n\nWhat is added to the built-in formats and fields, for all inputs: [RULES.md](RULES.md) explains it by examples.\n',
    table({ properties: { formats, patterns, aliases, extract, tests } }),
    '## Settings\n\nEach can also be given in the environment, where it counts more than in the file: `SHIPPER_MEMORY`, `SHIPPER_LOG_LEVEL` …\n',
    table({ properties: settings }),
  ].join('\n');
}

/** One table for each `type` of inputs or outputs. */
function variants(map: JsonSchema | undefined): string[] {
  const entry = map?.additionalProperties || {};
  return (entry.oneOf ?? []).map((variant) => `### \`type: ${String(variant.properties?.['type']?.const)}\`\n\n${table(variant)}`);
}

function table(schema: Pick<JsonSchema, 'required'> & { readonly properties?: Readonly<Record<string, JsonSchema | undefined>> }): string {
  return ['| option | value | default | |', '|---|---|---|---|', ...rows(schema, ''), ''].join('\n');
}

function rows(schema: Parameters<typeof table>[0], prefix: string, required = '**required**'): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    if (option === undefined || option.const !== undefined) return [];
    if (option.items?.properties !== undefined) return [row(`${prefix}${name}`, 'list', '', option), ...rows(option.items, `${prefix}${name}[].`)];
    const isNeeded = schema.required?.includes(name) || option.default !== undefined;
    if (option.properties !== undefined) return rows(option, `${prefix}${name}.`, isNeeded ? required : `required with \`${name}\``);
    const fallback = schema.required?.includes(name) ? required : option.default === undefined ? '' : code(option.default);
    return [row(`${prefix}${name}`, valueOf(option), fallback, option)];
  });
}

function row(name: string, value: string, fallback: string, { description = '' }: JsonSchema): string {
  return `| \`${name}\` | ${value} | ${fallback} | ${description.replaceAll('|', '\\|')} |`;
}

/** What kind of value an option takes, in a word or two. */
function valueOf(option: JsonSchema): string {
  const kinds = option.anyOf ?? [option];
  if (option.enum !== undefined) return option.enum.map(code).join(', ');
  if (kinds.some(({ pattern }) => pattern === DURATION.source)) return 'duration';
  if (kinds.some(({ pattern }) => pattern === SIZE.source)) return 'size';
  if (kinds.some(({ type }) => type === 'integer')) return 'number';
  if (kinds.some(({ properties }) => properties !== undefined)) return 'text, pattern or list';
  if (kinds.some(({ type }) => type === 'array')) return 'text or list';
  if (option.type === 'boolean') return '`true`, `false`';
  if (option.writeOnly) return 'secret';
  return option.type === 'object' ? 'map' : 'text';
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
