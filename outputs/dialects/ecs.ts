import type { Dialect } from './dialect.ts';

/**
 * Elastic Common Schema, for Elasticsearch and OpenSearch. https://www.elastic.co/docs/reference/ecs
 *
 * Not in ECS, and named here as others name them: `log.offset` (Beats), `log.iostream` and `session.id`
 * (OpenTelemetry's semantic conventions), `log.truncated` and `log.original_bytes` (ours).
 */
export const ecs: Dialect = {
  name: 'ecs',
  constants: '"ecs":{"version":"8.11.0"}',
  aside: 'app',
  needsTimestamp: true, // data streams refuse documents without @timestamp
  leaves: [
    { field: 'timestamp', path: ['@timestamp'] },
    { field: 'level', path: ['log', 'level'] },
    { field: 'logger', path: ['log', 'logger'] },
    { field: 'caller', path: ['log', 'origin', 'file', 'name'] },
    { field: 'log_file', path: ['log', 'file', 'path'] },
    { field: 'log_offset', path: ['log', 'offset'] },
    { field: 'log_stream', path: ['log', 'iostream'] },
    { field: 'truncated', path: ['log', 'truncated'] },
    { field: 'original_bytes', path: ['log', 'original_bytes'] },
    { field: 'message', path: ['message'] },
    { field: 'duration_ms', path: ['event', 'duration'], as: 'nanoseconds' },
    { field: 'error_type', path: ['error', 'type'] },
    { field: 'error_message', path: ['error', 'message'] },
    { field: 'stack_trace', path: ['error', 'stack_trace'] },
    { field: 'trace_id', path: ['trace', 'id'] },
    { field: 'span_id', path: ['span', 'id'] },
    { field: 'user_id', path: ['user', 'id'] },
    { field: 'session_id', path: ['session', 'id'] },
    { field: 'request_id', path: ['http', 'request', 'id'] },
    { field: 'http_method', path: ['http', 'request', 'method'] },
    { field: 'referer', path: ['http', 'request', 'referrer'] },
    { field: 'http_status', path: ['http', 'response', 'status_code'] },
    { field: 'bytes', path: ['http', 'response', 'body', 'bytes'] },
    { field: 'http_version', path: ['http', 'version'] },
    { field: 'http_path', path: ['url', 'original'] },
    { field: 'http_path', path: ['url', 'path'], as: 'before-query' },
    { field: 'http_path', path: ['url', 'query'], as: 'query' },
    { field: 'client_ip', path: ['client', 'ip'] },
    { field: 'user_agent', path: ['user_agent', 'original'] },
    { field: 'service', path: ['service', 'name'] },
    { field: 'host', path: ['host', 'name'] },
    { field: 'pid', path: ['process', 'pid'] },
    { field: 'thread', path: ['process', 'thread', 'name'] },
  ],
};
