import { appendFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run as runShipper } from '../e2e/run-shipper.ts';
import { checks } from './bulk-checks.ts';
import { PRESSURE, pressureCheck } from './pressure-check.ts';
import type { Program } from './prerequisites.ts';
import { refused, refusedUntil } from './refusal.ts';
import { rowOf, type Row } from './row.ts';
import { ELASTICSEARCH, javaHome, startElasticsearch, type SearchServer } from './search-server.ts';
import { command, eventually, expect, inTemporaryFolder, javaOptions } from './tools.ts';

export const about = [{ server: 'elasticsearch', version: ELASTICSEARCH, output: 'elasticsearch' }];
export const needs: readonly Program[] = ['java', 'mvn'];

/** Elasticsearch, cut down but real: open, and then with users and roles. */
export async function run(): Promise<Row[]> {
  return [...await withServer(false, checks), ...await withServer(true, securityChecks)];
}

function withServer(secured: boolean, work: (server: SearchServer, folder: string) => Promise<Row[]>): Promise<Row[]> {
  return inTemporaryFolder(async (folder) => {
    const server = await startElasticsearch(folder, secured, secured ? PRESSURE : {});
    try {
      return await work(server, folder);
    } finally {
      await server.stop();
    }
  });
}

const RECORDS = 50;
const INDEX = 'logs-allowed-default';
const USER = 'shipper';
const PASSWORD = 'correct-horse';

/** A user who may do what shipper needs and no more. What is wrong is put right while shipper waits or before it runs again: nothing is lost. */
async function securityChecks(server: SearchServer, folder: string): Promise<Row[]> {
  await makeUser(server);
  await server.ask('PUT', '/_index_template/shipper', { index_patterns: ['logs-*', 'other-*'], data_stream: {}, priority: 500 });
  const row = (what: string, check: typeof noCredentials): Promise<Row> => rowOf({ server: server.name, version: server.version, output: 'elasticsearch' }, check.name, async () => ({ what, sent: RECORDS, readBack: await check(server, folder) }));
  return [
    await row('401: blocked, and goes on with the new password', passwordThatChanges),
    await row('items 403 security_exception: blocked, all kept', forbiddenIndex),
    await row('401 without credentials: blocked, all kept', noCredentials),
    await row('validate --connect: password, privilege', validated),
    await pressureCheck(server, folder, `username: ${USER}, password: ${PASSWORD}`),
  ];
}

/** Its files are read again every five seconds. */
async function makeUser({ config, home, url }: SearchServer): Promise<void> {
  appendFileSync(path.join(config, 'roles.yml'), "shipper:\n  indices:\n    - names: ['logs-*']\n      privileges: ['create_doc', 'auto_configure']\n");
  const env = { ES_JAVA_HOME: await javaHome(), ES_PATH_CONF: config, CLI_JAVA_OPTS: `-Xmx64m -XX:TieredStopAtLevel=1 ${javaOptions(tmpdir())}` };
  await command(path.join(home, 'bin', 'elasticsearch-users'), ['useradd', USER, '-p', PASSWORD, '-r', 'shipper'], { env });
  await command('chmod', ['-R', 'a+r', config]);
  const headers = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };
  await eventually('the user is known', () => fetch(`${url}/_security/_authenticate`, { headers }).then(({ ok }) => ok));
}

/** The password in the file is wrong at first. */
async function passwordThatChanges(server: SearchServer, folder: string): Promise<number> {
  const file = path.join(folder, 'password');
  writeFileSync(file, 'hunter2\n');
  const config = configuration(folder, 'changes', server.url, INDEX, `username: ${USER}, password_file: ${file}`);
  const stderr = await refusedUntil(['--once', '-c', config, '--state-dir', path.join(folder, 'state-changes')], /HTTP 401: security_exception.*everything is kept/, () => writeFileSync(file, `${PASSWORD}\n`));
  expect(!stderr.includes('hunter2'), 'a secret was shown');
  return count(server, INDEX);
}

/** Written to an index that the user may not write, then to one that it may. */
async function forbiddenIndex(server: SearchServer, folder: string): Promise<number> {
  const before = await count(server, INDEX);
  const state = path.join(folder, 'state-forbidden');
  const login = `username: ${USER}, password: ${PASSWORD}`;
  const said = await refused(['--once', '-c', configuration(folder, 'forbidden', server.url, 'other-default', login), '--state-dir', state], /403 security_exception.*everything is kept/);
  expect(said.includes(`${RECORDS} pending`), said);
  const { code, stderr } = await runShipper(['--once', '-c', configuration(folder, 'forbidden', server.url, INDEX, login), '--state-dir', state]);
  expect(code === 0, stderr);
  return (await count(server, INDEX)) - before;
}

async function noCredentials(server: SearchServer, folder: string): Promise<number> {
  const before = await count(server, INDEX);
  const state = path.join(folder, 'state-none');
  await refused(['--once', '-c', configuration(folder, 'none', server.url, INDEX, ''), '--state-dir', state], /HTTP 401/);
  const { code, stderr } = await runShipper(['--once', '-c', configuration(folder, 'none', server.url, INDEX, `username: ${USER}, password: ${PASSWORD}`), '--state-dir', state]);
  expect(code === 0, stderr);
  return (await count(server, INDEX)) - before;
}

/** `validate --connect` says what is wrong with each before anything is sent, and nothing where nothing is. */
async function validated(server: SearchServer, folder: string): Promise<number> {
  const before = await count(server, INDEX);
  const config = path.join(folder, 'validated.yaml');
  const output = (password: string, index: string): string => `{type: elasticsearch, url: "${server.url}", index: ${index}, username: ${USER}, password: ${password}}`;
  writeFileSync(config, `outputs:\n  right: ${output(PASSWORD, INDEX)}\n  password: ${output('hunter2', INDEX)}\n  index: ${output(PASSWORD, 'other-default')}\n`);
  const { code, stdout, stderr } = await runShipper(['validate', '--connect', '-c', config]);
  const said = stdout + stderr;
  expect(code === 69 && /^right \(.*\): ok$/m.test(said) && /^password \(.*\): credentials: HTTP 401/m.test(said) && /^index \(.*\): permission: .*create_doc/m.test(said), said);
  expect(!said.includes('hunter2') && (await count(server, INDEX)) === before, 'a secret was shown, or something was sent');
  const { code: shipped, stderr: summary } = await runShipper(['--once', '-c', configuration(folder, 'afterwards', server.url, INDEX, `username: ${USER}, password: ${PASSWORD}`)]);
  expect(shipped === 0, summary);
  return (await count(server, INDEX)) - before;
}

function configuration(folder: string, name: string, url: string, index: string, login: string): string {
  const [log, config] = [path.join(folder, `${name}.log`), path.join(folder, `${name}.yaml`)];
  writeFileSync(log, Array.from({ length: RECORDS }, (_, n) => `2026-11-22T10:00:00Z INFO ${name} ${n}\n`).join(''));
  writeFileSync(config, `inputs:\n  app: {type: file, paths: [${log}]}\noutputs:\n  search: {type: elasticsearch, url: "${url}", index: ${index}${login === '' ? '' : `, ${login}`}}\n`);
  return config;
}

async function count(server: SearchServer, index: string): Promise<number> {
  await server.ask('POST', `/${index}/_refresh`);
  return (await server.ask('GET', `/${index}/_count`)).count ?? -1;
}
