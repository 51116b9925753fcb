import type { AwsCredentials } from '../aws/credentials.ts';
import { AwsSigner } from '../aws/signer.ts';
import { Credentials, type CredentialOptions } from '../credentials.ts';
import type { Answer } from '../http.ts';
import type { Verdict } from '../output.ts';

export interface LoginRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Headers with what proves who sends, or why there is none. */
export type LoggedIn =
  | { readonly kind: 'headers'; readonly headers: Record<string, string>; remedy(answer: Answer): Promise<boolean> }
  | { readonly kind: 'failed'; readonly verdict: Verdict };

/** How shipper logs in. `remedy`, for an answer 401 or 403: true if another try may pass, as something else is known now. */
export interface Login {
  headersFor(request: LoginRequest, signal: AbortSignal): Promise<LoggedIn>;
}

/** A header that is the same for all requests, or none. */
export async function headerLogin(options: CredentialOptions): Promise<Login> {
  const credentials = new Credentials(options);
  await credentials.refresh();
  return {
    async headersFor({ headers }) {
      if (credentials.problem !== undefined && !(await credentials.refresh())) return { kind: 'failed', verdict: { kind: 'blocked', reason: `can't read the credentials: ${credentials.problem}` } };
      const { header } = credentials;
      return { kind: 'headers', headers: { ...headers, ...(header === undefined ? {} : { authorization: header }) }, remedy: () => credentials.refresh() };
    },
  };
}

export interface AwsLogin {
  readonly service: 'es' | 'aoss';
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
}

/** Signatures of AWS: OpenSearch Service, and Serverless, which wants the body's hash as a header. */
export function awsLogin(options: AwsLogin, env: NodeJS.ProcessEnv, now?: () => number): Login {
  const signer = new AwsSigner({ ...options, signsBody: options.service === 'aoss' }, env, now);
  return {
    async headersFor(request, signal) {
      const ready = await signer.prepare(signal);
      if (ready.kind === 'failed') return ready;
      const { headers, sentAtMs } = signer.sign(request, ready);
      return { kind: 'headers', headers, remedy: (answer) => remedy(signer, answer, sentAtMs, ready.credentials) };
    },
  };
}

async function remedy(signer: AwsSigner, { headers }: Answer, sentAtMs: number, refused: AwsCredentials): Promise<boolean> {
  return signer.clock.learn(headers, sentAtMs) || signer.renew(refused);
}
