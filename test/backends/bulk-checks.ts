// What real servers answer to `_bulk`, the same for both kinds: everything arrives, once, and what they refuse is treated as it should be.
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ecs } from '../../outputs/dialects/ecs.ts';
import { run as runShipper, type Ended } from '../e2e/run-shipper.ts';
import { refused, refusedUntil } from './refusal.ts';
import { rowOf, type Found, type Row } from './row.ts';
import { countRight, sampleEvents, SAMPLES } from './samples.ts';
import { breakBodiesWith } from './breaking-proxy.ts';
import type { SearchServer } from './search-server.ts';
import { setUpAndRepair } from './setup-check.ts';
import { expect } from './tools.ts';

/** The types that ECS gives to what shipper sends. What is not here, the server finds out by itself. */
const TYPES: Record<string, string> = {
  '@timestamp': 'date', message: 'text', 'log.level': 'keyword', 'log.logger': 'keyword', 'log.offset': 'long', 'event.duration': 'long', 'error.type': 'keyword', 'error.message': 'text', 'error.stack_trace': 'keyword',
  'http.request.method': 'keyword', 'http.response.status_code': 'long', 'http.response.body.bytes': 'long', 'url.path': 'keyword', 'client.ip': 'ip', 'user.id': 'keyword', 'process.pid': 'long', 'service.name': 'keyword', 'host.name': 'keyword',
};
const MANY = 40_000;

export async function checks(server: SearchServer, folder: string): Promise<Row[]> {
  await server.ask('PUT', '/_index_template/shipper', {
    index_patterns: ['logs-*'], data_stream: {}, priority: 500,
    template: { settings: { number_of_replicas: 0 }, mappings: { properties: Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [name, { type }])) } },
  });
  const rows: Row[] = [];
  for (const check of [samples, manyRecords, poison, brokenBody, indexBlock, clusterBlock, closedIndex, setUpAndRepair]) {
    mkdirSync(path.join(folder, check.name));
    rows.push(await rowOf({ server: server.name, version: server.version, output: 'elasticsearch' }, check.name, () => check(server, path.join(folder, check.name))));
  }
  return rows;
}

async function samples(server: SearchServer, folder: string): Promise<Found> {
  const expected = await sampleEvents();
  const config = configuration(folder, server.url, 'logs-samples-default', SAMPLES);
  const replay = await beforeDelivery(folder, SAMPLES, 'logs-samples-default');
  await ship(config, path.join(folder, 'state'));
  const stored = await documents(server, 'logs-samples-default');
  expect(stored.length === expected.length, `${expected.length} sent, ${stored.length} read back`);
  await ship(config, replay, expected.length);
  const replayAdded = (await documents(server, 'logs-samples-default')).length - stored.length;
  const { fields } = await server.ask('GET', '/logs-samples-default/_field_caps?fields=*');
  for (const [name, type] of Object.entries(TYPES)) expect(fields?.[name]?.[type] !== undefined, `${name} is no ${type}: ${JSON.stringify(fields?.[name])}`);
  return { what: 'samples: names, types, and once', sent: expected.length, readBack: countRight(expected, stored, ecs), replayAdded };
}

/** Batches that are too large once inflated (413), and many of them. */
async function manyRecords(server: SearchServer, folder: string): Promise<Found> {
  const file = lines(folder, MANY);
  const config = configuration(folder, server.url, 'logs-many-default', [file], 'batch: {bytes: 8MiB, events: 30000}');
  const replay = await beforeDelivery(folder, [file], 'logs-many-default');
  await ship(config, path.join(folder, 'state'));
  const readBack = await count(server, 'logs-many-default');
  await ship(config, replay, MANY);
  return { what: '413: halved until it fits', sent: MANY, readBack, replayAdded: (await count(server, 'logs-many-default')) - readBack };
}

/** A text where the index has numbers: that record is refused with the server's reason, its neighbours are stored. */
async function poison(server: SearchServer, folder: string): Promise<Found> {
  const file = path.join(folder, 'app.log');
  writeFileSync(file, ['{"msg":"a","n":1}', '{"msg":"b","n":"none"}', '{"msg":"c","n":3}'].map((line) => `${line}\n`).join(''));
  const state = path.join(folder, 'state');
  const { code, stderr } = await runShipper(['--once', '-c', configuration(folder, server.url, 'logs-poison-default', [file]), '--state-dir', state]);
  expect(code === 0 && /2 delivered, 1 dead-lettered/.test(stderr), stderr);
  const letters = readdirSync(state, { recursive: true }).map(String).filter((name) => name.includes('dead-letters')).map((name) => readFileSync(path.join(state, name), 'utf8')).join('');
  expect(letters.includes(`400 ${server.mappingError}`) && letters.includes('"n":"none"'), `the dead letter: ${letters}`);
  return { what: `400 ${server.mappingError}: one refused`, sent: 2, readBack: await count(server, 'logs-poison-default') };
}

/** A body that arrives broken closes the connection, which looks like the network: after some tries the batch is halved until the record that does it stands alone. */
async function brokenBody(server: SearchServer, folder: string): Promise<Found> {
  const proxy = await breakBodiesWith('poison', server.url);
  try {
    const file = path.join(folder, 'app.log');
    // Early among many: others pass after it has failed, by which it is known to be the reason.
    writeFileSync(file, Array.from({ length: 200 }, (_, n) => `2026-11-22T10:00:00Z INFO ${n === 1 ? 'poison' : `line ${n}`}\n`).join(''));
    const { code, stderr } = await runShipper(['--once', '-c', configuration(folder, proxy.url, 'logs-broken-default', [file], 'batch: {events: 2}', 'drain_timeout: 5m'), '--state-dir', path.join(folder, 'state')]);
    expect(code === 0 && /199 delivered, 1 dead-lettered/.test(stderr), stderr);
    return { what: 'connection closed at a broken body: the culprit is found', sent: 199, readBack: await count(server, 'logs-broken-default') };
  } finally {
    await proxy.close();
  }
}

/** The disk is full: items 429 until there is room. */
async function indexBlock(server: SearchServer, folder: string): Promise<Found> {
  await makeDataStream(server, 'logs-full-default');
  await server.ask('PUT', '/logs-full-default/_settings', { 'index.blocks.read_only_allow_delete': true });
  const stored = await whileBlocked(server, folder, 'logs-full-default', /429 cluster_block_exception/, () => server.ask('PUT', '/logs-full-default/_settings', { 'index.blocks.read_only_allow_delete': null }));
  return { what: 'items 429 cluster_block_exception: waits', sent: 100, readBack: stored };
}

/** The cluster is read-only: whole 403, which is no matter of credentials. */
async function clusterBlock(server: SearchServer, folder: string): Promise<Found> {
  const set = (value: true | null): Promise<unknown> => server.ask('PUT', '/_cluster/settings', { persistent: { 'cluster.blocks.read_only_allow_delete': value } });
  await makeDataStream(server, 'logs-readonly-default');
  await set(true);
  const stored = await whileBlocked(server, folder, 'logs-readonly-default', /HTTP 403: cluster_block_exception/, () => set(null));
  return { what: '403 cluster_block_exception: waits', sent: 100, readBack: stored };
}

/** A closed index: blocked, a person is told, and everything is kept. */
async function closedIndex(server: SearchServer, folder: string): Promise<Found> {
  await server.ask('PUT', '/plain');
  await server.ask('POST', '/plain/_close');
  const file = lines(folder, 100);
  const config = configuration(folder, server.url, 'plain', [file]);
  const state = path.join(folder, 'state');
  const said = await refused(['--once', '-c', config, '--state-dir', state], /index_closed_exception.*everything is kept/);
  expect(/100 pending/.test(said), said);
  await server.ask('POST', '/plain/_open');
  await ship(config, state);
  return { what: 'index_closed_exception: blocked, all kept', sent: 100, readBack: await count(server, 'plain') };
}

/** Ships while the server refuses; when a person was told why, `release` puts it right. */
async function whileBlocked(server: SearchServer, folder: string, index: string, told: RegExp, release: () => Promise<unknown>): Promise<number> {
  await refusedUntil(['--once', '-c', configuration(folder, server.url, index, [lines(folder, 100)]), '--state-dir', path.join(folder, 'state')], told, release);
  return (await count(server, index)) - 1;
}

/** With one document in it: this Elasticsearch has no other way to make one. */
async function makeDataStream(server: SearchServer, name: string): Promise<void> {
  await server.ask('POST', `/${name}/_doc`, { '@timestamp': '2026-11-22T09:00:00Z' });
}

/** A state directory in which the files have their ids, and nothing was delivered yet: what a crash after the first request leaves. */
async function beforeDelivery(folder: string, files: readonly string[], index: string): Promise<string> {
  const config = path.join(folder, 'before');
  mkdirSync(config);
  const state = path.join(folder, 'state');
  const { code, stderr } = await runShipper(['--once', '-c', configuration(config, 'http://127.0.0.1:1', index, files, '', 'drain_timeout: 1s'), '--state-dir', state]);
  expect(code === 69, stderr);
  const copy = path.join(folder, 'state-before');
  cpSync(state, copy, { recursive: true, filter: (source) => !lstatSync(source).isSocket() });
  return copy;
}

/** Many lines of several kinds, some longer than a chunk's share. */
function lines(folder: string, number: number): string {
  const file = path.join(folder, 'app.log');
  writeFileSync(file, Array.from({ length: number }, (_, n) => `2026-11-22T10:00:${String(n % 60).padStart(2, '0')}.${String(n % 1000).padStart(3, '0')}Z INFO line ${n} of größer ☃ "quoted" ${'x'.repeat(n % 200)}\n`).join(''));
  return file;
}

function configuration(folder: string, url: string, index: string, files: readonly string[], output = '', setting = ''): string {
  const file = path.join(folder, 'shipper.yaml');
  writeFileSync(file, `inputs:\n  app: {type: file, paths: ${JSON.stringify(files)}, fields: {service: demo}}\noutputs:\n  search:\n    type: elasticsearch\n    url: ${url}\n    index: ${index}\n    ${output}\n${setting}\n`);
  return file;
}

/** `delivered`: how many it must be, to the server's knowledge new or not. */
async function ship(config: string, state: string, delivered?: number): Promise<void> {
  const ended = await runShipper(['--once', '-c', config, '--state-dir', state]);
  whole(ended);
  const counts = [...ended.stderr.matchAll(/search: (\d+) delivered/g)].map(([, digits]) => Number(digits));
  expect(delivered === undefined || counts.reduce((sum, n) => sum + n, 0) === delivered, `${delivered} were to be delivered: ${ended.stderr}`);
}

function whole({ code, stderr }: Ended): void {
  expect(code === 0 && !/[1-9]\d* (dead-lettered|pending|dropped)/.test(stderr), `shipper ended with ${code}: ${stderr}`);
}

async function count(server: SearchServer, index: string): Promise<number> {
  await server.ask('POST', `/${index}/_refresh`);
  return (await server.ask('GET', `/${index}/_count`)).count ?? -1;
}

async function documents(server: SearchServer, index: string): Promise<Record<string, unknown>[]> {
  await server.ask('POST', `/${index}/_refresh`);
  const { hits } = await server.ask('POST', `/${index}/_search`, { size: 10_000, query: { match_all: {} } });
  return (hits?.hits ?? []).map(({ _source }) => _source);
}
