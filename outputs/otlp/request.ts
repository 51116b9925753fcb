import { version } from '../../agent/version.ts';
import type { Moment } from '../rfc3339.ts';
import type { Format, TextAttributes } from './format.ts';
import { LogRecord } from './record.ts';
import { ResourceGroups } from './resource-groups.ts';

/** An ExportLogsServiceRequest, and how many records of the batch are in it. */
export interface LogsRequest {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly count: number;
}

/**
 * Makes requests of records of the dialect `otel`, one per line, in their order: mostly one, and more where it would be
 * longer than `limitBytes`; only a record that is longer by itself makes a request that is. Without records there is
 * one request, too.
 */
export function toRequests(body: Uint8Array<ArrayBuffer>, format: Format, common: TextAttributes, observed: Moment, limitBytes = Infinity): LogsRequest[] {
  const json = Buffer.from(body.buffer, body.byteOffset, body.length);
  const record = new LogRecord();
  const requests: LogsRequest[] = [];
  let groups = new ResourceGroups(json, format, SCOPE, common, json.length);
  for (let at = 0; at < json.length; at++) {
    const start = at;
    at = record.read(json, at); // behind it is the line end
    if (groups.add(record, observed, limitBytes)) continue;
    requests.push(groups.request());
    groups = new ResourceGroups(json, format, SCOPE, common, json.length - start);
    groups.add(record, observed, limitBytes);
  }
  requests.push(groups.request());
  return requests;
}

const SCOPE = { name: 'shipper', version: version() };
