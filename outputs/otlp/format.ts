import type { Moment } from '../rfc3339.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { LogRecord } from './record.ts';

/** Text attributes by name. */
export type TextAttributes = Readonly<Record<string, string>>;

/** Records of one resource, encoded. */
export interface ResourceLogs {
  readonly resource: TextAttributes;
  readonly records: Buffer<ArrayBuffer>;
}

/** One of the two encodings of OTLP/HTTP. https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
export interface Format {
  readonly contentType: string;
  /** Writes one record of the body `json` behind others of its resource. */
  writeRecord(writer: ByteWriter, json: Buffer, record: LogRecord, observed: Moment): void;
  /** The whole ExportLogsServiceRequest. `scope`: name and version of what has made the records. */
  request(logs: readonly ResourceLogs[], scope: { readonly name: string; readonly version: string }): Buffer<ArrayBuffer>;
}
