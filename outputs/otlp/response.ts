import { isRecord } from '../json-answer.ts';

/** What a receiver says of records it did not take. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/**
 * Reads an ExportLogsServiceResponse, in whichever encoding it is; undefined: it is none. Empty means that all is well:
 * that is how protobuf writes it.
 */
export function readResponse(body: Buffer): PartialSuccess | undefined {
  if (body.length === 0) return { rejected: 0, message: '' };
  const json = readJson(body);
  if (json !== undefined) return fromJson(json);
  const fields = readFields(body);
  const partial = fields?.get(1);
  const inner = Buffer.isBuffer(partial) ? readFields(partial) : new Map<number, bigint | Buffer>();
  return fields === undefined || inner === undefined ? undefined : { rejected: numberOf(inner.get(1)), message: textOf(inner.get(2)) };
}

/** The message of a google.rpc.Status, or the beginning of whatever else an error's body is; empty if there is none. */
export function readError(body: Buffer): string {
  const json = readJson(body);
  const found = json === undefined ? textOf(readFields(body)?.get(2)) : textOf(json['message'] ?? json['error']);
  return (found === '' ? printable(body.toString()) : found).slice(0, 200);
}

/** Members are in camel case, but not everywhere, and a 64-bit number may be text. */
function fromJson(json: Record<string, unknown>): PartialSuccess {
  const partial = json['partialSuccess'] ?? json['partial_success'];
  if (!isRecord(partial)) return { rejected: 0, message: '' };
  return { rejected: numberOf(partial['rejectedLogRecords'] ?? partial['rejected_log_records']), message: textOf(partial['errorMessage'] ?? partial['error_message']) };
}

function readJson(body: Buffer): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body.toString());
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Fields of a protobuf message by number; undefined: it is none. Of what is repeated, the last. */
function readFields(message: Buffer): Map<number, bigint | Buffer> | undefined {
  const fields = new Map<number, bigint | Buffer>();
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = Number(readVarint(message, cursor));
    const value = readField(message, cursor, tag & 7);
    if (value === undefined || tag < 8 || cursor.at > message.length) return undefined;
    fields.set(tag >>> 3, value);
  }
  return fields;
}

function readField(message: Buffer, cursor: { at: number }, wireType: number): bigint | Buffer | undefined {
  if (wireType === 0) return readVarint(message, cursor);
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? Number(readVarint(message, cursor)) : NaN;
  if (Number.isNaN(length)) return undefined;
  cursor.at += length;
  return message.subarray(cursor.at - length, cursor.at);
}

function readVarint(message: Buffer, cursor: { at: number }): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = message[cursor.at++] ?? 0;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

function numberOf(value: unknown): number {
  const number = Number(typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string' ? value : 0);
  return Number.isFinite(number) ? number : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : Buffer.isBuffer(value) ? value.toString() : '';
}

function printable(text: string): string {
  return /[^\t\r\n\x20-\ufffc]/.test(text) ? '' : text.trim();
}
