import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { credentialsOf, type Provided, type Provider } from './credentials.ts';
import { fromSdk } from './sdk.ts';
import { webIdentity } from './web-identity.ts';

/** What one profile of the shared files says. */
export type Profile = Readonly<Record<string, string>>;

/** Credentials from `~/.aws/config` and `~/.aws/credentials`, read again each time. What needs more than keys is left to the AWS package. */
export function sharedFiles(env: NodeJS.ProcessEnv, name?: string): Provider {
  return async () => {
    const profile = await readProfile(env, name);
    if (profile === undefined) return name === undefined ? { kind: 'none' } : missing(name);
    const keys = credentialsOf(profile['aws_access_key_id'], profile['aws_secret_access_key'], profile['aws_session_token'], undefined);
    if (keys !== undefined) return { kind: 'credentials', credentials: keys };
    const { web_identity_token_file: tokenFile, role_arn: role, role_session_name: session, region } = profile;
    if (tokenFile !== undefined && role !== undefined) return webIdentity({ ...(region === undefined ? {} : { AWS_REGION: region }), ...env, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: session })();
    const wants = FOR_THE_SDK.find((key) => profile[key] !== undefined);
    if (wants !== undefined) return fromSdk(profileName(env, name), wants);
    return name === undefined ? { kind: 'none' } : missing(name);
  };
}

const FOR_THE_SDK = ['sso_session', 'sso_start_url', 'role_arn', 'credential_process', 'login_session'];

function missing(name: string): Provided {
  return { kind: 'problem', reason: `the profile ${name} is not in the shared AWS files, or says nothing of credentials`, passing: false };
}

function profileName(env: NodeJS.ProcessEnv, name: string | undefined): string {
  return name ?? env['AWS_PROFILE'] ?? 'default';
}

/** The profile, from both files; that of `credentials` wins. Undefined: it is in neither. */
export async function readProfile(env: NodeJS.ProcessEnv, name?: string): Promise<Profile | undefined> {
  const wanted = profileName(env, name);
  const home = env['HOME'] ?? homedir();
  const config = await readIni(env['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config'));
  const credentials = await readIni(env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws', 'credentials'));
  const found = [config.get(wanted === 'default' && config.has('default') ? 'default' : `profile ${wanted}`), credentials.get(wanted)];
  return found.every((section) => section === undefined) ? undefined : { ...found[0], ...found[1] };
}

/** Sections by name. A file that can't be read has none: mostly there is none. */
async function readIni(path: string): Promise<Map<string, Record<string, string>>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\[\s*([^\]]*?)\s*\]/.exec(line) ?? [];
    if (name !== undefined) sections.set(name.replace(/\s+/g, ' '), (section = {}));
    // An indented line belongs to a nested setting, such as s3's.
    const [, key, value] = /^([^\s=#;[][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line) ?? [];
    if (key !== undefined) section[key.toLowerCase()] = value ?? '';
  }
  return sections;
}
