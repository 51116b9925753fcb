import { container } from './container.ts';
import { credentialsOf, type Provider } from './credentials.ts';
import { instanceMetadata } from './imds.ts';
import { sharedFiles } from './profile.ts';
import { webIdentity } from './web-identity.ts';

/**
 * Where credentials are looked for, in the order of the AWS SDKs. A profile that was named in the configuration comes
 * before keys in the environment; AWS_PROFILE does not, as in the CLI and in boto.
 */
export function credentialChain(env: NodeJS.ProcessEnv, profile?: string): Provider[] {
  const files = sharedFiles(env, profile);
  return [
    ...(profile === undefined ? [environment(env)] : []),
    files,
    webIdentity(env),
    container(env),
    instanceMetadata(env),
  ];
}

/** AWS_ACCESS_KEY_ID and its like. */
function environment(env: NodeJS.ProcessEnv): Provider {
  return () => {
    const credentials = credentialsOf(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN'], env['AWS_CREDENTIAL_EXPIRATION']);
    return Promise.resolve(credentials === undefined ? { kind: 'none' } : { kind: 'credentials', credentials });
  };
}
