import { hexDigit } from '../../agent/hex-id.ts';
import type { Moment } from '../rfc3339.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Format, ResourceAttributes } from './format.ts';
import { INT_TAG, KEY_TAG, STRING_TAG, VALUE_TAG, writeString, writeText, writeValue } from './protobuf-value.ts';
import { beginMessage, bytesTag, endMessage, fieldBytes, fixed64Tag, fixedNanos, lengthDelimited, varintField, varintTag, WORST_BYTES } from './protobuf-wire.ts';
import { ATTRIBUTE_INTS, Kind, LINE_KEY } from './attributes.ts';
import type { LogRecord, Span } from './record.ts';

// Fields of the messages in opentelemetry-proto's logs_service.proto, logs.proto, resource.proto and common.proto.
const REQUEST = { resourceLogs: bytesTag(1) };
const RESOURCE_LOGS = { resource: bytesTag(1), scopeLogs: bytesTag(2) };
const RESOURCE = { attributes: bytesTag(1) };
const SCOPE_LOGS = { scope: bytesTag(1), logRecords: bytesTag(2) };
const SCOPE = { name: bytesTag(1), version: bytesTag(2) };
const RECORD = {
  time: fixed64Tag(1), severityNumber: varintTag(2), severityText: bytesTag(3), body: bytesTag(5), attributes: bytesTag(6),
  traceId: bytesTag(9), spanId: bytesTag(10), observedTime: fixed64Tag(11),
};
/** What a record takes beside its texts and attributes: two times, two ids, a severity, tags and lengths. */
const FRAME_BYTES = 128;
const NOTHING = Buffer.alloc(0);

/** `http/protobuf`: written straight from the bytes of the JSON record. Measured: 3.4 times as fast as JSON.parse and protobufjs (124 MB/s of records). */
export const protobuf: Format = {
  contentType: 'application/x-protobuf',
  before: NOTHING,
  between: NOTHING,
  after: NOTHING,

  frame(resource, { name, version }) {
    const head = Buffer.concat(lengthDelimited(RESOURCE_LOGS.resource, attributesOf(resource)));
    const scope = Buffer.concat(lengthDelimited(SCOPE_LOGS.scope, [...textField(SCOPE.name, name), ...textField(SCOPE.version, version)]));
    return {
      length: (recordBytes) => fieldBytes(head.length + fieldBytes(scope.length + recordBytes)),
      around: (records) => lengthDelimited(REQUEST.resourceLogs, [head, ...lengthDelimited(RESOURCE_LOGS.scopeLogs, [scope, records])]),
    };
  },

  /** Hot: once per record. */
  writeRecord(writer, json, record, observed) {
    const guess = record.length;
    writer.room(FRAME_BYTES);
    writer.bytes[writer.at++] = SCOPE_LOGS.logRecords;
    const content = beginMessage(writer, guess);
    if (record.hasTime) writeTime(writer, RECORD.time, record.time);
    writeTime(writer, RECORD.observedTime, observed);
    writeId(writer, RECORD.traceId, 16, json, record.traceId);
    writeId(writer, RECORD.spanId, 8, json, record.spanId);
    if (record.severity > 0) writeSeverity(writer, json, record);
    if (record.message.end > 0) writeText(writer, RECORD.body, json, record.message.start, record.message.end);
    const { rows, count } = record.attributes;
    for (let at = 0; at < count * ATTRIBUTE_INTS; at += ATTRIBUTE_INTS) writeAttribute(writer, json, rows, at);
    endMessage(writer, content, guess);
  },
};

function writeTime(writer: ByteWriter, tag: number, moment: Moment): void {
  writer.bytes[writer.at++] = tag;
  fixedNanos(writer, moment);
}

function writeSeverity(writer: ByteWriter, json: Buffer, { severity, level }: LogRecord): void {
  writer.bytes[writer.at++] = RECORD.severityNumber;
  writer.bytes[writer.at++] = severity;
  writeString(writer, RECORD.severityText, json, level.start, level.end);
}

/** An id of 64 bits where one of 128 belongs is an old one, and filled up in front. */
function writeId(writer: ByteWriter, tag: number, size: number, json: Buffer, { start, end }: Span): void {
  if (start === end) return;
  const { bytes } = writer;
  let at = writer.at;
  bytes[at++] = tag;
  bytes[at++] = size;
  for (let missing = size - (end - start) / 2; missing > 0; missing--) bytes[at++] = 0;
  for (; start < end; start += 2) bytes[at++] = (hexDigit(json[start] as number) << 4) | hexDigit(json[start + 1] as number);
  writer.at = at;
}

function writeAttribute(writer: ByteWriter, json: Buffer, attributes: Int32Array, at: number): void {
  const keyStart = attributes[at] as number;
  const keyEnd = attributes[at + 1] as number;
  const start = attributes[at + 2] as number;
  const end = attributes[at + 3] as number;
  const kind = attributes[at + 4];
  const guess = end - start + (kind === Kind.LINE ? LINE.length : keyEnd - keyStart) + 8;
  writer.room(guess + 4 * WORST_BYTES);
  writer.bytes[writer.at++] = RECORD.attributes;
  const content = beginMessage(writer, guess);
  if (kind === Kind.LINE) writeString(writer, KEY_TAG, LINE, 0, LINE.length);
  else writeString(writer, KEY_TAG, json, keyStart, keyEnd);
  if (kind === Kind.JSON || kind === Kind.LINE) writeValue(writer, VALUE_TAG, json, start, end, 0);
  else writeText(writer, VALUE_TAG, json, start, end, kind === Kind.HEADER);
  endMessage(writer, content, guess);
}

const LINE = Buffer.from(LINE_KEY);

function attributesOf(attributes: ResourceAttributes): Uint8Array[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    const content = typeof value === 'string' ? textField(STRING_TAG, value) : [varintField(INT_TAG, value)];
    return lengthDelimited(RESOURCE.attributes, [...textField(KEY_TAG, key), ...lengthDelimited(VALUE_TAG, content)]);
  });
}

function textField(tag: number, text: string): Uint8Array[] {
  return lengthDelimited(tag, [Buffer.from(text)]);
}
