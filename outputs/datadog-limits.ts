/** What the intake takes: bytes before compression, logs in one request, bytes of one log. "Send logs", https://docs.datadoghq.com/api/latest/logs/#send-logs, read 2026-11 */
export const LIMITS = { payloadBytes: 5_000_000, entries: 1_000, entryBytes: 1_000_000 };
