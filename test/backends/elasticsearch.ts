import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run as runShipper, start, until } from '../e2e/run-shipper.ts';
import { checks } from './bulk-checks.ts';
import { PRESSURE, pressureCheck } from './pressure-check.ts';
import type { Program } from './prerequisites.ts';
import { skippedRow, type Row } from './row.ts';
import { ELASTICSEARCH, javaHome, obstacle, startElasticsearch, type SearchServer } from './search-server.ts';
import { command, expect, inTemporaryFolder } from './tools.ts';

export const needs: readonly Program[] = ['java', 'mvn'];

/** Elasticsearch, cut down but real: open, and then with users and roles. */
export async function run(): Promise<Row[]> {
  const missing = obstacle();
  if (missing !== undefined) return [skippedRow('elasticsearch', ELASTICSEARCH, 'elasticsearch', missing)];
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
const PASSWORD = 'correct-horse';

/** A user who may do what shipper needs and no more. What is wrong is put right while shipper waits or before it runs again: nothing is lost. */
async function securityChecks(server: SearchServer, folder: string): Promise<Row[]> {
  await makeUser(server);
  await server.ask('PUT', '/_index_template/shipper', { index_patterns: ['logs-*', 'other-*'], data_stream: {}, priority: 500 });
  const row = (what: string, readBack: number): Row => ({ server: server.name, version: server.version, output: 'elasticsearch', real: true, sent: RECORDS, readBack, replayAdded: null, skipped: null, what });
  return [
    row('401: blocked, and goes on with the new password', await passwordThatChanges(server, folder)),
    row('items 403 security_exception: blocked, all kept', await forbiddenIndex(server, folder)),
    row('401 without credentials: blocked, all kept', await noCredentials(server, folder)),
    await pressureCheck(server, folder, `username: shipper, password: ${PASSWORD}`),
  ];
}

/** Its files are read again every five seconds; shipper waits for longer than that. */
async function makeUser({ config, home }: SearchServer): Promise<void> {
  appendFileSync(path.join(config, 'roles.yml'), "shipper:\n  indices:\n    - names: ['logs-*']\n      privileges: ['create_doc', 'auto_configure']\n");
  const env = { ES_JAVA_HOME: await javaHome(), ES_PATH_CONF: config, CLI_JAVA_OPTS: '-Xmx64m -XX:TieredStopAtLevel=1' };
  await command(path.join(home, 'bin', 'elasticsearch-users'), ['useradd', 'shipper', '-p', PASSWORD, '-r', 'shipper'], { env });
  await command('chmod', ['-R', 'a+r', config]);
}

/** The password in the file is wrong at first. */
async function passwordThatChanges(server: SearchServer, folder: string): Promise<number> {
  const file = path.join(folder, 'password');
  writeFileSync(file, 'hunter2\n');
  const config = configuration(folder, 'changes', server.url, INDEX, `username: shipper, password_file: ${file}`);
  const running = start(['--once', '-c', config, '--state-dir', path.join(folder, 'state-changes')]);
  running.child.stdin.end();
  await until(() => /HTTP 401: security_exception.*everything is kept/.test(running.stderr()), 'a message about 401');
  expect(!running.stderr().includes('hunter2'), 'a secret was shown');
  writeFileSync(file, `${PASSWORD}\n`);
  const { code, stderr } = await running.ended;
  expect(code === 0, stderr);
  return count(server, INDEX);
}

/** Written to an index that the user may not write, then to one that it may. */
async function forbiddenIndex(server: SearchServer, folder: string): Promise<number> {
  const before = await count(server, INDEX);
  const state = path.join(folder, 'state-forbidden');
  const login = `username: shipper, password: ${PASSWORD}`;
  const refused = await runShipper(['--once', '-c', configuration(folder, 'forbidden', server.url, 'other-default', login), '--state-dir', state]);
  expect(refused.code === 69 && /403 security_exception.*everything is kept/.test(refused.stderr) && refused.stderr.includes(`${RECORDS} pending`), refused.stderr);
  const { code, stderr } = await runShipper(['--once', '-c', configuration(folder, 'forbidden', server.url, INDEX, login), '--state-dir', state]);
  expect(code === 0, stderr);
  return (await count(server, INDEX)) - before;
}

async function noCredentials(server: SearchServer, folder: string): Promise<number> {
  const before = await count(server, INDEX);
  const state = path.join(folder, 'state-none');
  const refused = await runShipper(['--once', '-c', configuration(folder, 'none', server.url, INDEX, ''), '--state-dir', state]);
  expect(refused.code === 69 && /HTTP 401/.test(refused.stderr), refused.stderr);
  const { code, stderr } = await runShipper(['--once', '-c', configuration(folder, 'none', server.url, INDEX, `username: shipper, password: ${PASSWORD}`), '--state-dir', state]);
  expect(code === 0, stderr);
  return (await count(server, INDEX)) - before;
}

function configuration(folder: string, name: string, url: string, index: string, login: string): string {
  const [log, config] = [path.join(folder, `${name}.log`), path.join(folder, `${name}.yaml`)];
  writeFileSync(log, Array.from({ length: RECORDS }, (_, n) => `2026-11-22T10:00:00Z INFO ${name} ${n}\n`).join(''));
  const timeout = login.includes('password_file') ? '' : 'drain_timeout: 1s\n';
  writeFileSync(config, `inputs:\n  app: {type: file, paths: [${log}]}\noutputs:\n  search: {type: elasticsearch, url: "${url}", index: ${index}${login === '' ? '' : `, ${login}`}}\n${timeout}`);
  return config;
}

async function count(server: SearchServer, index: string): Promise<number> {
  await server.ask('POST', `/${index}/_refresh`);
  return (await server.ask('GET', `/${index}/_count`)).count ?? -1;
}
