import type { ByteWriter } from './byte-writer.ts';
import { afterBlanks, afterString, afterValue } from './json-scan.ts';
import { numberType, smallInteger } from './numbers.ts';
import { beginMessage, bigVarint, bytesTag, endMessage, fixed64Tag, varint, varintTag, WORST_BYTES } from './protobuf-wire.ts';
import { MAX_DEPTH } from './record.ts';
import { writeUnescaped } from './unescape.ts';

// AnyValue, ArrayValue, KeyValueList and KeyValue of opentelemetry-proto's common.proto.
const VALUE = { string: bytesTag(1), bool: varintTag(2), int: varintTag(3), double: fixed64Tag(4), array: bytesTag(5), keyValues: bytesTag(6) };
const LIST = { values: bytesTag(1) };
const KEY_VALUE = { key: bytesTag(1), value: bytesTag(2) };

const [QUOTE, COMMA, OPEN_BRACKET, OPEN_BRACE] = [0x22, 0x2c, 0x5b, 0x7b];
const [TRUE, FALSE, NULL] = [0x74, 0x66, 0x6e];

/** Writes the inside of a JSON string as a string field. */
export function writeString(writer: ByteWriter, tag: number, json: Buffer, start: number, end: number): void {
  const guess = end - start;
  writer.room(guess + 2 * WORST_BYTES);
  writer.bytes[writer.at++] = tag;
  const content = beginMessage(writer, guess);
  writeUnescaped(writer, json, start, end);
  endMessage(writer, content, guess);
}

/** Writes an AnyValue field with the inside of a JSON string; `listed`: as the only entry of a list. */
export function writeText(writer: ByteWriter, tag: number, json: Buffer, start: number, end: number, listed = false): void {
  const guess = end - start + (listed ? 8 : 2);
  writer.room(4 * WORST_BYTES);
  writer.bytes[writer.at++] = tag;
  const content = beginMessage(writer, guess);
  if (listed) writeOnlyEntry(writer, json, start, end);
  else writeString(writer, VALUE.string, json, start, end);
  endMessage(writer, content, guess);
}

function writeOnlyEntry(writer: ByteWriter, json: Buffer, start: number, end: number): void {
  const guess = end - start + 5;
  writer.bytes[writer.at++] = VALUE.array;
  const content = beginMessage(writer, guess);
  writeText(writer, LIST.values, json, start, end);
  endMessage(writer, content, guess);
}

/** Writes an AnyValue field with a JSON value of any kind. `depth`: objects and lists it lies in. */
export function writeValue(writer: ByteWriter, tag: number, json: Buffer, start: number, end: number, depth: number): void {
  const guess = end - start;
  writer.room(3 * WORST_BYTES);
  writer.bytes[writer.at++] = tag;
  const content = beginMessage(writer, guess);
  const first = json[start];
  if (first === QUOTE) writeString(writer, VALUE.string, json, start + 1, end - 1);
  else if (first === TRUE || first === FALSE) writeSmall(writer, VALUE.bool, first === TRUE ? 1 : 0);
  else if (first === OPEN_BRACE || first === OPEN_BRACKET) writeNested(writer, json, start, end, depth);
  else if (first !== NULL) writeNumber(writer, json, start, end);
  endMessage(writer, content, guess);
}

/** Fields of a KeyValue, and of the AnyValue that a text or a whole number is. */
export const [KEY_TAG, VALUE_TAG, STRING_TAG, INT_TAG] = [KEY_VALUE.key, KEY_VALUE.value, VALUE.string, VALUE.int];

function writeNumber(writer: ByteWriter, json: Buffer, start: number, end: number): void {
  const type = numberType(json, start, end);
  if (type === 'small') return writeSmall(writer, VALUE.int, smallInteger(json, start, end));
  if (type === 'text') return writeString(writer, VALUE.string, json, start, end);
  writer.bytes[writer.at++] = type === 'integer' ? VALUE.int : VALUE.double;
  if (type === 'integer') bigVarint(writer, BigInt(json.toString('latin1', start, end)));
  else writer.at = writer.bytes.writeDoubleLE(Number(json.toString('latin1', start, end)), writer.at);
}

function writeSmall(writer: ByteWriter, tag: number, value: number): void {
  writer.bytes[writer.at++] = tag;
  if (value < 0) bigVarint(writer, BigInt(value));
  else varint(writer, value);
}

function writeNested(writer: ByteWriter, json: Buffer, start: number, end: number, depth: number): void {
  if (depth >= MAX_DEPTH) return writeRaw(writer, json, start, end);
  const guess = end - start;
  const isObject = json[start] === OPEN_BRACE;
  writer.bytes[writer.at++] = isObject ? VALUE.keyValues : VALUE.array;
  const content = beginMessage(writer, guess);
  for (let at = afterBlanks(json, start + 1); at < end - 1; ) {
    const next = isObject ? writeMember(writer, json, at, depth + 1) : writeEntry(writer, json, at, depth + 1);
    const comma = afterBlanks(json, next);
    at = json[comma] === COMMA ? afterBlanks(json, comma + 1) : end;
  }
  endMessage(writer, content, guess);
}

/** JSON as text. */
function writeRaw(writer: ByteWriter, json: Buffer, start: number, end: number): void {
  writer.room(end - start + WORST_BYTES);
  writer.bytes[writer.at++] = VALUE.string;
  varint(writer, end - start);
  writer.copy(json, start, end);
}

function writeEntry(writer: ByteWriter, json: Buffer, at: number, depth: number): number {
  const end = afterValue(json, at);
  writeValue(writer, LIST.values, json, at, end, depth);
  return end;
}

function writeMember(writer: ByteWriter, json: Buffer, at: number, depth: number): number {
  const keyEnd = afterString(json, at);
  const value = afterBlanks(json, afterBlanks(json, keyEnd) + 1);
  const end = afterValue(json, value);
  const guess = end - at;
  writer.room(2 * WORST_BYTES);
  writer.bytes[writer.at++] = LIST.values;
  const content = beginMessage(writer, guess);
  writeString(writer, KEY_TAG, json, at + 1, keyEnd - 1);
  writeValue(writer, VALUE_TAG, json, value, end, depth);
  endMessage(writer, content, guess);
  return end;
}
