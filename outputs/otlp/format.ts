import type { Moment } from '../rfc3339.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { LogRecord } from './record.ts';

/** Text attributes by name. */
export type TextAttributes = Readonly<Record<string, string>>;
/** Attributes of a resource by name: texts, and whole numbers from 0 on. */
export type ResourceAttributes = Readonly<Record<string, string | number>>;

/** Name and version of what has made the records. */
export interface Scope {
  readonly name: string;
  readonly version: string;
}

/** What stands around the records of one resource, a ResourceLogs. */
export interface Frame {
  /** Bytes of the whole, with as many bytes of records in it. */
  length(recordBytes: number): number;
  /** The whole, in pieces that are not copied. */
  around(records: Buffer<ArrayBuffer>): Uint8Array[];
}

/** One of the two encodings of OTLP/HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export interface Format {
  readonly contentType: string;
  /** What stands around all ResourceLogs of an ExportLogsServiceRequest, and between two of them. */
  readonly before: Buffer;
  readonly between: Buffer;
  readonly after: Buffer;
  frame(resource: ResourceAttributes, scope: Scope): Frame;
  /** Writes one record of the body `json` behind others of its resource. */
  writeRecord(writer: ByteWriter, json: Buffer, record: LogRecord, observed: Moment): void;
}
