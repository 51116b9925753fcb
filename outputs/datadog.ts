import { UserError, ExitCode } from '../agent/exit-codes.ts';
import { log } from '../agent/log.ts';
import { version } from '../agent/version.ts';
import { refusal, unreached, type Check } from './check.ts';
import { readSecret } from './credentials.ts';
import { toEntries } from './datadog-body.ts';
import { Degraded } from './degraded.ts';
import { LIMITS } from './datadog-limits.ts';
import type { DatadogOptions } from './datadog-options.ts';
import { datadogDialect } from './dialects/datadog.ts';
import { gzipped } from './gzip.ts';
import { HttpClient, retryAfterMs, unanswered, type HttpResult } from './http.ts';
import { using, type Destination, type ItemVerdict, type Output, type Verdict } from './output.ts';
import { isRecord, parseAnswer } from './json-answer.ts';

/** Datadog's Logs intake v2. https://docs.datadoghq.com/api/latest/logs/#send-logs. Throws a UserError if there is no API key. */
export function datadog(name: string, options: DatadogOptions, env: NodeJS.ProcessEnv = process.env): Output {
  const constants = `"ddsource":${JSON.stringify(options.source ?? given(env['DD_SOURCE']) ?? 'shipper')}${tagsMember(tagsOf(options.tags, env))}`;
  const key = options.api_key ?? (options.api_key_file === undefined ? given(env['DD_API_KEY']) : undefined);
  if (key === undefined && options.api_key_file === undefined) throw new UserError(`${name}: set api_key, api_key_file or DD_API_KEY in the environment`, ExitCode.CONFIG);
  const open = () => DatadogDestination.open(name, options, intake(options, env), new ApiKey(key, options.api_key_file), Buffer.from(`{${constants},"timestamp":"`), env);
  return {
    name,
    type: 'datadog',
    target: intake(options, env).origin,
    network: true,
    ...(given(env['DD_HOSTNAME']) === undefined ? {} : { fields: { host: env['DD_HOSTNAME'] ?? '' } }),
    dialect: datadogDialect(constants),
    framing: { before: '', after: '\n' },
    limits: { bytes: Math.min(options.batch.bytes, LIMITS.payloadBytes - BRACKET_BYTES), events: options.batch.events },
    ageMs: options.batch.age,
    connections: CONNECTIONS,
    open,
    check: async (signal) => using(await open(), (destination) => destination.check(signal)),
  };
}

const BRACKET_BYTES = 1; // lines become an array: one byte in front, and the last line end is its end
const CONNECTIONS = 2; // one is being encoded for while the other waits
const CONNECT_MS = 10_000;
const ANSWER_BYTES = 65_536;

/** Where logs go. Sites are not listed here: Datadog adds some, and all follow the same rule. */
export function intake({ site, url }: DatadogOptions, env: NodeJS.ProcessEnv): URL {
  if (url === undefined) return new URL(`https://http-intake.logs.${site ?? given(env['DD_SITE']) ?? 'datadoghq.com'}/api/v2/logs`);
  const address = new URL(url);
  if (address.pathname === '/') address.pathname = '/api/v2/logs';
  return address;
}

/** The option's tags, and what the environment adds that they do not say. */
function tagsOf(tags: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const { DD_ENV, DD_VERSION, DD_TAGS } = env;
  const others = [...(DD_ENV ? [`env:${DD_ENV}`] : []), ...(DD_VERSION ? [`version:${DD_VERSION}`] : []), ...(DD_TAGS ?? '').split(/[,\s]+/).filter(Boolean)];
  const keys = new Set(tags.map(keyOf));
  return [...tags, ...others.filter((tag) => !keys.has(keyOf(tag)))];
}

function keyOf(tag: string): string {
  return tag.split(':', 1)[0] ?? tag;
}

function tagsMember(tags: readonly string[]): string {
  return tags.length === 0 ? '' : `,"ddtags":${JSON.stringify(tags.join(','))}`;
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** The value of `DD-API-KEY`, kept up to date where it lies in a file. */
class ApiKey {
  readonly #value: string | undefined;
  readonly #file: string | undefined;
  current: string | undefined;
  problem: string | undefined;

  constructor(value: string | undefined, file: string | undefined) {
    this.#value = value;
    this.#file = file;
  }

  /** True: it is another one now. */
  async refresh(): Promise<boolean> {
    const before = this.current;
    try {
      this.current = await readSecret(this.#value, this.#file);
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    return this.current !== before;
  }
}

class DatadogDestination implements Destination {
  readonly #url: URL;
  readonly #client: HttpClient;
  readonly #key: ApiKey;
  readonly #head: Buffer;
  readonly #gzip: boolean;
  readonly #degraded: Degraded;

  private constructor(name: string, options: DatadogOptions, url: URL, client: HttpClient, key: ApiKey, head: Buffer) {
    this.#url = url;
    this.#client = client;
    this.#key = key;
    this.#head = head;
    this.#gzip = options.compression === 'gzip';
    this.#degraded = new Degraded((message) => log.warn(`${name}: ${message}`));
  }

  static async open(name: string, options: DatadogOptions, url: URL, key: ApiKey, head: Buffer, env: NodeJS.ProcessEnv): Promise<DatadogDestination> {
    await key.refresh();
    const client = await HttpClient.open({ connections: CONNECTIONS, connectMs: CONNECT_MS, timeoutMs: options.timeout, answerBytes: ANSWER_BYTES, network: options, env });
    return new DatadogDestination(name, options, url, client, key, head);
  }

  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    if (this.#key.problem !== undefined && !(await this.#key.refresh())) return { kind: 'blocked', reason: `can't read the API key: ${this.#key.problem}` };
    const { bytes, refused, restamped, cut } = toEntries(body, this.#head, Date.now());
    if (bytes.length > LIMITS.payloadBytes) return { kind: 'split', reason: `with new times the body has ${bytes.length} bytes` };
    const verdict = refused.length === count ? DELIVERED : await this.#deliver(bytes, signal);
    if (verdict.kind !== 'delivered') return verdict;
    this.#degraded.count('restamped', restamped, 'logs are older than the 18 h, or more than the 2 h ahead, that Datadog takes: they are sent under the present time, with their own as original_timestamp');
    this.#degraded.count('cut', cut, `logs are longer than the ${LIMITS.entryBytes} bytes that Datadog takes: their longest text is cut`);
    return refused.length > 0 ? allBut(refused, count) : verdict;
  }

  /** Sends no log at all: the intake looks at the key, and has nothing to keep. */
  async check(signal: AbortSignal): Promise<Check> {
    if (this.#key.problem !== undefined) return { kind: 'problem', stage: 'credentials', reason: `can't read the API key: ${this.#key.problem}` };
    const empty = Buffer.from('[]');
    const result = await this.#post(empty, signal);
    if (result.kind === 'failure') return unreached(result);
    const verdict = classify(result.status, result.headers, result.body);
    if (verdict.kind === 'delivered' || verdict.kind === 'invalid') return { kind: 'ok' }; // it may refuse that there is none, but only behind the key
    return refusal(result.status === 403 ? 401 : result.status, verdict);
  }

  get degraded() {
    return this.#degraded.records;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #deliver(entries: Buffer, signal: AbortSignal): Promise<Verdict> {
    let result = await this.#post(entries, signal);
    if (isRefused(result) && (await this.#key.refresh())) result = await this.#post(entries, signal);
    if (result.kind === 'failure') return unanswered(result);
    return classify(result.status, result.headers, result.body);
  }

  #post(body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json',
      'dd-api-key': this.#key.current ?? '',
      'dd-evp-origin': 'shipper',
      'dd-evp-origin-version': VERSION,
    };
    if (this.#gzip) headers['content-encoding'] = 'gzip';
    const post = (bytes: Uint8Array): Promise<HttpResult> => this.#client.post(this.#url, headers, bytes, signal);
    return this.#gzip ? gzipped(body, post) : post(body);
  }
}

const VERSION = version();
const DELIVERED: Verdict = { kind: 'delivered' };

function allBut(refused: readonly number[], count: number): Verdict {
  const reason = `longer than the ${LIMITS.entryBytes} bytes that Datadog takes, and without a text that could be cut`;
  return { kind: 'partial', items: Array.from({ length: count }, (_, at): ItemVerdict => (refused.includes(at) ? { kind: 'rejected', reason } : { kind: 'delivered' })) };
}

function isRefused(result: HttpResult): boolean {
  return result.kind === 'answer' && (result.status === 401 || result.status === 403);
}

/** What an answer of the intake means. It speaks for the whole request: there are no verdicts per log. */
export function classify(status: number, headers: Record<string, string | string[] | undefined>, body: Buffer): Verdict {
  if (status === 202) return DELIVERED;
  const answer = parseAnswer(body);
  const reason = `HTTP ${status}${detailOf(answer)}`;
  // What stands in for the intake may answer 200, as the old one did. A login page does, too.
  if (status === 200 && (body.length === 0 || (isRecord(answer) && answer['errors'] === undefined))) return DELIVERED;
  if (status === 413) return { kind: 'split', reason };
  if (status === 400 || status === 422) return { kind: 'invalid', reason };
  if (BLOCKED.has(status)) return { kind: 'blocked', reason: `${reason} (${ADVICE[status] ?? 'is the site right?'})` };
  const afterMs = retryAfterMs(headers['retry-after'] ?? headers['x-ratelimit-reset'], Date.now());
  return { kind: 'retry', reason, stubborn: !BUSY.has(status), ...(afterMs === undefined ? {} : { afterMs }) };
}

const BLOCKED = new Set([301, 302, 307, 308, 401, 403, 404, 405, 406, 415]);
const BUSY = new Set([408, 425, 429, 503]);
const ADVICE: Readonly<Record<number, string>> = {
  401: 'there is no API key in the request',
  403: 'the API key is not one of this site',
};

/** `{"errors":[{"detail": …}]}`, or a text instead of the object. */
function detailOf(answer: unknown): string {
  const [error]: unknown[] = isRecord(answer) && Array.isArray(answer['errors']) ? answer['errors'] : [];
  const detail = isRecord(error) ? (error['detail'] ?? error['title']) : error;
  return typeof detail === 'string' ? `: ${detail.slice(0, 200)}` : '';
}
