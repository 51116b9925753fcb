// Prometheus scrapes /metrics and is asked what it has; promtool looks for what is unusual in the text.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { start } from '../e2e/run-shipper.ts';
import { delivered } from './metrics.ts';
import type { Program } from './prerequisites.ts';
import type { Row } from './row.ts';
import { command, expect, freePort, inTemporaryFolder, startServer } from './tools.ts';

const RECORDS = 250;
const SCRAPED_MS = 120_000;

export const about = [{ server: 'promtool', version: '-', output: 'metrics' }, { server: 'prometheus', version: '-', output: 'metrics' }];
export const needs: readonly Program[] = ['prometheus'];

export async function run(): Promise<Row[]> {
  return inTemporaryFolder(async (folder) => {
    const listen = `127.0.0.1:${await freePort()}`;
    const config = path.join(folder, 'shipper.yaml');
    // A name of a source that needs every escape there is.
    const file = path.join(folder, 'logs', 'a "quoted" \\ name.log');
    mkdirSync(path.dirname(file));
    writeFileSync(file, Array.from({ length: RECORDS }, (_, n) => `INFO line ${n}\n`).join(''));
    writeFileSync(config, `inputs:\n  app: {type: file, paths: [${JSON.stringify(`${folder}/logs/*.log`)}]}\noutputs:\n  out: {type: file, path: ${folder}/out.json}\nlisten: ${listen}\n`);
    const shipper = start(['-c', config]);
    try {
      await delivered(listen, RECORDS);
      const version = (await command('prometheus', ['--version'])).match(/version (\S+)/)?.[1] ?? '-';
      return [await lint(listen, version), await scrape(listen, folder, version)];
    } finally {
      shipper.child.kill('SIGTERM');
      await shipper.ended;
    }
  });
}

/** `promtool check metrics`, and what it does not see: a series that is there twice, a counter below 0. */
async function lint(listen: string, version: string): Promise<Row> {
  const answer = await fetch(`http://${listen}/metrics`);
  const text = await answer.text();
  expect(/^text\/plain; version=0\.0\.4/.test(answer.headers.get('content-type') ?? ''), `content type ${answer.headers.get('content-type')}`);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect(status === 0, `promtool ended with ${status}: ${stdout}${stderr}`);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.slice(0, line.lastIndexOf(' ')));
  const values = text.split('\n').filter((line) => /_total\b/.test(line) && !line.startsWith('#')).map((line) => Number(line.slice(line.lastIndexOf(' '))));
  expect(values.every((value) => value >= 0), 'a counter is below 0, or no number');
  return { server: 'promtool', version, output: 'metrics', real: true, sent: series.length, readBack: new Set(series).size, replayAdded: null, skipped: null, what: 'check metrics: nothing to complain of, no series twice' };
}

/** What Prometheus has after its first scrape, by its own query API. */
async function scrape(listen: string, folder: string, version: string): Promise<Row> {
  const port = await freePort();
  writeFileSync(path.join(folder, 'prometheus.yml'), `scrape_configs:\n  - job_name: shipper\n    scrape_interval: 1s\n    static_configs: [{targets: ['${listen}']}]\n`);
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`];
  const server = await startServer('prometheus', args, port, folder);
  try {
    const fates = ['delivered', 'dead_lettered', 'filtered', 'dropped'].map((fate) => `sum(shipper_${fate}_records_total)`);
    await asked(port, 'up{job="shipper"} == 1');
    const ledger = await asked(port, `sum(shipper_read_records_total) == sum(shipper_pending_records) + ${fates.map((sum) => `(${sum} or vector(0))`).join(' + ')}`);
    expect(ledger === RECORDS, `the sum does not close: ${ledger}`);
    const source = JSON.stringify(path.join(folder, 'logs', 'a "quoted" \\ name.log'));
    const readBack = await asked(port, `shipper_delivered_records_total{output="out", source=${source}}`);
    return { server: 'prometheus', version, output: 'metrics', real: true, sent: RECORDS, readBack, replayAdded: null, skipped: null, what: 'scraped: what was read is what became of it' };
  } finally {
    await server.stop();
  }
}

/** The one value of a query, as soon as there is one. */
async function asked(port: number, query: string): Promise<number> {
  const givenUpAt = Date.now() + SCRAPED_MS;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
    const text = await answer.text();
    const { data } = (answer.ok ? JSON.parse(text) : {}) as { data?: { result: { value: [number, string] }[] } }; // 503: it is still reading what it has on the disk
    const value = data?.result[0]?.value[1];
    if (value !== undefined) return Number(value);
    if (Date.now() > givenUpAt) throw new Error(`nothing came of ${query}: ${text}`);
    await wait(200);
  }
}
