import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { run as runShipper } from '../e2e/run-shipper.ts';
import type { Found } from './row.ts';
import type { SearchServer } from './search-server.ts';
import { expect } from './tools.ts';

const RECORDS = [
  { msg: 'a', service: 'web', n: 1, o: { x: 1 } }, // makes the mapping
  { msg: 'b', service: 'web', n: 'seven' }, // malformed, which the template lets pass
  { msg: 'c', service: 'web', o: 'text' }, // a text where there are objects: repaired
  { msg: 'd', service: 'Pay-Roll', client_ip: 'nope' },
];

/** Template and data streams from a field, a conflict that is repaired, and `validate --connect` before and behind it. */
export async function setUpAndRepair(server: SearchServer, folder: string): Promise<Found> {
  const config = path.join(folder, 'c.yaml');
  const retention = server.name === 'elasticsearch' ? ', retention_days: 30' : ''; // this OpenSearch has no state management
  writeFileSync(config, `outputs: {o: {type: elasticsearch, url: "${server.url}", index: "app-{service}-x", setup: true, repair_conflicts: true${retention}}}\n`);
  const connect = async (): Promise<void> => {
    const { code, stdout, stderr } = await runShipper(['validate', '--connect', '-c', config]);
    expect(code === 0 && /^o \(.*\): ok$/m.test(stdout), `validate --connect: ${code} ${stdout}${stderr}`);
  };
  await connect();
  for (const record of RECORDS) { // one by one: the first decides what the others do not fit
    const { code, stderr } = await runShipper(['-c', config], { stdin: `${JSON.stringify(record)}\n` });
    expect(code === 0 && / 1 delivered, 0 dead-lettered/.test(stderr), `${code} ${stderr}`);
  }
  await connect();
  await server.ask('POST', '/app-*/_refresh');
  const stored = await server.ask('GET', '/app-web-x/_search');
  const documents = (stored.hits?.hits ?? []).map(({ _source }) => _source);
  expect(documents.some((document) => document['o_text'] === 'text'), `no repaired document: ${JSON.stringify(documents)}`);
  const { fields } = await server.ask('GET', '/app-*/_field_caps?fields=message,event.duration,client.ip');
  expect(fields?.['message']?.['text'] !== undefined, `message is no text: ${JSON.stringify(fields)}`);
  const payroll = (await server.ask('GET', '/app-pay_roll-x/_count')).count ?? 0;
  return { what: 'index from a field, set-up, a conflict repaired', sent: RECORDS.length, readBack: documents.length + payroll };
}
