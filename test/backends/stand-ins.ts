// What no server is to be had for: Datadog's intake, and a receiver of OTLP/JSON. The stand-ins refuse what the published models do not allow.
import { gunzipSync } from 'node:zlib';
import { datadogDialect } from '../../outputs/dialects/datadog.ts';
import { run as runShipper } from '../e2e/run-shipper.ts';
import { HttpServer, type HttpReply, type HttpRequest } from '../helpers/http-server.ts';
import { plain, type LogsRequest } from '../helpers/otlp.ts';
import type { Row } from './row.ts';
import { countRight, sampleEvents, SAMPLES } from './samples.ts';
import { expect } from './tools.ts';

const MANY = 2_500;
const API_KEY = '0123456789abcdef0123456789abcdef';

export async function run(): Promise<Row[]> {
  return [await datadog(), await otlpJson()];
}

/** "Send logs" of the API, version 2: what it takes, and what it says 202 to and throws away. */
async function datadog(): Promise<Row> {
  const stored: Record<string, unknown>[] = [];
  const counts = await shipTo(['-o', 'datadog'], { DD_API_KEY: API_KEY }, (request) => takeLogs(request, stored));
  const many = stored.filter(({ message }) => String(message).startsWith('line '));
  const right = countRight(await sampleEvents(), stored.map(withoutMarks), datadogDialect('"ddsource":""'));
  return { server: 'datadog intake v2', version: '2026-11', output: 'datadog', real: false, sent: counts, readBack: right + many.length, replayAdded: null, skipped: null, what: 'samples, and more than one request takes' };
}

function takeLogs({ method, url, headers, raw, body }: HttpRequest, stored: Record<string, unknown>[]): HttpReply {
  if (method !== 'POST' || url !== '/api/v2/logs') return { status: 404 };
  if (headers['dd-api-key'] !== API_KEY) return { status: 403, body: '{"errors":[{"status":"403","title":"Forbidden"}]}' };
  if (headers['content-type'] !== 'application/json') return { status: 415 };
  if (body.length > 5_000_000) return { status: 413 };
  if (headers['content-encoding'] === 'gzip' && !gunzipSync(raw).equals(body)) return { status: 400 };
  const logs: unknown = JSON.parse(body.toString());
  if (!Array.isArray(logs) || logs.length > 1_000) return { status: 400 };
  for (const log of logs as Record<string, unknown>[]) if (isKept(log)) stored.push(log);
  return { status: 202, body: '{}' };
}

/** Up to 18 hours old, up to 2 ahead; longer than 1 MB is cut, which would show. */
function isKept(log: Record<string, unknown>): boolean {
  const ageMs = log['timestamp'] === undefined ? 0 : Date.now() - Date.parse(String(log['timestamp']));
  return ageMs <= 18 * 3_600_000 && ageMs >= -2 * 3_600_000 && Buffer.byteLength(JSON.stringify(log)) <= 1_000_000 && typeof log['ddsource'] === 'string' && typeof log['hostname'] === 'string';
}

/** The ids in decimal are proved elsewhere, and the times are those of today. */
function withoutMarks({ dd: _dd, original_timestamp: _original, ...log }: Record<string, unknown>): Record<string, unknown> {
  return log;
}

/** opentelemetry-proto's JSON: 64-bit integers as text, ids in hexadecimal, enums as numbers, no key twice. */
async function otlpJson(): Promise<Row> {
  let stored = 0;
  const sent = await shipTo(['-o', 'otlp'], { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, ({ url, headers, body }) => {
    if (url !== '/v1/logs' || headers['content-type'] !== 'application/json') return { status: 404 };
    const { resourceLogs } = JSON.parse(body.toString()) as LogsRequest;
    for (const { resource, scopeLogs } of resourceLogs) {
      if (plain(resource.attributes)['service.name'] === undefined) return { status: 400, body: 'no service.name' };
      for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
        const keys = (record.attributes ?? []).map(({ key }) => key);
        const isRight = /^\d{19}$/.test(record.observedTimeUnixNano ?? '') && /^(\d{19})?$/.test(record.timeUnixNano ?? '') && /^([0-9a-f]{32})?$/.test(record.traceId ?? '') && /^([0-9a-f]{16})?$/.test(record.spanId ?? '');
        if (!isRight || new Set(keys).size < keys.length) return { status: 400, body: JSON.stringify(record) };
        stored++;
      }
    }
    return { status: 200, body: '{}' };
  });
  return { server: 'otlp/json receiver', version: '1.x', output: 'otlp', real: false, sent, readBack: stored, replayAdded: null, skipped: null, what: 'samples, and many lines' };
}

/** Ships the samples from files and many lines from stdin to a stand-in; gives their number. */
async function shipTo([flag = '', output = '']: string[], env: Record<string, string>, answer: (request: HttpRequest) => HttpReply): Promise<number> {
  const server = new HttpServer(answer);
  const url = await server.listen();
  try {
    const lines = Array.from({ length: MANY }, (_, n) => `INFO line ${n}\n`).join('');
    for (const [files, stdin] of [[SAMPLES, ''], [[], lines]] as const) {
      const { code, stderr } = await runShipper(['--once', ...files, flag, `${output}=${url}`], { stdin, env });
      expect(code === 0 && !/[1-9]\d* (dead-lettered|pending|dropped)/.test(stderr), `shipper ended with ${code}: ${stderr}`);
    }
    return MANY + (await sampleEvents()).length;
  } finally {
    await server.close();
  }
}
