import * as z from 'zod';
import { batch, buffer, duration, oneOrMore, secret, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';
import { network } from './network/options.ts';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const broker = z.string().regex(/^(\[[\da-fA-F:.]+\]|[^\s:,/[\]@]+)(:\d{1,5})?$/, 'must be an address such as kafka.example:9092');

const { proxy: _proxy, ...tlsFiles } = network(); // Kafka goes through no proxy

const Options = z.strictObject({
  type: z.literal('kafka'),
  brokers: oneOrMore(broker).describe('Address of a broker, or a list of them, to learn the others from; the port is 9092 unless given'),
  // "Topic": legal characters and length, org.apache.kafka.common.internals.Topic
  topic: z.string().regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/, 'must have 1 to 249 letters, digits and . _ -').describe('Topic; the broker makes it if it is missing and the broker is set to do so'),
  idempotent: z.boolean().prefault(true).describe('Whether the broker is to tell what it has already stored when a batch is sent again; needs the right IdempotentWrite on brokers before 3.0'),
  client_id: text().prefault('shipper').describe('Name that the broker shows in its logs and sets quotas by'),
  tls: z.boolean().prefault(false).describe('Whether connections are encrypted'),
  ...tlsFiles,
  mechanism: z.enum(MECHANISMS).optional().describe('How to log in (SASL), with `username`; without it nobody logs in'),
  username: text().optional().describe('User, with `password` or `password_file`'),
  password: secret().optional().describe('Password of `username`'),
  password_file: text().optional().describe('File that holds the password; it is read for each new connection'),
  compression: z.enum(['gzip', 'none']).prefault('gzip').describe('How records are stored and sent'),
  timeout: duration(1_000).prefault('30s').describe('Longest wait for an answer; then the batch is sent again'),
  ...routing(),
  batch: batch({ bytes: '1MiB', events: 10_000, age: '1s' }),
  buffer: buffer(),
});
type Options = z.output<typeof Options>;

/** Options of the output `kafka`. */
export const KafkaOptions = Options.superRefine(checkOptions);
export type KafkaOptions = z.output<typeof KafkaOptions>;

/** Options that `-o kafka` takes from the environment: SHIPPER_KAFKA_USERNAME … */
const FROM_ENV = ['client_id', 'ca_file', 'client_certificate_file', 'client_key_file', 'server_name', 'mechanism', 'username', 'password', 'password_file'] as const;

/** `-o kafka=BROKERS/TOPIC`, brokers with commas between them. SHIPPER_KAFKA_TLS=true encrypts. */
export function kafkaFlag(value: string | undefined, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const [, brokers, topic] = /^(.*)\/([^/]*)$/.exec(value ?? '') ?? [undefined, value];
  const options: Record<string, unknown> = { type: 'kafka', brokers: brokers?.split(','), topic };
  if (env['SHIPPER_KAFKA_TLS']) options['tls'] = env['SHIPPER_KAFKA_TLS'] === 'true';
  for (const key of FROM_ENV) {
    const found = env[`SHIPPER_KAFKA_${key.toUpperCase()}`];
    if (found !== undefined && found !== '') options[key] = found;
  }
  return options;
}

/** What is only right together with something else. */
function checkOptions(options: Options, context: z.RefinementCtx): void {
  const complain = (key: keyof Options, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  const { tls, mechanism, username, password, password_file } = options;
  for (const key of ['ca_file', 'client_certificate_file', 'client_key_file', 'server_name'] as const) if (options[key] !== undefined && !tls) complain(key, 'needs tls: true beside it');
  if (password !== undefined && password_file !== undefined) complain('password_file', "can't be used together with password");
  if (mechanism !== undefined && username === undefined) complain('mechanism', 'needs username beside it');
  if (username !== undefined && mechanism === undefined) complain('username', `needs mechanism beside it: ${MECHANISMS.join(', ')}`);
  if (username !== undefined && password === undefined && password_file === undefined) complain('username', 'needs password or password_file beside it');
  if (username === undefined && (password !== undefined || password_file !== undefined)) complain(password === undefined ? 'password_file' : 'password', 'needs username beside it');
}
