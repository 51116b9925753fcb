import * as z from 'zod';
import { batch, buffer, count, duration, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';
import { LIMITS } from './cloudwatch/limits.ts';
import { UNITS } from './cloudwatch/metrics.ts';
import { network } from './network/options.ts';

// PutRetentionPolicy, retentionInDays: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
const PLACEHOLDERS = 'must have {NAME} around the name of a field, and no other { or }';
const isTemplate = (name: string): boolean => !/[{}]/.test(name.replace(/\{[\w.-]+\}/g, ''));

// Embedded metric format: 100 metrics in a directive, 30 dimensions; a namespace of 255 characters, none of AWS's own.
const metrics = z.strictObject({
  namespace: z
    .string()
    .regex(/^[\w .#:/-]{1,255}$/, 'must have 1 to 255 letters, digits and _ . # : / -')
    .refine((name) => !name.startsWith('AWS/'), "must not begin with AWS/, which is AWS's own")
    .describe('Namespace of the metrics'),
  fields: z
    .record(text(), z.enum(UNITS))
    .refine((fields) => Object.keys(fields).length >= 1 && Object.keys(fields).length <= 100, 'must name 1 to 100 fields')
    .describe('Fields whose numbers become metrics, each with its unit as CloudWatch names it'),
  dimensions: z
    .array(z.string().regex(/^[\x21-\x39\x3b-\x7e][\x20-\x7e]{0,249}$/, 'must be 1 to 250 ASCII characters, not beginning with a blank or a :'))
    .max(30, 'must name at most 30')
    .prefault([])
    .describe('Fields whose texts become dimensions; every combination of values is a metric of its own, and is billed as one'),
});

/** Options of the output `cloudwatch`. */
export const CloudWatchOptions = z.strictObject({
  type: z.literal('cloudwatch'),
  group: text()
    .refine(isTemplate, PLACEHOLDERS)
    .refine((name) => /^[\w\-/.#]{1,512}$/.test(name.replace(/\{[\w.-]+\}/g, '_')), 'must have only letters, digits and _ - / . #')
    .refine((name) => !name.startsWith('aws/'), "must not begin with aws/, which is AWS's own")
    .describe('Log group, made if it is missing. `{service}`, `{host}` or the name of another field stand for what the record has there'),
  stream: text()
    .refine(isTemplate, PLACEHOLDERS)
    .refine((name) => /^[^:*\p{Cc}]{1,512}$/u.test(name), 'must have no : and no *')
    .prefault('{host}')
    .describe('Log stream, made if it is missing; fields as in `group`'),
  region: text().optional().describe('AWS region; without it `$AWS_REGION`, that of the profile, or that of the instance'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http or https address' })
    .optional()
    .describe('Address of the service, where it is another than that of the region; without it `$AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`'),
  profile: text().optional().describe('Profile of the shared AWS files; without it credentials are looked for as AWS SDKs do: environment, files, web identity, container, instance'),
  retention_days: count(1, 3653)
    .refine((days) => RETENTION_DAYS.includes(days), `must be one of ${RETENTION_DAYS.join(', ')}`)
    .optional()
    .describe('Days a log group that shipper makes keeps events; without it for ever'),
  tags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .refine((tags) => Object.keys(tags).length <= 50 && Object.keys(tags).every((key) => !key.startsWith('aws:')), 'must be 50 at most, and none may begin with aws:')
    .optional()
    .describe('Tags of a log group that shipper makes'),
  class: z.enum(['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY', 'ESSENTIALS']).optional().describe('Class of a log group that shipper makes; it can never be changed'),
  outside_window: z
    .enum(['observed_time', 'dead_letter'])
    .prefault('observed_time')
    .describe('What becomes of events older than 14 days or more than 2 h ahead, which CloudWatch refuses: sent under the present time with `observed_timestamp` beside their own, or dead-lettered'),
  metrics: metrics.optional().describe('Metrics that CloudWatch makes of the records (embedded metric format)'),
  timeout: duration(1).prefault('30s').describe('Longest wait for an answer; then the batch is sent again'),
  ...network(),
  ...routing(),
  batch: batch({ bytes: '1MiB', events: LIMITS.events, age: '1s' }, { bytes: LIMITS.requestBytes, events: LIMITS.events }),
  buffer: buffer(),
});
export type CloudWatchOptions = z.output<typeof CloudWatchOptions>;

/** Options that `-o cloudwatch` takes from the environment beside what AWS SDKs read: SHIPPER_CLOUDWATCH_REGION … */
const FROM_ENV = ['stream', 'region', 'endpoint', 'profile', 'retention_days', 'class'] as const;

/**
 * `-o cloudwatch=GROUP`, `GROUP/STREAM`. A name that begins with a slash is a group as a whole, as these are mostly called
 * /app/payments; `GROUP:STREAM` is always clear, as neither can have a colon.
 */
export function cloudwatchFlag(value: string | undefined, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const options: Record<string, unknown> = { type: 'cloudwatch' };
  for (const key of FROM_ENV) {
    const found = env[`SHIPPER_CLOUDWATCH_${key.toUpperCase()}`];
    if (found !== undefined && found !== '') options[key] = found;
  }
  const [, group = value, stream] = /^([^:]+):(.+)$/.exec(value ?? '') ?? /^([^/].*)\/([^/]+)$/.exec(value ?? '') ?? [];
  return { ...options, group, ...(stream === undefined ? {} : { stream }) };
}
