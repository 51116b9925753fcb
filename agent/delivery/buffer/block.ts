import { crc32 } from 'node:zlib';
import type { Batch } from '../batch.ts';
import type { Place } from './place.ts';

/** What has to be known of a source when its records are sent by another run: for dead letters, and for people. */
export interface SourceName {
  readonly id: string;
  readonly name: string;
}

/** Some records as they lie in a segment. Record i is `body` up to `ends[i]`; `sources[i]` is a position in `table`. */
export interface Block {
  readonly first: Place;
  readonly count: number;
  readonly offsets: Float64Array;
  readonly ends: Int32Array;
  readonly lengths: Int32Array;
  readonly sources: Int32Array;
  readonly table: readonly SourceName[];
  readonly body: Uint8Array;
}

export interface Header {
  /** Of the whole block. */
  readonly bytes: number;
  readonly count: number;
  readonly tableBytes: number;
  readonly checksum: number;
  readonly first: Place;
}

/**
 * A block is header, payload, trailer, in the machine's byte order:
 * - header: mark, bytes, count, bytes of the table, place of the first record (2 doubles), CRC-32 of the payload, of the header
 * - payload: offsets (double), ends, lengths, sources (int32) of each record; table of sources (JSON); bodies
 * - trailer: mark, CRC-32, place behind the last record (2 doubles)
 *
 * What damage costs is counted by the place of the next block that is whole; behind the last one, by the trailer. The
 * marks hold a byte that no valid UTF-8 has, so no log line can look like one.
 */
export const HEADER_BYTES = 40;
export const TRAILER_BYTES = 24;
export const MARK = Buffer.from([0x53, 0x42, 0xff]);
const [HEADER_MARK, TRAILER_MARK] = [0x01_ff_42_53, 0x02_ff_42_53];
const RECORD_BYTES = 20;
/** A damaged byte costs a block, so blocks are small beside a batch. */
const BODY_BYTES = 65_536;
const RECORDS = 4_096;

/** Bytes that a batch's blocks come to, or a little less. */
export function blockBytes(batch: Batch): number {
  return batch.length + batch.count * RECORD_BYTES + (Math.floor(batch.length / BODY_BYTES) + 1) * (HEADER_BYTES + TRAILER_BYTES + 64);
}

/** The batch as blocks: pieces to be written one after the other, with views of the batch among them. */
export function encodeBlocks(batch: Batch, first: Place, nameOf: (source: number) => SourceName): { pieces: Uint8Array[]; end: Place } {
  const pieces: Uint8Array[] = [];
  let place = first;
  for (let from = 0; from < batch.count; ) {
    let to = from + 1;
    while (to < batch.count && to - from < RECORDS && (batch.ends[to] ?? 0) - batch.startOf(from) <= BODY_BYTES) to++;
    place = encodeBlock(batch, from, to, place, nameOf, pieces);
    from = to;
  }
  return { pieces, end: place };
}

/** The header at `at`; undefined where there is none, or a damaged one. */
export function decodeHeader(bytes: Buffer, at: number): Header | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const view = viewOf(bytes, at);
  if (view.getUint32(0, true) !== HEADER_MARK || view.getUint32(36, true) !== crc32(bytes.subarray(at, at + 36))) return undefined;
  return {
    bytes: view.getUint32(4, true), count: view.getUint32(8, true), tableBytes: view.getUint32(12, true), checksum: view.getUint32(32, true),
    first: { record: view.getFloat64(16, true), byte: view.getFloat64(24, true) },
  };
}

/** The place that the trailer at `at` says; undefined where there is none, or a damaged one. */
export function decodeTrailer(bytes: Buffer, at: number): Place | undefined {
  if (at + TRAILER_BYTES > bytes.length) return undefined;
  const view = viewOf(bytes, at);
  if (view.getUint32(0, true) !== TRAILER_MARK || view.getUint32(4, true) !== crc32(bytes.subarray(at + 8, at + TRAILER_BYTES))) return undefined;
  return { record: view.getFloat64(8, true), byte: view.getFloat64(16, true) };
}

/** The block of `header` at `at`; undefined if its payload is damaged. `body` is a view of `bytes`. */
export function decodeBlock(bytes: Buffer, at: number, { bytes: length, count, tableBytes, checksum, first }: Header): Block | undefined {
  const payload = bytes.subarray(at + HEADER_BYTES, at + length - TRAILER_BYTES);
  if (crc32(payload) !== checksum) return undefined;
  const numbers = payload.buffer.slice(payload.byteOffset, payload.byteOffset + count * RECORD_BYTES); // aligned
  const table = payload.toString('utf8', count * RECORD_BYTES, count * RECORD_BYTES + tableBytes);
  return {
    first, count,
    offsets: new Float64Array(numbers, 0, count),
    ends: new Int32Array(numbers, count * 8, count),
    lengths: new Int32Array(numbers, count * 12, count),
    sources: new Int32Array(numbers, count * 16, count),
    table: (JSON.parse(table) as [string, string][]).map(([id, name]) => ({ id, name })), // its checksum holds: we wrote it
    body: payload.subarray(count * RECORD_BYTES + tableBytes),
  };
}

/** Place of record `at` of a block, or with `at` = count, behind it. */
export function placeIn({ first, lengths }: Block, at: number): Place {
  let byte = first.byte;
  for (let i = 0; i < at; i++) byte += lengths[i] ?? 0;
  return { record: first.record + at, byte };
}

function encodeBlock(batch: Batch, from: number, to: number, first: Place, nameOf: (source: number) => SourceName, pieces: Uint8Array[]): Place {
  const count = to - from;
  const start = batch.startOf(from);
  const body = batch.body.subarray(start, batch.ends[to - 1]);
  const numbers = new ArrayBuffer(count * RECORD_BYTES);
  const lengths = new Int32Array(numbers, count * 12, count);
  new Float64Array(numbers, 0, count).set(batch.offsets.subarray(from, to));
  new Int32Array(numbers, count * 8, count).set(batch.ends.subarray(from, to).map((end) => end - start));
  lengths.set(batch.lengths.subarray(from, to));
  const table = tableOf(batch.sources.subarray(from, to), new Int32Array(numbers, count * 16, count), nameOf);
  const end = { record: first.record + count, byte: lengths.reduce((sum, length) => sum + length, first.byte) };
  const payload = [new Uint8Array(numbers), table, body];
  const checksum = payload.reduce((sum, piece) => crc32(piece, sum), 0);
  const bytes = HEADER_BYTES + payload.reduce((sum, piece) => sum + piece.length, TRAILER_BYTES);
  pieces.push(encodeHeader({ bytes, count, tableBytes: table.length, checksum, first }), ...payload, encodeTrailer(end));
  return end;
}

/** Numbers the sources anew, from 0 on, and names them. */
function tableOf(sources: Int32Array, positions: Int32Array, nameOf: (source: number) => SourceName): Buffer {
  const known = new Map<number, number>();
  sources.forEach((source, i) => {
    const position = known.get(source) ?? known.size;
    known.set(source, position);
    positions[i] = position;
  });
  return Buffer.from(JSON.stringify([...known.keys()].map(nameOf).map(({ id, name }) => [id, name])));
}

function encodeHeader({ bytes, count, tableBytes, checksum, first }: Header): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const view = viewOf(header, 0);
  view.setUint32(0, HEADER_MARK, true);
  view.setUint32(4, bytes, true);
  view.setUint32(8, count, true);
  view.setUint32(12, tableBytes, true);
  view.setFloat64(16, first.record, true);
  view.setFloat64(24, first.byte, true);
  view.setUint32(32, checksum, true);
  view.setUint32(36, crc32(header.subarray(0, 36)), true);
  return header;
}

function encodeTrailer({ record, byte }: Place): Buffer {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  const view = viewOf(trailer, 0);
  view.setUint32(0, TRAILER_MARK, true);
  view.setFloat64(8, record, true);
  view.setFloat64(16, byte, true);
  view.setUint32(4, crc32(trailer.subarray(8)), true);
  return trailer;
}

function viewOf(bytes: Buffer, at: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at);
}
