import type { Dialect } from './dialect.ts';

/**
 * Names of OpenTelemetry's semantic conventions (1.45), for OTLP. Names with dots are keys as they stand, not objects.
 * https://opentelemetry.io/docs/specs/semconv/
 *
 * The first leaves are no attributes: `outputs/otlp` makes the record's own fields and its resource of them. Other keys
 * that the conventions have for resources (`k8s.`, `container.`, `cloud.`, `deployment.environment`) go there, too. Not in the
 * conventions: `logger.name`, `duration_ms`, `log.file.offset`, `log.truncated`, `log.original_bytes`, and
 * `error.message`'s successor `exception.message` also where no exception was thrown.
 */
export const otel: Dialect = {
  name: 'otel',
  aside: 'app',
  leaves: [
    { field: 'service', path: ['service.name'] },
    { field: 'host', path: ['host.name'] },
    { field: 'timestamp', path: ['timestamp'] },
    { field: 'level', path: ['level'] },
    { field: 'trace_id', path: ['trace_id'] },
    { field: 'span_id', path: ['span_id'] },
    { field: 'message', path: ['message'] },
    { field: 'logger', path: ['logger.name'] },
    { field: 'thread', path: ['thread.name'] },
    { field: 'pid', path: ['process.pid'] },
    { field: 'caller', path: ['code.file.path'] },
    { field: 'user_id', path: ['user.id'] },
    { field: 'session_id', path: ['session.id'] },
    { field: 'duration_ms', path: ['duration_ms'] },
    { field: 'error_type', path: ['exception.type'] },
    { field: 'error_message', path: ['exception.message'] },
    { field: 'stack_trace', path: ['exception.stacktrace'] },
    { field: 'http_method', path: ['http.request.method'] },
    { field: 'http_path', path: ['url.path'], as: 'before-query' },
    { field: 'http_path', path: ['url.query'], as: 'query' },
    { field: 'http_status', path: ['http.response.status_code'] },
    { field: 'http_version', path: ['network.protocol.version'] },
    { field: 'request_id', path: ['http.request.header.x-request-id'] },
    { field: 'referer', path: ['http.request.header.referer'] },
    { field: 'bytes', path: ['http.response.body.size'] },
    { field: 'client_ip', path: ['client.address'] },
    { field: 'user_agent', path: ['user_agent.original'] },
    { field: 'log_file', path: ['log.file.path'] },
    { field: 'log_offset', path: ['log.file.offset'] },
    { field: 'log_stream', path: ['log.iostream'] },
    { field: 'truncated', path: ['log.truncated'] },
    { field: 'original_bytes', path: ['log.original_bytes'] },
  ],
};
