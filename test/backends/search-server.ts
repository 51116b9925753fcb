import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readableCopy, unpacked } from './maven.ts';
import { command, eventually, expect, freePort, javaOptions, startServer } from './tools.ts';

const JVM = ['-Xms512m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** A node of Elasticsearch or OpenSearch that is running. */
export interface SearchServer {
  readonly name: 'opensearch' | 'elasticsearch';
  readonly version: string;
  readonly url: string;
  /** Name of the error for a value that does not fit its field. */
  readonly mappingError: string;
  /** Where its users and roles are read from. */
  readonly config: string;
  readonly home: string;
  /** Asks it as its administrator; throws if it answers with an error. */
  ask(method: string, path: string, body?: object): Promise<Answer>;
  stop(): Promise<void>;
}

/** The part of its answers that is looked at here. */
export interface Answer {
  readonly count?: number;
  readonly hits?: { readonly hits: readonly { readonly _id: string; readonly _source: Record<string, unknown> }[] };
  readonly fields?: Record<string, Record<string, unknown>>;
}

export const OPENSEARCH = '2.19.6';
export const ELASTICSEARCH = '8.19.21';
export const ADMIN_PASSWORD = 'administrator';

/** Settings beside those that every node gets here. */
export type Settings = Readonly<Record<string, string>>;

/** Its one JVM, without the launcher, which takes a minute. */
export async function startOpenSearch(folder: string, extra: Settings = {}): Promise<SearchServer> {
  const home = await readableCopy(await unpacked(`org.opensearch.distribution.integ-test-zip:opensearch:${OPENSEARCH}:zip`, `opensearch-${OPENSEARCH}`), folder);
  const work = makeWork(folder);
  copyFileSync(path.join(home, 'config', 'log4j2.properties'), path.join(work, 'config', 'log4j2.properties'));
  writeFileSync(path.join(work, 'config', 'opensearch.yml'), '');
  const port = await freePort();
  const java = [
    ...JVM, '-Xss1m', '-Djava.awt.headless=true', '-Dfile.encoding=UTF-8', '-Djna.nosys=true', '-Dio.netty.noUnsafe=true', '-Dlog4j2.disable.jmx=true', '-Djava.security.manager=allow', ...javaOptions(`${work}/tmp`).split(' '),
    `-Dopensearch.path.home=${home}`, `-Dopensearch.path.conf=${work}/config`, '-Dopensearch.distribution.type=zip', '-Dopensearch.bundled_jdk=false', '-cp', `${home}/lib/*`, 'org.opensearch.bootstrap.OpenSearch',
  ];
  const server = await startAsNobody([path.join(await javaHome(), 'bin', 'java'), ...java, ...await settings(work, port, extra)], work, port, { HOME: work });
  return ready({ name: 'opensearch', version: OPENSEARCH, mappingError: 'mapper_parsing_exception', home, config: path.join(work, 'config') }, port, server.stop);
}

/** `secured`: with users and roles; the administrator is `elastic`. */
export async function startElasticsearch(folder: string, secured: boolean, extra: Settings = {}): Promise<SearchServer> {
  const home = await readableCopy(await unpacked(`org.elasticsearch.distribution.integ-test-zip:elasticsearch:${ELASTICSEARCH}:zip`, `elasticsearch-${ELASTICSEARCH}`), folder);
  const work = makeWork(folder);
  const config = path.join(work, 'config');
  for (const file of ['log4j2.properties', 'role_mapping.yml', 'roles.yml', 'users', 'users_roles']) copyFileSync(path.join(home, 'config', file), path.join(config, file));
  writeFileSync(path.join(config, 'elasticsearch.yml'), '');
  mkdirSync(path.join(config, 'jvm.options.d'));
  const options = readFileSync(path.join(home, 'config', 'jvm.options'), 'utf8').split('\n').filter((line) => !/Xlog:gc|HeapDump|UseG1GC/.test(line));
  writeFileSync(path.join(config, 'jvm.options'), options.join('\n'));
  const env = { HOME: work, ES_JAVA_HOME: await javaHome(), ES_PATH_CONF: config, ES_TMPDIR: path.join(work, 'tmp'), ES_JAVA_OPTS: [...JVM, '-XX:-UseG1GC', '-XX:-UsePerfData'].join(' '), CLI_JAVA_OPTS: `-Xmx64m -XX:TieredStopAtLevel=1 ${javaOptions(path.join(work, 'tmp'))}` };
  await command('chmod', ['-R', 'a+rwX', work]);
  if (secured) await makeKeystore(home, env);
  const port = await freePort();
  const security = secured ? ['true', 'enrollment.enabled=false', 'http.ssl.enabled=false', 'transport.ssl.enabled=false'].map((text, at) => `-Expack.security.${at === 0 ? 'enabled=' : ''}${text}`) : ['-Expack.security.enabled=false'];
  const server = await startAsNobody([path.join(home, 'bin', 'elasticsearch'), ...await settings(work, port, extra), ...security], work, port, env);
  return ready({ name: 'elasticsearch', version: ELASTICSEARCH, mappingError: 'document_parsing_exception', home, config }, port, server.stop, secured);
}

function makeWork(folder: string): string {
  const work = path.join(folder, 'work');
  for (const part of ['config', 'data', 'logs', 'tmp']) mkdirSync(path.join(work, part), { recursive: true });
  return work;
}

async function settings(work: string, port: number, extra: Settings): Promise<string[]> {
  const all = {
    'node.name': 'one', 'http.host': '127.0.0.1', 'http.port': port, 'transport.host': '127.0.0.1', 'transport.port': await freePort(), 'discovery.type': 'single-node',
    'path.data': `${work}/data`, 'path.logs': `${work}/logs`, 'cluster.routing.allocation.disk.threshold_enabled': false, 'http.max_content_length': '1mb', ...extra,
  };
  return Object.entries(all).map(([key, value]) => `-E${key}=${value}`);
}

/** Its programs look for a JVM of their own otherwise. */
export async function javaHome(): Promise<string> {
  return path.dirname(path.dirname((await command('readlink', ['-f', (await command('which', ['java'])).trim()])).trim()));
}

async function makeKeystore(home: string, env: Record<string, string>): Promise<void> {
  const keystore = path.join(home, 'bin', 'elasticsearch-keystore');
  await command(keystore, ['create'], { env });
  await command('sh', ['-c', `printf %s ${ADMIN_PASSWORD} | "$0" add -x bootstrap.password`, keystore], { env });
  await command('chmod', ['-R', 'a+rwX', env['ES_PATH_CONF'] ?? '']);
}

/** Neither of them runs as root. */
async function startAsNobody(args: readonly string[], work: string, port: number, env: Record<string, string>): Promise<{ stop(): Promise<void> }> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await command('chown', ['-R', '65534:65534', work]);
  const clean = ['env', '-i', 'PATH=/usr/bin:/bin', ...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...args];
  const [program = '', ...rest] = isRoot ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', ...clean] : clean;
  return startServer(program, rest, port, work);
}

async function ready(about: Pick<SearchServer, 'name' | 'version' | 'mappingError' | 'home' | 'config'>, port: number, stop: () => Promise<void>, secured = false): Promise<SearchServer> {
  const url = `http://127.0.0.1:${port}`;
  const headers = { 'content-type': 'application/json', ...(secured ? { authorization: `Basic ${Buffer.from(`elastic:${ADMIN_PASSWORD}`).toString('base64')}` } : {}) };
  const request = (method: string, where: string, body?: object): Promise<Response> => fetch(`${url}${where}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const ask = async (method: string, where: string, body?: object): Promise<Answer> => {
    const answer = await request(method, where, body);
    const text = await answer.text();
    expect(answer.ok, `${method} ${where}: ${answer.status} ${text}`);
    return JSON.parse(text) as Answer;
  };
  try {
    await eventually(`${about.name} is ready`, () => request('GET', '/_cluster/health?wait_for_status=yellow&timeout=1s').then(({ ok }) => ok, () => false));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...about, url, ask, stop };
}
