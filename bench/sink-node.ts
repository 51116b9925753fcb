// The sink of sink.c for machines without gcc: same arguments, same lines, slower.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

const NEWLINE = 10;
const ID = Buffer.from('"_id":"');
const expected = Number(process.argv[2] ?? 0);
const counts = { docs: 0, ids: 0, repeated: 0, requests: 0, wireBytes: 0, bodyBytes: 0, lastMs: 0 };
// A Set takes 16.7 million entries at most: several, chosen by the id's length and last character.
const seen = Array.from({ length: 16 }, () => new Set<string>());

const server = createServer((request, response) => {
  const blocks: Buffer[] = [];
  request.on('data', (block: Buffer) => blocks.push(block));
  request.on('end', () => answer(request, response, Buffer.concat(blocks)));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
process.on('SIGTERM', () => {
  report();
  process.exit(0);
});

function answer(request: IncomingMessage, response: ServerResponse, wire: Buffer): void {
  response.setHeader('content-type', 'application/json').setHeader('x-elastic-product', 'Elasticsearch');
  if (request.url?.includes('/_bulk') !== true) {
    response.end('{"name":"sink","version":{"number":"8.19.0","build_flavor":"default"},"tagline":"You Know, for Search"}');
    return;
  }
  const now = Date.now();
  const before = counts.docs;
  const body = wire[0] === 0x1f && wire[1] === 0x8b ? gunzipSync(wire) : wire;
  counts.requests++;
  counts.wireBytes += wire.length;
  counts.bodyBytes += body.length;
  const brief = request.url.includes('filter_path');
  const items = readBulk(body, brief);
  if (counts.docs > before) counts.lastMs = now;
  response.end(`{"errors":false,${brief ? '' : '"took":1,'}"items":[${items}]}`);
  if (before < expected && counts.docs >= expected) report();
}

function readBulk(body: Buffer, brief: boolean): string {
  const items: string[] = [];
  for (let at = 0; at < body.length;) {
    const newline = body.indexOf(NEWLINE, at);
    if (newline < 0) break;
    const id = idOf(body, at, newline);
    items.push(`{"${body[at + 2] === 0x69 ? 'index' : 'create'}":{${brief ? '' : `"_index":"logs","_id":"${id}",`}"status":201}}`);
    counts.docs++;
    const next = body.indexOf(NEWLINE, newline + 1);
    at = next < 0 ? body.length : next + 1;
  }
  return items.join(',');
}

function idOf(body: Buffer, from: number, to: number): string {
  const action = body.subarray(from, to);
  const at = action.indexOf(ID);
  if (at < 0) return '';
  const id = action.toString('latin1', at + ID.length, action.indexOf(0x22, at + ID.length));
  const set = seen[(id.length + id.charCodeAt(id.length - 1)) % seen.length];
  if (set?.has(id) === true) counts.repeated++;
  else counts.ids++;
  set?.add(id);
  return id;
}

function report(): void {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ...counts, cpuSeconds: (user + system) / 1e6 }));
}
