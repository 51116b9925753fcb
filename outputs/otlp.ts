import { log } from '../agent/log.ts';
import { version } from '../agent/version.ts';
import { refusal, unreached, type Check } from './check.ts';
import { Credentials } from './credentials.ts';
import { Degraded } from './degraded.ts';
import { otel } from './dialects/otel.ts';
import { gzipped } from './gzip.ts';
import { HttpClient, retryAfterMs, unanswered, type HttpResult } from './http.ts';
import type { OtlpOptions } from './otlp-options.ts';
import { json } from './otlp/json.ts';
import { protobuf } from './otlp/protobuf.ts';
import { toRequests, type LogsRequest } from './otlp/request.ts';
import { readError, readResponse } from './otlp/response.ts';
import { settingsOf, type OtlpSettings } from './otlp/settings.ts';
import { using, type Destination, type Output, type Verdict } from './output.ts';
import { BatchVerdicts } from './several-requests.ts';

/** OTLP/HTTP logs: the OpenTelemetry Collector and all that receive what it does. https://opentelemetry.io/docs/specs/otlp/#otlphttp. Throws a UserError for what can't be right. */
export function otlp(name: string, options: OtlpOptions, env: NodeJS.ProcessEnv = process.env): Output {
  const settings = settingsOf(options, env, (message) => log.warn(`${name}: ${message}`));
  return {
    name,
    type: 'otlp',
    target: settings.url.origin,
    network: true,
    dialect: otel,
    framing: { before: '', after: '\n' },
    limits: { bytes: Math.ceil(options.batch.bytes * BATCH_ROOM), events: options.batch.events },
    ageMs: options.batch.age,
    connections: CONNECTIONS,
    open: () => OtlpDestination.open(name, options, settings, env),
    check: async (signal) => using(await OtlpDestination.open(name, options, settings, env), (destination) => destination.check(signal)),
  };
}

/** In a batch each record says what a request says once of their resource, and in JSON: with less room `batch.bytes` would hardly be reached. */
const BATCH_ROOM = 1.25;
const CONNECTIONS = 2; // one is being encoded for while the other waits
const CONNECT_MS = 10_000;
const ANSWER_BYTES = 4 * 2 ** 20; // "OTLP/HTTP response": no more is to be read

class OtlpDestination implements Destination {
  readonly #name: string;
  readonly #settings: OtlpSettings;
  readonly #limitBytes: number;
  readonly #client: HttpClient;
  readonly #credentials: Credentials;
  readonly #degraded: Degraded;
  #warned = false;

  private constructor(name: string, settings: OtlpSettings, limitBytes: number, client: HttpClient, credentials: Credentials) {
    this.#name = name;
    this.#settings = settings;
    this.#limitBytes = limitBytes;
    this.#client = client;
    this.#credentials = credentials;
    this.#degraded = new Degraded((message) => log.warn(`${name}: ${message}`));
  }

  static async open(name: string, options: OtlpOptions, settings: OtlpSettings, env: NodeJS.ProcessEnv): Promise<OtlpDestination> {
    const credentials = new Credentials(options);
    await credentials.refresh();
    const client = await HttpClient.open({ connections: CONNECTIONS, connectMs: CONNECT_MS, timeoutMs: settings.timeoutMs, answerBytes: ANSWER_BYTES, network: settings.network, env });
    return new OtlpDestination(name, settings, options.batch.bytes, client, credentials);
  }

  /** One request as a rule; more where what comes of the records is longer than `batch.bytes`. */
  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    if (this.#credentials.problem !== undefined && !(await this.#credentials.refresh())) return { kind: 'blocked', reason: `can't read the credentials: ${this.#credentials.problem}` };
    const { protocol, resource } = this.#settings;
    const nowMs = Date.now();
    const requests = toRequests(body, FORMATS[protocol], resource, { seconds: Math.floor(nowMs / 1000), nanos: (nowMs % 1000) * 1e6 }, this.#limitBytes);
    const [only] = requests;
    if (only !== undefined && requests.length === 1) return this.#export(only, signal);
    const verdicts = new BatchVerdicts(count);
    let from = 0;
    for (const request of requests) {
      const positions = Array.from({ length: request.count }, (_, at) => from + at);
      if (!verdicts.settle(positions, await this.#export(request, signal))) break;
      from += request.count;
    }
    return verdicts.summary();
  }

  async #export({ bytes, count }: LogsRequest, signal: AbortSignal): Promise<Verdict> {
    let result = await this.#post(bytes, signal);
    if (isRefused(result) && (await this.#credentials.refresh())) result = await this.#post(bytes, signal);
    if (result.kind === 'failure') return unanswered(result);
    const { verdict, warning, refusedUnnamed = 0 } = classify(result.status, result.headers, result.body, count);
    this.#degraded.count('refused_unnamed', refusedUnnamed, warning ?? '');
    if (warning !== undefined && refusedUnnamed === 0 && !this.#warned) log.warn(`${this.#name}: ${warning}`);
    this.#warned ||= warning !== undefined;
    return verdict;
  }

  /** Sends a request without a record in it, which the specification allows. */
  async check(signal: AbortSignal): Promise<Check> {
    if (this.#credentials.problem !== undefined) return { kind: 'problem', stage: 'credentials', reason: `can't read the credentials: ${this.#credentials.problem}` };
    const { protocol, resource } = this.#settings;
    const [request] = toRequests(new Uint8Array(0), FORMATS[protocol], resource, { seconds: 0, nanos: 0 });
    const result = await this.#post(request?.bytes ?? NOTHING, signal);
    if (result.kind === 'failure') return unreached(result);
    const { verdict } = classify(result.status, result.headers, result.body, 1);
    if (verdict.kind === 'delivered') return { kind: 'ok' };
    return verdict.kind === 'invalid' && result.status === 400 ? { kind: 'ok', detail: `it refuses a request without records: ${verdict.reason}` } : refusal(result.status, verdict);
  }

  get degraded() {
    return this.#degraded.records;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #post(body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    const { url, protocol, headers: own, gzip } = this.#settings;
    const headers: Record<string, string> = { 'user-agent': USER_AGENT, ...own, 'content-type': FORMATS[protocol].contentType };
    if (gzip) headers['content-encoding'] = 'gzip';
    if (this.#credentials.header !== undefined) headers['authorization'] = this.#credentials.header;
    const post = (bytes: Uint8Array): Promise<HttpResult> => this.#client.post(url, headers, bytes, signal);
    return gzip ? gzipped(body, post) : post(body);
  }
}

const NOTHING = Buffer.alloc(0);
const FORMATS = { 'http/protobuf': protobuf, 'http/json': json };
const USER_AGENT = `shipper/${version()} OTel-OTLP-Exporter-JavaScript/1.0`;

function isRefused(result: HttpResult): boolean {
  return result.kind === 'answer' && (result.status === 401 || result.status === 403);
}

interface Classified {
  readonly verdict: Verdict;
  /** What the receiver wants a person to know. */
  readonly warning?: string;
  /** How many it has not taken of those that count as delivered. */
  readonly refusedUnnamed?: number;
}

/** What an answer to `count` records means. */
export function classify(status: number, headers: Record<string, string | string[] | undefined>, body: Buffer, count: number): Classified {
  if (status >= 200 && status < 300) return classifySuccess(status, headers['content-type'], body, count);
  const detail = readError(body);
  const reason = `HTTP ${status}${detail === '' ? '' : `: ${detail}`}`;
  if (RETRIED.has(status)) {
    const afterMs = retryAfterMs(headers['retry-after'], Date.now());
    return { verdict: { kind: 'retry', reason, stubborn: status === 502, ...(afterMs === undefined ? {} : { afterMs }) } };
  }
  if (BLOCKED.has(status)) return { verdict: { kind: 'blocked', reason: `${reason} (${ADVICE[status] ?? 'is the url right?'})` } };
  return { verdict: { kind: status === 413 ? 'split' : 'invalid', reason } };
}

// "Failures": nothing else may be sent again. https://opentelemetry.io/docs/specs/otlp/#failures-1
const RETRIED = new Set([429, 502, 503, 504]);
const BLOCKED = new Set([301, 302, 307, 308, 401, 403, 404, 405, 406, 415]);
const ADVICE: Readonly<Record<number, string>> = {
  401: 'the credentials were refused; set bearer_token or headers',
  403: 'the credentials do not allow this; set bearer_token or headers',
  404: 'is the url right? /v1/logs is added to it, logs_url is used as it stands',
  415: 'another protocol may help: http/json or http/protobuf',
};

/**
 * Accepted, wholly or in part. What is refused here must not be sent again, and which records those are is said only if
 * it is all of them. "Partial Success": https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
function classifySuccess(status: number, contentType: string | string[] | undefined, body: Buffer, count: number): Classified {
  const response = String(contentType ?? '').includes('html') ? undefined : readResponse(body);
  if (response === undefined) return { verdict: { kind: 'retry', reason: `HTTP ${status}, but the answer is not that of OTLP: ${JSON.stringify(body.toString('utf8', 0, 80))}`, stubborn: true } };
  const { rejected, message } = response;
  if (rejected <= 0) return { verdict: { kind: 'delivered' }, ...(message === '' ? {} : { warning: `the receiver says: ${message}` }) };
  const why = message || 'no reason given';
  if (rejected >= count) {
    const reason = `all ${count} records of a request were refused: ${why}`;
    return { verdict: { kind: 'partial', items: Array.from({ length: count }, () => ({ kind: 'rejected', reason })) } };
  }
  // Nobody can tell which. To keep all would call most of them refused that have arrived, and to send them again would double these.
  return { verdict: { kind: 'delivered' }, refusedUnnamed: rejected, warning: `${rejected} of ${count} records of a request were refused, and it is not said which: ${why}` };
}
