import type { Verdict } from '../output.ts';
import { credentialChain } from './chain.ts';
import { Clock } from './clock.ts';
import { CredentialCache, type AwsCredentials } from './credentials.ts';
import { findRegion } from './region.ts';
import { sign, type SigningRequest } from './sigv4.ts';

export interface SignerOptions {
  /** Signing name: `logs`, `es`, `aoss`. */
  readonly service: string;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** Adds `x-amz-content-sha256`. */
  readonly signsBody?: boolean;
}

/** What a request can be signed with, or why it can't. */
export type Ready =
  | { readonly kind: 'ready'; readonly region: string; readonly credentials: AwsCredentials }
  | { readonly kind: 'failed'; readonly verdict: Verdict };

export interface Signed {
  readonly headers: Record<string, string>;
  /** As this machine's clock has it when put right. */
  readonly sentAtMs: number;
}

/** Signs requests to one service of AWS: finds region and credentials, keeps them fresh, and learns the right time from answers. */
export class AwsSigner {
  readonly clock: Clock;
  readonly #options: SignerOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #credentials: CredentialCache;
  #region: string | undefined;

  constructor(options: SignerOptions, env: NodeJS.ProcessEnv, now: () => number = Date.now) {
    this.clock = new Clock(now);
    this.#options = options;
    this.#env = env;
    this.#region = options.region;
    this.#credentials = new CredentialCache(credentialChain(env, options.profile), () => this.clock.now());
  }

  async prepare(signal: AbortSignal): Promise<Ready> {
    const prepared = await untilAborted(this.#find(), signal);
    if (prepared === undefined) return failed('retry', 'stopped while looking for credentials');
    const { region, provided } = prepared;
    if (region === undefined) return failed('blocked', 'no AWS region is known: set region, or AWS_REGION');
    if (provided.kind === 'problem') return failed(provided.passing ? 'retry' : 'blocked', provided.reason);
    return { kind: 'ready', region, credentials: provided.credentials };
  }

  sign(request: SigningRequest, { region, credentials }: Ready & { kind: 'ready' }): Signed {
    const { service, signsBody = false } = this.#options;
    const sentAtMs = this.clock.now();
    return { headers: sign(request, { credentials, region, service, atMs: sentAtMs, signsBody }), sentAtMs };
  }

  /** The destination has refused these. True: others are there now. */
  renew(refused: AwsCredentials): Promise<boolean> {
    return this.#credentials.renew(refused);
  }

  async #find() {
    this.#region ??= await findRegion(this.#env, this.#options.profile);
    return { region: this.#region, provided: await this.#credentials.get() };
  }
}

/** What hands out credentials may be silent for seconds, and shipper is not to wait for that when it ends. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function failed(kind: 'retry' | 'blocked', reason: string): Ready {
  return { kind: 'failed', verdict: { kind, reason } };
}

/** Whatever a server says of a request goes into messages and dead letters. */
export function withoutSecrets(message: string, { secretAccessKey, sessionToken }: AwsCredentials): string {
  return [secretAccessKey, sessionToken].reduce<string>((text, secret) => (secret === undefined ? text : text.replaceAll(secret, '***')), message);
}
