import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../e2e/run-shipper.ts';
import type { Moto } from './moto.ts';
import { command } from './tools.ts';

const LINES = 50;
/** Profiles that shipper leaves to the package of AWS, as it does with SSO, for which nothing is to be had here. */
const PROFILES = ['process', 'role'];

/** Ships with a copy of shipper that the package of AWS is installed beside, once by each kind of profile. `target`: of `-o cloudwatch`. Gives the number of records. */
export async function shipByProfile(moto: Moto, target: string): Promise<number> {
  const folder = path.join(moto.folder, 'profiles');
  mkdirSync(folder);
  const program = install(path.join(folder, 'program'), moto.packages);
  const file = path.join(folder, 'app.log');
  writeFileSync(file, Array.from({ length: LINES }, (_, n) => `INFO line ${n}\n`).join(''));
  const env = { HOME: folder, AWS_CONFIG_FILE: configure(folder, moto), AWS_REGION: moto.region, AWS_ENDPOINT_URL: moto.url, AWS_EC2_METADATA_DISABLED: 'true' };
  for (const profile of PROFILES) await command(process.execPath, [program, '--once', file, '-o', `cloudwatch=${target}`, '--state-dir', path.join(folder, profile)], { cwd: folder, env: { ...env, AWS_PROFILE: profile } });
  return PROFILES.length * LINES;
}

/** Gives the path of the program. */
function install(folder: string, packages: string): string {
  const modules = path.join(folder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) if (name !== '@aws-sdk') symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  symlinkSync(path.join(packages, '@aws-sdk'), path.join(modules, '@aws-sdk'));
  cpSync(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  return path.join(folder, 'dist', 'agent', 'cli.js');
}

/** Gives the path of the configuration of AWS. */
function configure(folder: string, { writer, role }: Moto): string {
  const printed = path.join(folder, 'credentials.json');
  writeFileSync(printed, JSON.stringify({ Version: 1, AccessKeyId: writer.accessKeyId, SecretAccessKey: writer.secretAccessKey }));
  const config = path.join(folder, 'config');
  writeFileSync(config, `[profile writer]\naws_access_key_id = ${writer.accessKeyId}\naws_secret_access_key = ${writer.secretAccessKey}\n[profile process]\ncredential_process = cat ${printed}\n[profile role]\nrole_arn = ${role}\nsource_profile = writer\n`);
  return config;
}
