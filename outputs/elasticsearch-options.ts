import * as z from 'zod';
import { batch, buffer, count, duration, oneOrMore, secret, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';
import { isTemplate } from './elasticsearch/actions.ts';
import { cloudAddress } from './elasticsearch/cloud-id.ts';
import { network } from './network/options.ts';

// "Create index API", path parameter <index>: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create
const INDEX = /^[^A-Z\s\\/*?"<>|,#:{}+_-][^A-Z\s\\/*?"<>|,#:{}]{0,254}$/;
const isIndex = (index: string): boolean => INDEX.test(index.replace(/(?!^)\{[\w.-]+\}/g, 'x'));
const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address, such as https://es.example:9200' })
  .refine((address) => !/[?#]/.test(address), 'must have no ? and no #');

const Options = z.strictObject({
  type: z.literal('elasticsearch'),
  url: oneOrMore(url).optional().describe('Address of a node, or of several, which are asked in turn; one that ends with `/_bulk` gets no index in it. A user and password in it are used and never shown'),
  cloud_id: text()
    .refine((id) => cloudAddress(id) !== undefined, 'must be a Cloud ID as the page of the deployment shows it: NAME:BASE64')
    .optional()
    .describe('Cloud ID of a deployment of Elastic Cloud, instead of `url`'),
  index: z
    .string()
    .refine(isIndex, 'must be the name of a data stream or an index: lower case, none of \\ / * ? " < > | , # : or blanks, no + - _ in front')
    .prefault('logs-generic-default')
    .describe('Data stream or index. `{service}` or the name of another field stands for what the record has there, `unknown` for what it has not'),
  query: z.record(text(), text()).prefault({}).describe('Parameters of all requests, such as `pipeline` or `require_alias`, or what VictoriaLogs wants to know'),
  api_key: secret().optional().describe('API key as Kibana shows it (Base64)'),
  api_key_file: text().optional().describe('File that holds the API key; it may change while shipper runs'),
  username: text().optional().describe('User, with `password` or `password_file`'),
  password: secret().optional().describe('Password of `username`'),
  password_file: text().optional().describe('File that holds the password; it may change while shipper runs'),
  bearer_token: secret().optional().describe('Token for `Authorization: Bearer`'),
  bearer_token_file: text().optional().describe('File that holds the token; it may change while shipper runs'),
  aws: z
    .strictObject({
      service: z.enum(['es', 'aoss']).optional().describe('`es` is OpenSearch Service, `aoss` is Serverless; without it the address says which'),
      region: text().optional().describe('AWS region; without it that of the address, `$AWS_REGION`, or that of the profile or the instance'),
      profile: text().optional().describe('Profile of the shared AWS files; without it credentials are looked for as AWS SDKs do'),
    })
    .optional()
    .describe('Requests are signed, for OpenSearch at AWS'),
  repair_conflicts: z.boolean().prefault(false).describe('Whether a record that is refused because a field has another type than in the index is sent once more with that field as text under `FIELD_text`, instead of being dead-lettered at once'),
  setup: z.boolean().prefault(false).describe('Whether a template of the data stream is made, unless there is one of its name (`shipper-INDEX`). The user needs the right to do so'),
  retention_days: count(1, 36_500).optional().describe('With `setup`: days after which records may be deleted; without it for ever'),
  compression: z.enum(['gzip', 'none']).prefault('gzip').describe('How bodies are sent'),
  timeout: duration(1).prefault('60s').describe('Longest wait for an answer; then the batch is sent again'),
  ...network(),
  ...routing(),
  batch: batch({ bytes: '2MiB', events: 10_000, age: '1s' }),
  buffer: buffer(),
});
type Options = z.output<typeof Options>;

/** Options of the output `elasticsearch`, read: `url` is a list, also where a Cloud ID names it; its first user and password have become `username` and `password`. */
export const ElasticsearchOptions = Options.superRefine(checkAddress).superRefine(checkCredentials).transform(takeUserinfo);
export type ElasticsearchOptions = z.output<typeof ElasticsearchOptions>;

/** Options that `-o elasticsearch` takes from the environment: SHIPPER_ES_API_KEY, SHIPPER_ES_INDEX … */
const FROM_ENV = ['cloud_id', 'index', 'api_key', 'api_key_file', 'username', 'password', 'password_file', 'bearer_token', 'bearer_token_file'] as const;

/** `-o elasticsearch=URL` */
export function elasticsearchFlag(value: string | undefined, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const options: Record<string, unknown> = { type: 'elasticsearch', ...(value === undefined ? {} : { url: value }) };
  for (const key of FROM_ENV) {
    const found = env[`SHIPPER_ES_${key.toUpperCase()}`];
    if (found !== undefined && found !== '') options[key] = found;
  }
  return options;
}

function checkAddress({ url, cloud_id, index, setup, retention_days, aws }: Options, context: z.RefinementCtx): void {
  const complain = (key: keyof Options, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  if (url === undefined && cloud_id === undefined) complain('url', 'is missing: an address, or cloud_id beside it');
  if (url !== undefined && cloud_id !== undefined) complain('cloud_id', "can't be used together with url");
  if (isTemplate(index) && url?.some((address) => address.endsWith('/_bulk')) === true) complain('index', 'can have no fields in it where url ends with /_bulk');
  if (retention_days !== undefined && !setup) complain('retention_days', 'needs setup: true beside it');
  if (setup && aws?.service === 'aoss') complain('setup', "can't be used with OpenSearch Serverless, which has no templates");
}

/** At most one way to log in, and that one whole. */
function checkCredentials(options: Options, context: z.RefinementCtx): void {
  const complain = (key: keyof Options, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
  const given = (keys: readonly (keyof Options)[]) => keys.filter((key) => options[key] !== undefined);
  const [way, secondWay] = given(['api_key', 'api_key_file', 'username', 'bearer_token', 'bearer_token_file', 'aws']);
  const [password, secondPassword] = given(['password', 'password_file']);
  if (way !== undefined && secondWay !== undefined) complain(secondWay, `can't be used together with ${way}`);
  if (password !== undefined && secondPassword !== undefined) complain(secondPassword, `can't be used together with ${password}`);
  if (password !== undefined && options.username === undefined) complain(password, 'needs username beside it');
  if (password === undefined && options.username !== undefined) complain('username', 'needs password or password_file beside it');
}

/** Moves user and password out of the addresses, so that an address can be shown. Credentials given as options win. */
function takeUserinfo(options: Options): Options & { readonly url: string[] } {
  const urls = options.url ?? [cloudAddress(options.cloud_id ?? '') ?? ''];
  const addresses = urls.map((address) => new URL(address));
  const login = addresses.find((address) => address.username !== '');
  const given = options.api_key ?? options.api_key_file ?? options.username ?? options.bearer_token ?? options.bearer_token_file ?? options.aws;
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
