import { readFile } from 'node:fs/promises';
import { HttpClient } from '../http.ts';
import { credentialsOf, type Provided, type Provider } from './credentials.ts';
import { customEndpoint, dnsSuffix } from './endpoint.ts';

const LIMITS = { connections: 1, connectMs: 5_000, timeoutMs: 10_000, answerBytes: 65_536 };

/** A role for a token in a file, as Kubernetes gives it to a pod (IRSA). https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function webIdentity(env: NodeJS.ProcessEnv): Provider {
  return async () => {
    const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env;
    if (!file || !role) return { kind: 'none' };
    let token: string;
    try {
      token = (await readFile(file, 'utf8')).trim(); // each time: it is replaced while the pod lives
    } catch (error) {
      return { kind: 'problem', reason: `can't read the web identity token: ${String(error)}`, passing: false };
    }
    return assumeRole(env, role, token);
  };
}

async function assumeRole(env: NodeJS.ProcessEnv, role: string, token: string): Promise<Provided> {
  const session = env['AWS_ROLE_SESSION_NAME'] || `shipper-${Date.now()}`;
  const body = new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: role, RoleSessionName: session, WebIdentityToken: token });
  const address = stsAddress(env);
  if (!URL.canParse('/', address)) return { kind: 'problem', reason: `web identity: ${address} is no address of STS; is AWS_ENDPOINT_URL right?`, passing: false };
  const client = await HttpClient.open({ ...LIMITS, env, network: { ca_file: env['AWS_CA_BUNDLE'] || undefined } });
  try {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const result = await client.post(new URL('/', address), headers, Buffer.from(body.toString()), AbortSignal.timeout(2 * LIMITS.timeoutMs));
    return result.kind === 'failure' ? { kind: 'problem', reason: `web identity: ${result.reason}`, passing: true } : read(result.status, result.body.toString());
  } finally {
    await client.close();
  }
}

function stsAddress(env: NodeJS.ProcessEnv): string {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return customEndpoint('STS', env) ?? (region ? `https://sts.${region}.${dnsSuffix(region)}` : 'https://sts.amazonaws.com');
}

/** The answer is XML of a fixed form, whose values need no unescaping. */
function read(status: number, xml: string): Provided {
  const text = (tag: string): string | undefined => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
  const credentials = credentialsOf(text('AccessKeyId'), text('SecretAccessKey'), text('SessionToken'), text('Expiration'));
  if (status === 200 && credentials !== undefined) return { kind: 'credentials', credentials };
  const code = text('Code') ?? `HTTP ${status}`;
  // IDPCommunicationError: STS could not ask the identity provider.
  const passing = status === 429 || status >= 500 || code === 'IDPCommunicationError' || code.startsWith('Throttling');
  return { kind: 'problem', reason: `web identity: STS refused the role: ${code}`, passing };
}
