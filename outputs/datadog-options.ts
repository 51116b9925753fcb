import * as z from 'zod';
import { batch, buffer, duration, secret, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';
import { LIMITS } from './datadog-limits.ts';
import { network } from './network/options.ts';

const Options = z.strictObject({
  type: z.literal('datadog'),
  site: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/i, 'must be the name of a site, such as datadoghq.com, datadoghq.eu or us5.datadoghq.com')
    .optional()
    .describe('Site of the account; without it `$DD_SITE`, or `datadoghq.com`'),
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional().describe('Address of a proxy to send to, instead of the intake of the site'),
  api_key: secret().optional().describe('API key; without it and `api_key_file`, `$DD_API_KEY`'),
  api_key_file: text().optional().describe('File that holds the API key; it may change while shipper runs'),
  source: text().optional().describe('`ddsource`, which chooses the pipeline; without it `$DD_SOURCE`, or `shipper`'),
  tags: z
    .union([z.array(text()), text().transform((tag) => [tag])])
    .prefault([])
    .describe('Tags of all logs, each `key:value`; `$DD_ENV`, `$DD_VERSION` and `$DD_TAGS` are added'),
  compression: z.enum(['gzip', 'none']).prefault('gzip').describe('How bodies are sent'),
  timeout: duration(1).prefault('30s').describe('Longest wait for an answer; then the batch is sent again'),
  ...network(),
  ...routing(),
  batch: batch({ bytes: '2MiB', events: LIMITS.entries, age: '1s' }, { bytes: LIMITS.payloadBytes, events: LIMITS.entries }),
  buffer: buffer(),
});

/** Options of the output `datadog`: the Logs intake, v2. */
export const DatadogOptions = Options.refine((options) => options.api_key === undefined || options.api_key_file === undefined, {
  path: ['api_key_file'],
  error: "can't be used together with api_key",
});
export type DatadogOptions = z.output<typeof DatadogOptions>;

/** `-o datadog`, `-o datadog=SITE`, `-o datadog=URL`; the rest is taken from DD_API_KEY and its like. */
export function datadogFlag(value: string | undefined, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const file = env['DD_API_KEY_FILE'];
  return {
    type: 'datadog',
    ...(value === undefined ? {} : value.includes('://') ? { url: value } : { site: value }),
    ...(file !== undefined && file !== '' && !env['DD_API_KEY'] ? { api_key_file: file } : {}),
  };
}
