import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { attachJson } from './json-host.ts';
import { DROPPED } from './json-members.ts';
import type { Parser } from './parser.ts';
import { dropDuplicates, hasDuplicates } from './values/json-duplicates.ts';
import { DOUBTFUL, ROW, UNSURE } from './values/json-scan.ts';

/**
 * One JSON object per record (RFC 8259), whoever wrote it: pino, bunyan, winston, zap, zerolog, slog, logrus,
 * structlog, logback, Serilog, ECS. Known spellings become fields, and what is not touched is copied as it stands.
 */
export const json: Parser = {
  name: 'json',
  title: 'JSON objects, one per line: pino, bunyan, winston, zap, zerolog, slog, structlog, logback, Serilog, ECS',
  examples: [
    {
      line: '{"level":30,"time":1795392255466,"pid":7,"hostname":"vm","a":1,"msg":"hello"}',
      event: { timestamp: '2026-11-23T00:04:15.466Z', level: 'info', pid: 7, host: 'vm', message: 'hello', a: 1, time: 1795392255466 },
      reason: 'pino: numeric level, epoch in ms; what had to be converted stays under its own key',
    },
    {
      line: '{"name":"app","hostname":"vm","pid":7,"level":50,"err":{"message":"x","name":"TypeError","stack":"TypeError: x\\n    at f"},"msg":"hi","time":"2026-11-23T00:04:15.503Z","v":0}',
      event: { timestamp: '2026-11-23T00:04:15.503Z', level: 'error', logger: 'app', pid: 7, host: 'vm', message: 'hi', error_type: 'TypeError', error_message: 'x', stack_trace: 'TypeError: x\n    at f', err: { message: 'x', name: 'TypeError', stack: 'TypeError: x\n    at f' }, v: 0 },
      reason: 'bunyan: fields are read from the error object, which stays nested',
    },
    {
      line: '{"@timestamp":"2019-08-06T14:08:40.199Z", "log.level":"DEBUG", "message":"init", "ecs.version":"1.2.0"}',
      event: { timestamp: '2019-08-06T14:08:40.199Z', level: 'debug', message: 'init', 'log.level': 'DEBUG', 'ecs.version': '1.2.0' },
      reason: 'ECS with dotted keys',
    },
    { line: '{"level":"info","user_id":"a","userId":"b","message":"m"}', event: { level: 'info', user_id: 'a', userId: 'b', message: 'm' }, reason: 'both spellings: the canonical one wins, the other keeps its key' },
    { line: '{"level":"info","userId":"b","user_id":"a","message":"m"}', event: { level: 'info', user_id: 'a', userId: 'b', message: 'm' }, reason: 'in whatever order' },
    { line: '{"a":1,"a":2}', event: { a: 2 }, reason: 'of two alike the last one counts, as for every JSON reader' },
    { line: '{"user_id":{"x":1},"user":"bob"}', event: { user_id: { x: 1 }, user: 'bob' }, reason: 'a canonical name with a value that can not be one keeps its place' },
    { line: '{"level":400,"level_name":"ERROR","channel":"app","message":"m"}', event: { level: 'error', logger: 'app', message: 'm', level_name: 'ERROR' }, reason: 'Monolog: a number that means nothing by itself gives way to a word' },
    { line: '{"version":"1.1","host":"vm","short_message":"m","level":3}', event: { level: 'error', host: 'vm', message: 'm', version: '1.1' }, reason: 'GELF: levels are those of syslog' },
    { line: '{"level":"info","data":{"request_info":{"method":"GET","path":"/x"},"user_id":"a"}}', event: { level: 'info', user_id: 'a', http_method: 'GET', http_path: '/x', data: { request_info: { method: 'GET', path: '/x' }, user_id: 'a' } }, reason: 'wrappers: keys inside mean what they mean at the top' },
    { line: '{"data":{"host":"other","name":"x","path":"/var/x"},"path":"/var/y"}', event: { data: { host: 'other', name: 'x', path: '/var/x' }, path: '/var/y' }, reason: 'but not whatever may be that of something else, and a path alone is no request' },
    { line: '{"name":"shop","component":"db","msg":"m"}', event: { logger: 'shop', component: 'db', message: 'm' }, reason: 'the better of two weak spellings' },
    { line: '{"msg":"m","namespace":"shop","name":"web-0"}', event: { message: 'm', namespace: 'shop', name: 'web-0' }, reason: 'Kubernetes: the name of an object' },
    { line: '{"msg":"m","name":"Bob Smith"}', event: { message: 'm', name: 'Bob Smith' }, reason: 'the name of a person' },
    { line: '{"msg":"m","stack":["E: x","  at f"],"headers":{"User-Agent":["curl/8"]}}', event: { message: 'm', user_agent: 'curl/8', stack_trace: 'E: x\n  at f', stack: ['E: x', '  at f'], headers: { 'User-Agent': ['curl/8'] } }, reason: 'arrays: a trace line by line, the first of a header' },
    { line: '{"latency":12345678,"msg":"m"}', event: { latency: 12345678, message: 'm' }, reason: 'a duration in no known unit' },
    { line: '{"latency":0.034,"msg":"m"}', event: { latency: 0.034, message: 'm' }, reason: 'seconds or milliseconds: nobody knows' },
    { line: '{"level":"info","ts":1795392255.466,"msg":"m","duration":0.034}', event: { timestamp: '2026-11-23T00:04:15.466Z', level: 'info', message: 'm', duration_ms: 34, ts: 1795392255.466, duration: 0.034 }, reason: 'zap and Caddy: times and durations are seconds' },
    { line: '{"ts":1795392255.466,"elapsed":1.5,"duration_ms":7}', event: { timestamp: '2026-11-23T00:04:15.466Z', duration_ms: 7, ts: 1795392255.466, elapsed: 1.5 }, reason: 'a key that says its unit wins' },
    { line: '{"msg":"m","remoteAddress":"::ffff:10.0.0.1"}', event: { message: 'm', client_ip: '10.0.0.1', remoteAddress: '::ffff:10.0.0.1' }, reason: 'IPv4 inside IPv6: what a dual-stack socket reports' },
    { line: '{"lvl":"INFO","msg":"done","class":"HardJob","jid":"b4a5","elapsed":1.2}', event: { level: 'info', message: 'done', duration_ms: 1200, lvl: 'INFO', class: 'HardJob', jid: 'b4a5', elapsed: 1.2 }, reason: 'Sidekiq: seconds' },
    { line: '{"method":"GET","uri":"/","status":200,"latency":123456,"latency_human":"123.456µs"}', event: { http_method: 'GET', http_path: '/', http_status: 200, duration_ms: 0.123456, latency: 123456, latency_human: '123.456µs' }, reason: 'Echo: nanoseconds, and beside them in words' },
    { line: '{"DownstreamStatus":404,"Duration":153289,"Overhead":153289}', event: { http_status: 404, duration_ms: 0.153289, Duration: 153289, Overhead: 153289 }, reason: 'Traefik: nanoseconds' },
    { line: '{"DownstreamStatus":200,"Duration":1532890000}', event: { http_status: 200, duration_ms: 1532.89, Duration: 1532890000 }, reason: 'Traefik: nanoseconds, and many' },
    { line: '{"a":1}}', event: undefined, reason: 'not valid to its end' },
    { line: '{"a":01}', event: undefined, reason: 'no JSON number' },
    { line: '{not json}', event: undefined },
  ],
  parse,
};

/** Members of the record that was parsed last in the chunk. */
let lastCount = 0;

/**
 * Shows `visit` key and value of each member that was kept of the record that was parsed last, which lies in `chunk`.
 * False: `visit` said so, or one can't be taken over as it stands.
 */
export function keptMembers(chunk: Chunk, visit: (keyStart: number, keyEnd: number, start: number, end: number) => boolean): boolean {
  const table = chunk.scanners.members.table;
  for (let row = 0; row < lastCount * ROW; row += ROW) {
    if ((table[row + 5] as number) <= DROPPED) continue;
    const [keyStart, keyEnd, start, end] = [table[row] as number, table[row + 1] as number, table[row + 2] as number, table[row + 3] as number];
    if ((table[row + 4] as number) > DOUBTFUL && hasDuplicates(chunk, start, end)) return false;
    if (!visit(keyStart, keyEnd, start, end)) return false;
  }
  return true;
}

/** Hot: every record of a JSON log. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const scanner = chunk.scanners.members;
  const table = scanner.table;
  let count = scanner.list(start, end, 0, -1);
  if (count < 0) return false;
  if (count >= UNSURE || !chunk.valid) count = dropDuplicates(chunk, table, count & (UNSURE - 1));
  event.keys.later(table, count, ROW);
  lastCount = count;
  attachJson(chunk, event);
  return chunk.scanners.reader.readMembers(chunk, table, count, event);
}
