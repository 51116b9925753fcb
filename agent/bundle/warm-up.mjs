// node warm-up.mjs FOLDER NAME…: does once what every start does, and writes the caches of these bundles of FOLDER, which
// hold all functions that were needed for it. One line must come through stdin.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

const LINES = [
  '{"level":30,"time":1732269600000,"pid":7,"hostname":"a","reqId":"req-1","msg":"request completed","res":{"statusCode":200},"responseTime":1.5}',
  '203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET /api/items?page=2 HTTP/1.1" 200 1534 "-" "curl/8.5.0"',
  '2026-11-22T10:00:00.123Z ERROR [api] request failed for user alice after 31 ms: ECONNREFUSED request_id=7f3a attempt=2',
];

const require = createRequire(import.meta.url);
const [folder, ...names] = [path.resolve(process.argv[2]), ...process.argv.slice(3)];
require('node:v8').setFlagsFromString = () => undefined; // a cache is valid for the flags it was made with: those of a start
const { load } = require(path.join(folder, 'load.js'));
const bundles = Object.fromEntries(['agent', 'command-line'].map((name) => [name, load(folder, name, require)]));
const place = mkdtempSync(path.join(tmpdir(), 'shipper-build-'));
const server = createServer(elasticsearch).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
try {
  await start();
  for (const name of names) writeCache(name);
} finally {
  server.close();
  rmSync(place, { recursive: true });
}

async function start() {
  const file = path.join(place, 'app.log');
  const configuration = path.join(place, 'shipper.yaml');
  writeFileSync(file, LINES.map((line) => `${line}\n`.repeat(20)).join(''));
  writeFileSync(configuration, `inputs: { stdin: { type: stdin }, file: { type: file, paths: [${file}] } }
outputs: { console: { type: console }, es: { type: elasticsearch, url: "http://127.0.0.1:${server.address().port}", compression: gzip, buffer: { disk: off } } }`);
  const { commandLine } = await bundles['command-line'].exports.commandLine();
  const outcome = await commandLine(['-c', configuration, '--once', '--state-dir', path.join(place, 'state')], {});
  if (outcome.kind !== 'agent') throw new Error(JSON.stringify(outcome));
  const { run } = await bundles.agent.exports.run();
  const code = await run(outcome.plan.config, { once: true, stateDir: outcome.plan.stateDir });
  if (code !== 0) throw new Error(`exit code ${code}`);
}

function writeCache(name) {
  const file = path.join(folder, `${name}.js`);
  const stamp = readFileSync(file, 'latin1').slice(2, 18);
  writeFileSync(path.join(folder, `${name}.cache`), Buffer.concat([Buffer.from(stamp), bundles[name].script.createCachedData()]));
}

function elasticsearch(request, response) {
  const parts = [];
  request.on('data', (part) => parts.push(part)).on('end', () => {
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(Buffer.concat(parts)) : Buffer.concat(parts);
    const records = body.toString('latin1').split('\n').length >> 1; // each has two lines
    response.end(JSON.stringify({ errors: false, items: Array.from({ length: records }, () => ({ create: { status: 201 } })) }));
  });
}
