import { credentialsOf, type Provider } from './credentials.ts';
import { jsonOf, metadataRequest, type MetadataAnswer } from './metadata-request.ts';

const TOKEN_SECONDS = 21_600;
const ROLES = '/latest/meta-data/iam/security-credentials/';

/**
 * The role of an EC2 instance, from its metadata service, version 2 only: version 1 needs no token, so that whoever can
 * make shipper send a request could read the keys. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function instanceMetadata(env: NodeJS.ProcessEnv): Provider {
  const metadata = new Metadata(env);
  return async () => {
    if (metadata.isOff) return { kind: 'none' };
    const role = await metadata.get(ROLES);
    if (role.status !== 200) return problem(role, 'the instance metadata names no role');
    const answer = await metadata.get(`${ROLES}${role.body.trim().split('\n')[0] ?? ''}`);
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = jsonOf(answer.body);
    const credentials = credentialsOf(AccessKeyId, SecretAccessKey, Token, Expiration);
    return answer.status === 200 && credentials !== undefined ? { kind: 'credentials', credentials } : problem(answer, 'the instance metadata has no credentials of the role');
  };
}

/** The region this instance is in. */
export async function instanceRegion(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const metadata = new Metadata(env);
  if (metadata.isOff) return undefined;
  const answer = await metadata.get('/latest/meta-data/placement/region');
  return answer.status === 200 && /^[a-z0-9-]+$/.test(answer.body.trim()) ? answer.body.trim() : undefined;
}

function problem({ status, body }: MetadataAnswer, what: string): { kind: 'problem'; reason: string; passing: boolean } {
  if (status === 0) return { kind: 'problem', reason: `no AWS credentials were found: none in the environment, the shared files, a web identity or a container, and the instance metadata does not answer (${body})`, passing: false };
  return { kind: 'problem', reason: `${what} (HTTP ${status})`, passing: status >= 500 };
}

class Metadata {
  readonly isOff: boolean;
  readonly #base: string;
  #token: string | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    this.isOff = env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true';
    const ipv6 = env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6';
    this.#base = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? (ipv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254');
  }

  /** With the token it has; with a new one where that is refused. */
  async get(path: string): Promise<MetadataAnswer> {
    if (!URL.canParse(path, this.#base)) return { status: 0, body: `${this.#base} is not an address` };
    const held = this.#token;
    if (held !== undefined) {
      const answer = await this.#ask(path, held);
      if (answer.status !== 401) return answer;
    }
    const issued = await metadataRequest('PUT', new URL('/latest/api/token', this.#base), { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) });
    if (issued.status !== 200) return issued;
    this.#token = issued.body;
    return this.#ask(path, issued.body);
  }

  #ask(path: string, token: string): Promise<MetadataAnswer> {
    return metadataRequest('GET', new URL(path, this.#base), { 'x-aws-ec2-metadata-token': token });
  }
}
