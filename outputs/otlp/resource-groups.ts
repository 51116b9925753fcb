import { hostname } from 'node:os';
import type { Moment } from '../rfc3339.ts';
import { ATTRIBUTE_INTS, Attributes, Kind } from './attributes.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Format, Frame, ResourceAttributes, Scope, TextAttributes } from './format.ts';
import type { LogRecord, Span } from './record.ts';
import type { LogsRequest } from './request.ts';

/** A request is mostly one group, and as long as its body. */
const FIRST_GROWTH = 1.1;
const OTHER_BYTES = 1_024;

/** Encoded records of one resource. */
interface Group {
  readonly frame: Frame;
  readonly writer: ByteWriter;
  /** Bytes of it in the request. */
  length: number;
}

/**
 * The records of one request, grouped by where they come from: service, host, and what else is said of the resource,
 * such as the pod. It knows at any time how long the request is.
 */
export class ResourceGroups {
  readonly #json: Buffer;
  readonly #format: Format;
  readonly #scope: Scope;
  readonly #common: TextAttributes;
  readonly #firstBytes: number;
  readonly #groups = new Map<string, Group>();
  readonly #service: Span = { start: 0, end: 0 };
  readonly #host: Span = { start: 0, end: 0 };
  readonly #origin = new Attributes();
  #last: Group | undefined;
  #count = 0;
  #length: number;

  /** `common`: what all resources have. `bodyBytes`: how many of the body's are left for it. */
  constructor(json: Buffer, format: Format, scope: Scope, common: TextAttributes, bodyBytes: number) {
    this.#json = json;
    this.#format = format;
    this.#scope = scope;
    this.#common = common;
    this.#firstBytes = Math.ceil(bodyBytes * FIRST_GROWTH);
    this.#length = format.before.length + format.after.length;
  }

  /** Hot: once per record. False: the request would be longer than `limitBytes` and has others, so it is left out. */
  add(record: LogRecord, observed: Moment, limitBytes: number): boolean {
    const group = this.#groupOf(record);
    const { writer } = group;
    const before = writer.at;
    this.#format.writeRecord(writer, this.#json, record, observed);
    const between = before === 0 && this.#count > 0 ? this.#format.between.length : 0;
    const groupLength = group.frame.length(writer.at);
    const length = this.#length + between + groupLength - group.length;
    if (length > limitBytes && this.#count > 0) {
      writer.at = before;
      return false;
    }
    this.#length = length;
    group.length = groupLength;
    this.#count++;
    return true;
  }

  request(): LogsRequest {
    const { before, between, after } = this.#format;
    const logs = [...this.#groups.values()].filter(({ writer }) => writer.at > 0).flatMap(({ frame, writer }, index) => [...(index === 0 ? [] : [between]), ...frame.around(writer.written())]);
    return { bytes: Buffer.concat([before, ...logs, after]), count: this.#count };
  }

  /** Neighbours are mostly of the same group. */
  #groupOf({ service, host, origin }: LogRecord): Group {
    if (this.#last !== undefined && this.#isSame(service, this.#service) && this.#isSame(host, this.#host) && origin.equals(this.#origin, this.#json)) return this.#last;
    Object.assign(this.#service, service);
    Object.assign(this.#host, host);
    this.#origin.copyFrom(origin);
    this.#last = this.#find({ ...this.#nameOf(service, host), ...this.#originOf(origin) });
    return this.#last;
  }

  #find(resource: ResourceAttributes): Group {
    const key = JSON.stringify(resource);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = { frame: this.#format.frame(resource, this.#scope), writer: new ByteWriter(this.#groups.size === 0 ? this.#firstBytes : OTHER_BYTES), length: 0 };
    this.#groups.set(key, group);
    return group;
  }

  /** What the environment calls this machine is its name, where the record says no other. `service.name` is the one attribute that a resource must have. */
  #nameOf(service: Span, host: Span): ResourceAttributes {
    const own = this.#text(host);
    const name = own === hostname() ? (this.#common['host.name'] ?? own) : own;
    return { ...this.#common, 'service.name': this.#text(service) ?? this.#common['service.name'] ?? 'unknown_service', ...(name === undefined ? {} : { 'host.name': name }) };
  }

  #originOf({ rows, count }: Attributes): ResourceAttributes {
    return Object.fromEntries(Array.from({ length: count }, (_, row): [string, string | number] => {
      const [keyStart = 0, keyEnd = 0, start = 0, end = 0, kind] = rows.subarray(row * ATTRIBUTE_INTS, (row + 1) * ATTRIBUTE_INTS);
      return [this.#inside(keyStart, keyEnd), kind === Kind.TEXT ? this.#inside(start, end) : Number(this.#json.toString('latin1', start, end))];
    }));
  }

  #isSame(a: Span, b: Span): boolean {
    return a.end - a.start === b.end - b.start && this.#json.compare(this.#json, b.start, b.end, a.start, a.end) === 0;
  }

  #text({ start, end }: Span): string | undefined {
    return end === 0 ? undefined : this.#inside(start, end);
  }

  /** The inside of a JSON string. */
  #inside(start: number, end: number): string {
    return JSON.parse(`"${this.#json.toString('utf8', start, end)}"`) as string;
  }
}
