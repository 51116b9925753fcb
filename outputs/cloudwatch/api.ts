import { credentialChain } from '../aws/chain.ts';
import { Clock } from '../aws/clock.ts';
import { CredentialCache, type AwsCredentials } from '../aws/credentials.ts';
import { logsEndpoint } from '../aws/endpoint.ts';
import { findRegion } from '../aws/region.ts';
import { sign } from '../aws/sigv4.ts';
import { unanswered, type HttpClient } from '../http.ts';
import type { Verdict } from '../output.ts';
import { CLOCK_CODES, CREDENTIAL_CODES, readError, unreadable, type AwsError } from './errors.ts';

export type Operation = 'PutLogEvents' | 'CreateLogGroup' | 'CreateLogStream' | 'PutRetentionPolicy';

/** What came of a call. */
export type Called =
  | { readonly kind: 'ok'; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly error: AwsError }
  /** There was no answer to judge: no connection, no credentials, no region. */
  | { readonly kind: 'failed'; readonly verdict: Verdict };

export interface ApiOptions {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly profile?: string | undefined;
}

/** Signed calls of the CloudWatch Logs API: JSON-RPC, the operation in a header. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html */
export class CloudWatchApi {
  readonly clock: Clock;
  readonly #client: HttpClient;
  readonly #options: ApiOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #credentials: CredentialCache;
  #region: string | undefined;

  constructor(client: HttpClient, options: ApiOptions, env: NodeJS.ProcessEnv, now: () => number = Date.now) {
    this.clock = new Clock(now);
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#credentials = new CredentialCache(credentialChain(env, options.profile), () => this.clock.now());
  }

  /** A refusal that fresh credentials or the right time can end is tried again at once. */
  async call(operation: Operation, body: Uint8Array, signal: AbortSignal): Promise<Called> {
    for (let attempt = 1; ; attempt++) {
      const prepared = await untilAborted(this.#prepare(), signal);
      if (prepared === undefined) return failed('retry', 'stopped while looking for credentials');
      const { region, provided } = prepared;
      if (region === undefined) return failed('blocked', 'no AWS region is known: set region, or AWS_REGION');
      if (provided.kind === 'problem') return failed(provided.passing ? 'retry' : 'blocked', provided.reason);
      const called = await this.#once(operation, body, region, provided.credentials, signal);
      if (called.kind !== 'error' || attempt > MOST_REMEDIES || !(await this.#remedied(called, provided.credentials))) return called;
    }
  }

  async #prepare() {
    this.#region ??= this.#options.region ?? (await findRegion(this.#env, this.#options.profile));
    return { region: this.#region, provided: await this.#credentials.get() };
  }

  async #once(operation: Operation, body: Uint8Array, region: string, credentials: AwsCredentials, signal: AbortSignal): Promise<Called & { readonly clockCorrected?: boolean }> {
    const address = this.#options.endpoint ?? logsEndpoint(region, this.#env);
    if (!URL.canParse('/', address)) return failed('blocked', `${address} is no address of CloudWatch Logs; is AWS_ENDPOINT_URL right?`);
    const url = new URL('/', address);
    const sentAtMs = this.clock.now();
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${operation}` };
    const signed = sign({ method: 'POST', url, headers, body }, { credentials, region, service: 'logs', atMs: sentAtMs });
    const result = await this.#client.post(url, signed, body, signal);
    if (result.kind === 'failure') return { kind: 'failed', verdict: unanswered(result) };
    const clockCorrected = this.clock.learn(result.headers, sentAtMs);
    if (result.status !== 200) return { kind: 'error', error: withoutSecrets(readError(result.status, result.headers, result.body), credentials), clockCorrected };
    const answer = objectOf(result.body, operation);
    return answer === undefined ? { kind: 'failed', verdict: unreadable(result.body) } : { kind: 'ok', answer };
  }

  async #remedied({ error, clockCorrected }: { readonly error: AwsError; readonly clockCorrected?: boolean }, refused: AwsCredentials): Promise<boolean> {
    if (clockCorrected === true && CLOCK_CODES.has(error.code)) return true;
    return CREDENTIAL_CODES.has(error.code) && this.#credentials.renew(refused);
  }
}

/** A clock that was wrong can hide credentials that are. */
const MOST_REMEDIES = 2;

/** What hands out credentials may be silent for seconds, and shipper is not to wait for that when it ends. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function failed(kind: 'retry' | 'blocked', reason: string): Called {
  return { kind: 'failed', verdict: { kind, reason } };
}

/** Undefined: this is no answer of CloudWatch Logs. Calls that have nothing to say answer with an empty body. */
function objectOf(body: Buffer, operation: Operation): Readonly<Record<string, unknown>> | undefined {
  if (body.length === 0 && operation !== 'PutLogEvents') return {};
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Whatever a server says of a request goes into messages and dead letters. */
function withoutSecrets(error: AwsError, { secretAccessKey, sessionToken }: AwsCredentials): AwsError {
  let { message } = error;
  for (const secret of [secretAccessKey, sessionToken]) if (secret !== undefined) message = message.replaceAll(secret, '***');
  return { ...error, message };
}
