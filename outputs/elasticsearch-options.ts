import { z } from 'zod';
import { batch, buffer, duration, oneOrMore, secret, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';
import { network } from './network/options.ts';

// "Create index API", path parameter <index>: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create
const INDEX = /^[^A-Z\s\\/*?"<>|,#:+_-][^A-Z\s\\/*?"<>|,#:]{0,254}$/;
const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address, such as https://es.example:9200' })
  .refine((address) => !/[?#]/.test(address), 'must have no ? and no #');

const Options = z.strictObject({
  type: z.literal('elasticsearch'),
  url: oneOrMore(url).describe('Address of a node, or a list of them; one that ends with `/_bulk` gets no index in it. A user and password in it are used and never shown'),
  index: z
    .string()
    .regex(INDEX, 'must be the name of a data stream or an index: lower case, none of \\ / * ? " < > | , # : or blanks, no + - _ in front')
    .prefault('logs-generic-default')
    .describe('Data stream or index'),
  query: z.record(text(), text()).prefault({}).describe('Parameters of all requests, such as `pipeline` or `require_alias`, or what VictoriaLogs wants to know'),
  api_key: secret().optional().describe('API key as Kibana shows it (Base64)'),
  api_key_file: text().optional().describe('File that holds the API key; it may change while shipper runs'),
  username: text().optional().describe('User, with `password` or `password_file`'),
  password: secret().optional().describe('Password of `username`'),
  password_file: text().optional().describe('File that holds the password; it may change while shipper runs'),
  bearer_token: secret().optional().describe('Token for `Authorization: Bearer`'),
  bearer_token_file: text().optional().describe('File that holds the token; it may change while shipper runs'),
  compression: z.enum(['gzip', 'none']).prefault('gzip').describe('How bodies are sent'),
  timeout: duration(1).prefault('60s').describe('Longest wait for an answer; then the batch is sent again'),
  ...network(),
  ...routing(),
  batch: batch({ bytes: '2MiB', events: 10_000, age: '1s' }),
  buffer: buffer(),
});
type Options = z.output<typeof Options>;

/** Options of the output `elasticsearch`, read: `url` is a list, its first user and password have become `username` and `password`. */
export const ElasticsearchOptions = Options.superRefine(checkCredentials).transform(takeUserinfo);
export type ElasticsearchOptions = z.output<typeof ElasticsearchOptions>;

/** Options that `-o elasticsearch` takes from the environment: SHIPPER_ES_API_KEY, SHIPPER_ES_INDEX … */
const FROM_ENV = ['index', 'api_key', 'api_key_file', 'username', 'password', 'password_file', 'bearer_token', 'bearer_token_file'] as const;

/** `-o elasticsearch=URL` */
export function elasticsearchFlag(value: string | undefined, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const options: Record<string, unknown> = { type: 'elasticsearch', url: value };
  for (const key of FROM_ENV) {
    const found = env[`SHIPPER_ES_${key.toUpperCase()}`];
    if (found !== undefined && found !== '') options[key] = found;
  }
  return options;
}

/** At most one way to log in, and that one whole. */
function checkCredentials(options: Options, context: z.RefinementCtx): void {
  const complain = (key: keyof Options, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  const given = (keys: readonly (keyof Options)[]) => keys.filter((key) => options[key] !== undefined);
  const [way, secondWay] = given(['api_key', 'api_key_file', 'username', 'bearer_token', 'bearer_token_file']);
  const [password, secondPassword] = given(['password', 'password_file']);
  if (way !== undefined && secondWay !== undefined) complain(secondWay, `can't be used together with ${way}`);
  if (password !== undefined && secondPassword !== undefined) complain(secondPassword, `can't be used together with ${password}`);
  if (password !== undefined && options.username === undefined) complain(password, 'needs username beside it');
  if (password === undefined && options.username !== undefined) complain('username', 'needs password or password_file beside it');
}

/** Moves user and password out of the addresses, so that an address can be shown. Credentials given as options win. */
function takeUserinfo(options: Options): Options {
  const addresses = options.url.map((address) => new URL(address));
  const login = addresses.find((address) => address.username !== '');
  const given = options.api_key ?? options.api_key_file ?? options.username ?? options.bearer_token ?? options.bearer_token_file;
  const found = login && given === undefined ? { username: decoded(login.username), password: decoded(login.password) } : {};
  for (const address of addresses) [address.username, address.password] = ['', ''];
  return { ...options, ...found, url: addresses.map((address) => address.href.replace(/\/$/, '')) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that encodes nothing is meant as it stands
  }
}
