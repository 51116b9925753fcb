import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

/** What the corpora look like; mean line lengths as the names of the rows in the table promise. */
export const CORPORA = ['json', 'nginx', 'text'] as const;
export type CorpusName = (typeof CORPORA)[number];

export interface Corpus {
  readonly name: CorpusName;
  readonly path: string;
  readonly bytes: number;
  readonly lines: number;
}

// Part of the cached file's name: raise it when a line below changes.
const VERSION = 1;
const SEED = 20261122;
const BLOCK_BYTES = 1 << 20;
const CACHE = process.env['SHIPPER_BENCH_CACHE'] ?? path.join(import.meta.dirname, '.cache');

/** The corpus of `name` with at least `mebibytes`, the same bytes on every machine; made once, kept outside git. */
export function corpus(name: CorpusName, mebibytes: number): Corpus {
  const file = path.join(CACHE, `${name}-${mebibytes}MiB-v${VERSION}.log`);
  const facts = `${file}.json`;
  if (!existsSync(facts)) {
    mkdirSync(CACHE, { recursive: true });
    const { bytes, lines } = generate(name, mebibytes * 1_048_576, `${file}.part`);
    renameSync(`${file}.part`, file);
    writeFileSync(facts, JSON.stringify({ bytes, lines }));
  }
  const { bytes, lines } = JSON.parse(readFileSync(facts, 'utf8')) as { bytes: number; lines: number };
  return { name, path: file, bytes, lines };
}

/** Reads a file once, so that the first run does not pay for the disk. */
export function warm(file: string): void {
  const block = Buffer.alloc(BLOCK_BYTES);
  const fd = openSync(file, 'r');
  while (readSync(fd, block) > 0);
  closeSync(fd);
}

function generate(name: CorpusName, atLeast: number, file: string): { bytes: number; lines: number } {
  const random = mulberry32(SEED);
  const line = { json: jsonLine, nginx: nginxLine, text: textLine }[name];
  const fd = openSync(file, 'w');
  let bytes = 0;
  let lines = 0;
  while (bytes < atLeast) {
    let block = '';
    for (; block.length < BLOCK_BYTES && bytes + block.length < atLeast; lines++) block += line(random, lines);
    bytes += writeSync(fd, Buffer.from(block, 'latin1'));
  }
  closeSync(fd);
  return { bytes, lines };
}

const SERVICES = ['payments', 'checkout', 'inventory', 'auth', 'search', 'notifier'];
const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1', 'ap-south-1'];
const USERS = ['John', 'maria', 'u-48211', 'chen.wei', 'amara', 'svc-batch', 'olga', 'user42'];
const PATHS = ['/api/v1/orders', '/api/v1/cart/items', '/search', '/static/js/app.3f9c.js', '/login', '/api/v2/users/48211/profile', '/healthz'];
const ERRORS = ['DB timeout', 'connection refused', 'upstream returned 502', 'card declined', 'lock wait timeout exceeded'];
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148', 'curl/8.5.0', 'kube-probe/1.31 (linux/amd64) kubernetes/9edcffc', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0'];
const REFERERS = ['-', 'https://shop.example.com/cart', 'https://shop.example.com/search?q=lamp'];
const START_MS = Date.UTC(2026, 10, 22, 10, 0, 0, 123);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

type Random = () => number;

function jsonLine(random: Random, n: number): string {
  const failed = random() < 0.05;
  const head = `{"level":${failed ? 50 : random() < 0.1 ? 40 : 30},"time":${START_MS + n * 3},"pid":${24100 + (n % 8)},"hostname":"${pick(random, SERVICES)}-7d9f6c5b4-x${n % 10}k2p","name":"${pick(random, SERVICES)}"`;
  const body = `,"reqId":"${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}","userId":"${pick(random, USERS)}","method":"${random() < 0.7 ? 'GET' : 'POST'}","path":"${pick(random, PATHS)}","status":${failed ? 502 : 200},"durationMs":${between(random, 1, 900)}`;
  const tail = failed ? `,"err":{"type":"TimeoutError","message":"${pick(random, ERRORS)}"},"msg":"request failed"}\n` : `,"region":"${pick(random, REGIONS)}","msg":"request completed for order ${between(random, 100_000, 999_999)}"}\n`;
  return head + body + tail;
}

function nginxLine(random: Random, n: number): string {
  const address = `${between(random, 11, 200)}.${between(random, 0, 255)}.${between(random, 0, 255)}.${between(random, 1, 254)}`;
  const query = random() < 0.4 ? `?page=${between(random, 1, 40)}&sort=price_asc&session=${hex(random, 10)}` : '';
  return `${address} - ${random() < 0.2 ? pick(random, USERS) : '-'} [${clfTime(START_MS + n * 4)}] "${random() < 0.75 ? 'GET' : 'POST'} ${pick(random, PATHS)}${query} HTTP/1.1" ${pick(random, ['200', '200', '200', '304', '404', '502'])} ${between(random, 120, 48_000)} "${pick(random, REFERERS)}" "${pick(random, AGENTS)}"\n`;
}

function textLine(random: Random, n: number): string {
  const chance = random();
  const [level, prose] = chance < 0.15 ? ['ERROR', failure(random)] : chance < 0.3 ? ['WARN', slow(random)] : ['INFO', success(random)];
  return `${new Date(START_MS + n * 3).toISOString()} ${level} [${pick(random, SERVICES)}] ${prose} request_id=${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 8)} region=${pick(random, REGIONS)} attempt=${between(random, 1, 3)}\n`;
}

function failure(random: Random): string {
  return `Error processing request for user ${pick(random, USERS)}. Error: ${pick(random, ERRORS)}. Took ${between(random, 100, 9000)}ms`;
}

function slow(random: Random): string {
  return `Slow query for user ${pick(random, USERS)} on ${pick(random, PATHS)}: finished after ${(random() * 5).toFixed(2)}s, ${between(random, 1, 5000)} rows`;
}

function success(random: Random): string {
  return `Request ${random() < 0.7 ? 'GET' : 'POST'} ${pick(random, PATHS)} for user ${pick(random, USERS)} completed with status 200 in ${between(random, 1, 900)}ms`;
}

function clfTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

function pick(random: Random, from: readonly string[]): string {
  return from[Math.floor(random() * from.length)] ?? '';
}

function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

function hex(random: Random, digits: number): string {
  return Math.floor(random() * 16 ** digits).toString(16).padStart(digits, '0');
}

/** A small seeded generator: the corpora are the same on every machine. */
function mulberry32(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
