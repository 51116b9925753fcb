/** What requests are signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Epoch ms; absent: they do not expire. */
  readonly expiresAtMs?: number;
}

/** What a place to look for credentials gives. No reason holds a secret. */
export type Provided =
  | { readonly kind: 'credentials'; readonly credentials: AwsCredentials }
  /** This place is not in use: ask the next. */
  | { readonly kind: 'none' }
  /** It is in use, and fails. `passing`: nobody has to act. */
  | { readonly kind: 'problem'; readonly reason: string; readonly passing: boolean };

export type Provider = () => Promise<Provided>;

/** Credentials are fetched anew this long before they expire, or at half of their life if that is later. As the SDK has it. */
const REFRESH_BEFORE_MS = 300_000;
/** How long to leave alone what could not be had, or what came expired. */
const PAUSE_MS = 30_000;

/** Keeps the credentials of the first place that has some, and fetches them again in time. While that fails, the old ones are used. */
export class CredentialCache {
  readonly #providers: readonly Provider[];
  readonly #now: () => number;
  #held: AwsCredentials | undefined;
  #refreshAtMs = 0;
  #fetching: Promise<Provided> | undefined;

  constructor(providers: readonly Provider[], now: () => number = Date.now) {
    this.#providers = providers;
    this.#now = now;
  }

  async get(): Promise<Exclude<Provided, { kind: 'none' }>> {
    if (this.#held !== undefined && this.#now() < this.#refreshAtMs) return { kind: 'credentials', credentials: this.#held };
    const fetched = await this.#fetch();
    if (this.#held !== undefined) return { kind: 'credentials', credentials: this.#held };
    if (fetched.kind === 'problem') return fetched;
    return { kind: 'problem', reason: 'no AWS credentials were found: there are none in the environment, the shared files, a web identity, a container or the instance metadata', passing: false };
  }

  /** The destination has refused these. True: others are there now. */
  async renew(refused: AwsCredentials): Promise<boolean> {
    if (this.#held === refused) await this.#fetch();
    return this.#held !== undefined && !areSame(this.#held, refused);
  }

  /** One at a time, whoever asks. */
  #fetch(): Promise<Provided> {
    this.#fetching ??= this.#ask().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #ask(): Promise<Provided> {
    for (const provider of this.#providers) {
      const provided = await provider();
      if (provided.kind === 'none') continue;
      if (provided.kind === 'credentials') this.#held = provided.credentials;
      this.#refreshAtMs = provided.kind === 'credentials' ? this.#dueMs(provided.credentials) : this.#now() + PAUSE_MS;
      return provided;
    }
    this.#refreshAtMs = this.#now() + PAUSE_MS;
    return { kind: 'none' };
  }

  #dueMs({ expiresAtMs }: AwsCredentials): number {
    if (expiresAtMs === undefined) return Infinity;
    const nowMs = this.#now();
    const leftMs = expiresAtMs - nowMs;
    return leftMs <= 0 ? nowMs + PAUSE_MS : expiresAtMs - Math.min(REFRESH_BEFORE_MS, leftMs / 2);
  }
}

/** Reads the credentials of a JSON or XML answer or of the SDK. What is missing or no text makes it undefined. */
export function credentialsOf(id: unknown, secret: unknown, token: unknown, expiration: unknown): AwsCredentials | undefined {
  if (!isText(id) || !isText(secret)) return undefined;
  const expiresAtMs = typeof expiration === 'string' ? Date.parse(expiration) : expiration instanceof Date ? expiration.getTime() : NaN;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(isText(token) ? { sessionToken: token } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function areSame(a: AwsCredentials, b: AwsCredentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.sessionToken === b.sessionToken;
}
