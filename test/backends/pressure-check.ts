import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run as runShipper } from '../e2e/run-shipper.ts';
import { refused } from './refusal.ts';
import { rowOf, type Row } from './row.ts';
import type { SearchServer } from './search-server.ts';
import { expect } from './tools.ts';

/** What makes a node refuse a request as a whole (429) when more than this is on its way to the indices. */
export const PRESSURE = { 'indexing_pressure.memory.limit': '64kb' };
const RECORDS = 1_000;
const INDEX = 'logs-pressure-default';

/** A node that has no room for a request as large: it is not taken for a bad one and not cut up, but kept; smaller ones pass. `login`: options. */
export function pressureCheck(server: SearchServer, folder: string, login = ''): Promise<Row> {
  return rowOf({ server: server.name, version: server.version, output: 'elasticsearch' }, 'pressure', async () => {
    const file = path.join(folder, 'pressure.log');
    writeFileSync(file, Array.from({ length: RECORDS }, (_, n) => `2026-11-22T10:00:00Z INFO line ${n} ${'x'.repeat(150)}\n`).join(''));
    const args = (batch: string): string[] => {
      const config = path.join(folder, 'pressure.yaml');
      writeFileSync(config, `inputs:\n  app: {type: file, paths: [${file}]}\noutputs:\n  search: {type: elasticsearch, url: "${server.url}", index: ${INDEX}, batch: ${batch}${login === '' ? '' : `, ${login}`}}\n`);
      return ['--once', '-c', config, '--state-dir', path.join(folder, 'state-pressure')];
    };
    const said = await refused(args('{events: 1000}'), /HTTP 429: (es_)?rejected_execution_exception/);
    expect(said.includes(`${RECORDS} pending`), said);
    const { code, stderr } = await runShipper(args('{events: 50}'));
    expect(code === 0, stderr);
    await server.ask('POST', `/${INDEX}/_refresh`);
    const readBack = (await server.ask('GET', `/${INDEX}/_count`)).count ?? -1;
    return { sent: RECORDS, readBack, what: 'whole 429 under pressure: waits, all kept' };
  });
}
