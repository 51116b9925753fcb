import type { Chunk } from '../agent/chunk.ts';
import { decodedKey, Value, type LogEvent } from '../agent/event.ts';
import { FIELDS, Field, type FieldName } from '../agent/fields.ts';
import { AliasTable } from './values/alias-table.ts';
import { assignText, How, isWord, Outcome } from './values/assign.ts';
import { stringEnd } from './values/json-scan.ts';

/** One spelling: `weak` ones hold only where nothing better stands in the record. Case, `_` and `-` make no difference. */
export interface Alias {
  readonly key: string;
  readonly field: Field;
  readonly how: number;
  readonly weak: boolean;
}

const SPELLINGS: Record<string, readonly [keyof typeof How, ...string[]]> = {
  timestamp: ['time', 'timestamp', '@timestamp', 'time', 'ts', '@t', 'datetime', 'asctime', 'eventTime', 'log_time', 't.$date', '~date', '~record.time.repr', '~syslog_timestamp'],
  level: ['level', 'level', 'lvl', 'severity', 'severity_text', 'levelname', 'log.level', '@l', 'loglevel', 'level_name', 'record.level.name', '~level.name', '~priority', '~s'],
  message: ['text', 'message', 'msg', '@m', 'short_message', '~@mt', '~log', '~text', '~event', '~body', '~record.message'],
  logger: ['text', 'logger', 'logger_name', 'log.logger', 'logger.name', 'category', 'channel', '~name', '~component', '~module', '~source.context', '~record.name', '~c'],
  thread: ['text', 'thread', 'thread_name', 'process.thread.name', '~ctx', '~thread.name', '~threadid'],
  pid: ['number', 'pid', 'process.pid', 'process_id', 'procid'],
  caller: ['text', 'caller', '~source.file', '~log.origin.file.name'],
  host: ['text', 'host', 'hostname', 'host.name', 'host.hostname'],
  service: ['text', 'service', 'service.name', 'service_name', 'dd.service', 'appname', '~app'],
  user_id: ['id', 'user_id', 'usr.id', 'user.id', 'enduser.id', 'user', 'username', 'user_name', 'user.name', 'usr.name', 'usr', '~login', '~uid'],
  request_id: ['id', 'request_id', 'http.request.id', 'request.id', 'req.id', 'req_id', 'x_request_id', 'correlation_id', 'http.request_id', 'x_amzn_request_id', '~rid'],
  trace_id: ['id', 'trace_id', 'trace.id', 'dd.trace_id', '@tr', 'otel_trace_id', 'x_b3_traceid', 'x_amzn_trace_id'],
  span_id: ['id', 'span_id', 'span.id', 'dd.span_id', '@sp', 'x_b3_spanid'],
  session_id: ['id', 'session_id', 'session.id', 'sid', '~session'],
  error_type: ['text', 'error_type', 'error.type', 'err.type', 'err.name', 'error.kind', 'error.name', 'error.class', 'exception.type', 'exception.class', 'exception_class', 'exception_type', 'exc_type', 'exception.exception_class', '~err.code', '~error.code'],
  error_message: ['error', 'error_message', 'error.message', 'err.message', 'error.msg', 'exception.message', 'exception_message', 'exception.exception_message', 'err', 'error', '~exception', '~errmsg'],
  stack_trace: ['text', 'stack_trace', 'stacktrace', 'stack', 'error.stack', 'err.stack', 'error.stack_trace', 'exception.stacktrace', 'exception.stack_trace', 'exc_info', '@x', 'error_verbose'],
  http_method: ['method', 'http_method', 'http.method', 'http.request.method', 'method', 'req.method', 'request.method', 'request_method', 'verb'],
  http_path: ['url', 'http_path', 'http.path', 'url.path', 'url.original', 'req.url', 'request.url', 'request.uri', 'request_uri', 'http.target', 'http.url', 'http.route', '~path', '~url', '~uri', '~endpoint'],
  http_status: ['status', 'http_status', 'http.status', 'http.status_code', 'http.response.status_code', 'status_code', 'res.statusCode', 'response.status', 'response_status', 'response.status_code', 'response_code', '~status', '~code'],
  http_version: ['text', 'http_version', 'http.version', 'http.flavor'],
  client_ip: ['ip', 'client_ip', 'client.ip', 'remote_ip', 'remote_addr', 'remote_address', 'source.ip', 'network.client.ip', 'req.remoteAddress', 'request.remote_ip', 'request.client_ip', 'http.client_ip', 'client.address', 'clientaddr', '~ip', '~client', '~rip', '~remote', '~src_ip', '~source_ip'],
  user_agent: ['text', 'user_agent', 'http.useragent', 'user_agent.original', 'req.headers.user-agent', 'request.headers.user-agent', 'http_user_agent', '~agent'],
  referer: ['text', 'referer', 'referrer', 'http.request.referrer', 'http_referer', 'http_referrer', 'req.headers.referer'],
  bytes: ['number', 'bytes', 'http.response.body.bytes', 'response_size', 'body_bytes_sent', 'bytes_sent', 'http.response_size', 'content_length', 'res.contentLength', '~size'],
  log_stream: ['text', 'log_stream'],
  log_file: ['text', 'log_file'],
  log_offset: ['number', 'log_offset'],
  truncated: ['text', 'truncated'],
  original_bytes: ['number', 'original_bytes'],
};

const DURATIONS: Record<string, readonly string[]> = {
  ms: ['duration_ms', 'elapsed_ms', 'took_ms', 'latency_ms', 'response_time_ms', 'responseTime', 'response_time', 'duration_millis', 'duration', 'elapsed', 'latency', 'took', 'elapsed_time', 'time_taken', 'time_ms', 'http.duration_ms'],
  s: ['duration_s', 'elapsed_s', 'latency_s', 'duration_sec', 'duration_seconds', 'request_time', 'elapsed_seconds', 'latency_seconds'],
  us: ['duration_us', 'elapsed_us', 'latency_us', 'duration_micros'],
  ns: ['duration_ns', 'elapsed_ns', 'latency_ns', 'event.duration', 'duration_nanos'],
};

/** Keys under which dialects have objects of their own; what else stands there may collide. */
const RESERVED = ['log', 'error', 'http', 'url', 'client', 'user', 'host', 'service', 'process', 'trace', 'span', 'event', 'ecs', 'app',
  'user_agent', 'session', 'message', '@timestamp', 'usr', 'dd', 'network', 'logger', 'status', 'ddsource', 'ddtags', 'hostname', 'duration', 'kubernetes', 'container'];

function allAliases(): Alias[] {
  const list: Alias[] = [];
  const add = (field: string, how: keyof typeof How, keys: readonly string[]): void => {
    for (const key of keys) list.push({ key: key.replace(/^~/, ''), field: Field[field as FieldName], how: How[how], weak: key.startsWith('~') });
  };
  for (const [field, [how, ...keys]] of Object.entries(SPELLINGS)) add(field, how, keys);
  for (const [unit, keys] of Object.entries(DURATIONS)) add('duration_ms', unit as keyof typeof How, keys);
  add('trace_id', 'parent', ['traceparent']);
  return list;
}

export const ALIASES: readonly Alias[] = allAliases();
export const aliasTable = new AliasTable(ALIASES.map(({ key }) => key), RESERVED);

/** Added to the id of a key that is letter by letter the canonical name of its field. */
export const CANONICAL = 0x1000;

/** Id of a key of a JSON object: its alias' position, CANONICAL added or not, or another known key's, or -1. For tables that remember it. */
export function identify(bytes: Uint8Array, start: number, end: number, container: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== 0x5c) continue;
    const text = Buffer.from(decodedKey(bytes, start, end));
    return identifyPlain(text, 0, text.length, container);
  }
  return identifyPlain(bytes, start, end, container);
}

function identifyPlain(bytes: Uint8Array, start: number, end: number, container: number): number {
  const id = aliasTable.find(bytes, start, end, container);
  const alias = id < 0 ? undefined : ALIASES[id]; // an index of -1 would be looked up as a name, slowly
  return alias !== undefined && container < 0 && isCanonical(bytes, start, end, alias) ? id | CANONICAL : id;
}

/** Whether the key at [start, end) is letter by letter the canonical name of the alias' field. */
function isCanonical(bytes: Uint8Array, start: number, end: number, alias: Alias): boolean {
  const name = FIELDS[alias.field] ?? '';
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false;
  return true;
}

/**
 * A key=value pair of a text line: a field if its key is known and its value fits, else a member. `quoted`: the value
 * stood in quotes, which are not part of the span. Weak spellings stay members: in a text there is no knowing what
 * they mean. Values are text, as in the source; only fields have other types.
 */
export function pair(chunk: Chunk, keyStart: number, keyEnd: number, start: number, end: number, quoted: boolean, event: LogEvent): void {
  const id = aliasTable.find(chunk.bytes, keyStart, keyEnd, -1);
  const alias = id < 0 ? undefined : ALIASES[id]; // an index of -1 would be looked up as a name, slowly
  if (alias !== undefined) {
    const canonical = isCanonical(chunk.bytes, keyStart, keyEnd, alias);
    if (!event.has(alias.field) && !(alias.weak && !canonical)) {
      if (quoted && isWord(alias.how) && isEscaped(chunk.bytes, start, end)) return event.json(alias.field, start - 1, end + 1);
      const outcome = assignText(chunk, start, end, alias, event);
      if (outcome === Outcome.RENAMED || (canonical && outcome === Outcome.COPIED)) return;
    }
    if (canonical) {
      if (event.has(alias.field)) return; // it was said before, and one name has one value
      event.block(alias.field);
    }
  }
  const escaped = quoted && isEscaped(chunk.bytes, start, end);
  if (escaped) event.member(keyStart, keyEnd, start - 1, end + 1, Value.JSON, aliasTable.isReserved(id));
  else event.member(keyStart, keyEnd, start, end, Value.TEXT, aliasTable.isReserved(id));
}

/** Whether a quoted value has escapes, and is a valid JSON string as it stands. */
function isEscaped(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start - 1] !== 0x22) return false;
  let at = start;
  while (at < end && bytes[at] !== 0x5c) at++;
  return at < end && stringEnd(bytes, start - 1, end + 1) === end + 1;
}
