import { readFile } from 'node:fs/promises';
import { credentialsOf, type Provided, type Provider } from './credentials.ts';
import { jsonOf, metadataRequest } from './metadata-request.ts';

const ECS = 'http://169.254.170.2';
// Where a credential may be sent without TLS: this machine, ECS, EKS Pod Identity.
const PLAIN_HOSTS = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]', 'localhost', '[::1]']);

/** The role of an ECS task or of a pod (EKS Pod Identity), from the address the container was given. https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export function container(env: NodeJS.ProcessEnv): Provider {
  return async () => {
    const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
    const address = relative ? `${ECS}${relative}` : full;
    if (!address) return { kind: 'none' };
    if (!URL.canParse(address)) return problem('AWS_CONTAINER_CREDENTIALS_FULL_URI is not an address');
    const url = new URL(address);
    if (url.protocol !== 'https:' && !isPlainAllowed(url.hostname)) return problem(`credentials are not fetched from ${url.host} without TLS`);
    const token = await tokenOf(env);
    if (token.kind === 'problem') return token;
    const answer = await metadataRequest('GET', url, token.value === undefined ? {} : { authorization: token.value });
    if (answer.status !== 200) return problem(`the container's credentials: ${url.host} ${answer.status === 0 ? `does not answer (${answer.body})` : `answered HTTP ${answer.status}`}`, answer.status === 0 || answer.status === 429 || answer.status >= 500);
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = jsonOf(answer.body);
    const credentials = credentialsOf(AccessKeyId, SecretAccessKey, Token, Expiration);
    return credentials === undefined ? problem(`the container's credentials: ${url.host} did not answer with any`, true) : { kind: 'credentials', credentials };
  };
}

function isPlainAllowed(host: string): boolean {
  return PLAIN_HOSTS.has(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The file wins and is read each time: it is replaced while the pod lives. */
async function tokenOf(env: NodeJS.ProcessEnv): Promise<{ kind: 'token'; value: string | undefined } | (Provided & { kind: 'problem' })> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = env;
  try {
    const value = file ? (await readFile(file, 'utf8')).trim() : token;
    return value !== undefined && /[^\x20-\x7e]/.test(value) ? problem("the container's authorization token is not one line of printable text") : { kind: 'token', value };
  } catch (error) {
    return problem(`can't read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: ${String(error)}`);
  }
}

function problem(reason: string, passing = false): Provided & { kind: 'problem' } {
  return { kind: 'problem', reason, passing };
}
