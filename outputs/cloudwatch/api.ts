import type { AwsCredentials } from '../aws/credentials.ts';
import { logsEndpoint } from '../aws/endpoint.ts';
import { AwsSigner, withoutSecrets, type Ready } from '../aws/signer.ts';
import type { Clock } from '../aws/clock.ts';
import { unanswered, type HttpClient } from '../http.ts';
import { isRecord, parseAnswer } from '../json-answer.ts';
import type { Failure } from '../network/failure.ts';
import type { Verdict } from '../output.ts';
import { CLOCK_CODES, CREDENTIAL_CODES, readError, unreadable, type AwsError } from './errors.ts';

export type Operation = 'PutLogEvents' | 'CreateLogGroup' | 'CreateLogStream' | 'PutRetentionPolicy';

/** What came of a call. */
export type Called =
  | { readonly kind: 'ok'; readonly answer: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly error: AwsError }
  /** There was no answer to judge: no connection (then `failure` says how far it got), no credentials, no region. */
  | { readonly kind: 'failed'; readonly verdict: Verdict; readonly failure?: Failure };

export interface ApiOptions {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly profile?: string | undefined;
}

/** Signed calls of the CloudWatch Logs API: JSON-RPC, the operation in a header. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html */
export class CloudWatchApi {
  readonly #client: HttpClient;
  readonly #options: ApiOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signer: AwsSigner;

  constructor(client: HttpClient, options: ApiOptions, env: NodeJS.ProcessEnv, now: () => number = Date.now) {
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#signer = new AwsSigner({ service: 'logs', region: options.region, profile: options.profile }, env, now);
  }

  get clock(): Clock {
    return this.#signer.clock;
  }

  /** A refusal that fresh credentials or the right time can end is tried again at once. */
  async call(operation: Operation, body: Uint8Array, signal: AbortSignal): Promise<Called> {
    for (let attempt = 1; ; attempt++) {
      const ready = await this.#signer.prepare(signal);
      if (ready.kind === 'failed') return ready;
      const called = await this.#once(operation, body, ready, signal);
      if (called.kind !== 'error' || attempt > MOST_REMEDIES || !(await this.#remedied(called, ready.credentials))) return called;
    }
  }

  async #once(operation: Operation, body: Uint8Array, ready: Ready & { kind: 'ready' }, signal: AbortSignal): Promise<Called & { readonly clockCorrected?: boolean }> {
    const address = this.#options.endpoint ?? logsEndpoint(ready.region, this.#env);
    if (!URL.canParse('/', address)) return { kind: 'failed', verdict: { kind: 'blocked', reason: `${address} is no address of CloudWatch Logs; is AWS_ENDPOINT_URL right?` } };
    const url = new URL('/', address);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Logs_20140328.${operation}` };
    const signed = this.#signer.sign({ method: 'POST', url, headers, body }, ready);
    const result = await this.#client.post(url, signed.headers, body, signal);
    if (result.kind === 'failure') return { kind: 'failed', verdict: unanswered(result), failure: result };
    const clockCorrected = this.clock.learn(result.headers, signed.sentAtMs);
    if (result.status !== 200) {
      const error = readError(result.status, result.headers, result.body);
      return { kind: 'error', error: { ...error, message: withoutSecrets(error.message, ready.credentials) }, clockCorrected };
    }
    const answer = objectOf(result.body, operation);
    return answer === undefined ? { kind: 'failed', verdict: unreadable(result.body) } : { kind: 'ok', answer };
  }

  async #remedied({ error, clockCorrected }: { readonly error: AwsError; readonly clockCorrected?: boolean }, refused: AwsCredentials): Promise<boolean> {
    if (clockCorrected === true && CLOCK_CODES.has(error.code)) return true;
    return CREDENTIAL_CODES.has(error.code) && this.#signer.renew(refused);
  }
}

/** A clock that was wrong can hide credentials that are. */
const MOST_REMEDIES = 2;

/** Undefined: this is no answer of CloudWatch Logs. Calls that have nothing to say answer with an empty body. */
function objectOf(body: Buffer, operation: Operation): Readonly<Record<string, unknown>> | undefined {
  if (body.length === 0 && operation !== 'PutLogEvents') return {};
  const answer = parseAnswer(body);
  return isRecord(answer) ? answer : undefined;
}
