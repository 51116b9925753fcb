import { credentialsOf, type Provided } from './credentials.ts';

const PACKAGE = '@aws-sdk/credential-provider-node';

/** SSO, assumed roles and credential processes, by the package of AWS if it is installed. `setting`: what of the profile needs it. */
export async function fromSdk(profile: string, setting: string): Promise<Provided> {
  const provide = await load();
  if (provide === undefined) return { kind: 'problem', reason: `${setting} of the AWS profile ${profile} needs the package ${PACKAGE}: npm install ${PACKAGE}`, passing: false };
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provide({ profile })();
    const credentials = credentialsOf(accessKeyId, secretAccessKey, sessionToken, expiration);
    if (credentials !== undefined) return { kind: 'credentials', credentials };
    return { kind: 'problem', reason: `the AWS profile ${profile} gave no credentials`, passing: false };
  } catch (error) {
    // Only its name: what a credential process wrote may be in the text.
    return { kind: 'problem', reason: `the AWS profile ${profile} (${setting}) gave no credentials: ${error instanceof Error ? error.name : 'error'}`, passing: false };
  }
}

type DefaultProvider = (options: { profile: string }) => () => Promise<Record<string, unknown>>;

async function load(): Promise<DefaultProvider | undefined> {
  try {
    const name: string = PACKAGE; // not a literal: the package is optional, and tsc would want its types
    const { defaultProvider } = (await import(name)) as { defaultProvider: DefaultProvider }; // its documented export
    return defaultProvider;
  } catch {
    return undefined;
  }
}
