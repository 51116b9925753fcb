import { instanceRegion } from './imds.ts';
import { readProfile } from './profile.ts';

/** The region, from the environment, the profile or the instance. Undefined: nothing names one. */
export async function findRegion(env: NodeJS.ProcessEnv, profile?: string): Promise<string | undefined> {
  return env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (await readProfile(env, profile))?.['region'] || instanceRegion(env);
}
