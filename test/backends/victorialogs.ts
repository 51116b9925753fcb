// VictoriaLogs, by its Elasticsearch bulk and by its OTLP endpoint. It keeps no ids: a replay doubles. Every value it gives back is a text.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ecs } from '../../outputs/dialects/ecs.ts';
import { otel } from '../../outputs/dialects/otel.ts';
import type { Dialect } from '../../outputs/dialects/dialect.ts';
import { run as runShipper } from '../e2e/run-shipper.ts';
import type { Program } from './prerequisites.ts';
import type { Row } from './row.ts';
import { sampleEvents, SAMPLES } from './samples.ts';
import { command, expect, freePort, inTemporaryFolder, obtained, startServer } from './tools.ts';

const VERSION = '1.33.1';
const MODULE = 'github.com/VictoriaMetrics/VictoriaLogs';
const MANY = 20_000;
const READABLE_MS = 60_000; // what was written can be read about a second later

type Document = Readonly<Record<string, string>>;

export const about = ['elasticsearch', 'otlp'].map((output) => ({ server: 'victorialogs', version: VERSION, output }));
export const needs: readonly Program[] = ['go'];

export async function run(): Promise<Row[]> {
  const program = await build();
  return inTemporaryFolder(async (folder) => {
    const rows: Row[] = [];
    for (const output of ['elasticsearch', 'otlp'] as const) {
      const port = await freePort();
      const args = [`-storageDataPath=${path.join(folder, output)}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y', '-futureRetention=100y', '-inmemoryDataFlushInterval=1s'];
      const server = await startServer(program, args, port, folder);
      try {
        rows.push(...await checks(output, `http://127.0.0.1:${port}`, folder));
      } finally {
        await server.stop();
      }
    }
    return rows;
  });
}

async function build(): Promise<string> {
  const folder = await obtained(`victorialogs-${VERSION}`, async (unfinished) => {
    writeFileSync(path.join(unfinished, 'go.mod'), `module tools\n\ngo 1.25\n\nrequire ${MODULE} v${VERSION}\n`);
    await command('go', ['build', '-o', 'victoria-logs', `${MODULE}/app/victoria-logs`], { cwd: unfinished, env: { GOFLAGS: '-mod=mod' } });
  });
  return path.join(folder, 'victoria-logs');
}

async function checks(output: 'elasticsearch' | 'otlp', url: string, folder: string): Promise<Row[]> {
  const about = { server: 'victorialogs', version: VERSION, output, real: true, skipped: null };
  const expected = await sampleEvents();
  await ship(output, url, folder, SAMPLES);
  const stored = await readBack(url, expected.length);
  const right = output === 'otlp' ? countRight(expected, stored, otel, otlpName) : countRight(expected, stored, ecs, bulkName);
  await ship(output, url, folder, SAMPLES);
  const replayAdded = (await readBack(url, 2 * expected.length)).length - stored.length;
  const file = path.join(folder, `${output}.log`);
  writeFileSync(file, Array.from({ length: MANY }, (_, n) => `2026-11-22T10:00:00.${String(n % 1000).padStart(3, '0')}Z INFO many ${n} größer ☃ "quoted" ${'x'.repeat(n % 200)}\n`).join(''));
  await ship(output, url, folder, [file]);
  const many = (await readBack(url, 2 * expected.length + MANY)).filter(({ _msg }) => _msg?.includes('größer ☃ "quoted"'));
  return [
    { ...about, sent: expected.length, readBack: right, replayAdded, what: 'samples: names and values' },
    { ...about, sent: MANY, readBack: new Set(many.map(({ _msg }) => _msg)).size, replayAdded: null, what: 'many records' },
  ];
}

/** Ships all of the files, with a state of its own each time. */
async function ship(output: 'elasticsearch' | 'otlp', url: string, folder: string, files: readonly string[]): Promise<void> {
  const config = path.join(folder, 'shipper.yaml');
  const options = output === 'otlp'
    ? `{type: otlp, url: "${url}/insert/opentelemetry/v1/logs"}`
    : `{type: elasticsearch, url: "${url}/insert/elasticsearch/_bulk", query: {_time_field: "@timestamp", _msg_field: message, _stream_fields: "service.name,host.name"}}`;
  writeFileSync(config, `inputs:\n  app: {type: file, paths: ${JSON.stringify(files)}, fields: {service: demo}}\noutputs:\n  victoria: ${options}\n`);
  const { code, stderr } = await runShipper(['--once', '-c', config]);
  expect(code === 0 && !/[1-9]\d* (dead-lettered|pending|dropped)/.test(stderr), `shipper ended with ${code}: ${stderr}`);
}

/** Everything that is stored, as soon as it is as much as it should be; what there is, if that never comes. */
async function readBack(url: string, expected: number): Promise<Document[]> {
  const givenUpAt = Date.now() + READABLE_MS;
  for (;;) {
    const answer = await fetch(`${url}/select/logsql/query`, { method: 'POST', body: new URLSearchParams({ query: '*', limit: String(10 * expected) }) });
    const found = (await answer.text()).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Document);
    if (found.length >= expected || Date.now() > givenUpAt) return found;
    await wait(200);
  }
}

/** What becomes of a leaf of the dialect in VictoriaLogs: its name there; undefined: it is not looked at. */
type NameOf = (leaf: Dialect['leaves'][number]) => string | undefined;

const bulkName: NameOf = ({ field, path, as }) => (as === 'before-query' || as === 'query' || field === 'timestamp' ? undefined : field === 'message' ? '_msg' : path.join('.'));

const otlpName: NameOf = ({ field, path }) => {
  if (field === 'timestamp' || field === 'http_path' || field === 'caller') return undefined;
  return field === 'message' ? '_msg' : field === 'level' ? 'severity' : path.join('.');
};

/** How many of the events there are among the documents, each once: all fields that VictoriaLogs keeps, as texts. */
function countRight(expected: readonly Record<string, unknown>[], documents: readonly Document[], dialect: Dialect, nameOf: NameOf): number {
  const leaves = dialect.leaves.filter(({ field }) => field !== 'host' && field !== 'service').flatMap((leaf) => {
    const name = nameOf(leaf);
    return name === undefined ? [] : [{ ...leaf, name }];
  });
  const left = documents.map((document) => JSON.stringify(leaves.map(({ name }) => document[name] ?? '')));
  return expected.filter((event) => {
    const wanted = JSON.stringify(leaves.map(({ field, as, name }) => textOf(event[field], as, name)));
    const at = left.indexOf(wanted);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

function textOf(value: unknown, as: string | undefined, name: string): string {
  if (value === undefined) return name === 'severity' ? 'Unspecified' : '';
  if (as === 'nanoseconds') return String(Math.round(Number(value) * 1e6));
  return name.startsWith('http.request.header.') ? JSON.stringify([value]) : String(value);
}
