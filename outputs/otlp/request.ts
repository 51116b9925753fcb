import { hostname } from 'node:os';
import { version } from '../../agent/version.ts';
import type { Moment } from '../rfc3339.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Format, TextAttributes } from './format.ts';
import { LogRecord, type Span } from './record.ts';

/**
 * Makes an ExportLogsServiceRequest of records of the dialect `otel`, one per line. Records are grouped by service and
 * host: those are their resource, beside what all have in common.
 */
export function toRequest(body: Uint8Array<ArrayBuffer>, format: Format, common: TextAttributes, observed: Moment): Buffer<ArrayBuffer> {
  const json = Buffer.from(body.buffer, body.byteOffset, body.length);
  const record = new LogRecord();
  const groups = new Groups(json);
  for (let at = 0; at < json.length; at++) {
    at = record.read(json, at); // behind it is the line end
    format.writeRecord(groups.writerOf(record), json, record, observed);
  }
  const logs = groups.all().map(({ service, host, writer }) => ({ resource: resourceOf(common, service, host), records: writer.written() }));
  return format.request(logs, SCOPE);
}

const SCOPE = { name: 'shipper', version: version() };
/** A request is mostly one group, and as long as its body. */
const FIRST_BYTES = 1.1;
const OTHER_BYTES = 16_384;

interface Group {
  readonly service: string | undefined;
  readonly host: string | undefined;
  readonly writer: ByteWriter;
}

class Groups {
  readonly #json: Buffer;
  readonly #groups = new Map<string, Group>();
  readonly #service: Span = { start: 0, end: 0 };
  readonly #host: Span = { start: 0, end: 0 };
  #last: Group | undefined;

  constructor(json: Buffer) {
    this.#json = json;
  }

  all(): Group[] {
    return [...this.#groups.values()];
  }

  /** Hot: once per record. Neighbours are mostly of the same group. */
  writerOf({ service, host }: LogRecord): ByteWriter {
    if (this.#last !== undefined && this.#isSame(service, this.#service) && this.#isSame(host, this.#host)) return this.#last.writer;
    Object.assign(this.#service, service);
    Object.assign(this.#host, host);
    this.#last = this.#find(this.#text(service), this.#text(host));
    return this.#last.writer;
  }

  #find(service: string | undefined, host: string | undefined): Group {
    const key = JSON.stringify([service, host]);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = { service, host, writer: new ByteWriter(this.#groups.size === 0 ? Math.ceil(this.#json.length * FIRST_BYTES) : OTHER_BYTES) };
    this.#groups.set(key, group);
    return group;
  }

  #isSame(a: Span, b: Span): boolean {
    return a.end - a.start === b.end - b.start && this.#json.compare(this.#json, b.start, b.end, a.start, a.end) === 0;
  }

  #text({ start, end }: Span): string | undefined {
    return end === 0 ? undefined : (JSON.parse(`"${this.#json.toString('utf8', start, end)}"`) as string);
  }
}

/** What the environment calls this machine is its name, where the record says no other. `service.name` is the one attribute that a resource must have. */
function resourceOf(common: TextAttributes, service: string | undefined, host: string | undefined): TextAttributes {
  const name = host === hostname() ? (common['host.name'] ?? host) : host;
  return { ...common, 'service.name': service ?? common['service.name'] ?? 'unknown_service', ...(name === undefined ? {} : { 'host.name': name }) };
}
