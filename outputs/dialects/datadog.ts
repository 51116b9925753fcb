import type { Dialect } from './dialect.ts';

/**
 * Datadog's reserved and standard attributes. `constants`: members that every log carries, JSON without braces.
 * https://docs.datadoghq.com/standard-attributes/
 *
 * Not among them, and named here as others name them: `log.file.path`, `log.offset` and `log.iostream` (OpenTelemetry,
 * Beats), `logger.caller` and `process.pid` (ours). `truncated` and `original_bytes` keep their flat names.
 */
export function datadogDialect(constants: string): Dialect {
  return { name: 'datadog', constants, aside: 'app', leaves: LEAVES };
}

const LEAVES: Dialect['leaves'] = [
  { field: 'timestamp', path: ['timestamp'] }, // the first: it is looked at when the log is sent
  { field: 'level', path: ['status'] },
  { field: 'host', path: ['hostname'] },
  { field: 'service', path: ['service'] },
  { field: 'message', path: ['message'] },
  { field: 'logger', path: ['logger', 'name'] },
  { field: 'thread', path: ['logger', 'thread_name'] },
  { field: 'caller', path: ['logger', 'caller'] },
  { field: 'pid', path: ['process', 'pid'] },
  { field: 'duration_ms', path: ['duration'], as: 'nanoseconds' },
  { field: 'user_id', path: ['usr', 'id'] },
  // Both forms that correlate: the decimal one of Datadog's own tracers, the hexadecimal one of OpenTelemetry.
  { field: 'trace_id', path: ['dd', 'trace_id'], as: 'decimal-id' },
  { field: 'span_id', path: ['dd', 'span_id'], as: 'decimal-id' },
  { field: 'trace_id', path: ['trace_id'] },
  { field: 'span_id', path: ['span_id'] },
  { field: 'session_id', path: ['session_id'] },
  { field: 'error_type', path: ['error', 'kind'] },
  { field: 'error_message', path: ['error', 'message'] },
  { field: 'stack_trace', path: ['error', 'stack'] },
  { field: 'http_method', path: ['http', 'method'] },
  { field: 'http_path', path: ['http', 'url'] },
  { field: 'http_path', path: ['http', 'url_details', 'path'], as: 'before-query' },
  { field: 'http_path', path: ['http', 'url_details', 'queryString'], as: 'query' },
  { field: 'http_status', path: ['http', 'status_code'] },
  { field: 'http_version', path: ['http', 'version'] },
  { field: 'request_id', path: ['http', 'request_id'] },
  { field: 'user_agent', path: ['http', 'useragent'] },
  { field: 'referer', path: ['http', 'referer'] },
  { field: 'client_ip', path: ['network', 'client', 'ip'] },
  { field: 'bytes', path: ['network', 'bytes_written'] }, // from the server to the client
  { field: 'log_file', path: ['log', 'file', 'path'] },
  { field: 'log_offset', path: ['log', 'offset'] },
  { field: 'log_stream', path: ['log', 'iostream'] },
  { field: 'truncated', path: ['truncated'] },
  { field: 'original_bytes', path: ['original_bytes'] },
];
