/** Canonical field names, in the order in which `flat` writes them. At most 31: `LogEvent.present` is a bit mask. */
export const FIELDS = [
  'timestamp', 'level', 'logger', 'thread', 'pid', 'caller', 'host', 'service', 'message',
  'user_id', 'request_id', 'trace_id', 'span_id', 'session_id', 'duration_ms',
  'error_type', 'error_message', 'stack_trace',
  'http_method', 'http_path', 'http_status', 'http_version', 'client_ip', 'user_agent', 'referer', 'bytes',
  'log_file', 'log_offset', 'log_stream', 'truncated', 'original_bytes',
] as const;

export type FieldName = (typeof FIELDS)[number];

/** A position in FIELDS. */
export type Field = number;

/** Field positions by name: `Field.user_id`. */
export const Field = Object.fromEntries(FIELDS.map((name, index) => [name, index])) as Record<FieldName, Field>;
