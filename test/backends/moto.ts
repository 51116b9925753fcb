// CloudWatch Logs by moto, which recomputes every signature and checks every right. Read back by the SDK of AWS.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { credentialChain } from '../../outputs/aws/chain.ts';
import { CredentialCache, type AwsCredentials } from '../../outputs/aws/credentials.ts';
import { sign } from '../../outputs/aws/sigv4.ts';
import { events, ROOT, run as runShipper } from '../e2e/run-shipper.ts';
import type { Program } from './prerequisites.ts';
import { shipByProfile } from './aws-profiles.ts';
import { refused } from './refusal.ts';
import { rowOf, type Found, type Row } from './row.ts';
import { command, expect, freePort, inTemporaryFolder, obtained, startServer } from './tools.ts';

const VERSION = '5.2.5';
const SDK_VERSION = '3.1169.0';
const REGION = 'eu-central-1';
const LINES = 25_000;
const [HOUR_MS, DAY_MS] = [3_600_000, 24 * 3_600_000];

const ABOUT = { server: 'moto', version: VERSION, output: 'cloudwatch' };
export const about = [ABOUT];
export const needs: readonly Program[] = ['python3'];

export async function run(): Promise<Row[]> {
  const program = await install();
  const packages = await installSdk();
  return inTemporaryFolder(async (folder) => {
    const port = await freePort();
    const server = await startServer(program, ['-H', '127.0.0.1', '-p', String(port)], port, folder, { MOTO_IAM_LOAD_MANAGED_POLICIES: 'false' });
    try {
      const moto = await setUp(`http://127.0.0.1:${port}`, folder, packages);
      const rows: Row[] = [];
      for (const check of [samples, manyLines, refusals, profiles]) rows.push(await rowOf(ABOUT, check.name, () => check(moto)));
      return rows;
    } finally {
      await server.stop();
    }
  });
}

/** The program. */
async function install(): Promise<string> {
  const folder = await obtained(`moto-${VERSION}`, async (venv) => {
    await command('python3', ['-m', 'venv', venv]);
    await command(path.join(venv, 'bin', 'pip'), ['install', '-q', '--disable-pip-version-check', `moto[server]==${VERSION}`]);
  });
  return path.join(folder, 'bin', 'moto_server');
}

/** The part of `@aws-sdk/client-cloudwatch-logs` that is used here. Not a dependency: a hundred packages, for reading back. */
interface Sdk {
  readonly CloudWatchLogs: new (options: object) => {
    getLogEvents(input: object): Promise<{ events?: StoredEvent[]; nextForwardToken?: string }>;
    describeLogStreams(input: object): Promise<{ logStreams?: { logStreamName?: string }[] }>;
    describeLogGroups(input: object): Promise<{ logGroups?: { logGroupName?: string; retentionInDays?: number }[] }>;
    listTagsLogGroup(input: object): Promise<{ tags?: Record<string, string> }>;
  };
}

interface StoredEvent {
  readonly timestamp: number;
  readonly message: string;
}

/** The folder that its packages are in. */
async function installSdk(): Promise<string> {
  const folder = await obtained(`aws-sdk-${SDK_VERSION}`, async (unfinished) => {
    writeFileSync(path.join(unfinished, 'package.json'), '{"private":true}');
    await command('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', `@aws-sdk/client-cloudwatch-logs@${SDK_VERSION}`], { cwd: unfinished });
  });
  return path.join(folder, 'node_modules');
}

async function loadSdk(packages: string): Promise<Sdk> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'; // it is about next year
  return (await import(pathToFileURL(createRequire(path.join(packages, 'x.js')).resolve('@aws-sdk/client-cloudwatch-logs')).href)) as Sdk; // its documented exports
}

export interface Moto {
  readonly url: string;
  readonly region: string;
  readonly folder: string;
  /** Packages of AWS. */
  readonly packages: string;
  readonly logs: InstanceType<Sdk['CloudWatchLogs']>;
  /** May write logs; may do nothing. */
  readonly writer: AwsCredentials;
  readonly stranger: AwsCredentials;
  /** A role that may write logs, and its session for a web identity token. */
  readonly role: string;
  readonly session: AwsCredentials;
}

/** Users, keys, a role; then authorisation is switched on. */
async function setUp(url: string, folder: string, packages: string): Promise<Moto> {
  const rights = (actions: readonly string[]): string => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] });
  const writing = rights(['logs:PutLogEvents', 'logs:CreateLogStream', 'logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:TagResource', 'sts:AssumeRole']);
  const writer = await makeUser(url, 'writer', writing);
  const reader = await makeUser(url, 'reader', rights(['logs:*']));
  const stranger = await makeUser(url, 'stranger', rights(['s3:ListBuckets']));
  const { role, session } = await assumeRole(url, folder, writing);
  const sdk = await loadSdk(packages);
  await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  return { url, region: REGION, folder, packages, writer, stranger, role, session, logs: new sdk.CloudWatchLogs({ endpoint: url, region: REGION, credentials: reader }) };
}

async function makeUser(url: string, name: string, policy: string): Promise<AwsCredentials> {
  await iam(url, { Action: 'CreateUser', UserName: name });
  await iam(url, { Action: 'PutUserPolicy', UserName: name, PolicyName: 'p', PolicyDocument: policy });
  const xml = await iam(url, { Action: 'CreateAccessKey', UserName: name });
  return { accessKeyId: textOf(xml, 'AccessKeyId'), secretAccessKey: textOf(xml, 'SecretAccessKey') };
}

/** Through our own chain: the token of a file becomes a role's credentials, at a real STS. */
async function assumeRole(url: string, folder: string, policy: string): Promise<Pick<Moto, 'role' | 'session'>> {
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Federated: 'x' }, Action: 'sts:AssumeRoleWithWebIdentity' }, { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }] });
  const role = textOf(await iam(url, { Action: 'CreateRole', RoleName: 'pod', AssumeRolePolicyDocument: trust }), 'Arn');
  await iam(url, { Action: 'PutRolePolicy', RoleName: 'pod', PolicyName: 'p', PolicyDocument: policy });
  const file = path.join(folder, 'token');
  writeFileSync(file, 'a.b.c\n');
  const env = { HOME: folder, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role, AWS_REGION: REGION, AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: 'true' };
  const provided = await new CredentialCache(credentialChain(env)).get();
  expect(provided.kind === 'credentials' && provided.credentials.sessionToken !== undefined && provided.credentials.expiresAtMs !== undefined, `no role for a web identity: ${JSON.stringify(provided)}`);
  return { role, session: provided.credentials };
}

async function iam(url: string, input: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ Version: '2010-05-08', ...input }).toString();
  const headers = sign({ method: 'POST', url: new URL(url), headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }, { credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, region: 'us-east-1', service: 'iam', atMs: Date.now() });
  const answer = await fetch(url, { method: 'POST', headers, body });
  const text = await answer.text();
  expect(answer.ok, `IAM: ${text}`);
  return text;
}

function textOf(xml: string, tag: string): string {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '';
}

function environment(moto: Moto, { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: REGION, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: moto.url, ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }) };
}

/** All samples, with the session of a role: fields under the same names as on the console. */
async function samples(moto: Moto): Promise<Found> {
  const config = path.join(moto.folder, 'samples.yaml');
  writeFileSync(config, `inputs:\n  samples: {type: file, paths: [samples/*.log], fields: {service: demo}}\noutputs:\n  aws: {type: cloudwatch, group: "/shipper/{service}", stream: samples, retention_days: 30, tags: {team: payments}, class: INFREQUENT_ACCESS}\n`);
  const env = environment(moto, moto.session);
  await ship(['--once', '-c', config], env);
  const expected = events((await runShipper(['--once', ...readdirSync(path.join(ROOT, 'samples')).map((file) => `samples/${file}`), '-o', 'console=json'])).stdout);
  const stored = await readBack(moto, '/shipper/'); // some samples name a service of their own
  const found = new Set(stored.map(({ message }) => withoutAdded(message)));
  const group = (await moto.logs.describeLogGroups({ logGroupNamePrefix: '/shipper/demo' })).logGroups?.[0];
  expect(group?.retentionInDays === 30, `the group was made otherwise: ${JSON.stringify(group)}`); // moto takes a class, and forgets it
  expect((await moto.logs.listTagsLogGroup({ logGroupName: '/shipper/demo' })).tags?.['team'] === 'payments', 'the group has no tags');
  const right = expected.filter((event) => found.has(withoutAdded(JSON.stringify(event)))).length;
  expect(stored.length === expected.length, `${expected.length} sent, ${stored.length} read back`);
  await ship(['--once', '-c', config], env);
  const replayAdded = (await readBack(moto, '/shipper/')).length - stored.length;
  return { sent: expected.length, readBack: right, replayAdded, what: 'samples: names and types; group, tags and retention' };
}

/** A document without what is only added for the network, in an order of its own. */
function withoutAdded(message: string): string {
  const { host: _host, service: _service, observed_timestamp: _observed, ...rest } = JSON.parse(message) as Record<string, unknown>;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Many lines, out of order, some beyond the window, to several groups: through files, in several requests. */
async function manyLines(moto: Moto): Promise<Found> {
  const nowMs = Date.now();
  const ages = [0, 0, 0, -HOUR_MS, HOUR_MS, 25 * HOUR_MS, 13 * DAY_MS, 15 * DAY_MS, -3 * HOUR_MS];
  const timeOf = (n: number): number => nowMs - (ages[n % ages.length] ?? 0) - (n % 1_000);
  const lines = Array.from({ length: LINES }, (_, n) => JSON.stringify({ time: new Date(timeOf(n)).toISOString(), level: 'info', msg: `größer ☃ "${n}"`, n, service: `s${n % 3}` }));
  mkdirSync(path.join(moto.folder, 'many'), { recursive: true });
  const file = path.join(moto.folder, 'many', 'app.log');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const config = path.join(moto.folder, 'many.yaml');
  writeFileSync(config, `inputs:\n  app: {type: file, paths: ["${file}"]}\noutputs:\n  aws: {type: cloudwatch, group: "/many/{service}", stream: "all"}\n`);
  await ship(['--once', '-c', config], environment(moto, moto.writer));
  const stored = await readBack(moto, '/many/');
  const seen = new Set<number>();
  for (const { timestamp, message } of stored) {
    const { n, message: text, timestamp: own } = JSON.parse(message) as { n: number; message: string; timestamp: string };
    const ageMs = ages[n % ages.length] ?? 0;
    const isInWindow = ageMs < 14 * DAY_MS && ageMs > -2 * HOUR_MS;
    const isRight = text === `größer ☃ "${n}"` && Date.parse(own) === timeOf(n) && (isInWindow ? timestamp === timeOf(n) : timestamp >= nowMs);
    if (isRight) seen.add(n);
  }
  expect(stored.length === LINES, `${LINES} sent, ${stored.length} read back`);
  return { sent: LINES, readBack: seen.size, what: 'out of order, beyond the window, to several groups' };
}

/** Keys that are wrong, then rights that are missing, then what should be: nothing is lost, and no secret is shown. */
async function refusals(moto: Moto): Promise<Found> {
  const file = path.join(moto.folder, 'refused.log');
  writeFileSync(file, Array.from({ length: 100 }, (_, n) => `INFO line ${n}\n`).join(''));
  const state = path.join(moto.folder, 'state');
  const config = path.join(moto.folder, 'refused.yaml');
  writeFileSync(config, `inputs:\n  app: {type: file, paths: ["${file}"]}\noutputs:\n  aws: {type: cloudwatch, group: refused, stream: stream}\n`);
  const args = ['--once', '-c', config, '--state-dir', state];
  const wrong = { ...moto.writer, secretAccessKey: 'hunter2' };
  for (const [credentials, code] of [[wrong, 'SignatureDoesNotMatch'], [moto.stranger, 'AccessDenied'], [{ ...wrong, accessKeyId: 'AKIANOBODY' }, 'InvalidClientTokenId']] as const) {
    const said = await refused(args, new RegExp(code), { env: environment(moto, credentials) });
    expect(!said.includes('hunter2') && !said.includes(moto.stranger.secretAccessKey), `${code}: a secret was shown`);
  }
  const tried = await runShipper(['validate', '--connect', '-c', config], { env: environment(moto, moto.stranger) });
  expect(tried.code === 69 && /: permission: AccessDenied/.test(tried.stderr), `validate --connect: ${tried.stdout}${tried.stderr}`);
  await ship(args, environment(moto, moto.writer));
  const stored = await readBack(moto, 'refused');
  rmSync(state, { recursive: true });
  return { sent: 100, readBack: stored.length, what: 'wrong keys, missing rights: blocked, all kept' };
}

/** Profiles that only the package of AWS can read, once that is installed beside shipper. */
async function profiles(moto: Moto): Promise<Found> {
  const sent = await shipByProfile(moto, 'profiles/stream');
  return { sent, readBack: (await readBack(moto, 'profiles')).length, what: 'credential_process and an assumed role, by the package of AWS' };
}

async function ship(args: readonly string[], env: Record<string, string>): Promise<void> {
  const { code, stderr } = await runShipper(args, { env });
  expect(code === 0 && !/dead-letter|refused/.test(stderr.replaceAll('refused.log', '').replace(/0 dead-lettered/g, '')), `shipper ended with ${code}: ${stderr}`);
}

/** All events of the groups whose names begin so. */
async function readBack({ logs }: Moto, logGroupNamePrefix: string): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (const { logGroupName } of (await logs.describeLogGroups({ logGroupNamePrefix })).logGroups ?? []) {
    for (const { logStreamName } of (await logs.describeLogStreams({ logGroupName })).logStreams ?? []) {
      let nextToken: string | undefined;
      for (;;) {
        const page = await logs.getLogEvents({ logGroupName, logStreamName, startFromHead: true, ...(nextToken === undefined ? {} : { nextToken }) });
        all.push(...(page.events ?? []));
        if ((page.events ?? []).length === 0 || page.nextForwardToken === nextToken) break;
        nextToken = page.nextForwardToken;
      }
    }
  }
  return all;
}
