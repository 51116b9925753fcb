import type { ByteWriter } from './byte-writer.ts';
import type { Format, ResourceAttributes } from './format.ts';
import { afterBlanks, afterString, afterValue } from './json-scan.ts';
import { nanosText, numberType } from './numbers.ts';
import { ATTRIBUTE_INTS, Kind, LINE_KEY, type Attributes } from './attributes.ts';
import { MAX_DEPTH } from './record.ts';

/**
 * `http/json`: proto3's JSON, but ids are hexadecimal and enums are numbers. 64-bit integers are texts.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export const json: Format = {
  contentType: 'application/json',
  before: Buffer.from('{"resourceLogs":['),
  between: Buffer.from(','),
  after: Buffer.from(']}'),

  frame(resource, scope) {
    const head = Buffer.from(`{"resource":{"attributes":${JSON.stringify(attributesOf(resource))}},"scopeLogs":[{"scope":${JSON.stringify(scope)},"logRecords":[`);
    return { length: (recordBytes) => head.length + recordBytes + FRAME_END.length, around: (records) => [head, records, FRAME_END] };
  },

  /** Hot: once per record. Texts are copied as they stand: they are JSON already. */
  writeRecord(writer, source, record, observed) {
    writer.room(FRAME_BYTES);
    writer.ascii(writer.at === 0 ? '{' : ',{');
    if (record.hasTime) writer.ascii(`"timeUnixNano":"${nanosText(record.time)}",`);
    writer.ascii(`"observedTimeUnixNano":"${nanosText(observed)}"`);
    if (record.severity > 0) writer.ascii(`,"severityNumber":${record.severity},"severityText":"${source.toString('latin1', record.level.start, record.level.end)}"`);
    if (record.message.end > 0) writeText(writer, ',"body":', source, record.message.start, record.message.end);
    if (record.attributes.count > 0) writeAttributes(writer, source, record.attributes);
    writeId(writer, ',"traceId":"', 32, source, record.traceId.start, record.traceId.end);
    writeId(writer, ',"spanId":"', 16, source, record.spanId.start, record.spanId.end);
    writer.room(1);
    writer.ascii('}');
  },
};

const FRAME_END = Buffer.from(']}]}');
/** What a record takes beside its texts and attributes. */
const FRAME_BYTES = 512;
const [QUOTE, COMMA, OPEN_BRACKET, OPEN_BRACE, TRUE, FALSE, NULL] = [0x22, 0x2c, 0x5b, 0x7b, 0x74, 0x66, 0x6e];

function writeId(writer: ByteWriter, head: string, digits: number, json: Buffer, start: number, end: number): void {
  if (start === end) return;
  writer.room(FRAME_BYTES);
  writer.ascii(`${head}${json.toString('latin1', start, end).toLowerCase().padStart(digits, '0')}"`);
}

function writeAttributes(writer: ByteWriter, json: Buffer, { rows, count }: Attributes): void {
  writer.room(FRAME_BYTES);
  writer.ascii(',"attributes":[');
  for (let at = 0; at < count * ATTRIBUTE_INTS; at += ATTRIBUTE_INTS) {
    const kind = rows[at + 4];
    const [start, end] = [rows[at + 2] as number, rows[at + 3] as number];
    writeKey(writer, at === 0 ? '' : ',', json, rows[at] as number, rows[at + 1] as number, kind === Kind.LINE ? LINE_KEY : '');
    if (kind === Kind.TEXT) writeText(writer, '', json, start, end);
    else if (kind === Kind.HEADER) writeText(writer, '{"arrayValue":{"values":[', json, start, end, ']}}');
    else writeValue(writer, json, start, end, 0);
    writer.ascii('}');
  }
  writer.ascii(']');
}

/** `name`: the key, if it is not [start, end). */
function writeKey(writer: ByteWriter, before: string, json: Buffer, start: number, end: number, name = ''): void {
  writer.room(end - start + FRAME_BYTES);
  writer.ascii(`${before}{"key":"${name}`);
  writer.copy(json, start, end);
  writer.ascii('","value":');
}

/** Writes an AnyValue with the inside of a string. */
function writeText(writer: ByteWriter, before: string, json: Buffer, start: number, end: number, after = ''): void {
  writer.room(end - start + FRAME_BYTES);
  writer.ascii(`${before}{"stringValue":"`);
  writer.copy(json, start, end);
  writer.ascii(`"}${after}`);
}

/** Writes an AnyValue. There is always room for a few more bytes behind it. */
function writeValue(writer: ByteWriter, json: Buffer, start: number, end: number, depth: number): void {
  const first = json[start];
  writer.room(end - start + FRAME_BYTES);
  if (first === QUOTE) return writeText(writer, '', json, start + 1, end - 1);
  if (first === NULL) return writer.ascii('{}');
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return writeNested(writer, json, start, end, depth);
  if (first === TRUE || first === FALSE) return writeScalar(writer, '{"boolValue":', json, start, end, '}');
  const type = numberType(json, start, end);
  if (type === 'double') writeScalar(writer, '{"doubleValue":', json, start, end, '}');
  else writeScalar(writer, type === 'text' ? '{"stringValue":"' : '{"intValue":"', json, start, end, '"}');
}

function writeScalar(writer: ByteWriter, before: string, json: Buffer, start: number, end: number, after: string): void {
  writer.ascii(before);
  writer.copy(json, start, end);
  writer.ascii(after);
}

function writeNested(writer: ByteWriter, json: Buffer, start: number, end: number, depth: number): void {
  if (depth >= MAX_DEPTH) return writeRaw(writer, json, start, end);
  const isObject = json[start] === OPEN_BRACE;
  writer.ascii(isObject ? '{"kvlistValue":{"values":[' : '{"arrayValue":{"values":[');
  let before = '';
  for (let at = afterBlanks(json, start + 1); at < end - 1; before = ',') {
    const next = isObject ? writeMember(writer, before, json, at, depth + 1) : writeEntry(writer, before, json, at, depth + 1);
    const comma = afterBlanks(json, next);
    at = json[comma] === COMMA ? afterBlanks(json, comma + 1) : end;
  }
  writer.room(FRAME_BYTES);
  writer.ascii(']}}');
}

/** JSON as text. */
function writeRaw(writer: ByteWriter, json: Buffer, start: number, end: number): void {
  const text = Buffer.from(JSON.stringify(json.toString('utf8', start, end)));
  writer.room(text.length + FRAME_BYTES);
  writeScalar(writer, '{"stringValue":', text, 0, text.length, '}');
}

function writeEntry(writer: ByteWriter, before: string, json: Buffer, at: number, depth: number): number {
  const end = afterValue(json, at);
  writer.ascii(before);
  writeValue(writer, json, at, end, depth);
  return end;
}

function writeMember(writer: ByteWriter, before: string, json: Buffer, at: number, depth: number): number {
  const keyEnd = afterString(json, at);
  const value = afterBlanks(json, afterBlanks(json, keyEnd) + 1);
  const end = afterValue(json, value);
  writeKey(writer, before, json, at + 1, keyEnd - 1);
  writeValue(writer, json, value, end, depth);
  writer.ascii('}');
  return end;
}

function attributesOf(attributes: ResourceAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) } }));
}
