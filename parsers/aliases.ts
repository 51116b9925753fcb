import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { FIELDS, Field, type FieldName } from '../agent/fields.ts';
import { decodedKey } from '../agent/record-keys.ts';
import { AliasTable } from './values/alias-table.ts';
import { isAccompanied } from './json-members.ts';
import { CANONICAL, isNameOf, Kind, Meaning, useKeys } from './keys.ts';
import { assignText, How } from './values/assign.ts';

/** One spelling: those with a `rank` above 0 hold only where nothing of a lower one stands in the record. Case, `_` and `-` make no difference. */
export interface Alias {
  readonly key: string;
  readonly field: Field;
  readonly how: number;
  readonly rank: number;
  /** Bit mask of fields, of which the record must have one for the spelling to count; 0: it needs none. */
  readonly company: number;
}

/** `~` in front: weak; `~~`: weaker than those. */
const SPELLINGS: Record<string, readonly [keyof typeof How, ...string[]]> = {
  timestamp: ['time', 'timestamp', '@timestamp', 'time', 'ts', '@t', 'datetime', 'asctime', 'eventTime', 'log_time', 'log_timestamp', 'timestamp_ms', 'time_millis', 'time_iso8601', 't.$date', 'record.time.repr',
    '~date', '~syslog_timestamp', '~~realtime_timestamp', '~source_realtime_timestamp', '~edge_start_timestamp', '~request_received_timestamp', '~instant.epoch_second', '~start_utc', '~published', '~~start_time', '~~started_at', '~~stage_timestamp', '~~created_at', '~~time_local', '~~t'],
  level: ['level', 'level', 'lvl', 'severity', 'severity_text', 'levelname', 'log.level', '@l', '@level', 'loglevel', 'level_name', 'severity_label', 'record.level.name', '~level.name', '~priority', '~s'],
  message: ['text', 'message', 'msg', '@m', '@message', 'short_message', 'text_payload', 'json_payload.message', 'json_payload.msg', 'record.message', '~@mt', '~log', '~text', '~event', '~body', '~log_message', '~message_text', '~state.message', '~display_message'],
  logger: ['text', 'logger', 'logger_name', 'log.logger', 'logger.name', 'category', 'channel', '@module', 'record.name', '~name', '~source.context', '~c', '~~component', '~~module', '~~subsystem', '~~tag', '~~sender'],
  thread: ['text', 'thread', 'thread_name', 'process.thread.name', '~ctx', 'tid', '~thread.name', '~threadid'],
  pid: ['number', 'pid', 'process.pid', 'process_id', 'procid', 'process.id', '~syslog_pid', '~~process'],
  caller: ['text', 'caller', '~source.file', '~log.origin.file.name'],
  host: ['text', 'host', 'hostname', 'host.name', 'host.hostname', 'machine_name', '~computer_name', '~computer', '~source_host', '~agent.hostname', '~beat.hostname', '~node_name'],
  service: ['text', 'service', 'service.name', 'service_name', 'dd.service', 'appname', 'app_name', 'application_name', '~app', '~application', '~syslog_identifier'],
  user_id: ['id', 'user_id', 'usr.id', 'user.id', 'enduser.id', 'user', 'username', 'user_name', 'user.name', 'user.username', 'user.email', 'usr.name', 'usr.email', 'usr', 'user_info.id', 'user_info.name', 'remote_user', 'auth_user',
    'actor.login_name', 'actor.username', 'actor.email', 'actor.alternate_id', 'user_identity.user_name', 'user_identity.arn', 'authentication_info.principal_email', '~cs_username', 'acct', '~uname', '~login_name', '~login', '~actor', '~actor.display_name', '~actor.name', '~actor.id',
    '~user.login', '~auth.display_name', '~auth.user', '~user_email', '~account_name', '~logged_principal', '~~email', '~~principal'],
  request_id: ['id', 'request_id', 'http.request.id', 'request.id', 'req.id', 'req_id', 'x_request_id', 'correlation_id', 'http.request_id', 'x_amzn_request_id', 'aws_request_id', 'record.request_id', 'request_info.id', 'ray_id', 'trace_request_id', 'x_correlation_id', 'activity_id', '~rid'],
  trace_id: ['id', 'trace_id', 'trace.id', 'trace.trace_id', 'dd.trace_id', '@tr', 'otel_trace_id', 'x_b3_traceid', 'trace_context.trace_id', '~trace'],
  span_id: ['id', 'span_id', 'span.id', 'trace.span_id', 'trace.span', 'dd.span_id', '@sp', 'otel_span_id', 'x_b3_spanid', 'trace_context.span_id', 'logging.googleapis.com/spanId', '~span'],
  session_id: ['id', 'session_id', 'session.id', 'sid', 'user.session_id', '~session'],
  error_type: ['text', 'error_type', 'error.type', 'err.type', 'err.name', 'error.kind', 'error.name', 'error.class', 'exception.type', 'exception.name', 'exception.class', 'exception.class_name', 'exception_class', 'exception_type', 'exception_name', 'exc_type', 'exception.exception_class', 'thrown.name', 'thrown.type', 'error_class', '@x.type',
    '~err.code', '~error.code', '~error.error_class', '~error_code'],
  error_message: ['error', 'error_message', 'error.message', 'err.message', 'error.msg', 'exception.message', 'exception.value', 'exception_message', 'exception.exception_message', 'thrown.message', '@x.message', 'err', 'error', '~exception', '~errmsg', '~error_description'],
  stack_trace: ['trace', 'stack_trace', 'stacktrace', 'stack', 'error.stack', 'err.stack', 'error.stack_trace', 'error.stacktrace', 'exception.stacktrace', 'exception.stack_trace', 'exception.traceback', 'exception.stack', 'thrown.extended_stack_trace', 'thrown.stack_trace', 'exc_info', 'exc_text', '@x', '@x.stack_trace', 'error_verbose', 'error_stack', '~traceback', '~backtrace'],
  http_method: ['method', 'http_method', 'http.method', 'http.request.method', 'method', 'req.method', 'request.method', 'request_method', 'verb', 'cs_method', 'client_request_method', 'http.http_method', 'http_verb'],
  http_path: ['url', 'http_path', 'http.path', 'url.path', 'url.original', 'req.url', 'request.url', 'request.uri', 'request.path', 'request_uri', 'request_path', 'request_url', 'http.target', 'http.url', 'http.route', 'cs_uri_stem', 'client_request_uri', 'client_request_path', 'resource_path', 'uri_path',
    '~path', '~url', '~uri', '~endpoint', '~url_path', '~req_path', '~~route', '~~target'],
  http_status: ['status', 'http_status', 'http.status', 'http.status_code', 'http.response.status_code', 'status_code', 'res.statusCode', 'res.status', 'response.status', 'response_status', 'response.status_code', 'response_status.code', 'response_status_code', 'response_code', 'return_status', 'downstream_status', 'sc_status', 'edge_response_status', 'http_status_code', 'http_code', 'http_response_code', 'resp_status',
    '~status', '~code', '~~origin_status', '~~upstream_status'],
  http_version: ['version', 'http_version', 'http.version', 'http.flavor', 'http.http_version', 'request.proto', 'request.http_version', '~protocol', '~proto', '~server_protocol', '~request_protocol'],
  client_ip: ['ip', 'client_ip', 'client.ip', 'client.ip_address', 'remote_ip', 'remote_addr', 'remote_address', 'source.ip', 'network.client.ip', 'req.remoteAddress', 'req.remoteIP', 'request.client_ip', '~request.remote_ip', 'http.client_ip', 'client.address', 'clientaddr', 'client_address', 'client_ip_address', 'source_ip_address', 'source_ips', 'request_metadata.caller_ip', 'caller_ip', 'caller_ip_address',
    'user_ip', 'visitor_ip', 'peer_ip', 'actor_ip', 'actor_ip_address', 'addr.remote', 'attr.remote', 'remote_addr_ip', 'downstream_remote_address', 'x_forwarded_for', 'http_x_forwarded_for', 'x_real_ip', 'c_ip', 'id.orig_h', 'client_host',
    '~ip', '~ip_address', '~ip_addr', '~client', '~rip', '~remote', '~src_ip', '~source_ip', '~source_address', '~src', '~peer', '~remote_host'],
  user_agent: ['text', 'user_agent', 'http.useragent', 'user_agent.original', 'req.headers.user-agent', 'request.headers.user-agent', 'http_user_agent', 'http.http_user_agent', 'client_request_user_agent', 'client.user_agent.raw_user_agent', 'request_user_agent', 'client_user_agent', 'cs(user_agent)', '~agent', '~ua'],
  referer: ['text', 'referer', 'referrer', 'http.request.referrer', 'http_referer', 'http_referrer', 'req.headers.referer', 'request.headers.referer', 'client_request_referer', 'cs(referer)'],
  bytes: ['number', 'bytes', 'http.response.body.bytes', 'http.response.bytes', 'response_size', 'http_request.response_size', 'response.size', 'body_bytes_sent', 'bytes_sent', 'http.response_size', 'content_length', 'res.contentLength', 'res.headers.content-length', 'response_bytes', 'response_length', 'response_content_length', 'response_body_len', 'bytes_out', 'resp_bytes', 'sent_bytes', 'bytes_written', 'downstream_content_size', 'sc_bytes', 'edge_response_bytes', 'size_bytes_sent',
    '~size', '~length', '~resp_size', '~body_size', '~~origin_content_size'],
  log_stream: ['text', 'log_stream'],
  log_file: ['text', 'log_file'],
  log_offset: ['number', 'log_offset'],
  truncated: ['text', 'truncated'],
  original_bytes: ['number', 'original_bytes'],
};

const DURATIONS: Record<string, readonly string[]> = {
  ms: ['duration_ms', 'elapsed_ms', 'took_ms', 'latency_ms', 'response_time_ms', 'responseTime', 'response_time', 'resp_time', 'duration_millis', 'duration_in_ms', 'elapsed_millis', 'elapsed_milliseconds', 'elapsed_time', 'time_elapsed', 'time_taken', 'time_taken_ms', 'time_ms', 'total_time_ms', 'request_time_ms', 'execution_time_ms', 'exec_time_ms', 'processing_time_ms', 'query_time_ms',
    'http.duration_ms', 'attr.duration_millis', 'latencies.request', 'request_duration', 'request_duration_ms', 'res.response_time', '~total_time', '~execution_time', '~exec_time', '~processing_time', '~load_time', '~res_time'],
  bare: ['duration', 'latency', 'took', 'latency_human'],
  watch: ['elapsed'],
  s: ['duration_s', 'elapsed_s', 'latency_s', 'took_s', 'duration_sec', 'duration_secs', 'duration_seconds', 'request_time', 'elapsed_seconds', 'elapsed_sec', 'latency_seconds', 'latency_sec', 'response_time_s', 'response_time_seconds', 'request_duration_seconds', 'time_taken_s', 'time_seconds', '~~upstream_response_time'],
  us: ['duration_us', 'elapsed_us', 'latency_us', 'took_us', 'duration_micros', 'duration_usec', 'elapsed_micros', 'latency_micros', 'response_time_us', 'execution_time_us'],
  ns: ['duration_ns', 'elapsed_ns', 'latency_ns', 'took_ns', 'event.duration', 'duration_nanos', 'elapsed_nanos'],
};

/** Keys of a request as it stands in an access log, `GET /path HTTP/1.1`. */
const REQUEST_LINES = ['~request', '~request_line', '~http_request'];

/** How the ids of tracing headers are written. */
const TRACES: readonly (readonly [keyof typeof How, ...string[]])[] = [
  ['parent', 'traceparent', 'trace_parent'],
  ['root', 'x_amzn_trace_id', 'amzn_trace_id', 'xray_trace_id'],
  ['b3', 'b3', 'x_b3'],
  ['last', 'logging.googleapis.com/trace'],
];

/** Keys under which dialects have objects or values of their own; what else stands there may collide. */
const RESERVED = ['log', 'error', 'http', 'url', 'client', 'user', 'host', 'service', 'process', 'trace', 'span', 'event', 'ecs', 'app',
  'user_agent', 'session', 'message', '@timestamp', 'usr', 'dd', 'network', 'logger', 'status', 'ddsource', 'ddtags', 'hostname', 'duration', 'kubernetes', 'container',
  // OpenTelemetry's names are no objects, but keys with dots.
  'service.name', 'host.name', 'logger.name', 'thread.name', 'process.pid', 'code.file.path', 'user.id', 'session.id', 'exception.type', 'exception.message', 'exception.stacktrace',
  'http.request.method', 'url.path', 'url.query', 'http.response.status_code', 'network.protocol.version', 'http.request.header.x-request-id', 'http.request.header.referer',
  'http.response.body.size', 'client.address', 'user_agent.original', 'log.file.path', 'log.file.offset', 'log.iostream', 'log.truncated', 'log.original_bytes'];

function allAliases(): Alias[] {
  const list: Alias[] = [];
  const add = (field: string, how: keyof typeof How, keys: readonly string[]): void => {
    for (const spelling of keys) {
      const key = spelling.replace(/^~+/, '');
      list.push({ key, field: Field[field as FieldName], how: how === 'level' && (key === 'severity' || key === 'priority') ? How.severity : How[how], rank: spelling.length - key.length, company: spelling === key ? 0 : companyOf(key) });
    }
  };
  for (const [field, [how, ...keys]] of Object.entries(SPELLINGS)) add(field, how, keys);
  for (const [unit, keys] of Object.entries(DURATIONS)) add('duration_ms', unit as keyof typeof How, keys);
  for (const [how, ...keys] of TRACES) add('trace_id', how, keys);
  for (const key of REQUEST_LINES) add('http_path', 'line', [key]);
  return list;
}

/** Words that mean many things: what must stand beside them, else they are no request's. */
function companyOf(key: string): number {
  const fields: readonly FieldName[] = ['path', 'target', 'route'].includes(key) ? ['http_method', 'http_status'] : ['status', 'code', 'size'].includes(key) ? ['http_method', 'http_path'] : [];
  return fields.reduce((mask, name) => mask | (1 << Field[name]), 0);
}

const BUILT_IN: readonly Alias[] = allAliases();
/** By id of a key in `aliasTable`. */
const aliases: (Alias | undefined)[] = [...BUILT_IN];
export const ALIASES: readonly (Alias | undefined)[] = aliases;

/** Objects that only wrap what a record says: their keys mean what they would mean at the top. */
const WRAPPERS = ['message', 'msg', 'log', 'record', 'json', 'json_payload', 'proto_payload', 'body', 'data', 'fields', 'attributes', 'attrs', 'payload', 'extra', 'context', 'context_map', 'mdc', 'properties', 'props', 'event', 'detail', 'details',
  'meta', 'metadata', 'attr', 'params', 'extra_data', 'custom', 'ctx', 'audit', 'auth'];
/** Objects about a request or its answer: only what belongs to one is looked for in them. */
const EXCHANGES = ['request', 'req', 'response', 'res', 'http', 'http_request', 'http_response', 'request_info', 'request_metadata', 'request_data', 'http_context', 'http_info', 'access', 'access_log', 'headers', 'request.headers', 'req.headers', 'http.request', 'http.response', 'proxy', 'client', 'upstream_request'];

export const aliasTable = new AliasTable(BUILT_IN.map(({ key }) => key), RESERVED, [...WRAPPERS, ...EXCHANGES]);
useKeys(meaningsOf(), aliasTable.table);

/**
 * Takes spellings of the user's own, by field, instead of those of the last call. They count as the best built-in ones
 * do, and a key that is a spelling of something else is theirs. For all lanes that are made afterwards: kernels remember keys.
 */
export function useAliases(own: Readonly<Partial<Record<FieldName, readonly string[]>>>): void {
  const added = Object.entries(own).flatMap(([field, keys]) => keys.map((key): Alias => ({ key, field: Field[field as FieldName], how: How[howOf(field, key)], rank: 0, company: 0 })));
  if (added.length === 0 && !hasOwn) return; // they are as they were made
  hasOwn = added.length > 0;
  aliases.splice(0, Infinity, ...BUILT_IN);
  const ids = aliasTable.extend(added.map(({ key }) => key));
  while (aliases.length <= Math.max(-1, ...ids)) aliases.push(undefined); // ids of what is no alias, so that the array has no holes
  ids.forEach((id, index) => (aliases[id] = added[index]));
  useKeys(meaningsOf(), aliasTable.table);
}

let hasOwn = false;

/** What keys mean by their ids: see Meaning. */
export function meaningsOf(): Int32Array<ArrayBuffer> {
  const table = new Int32Array(aliasTable.size << Meaning.SHIFT);
  for (let id = 0; id < aliasTable.size; id++) {
    const alias = ALIASES[id];
    const kind = (alias === undefined ? 0 : Kind.ALIAS) | (aliasTable.isContainer(id) ? Kind.CONTAINER : 0) | (aliasTable.isReserved(id) ? Kind.RESERVED : 0) | (alias?.key === 'short_message' ? Kind.SHORT_MESSAGE : 0);
    table.set([kind, alias?.field ?? 0, alias?.how ?? 0, alias?.rank ?? 0, alias?.company ?? 0], id << Meaning.SHIFT);
  }
  return table;
}

/** A duration's unit is that of the key's last part, `dauer_s`; without one it is milliseconds, as the field's name says. */
function howOf(field: string, key: string): keyof typeof How {
  const [how] = SPELLINGS[field] ?? [];
  return how ?? UNITS.get(/[a-z]+$/i.exec(key)?.[0].toLowerCase() ?? '') ?? 'ms';
}

const UNITS = new Map<string, keyof typeof How>([['s', 's'], ['sec', 's'], ['secs', 's'], ['seconds', 's'], ['us', 'us'], ['micros', 'us'], ['ns', 'ns'], ['nanos', 'ns']]);

/** What a name that stands for one of the record's values means: the alias of a field, if it is one, and whether it may collide with an object of a dialect. */
export function meaningOf(name: string): { readonly alias: Alias | undefined; readonly isCanonical: boolean; readonly isReserved: boolean } {
  const bytes = Buffer.from(name);
  const id = aliasTable.find(bytes, 0, bytes.length, -1);
  const alias = id < 0 ? undefined : ALIASES[id];
  return { alias, isCanonical: alias !== undefined && FIELDS[alias.field] === name, isReserved: aliasTable.isReserved(id) };
}

const maskOf = (...names: readonly FieldName[]): number => names.reduce((mask, name) => mask | (1 << Field[name]), 0);
const EXCHANGED = maskOf('user_id', 'request_id', 'trace_id', 'span_id', 'session_id', 'duration_ms', 'http_method', 'http_path', 'http_status', 'http_version', 'client_ip', 'user_agent', 'referer');
const WRAPPED = EXCHANGED | maskOf('bytes', 'error_type', 'error_message', 'stack_trace', 'message', 'level');
/** What is a request's own even under a name that is weak elsewhere. */
const PLAIN_THERE = maskOf('http_path', 'http_status', 'http_version', 'client_ip');

/** By id of a container: the fields that keys in it may set by the name they have at the top. */
const allowed = new Map<number, number>();
for (const name of WRAPPERS) allowed.set(containerId(name), WRAPPED);
for (const name of ['message', 'msg', 'log', 'record', 'json', 'json_payload', 'body']) allowed.set(containerId(name), WRAPPED | maskOf('timestamp', 'thread', 'logger'));
for (const name of EXCHANGES) allowed.set(containerId(name), EXCHANGED);
for (const name of ['response', 'res', 'http_response', 'http.response']) allowed.set(containerId(name), EXCHANGED | maskOf('bytes'));

function containerId(name: string): number {
  const bytes = Buffer.from(name);
  return aliasTable.find(bytes, 0, bytes.length, -1);
}

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
  if (container >= 0) return id < 0 ? identifyWrapped(bytes, start, end, container) : id;
  const alias = id < 0 ? undefined : ALIASES[id]; // an index of -1 would be looked up as a name, slowly
  return alias !== undefined && isNameOf(alias.field, bytes, start, end) ? id | CANONICAL : id;
}

/** A key that its container gives no meaning: what it means at the top, where the container allows it. */
function identifyWrapped(bytes: Uint8Array, start: number, end: number, container: number): number {
  const mask = allowed.get(container);
  const id = mask === undefined ? -1 : aliasTable.find(bytes, start, end, -1);
  const alias = id < 0 ? undefined : ALIASES[id];
  if (mask === undefined || alias === undefined) return id;
  const isAllowed = (mask & (1 << alias.field)) !== 0 && (alias.rank === 0 || mask !== WRAPPED && (PLAIN_THERE & (1 << alias.field)) !== 0);
  return isAllowed ? id : -1;
}

/** Whether a key is a weak spelling of a field. */
export function isWeak(bytes: Uint8Array, start: number, end: number): boolean {
  const id = aliasTable.find(bytes, start, end, -1);
  return id >= 0 && (ALIASES[id]?.rank ?? 0) > 0;
}

/** Sets the field of a key that is a weak spelling, if the event does not have it. */
export function weakPair(chunk: Chunk, keyStart: number, keyEnd: number, start: number, end: number, event: LogEvent): void {
  const id = aliasTable.find(chunk.bytes, keyStart, keyEnd, -1);
  const alias = id < 0 ? undefined : ALIASES[id];
  if (alias === undefined || alias.rank === 0 || event.has(alias.field) || !isAccompanied(alias.company, event)) return;
  assignText(chunk, start, end, alias.field, alias.how, event);
}
