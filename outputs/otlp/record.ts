import { isHexId } from '../../agent/hex-id.ts';
import { LEVELS } from '../../agent/levels.ts';
import { isDigit, readTime, type Moment } from '../rfc3339.ts';
import { Attributes, Kind } from './attributes.ts';
import { afterBlanks, afterString, afterValue } from './json-scan.ts';

/** The inside of a JSON string, [start, end) of the body. Empty: absent. */
export interface Span {
  start: number;
  end: number;
}

/** What lies deeper is sent as text: readers refuse messages that are too deep. */
export const MAX_DEPTH = 24;

/**
 * A record of the dialect `otel` taken apart: spans into the body it lies in. There is one, used again for each record.
 * What does not fit its place (a time that is none, a trace id of another kind) becomes an attribute.
 */
export class LogRecord {
  readonly service: Span = { start: 0, end: 0 };
  readonly host: Span = { start: 0, end: 0 };
  readonly level: Span = { start: 0, end: 0 };
  readonly traceId: Span = { start: 0, end: 0 };
  readonly spanId: Span = { start: 0, end: 0 };
  readonly message: Span = { start: 0, end: 0 };
  readonly time: Moment = { seconds: 0, nanos: 0 };
  hasTime = false;
  /** 1 to 24; 0: unknown. */
  severity = 0;
  /** Bytes of its JSON. */
  length = 0;
  readonly attributes = new Attributes();
  /** What is said of where the record comes from: attributes of its resource. */
  readonly origin = new Attributes();

  /** In the order of the dialect's first leaves. */
  readonly #places: readonly Place[] = [
    { head: headOf('service.name'), span: this.service, fits: () => true },
    { head: headOf('host.name'), span: this.host, fits: () => true },
    { head: headOf('timestamp'), span: { start: 0, end: 0 }, fits: (json, start, end) => (this.hasTime = readTime(json, start, end, this.time) && this.time.seconds >= 0) },
    { head: headOf('level'), span: this.level, fits: (json, start, end) => (this.severity = severityOf(json, start, end)) > 0 },
    { head: headOf('trace_id'), span: this.traceId, fits: isId },
    { head: headOf('span_id'), span: this.spanId, fits: (json, start, end) => end - start === 16 && isId(json, start, end) },
    { head: headOf('message'), span: this.message, fits: () => true },
  ];

  /** Hot: once per record. Reads the object at `start`, and gives the position behind it. */
  read(json: Buffer, start: number): number {
    this.hasTime = false;
    this.severity = this.attributes.count = this.origin.count = 0;
    let at = afterBlanks(json, start + 1);
    for (const { head, span, fits } of this.#places) {
      span.start = span.end = 0;
      if (!startsWith(json, at, head)) continue;
      const from = at + head.length;
      const end = afterString(json, from - 1) - 1;
      if (fits(json, from, end)) [span.start, span.end] = [from, end];
      else this.attributes.add(at + 1, from - 3, from, end, Kind.TEXT);
      at = afterComma(json, end + 1);
    }
    while (json[at] === QUOTE) at = this.#member(json, at);
    this.length = at + 1 - start;
    return at + 1;
  }

  /** Reads the member at `at`, and gives the position of the next one or of the object's end. */
  #member(json: Buffer, at: number): number {
    const keyEnd = afterString(json, at) - 1;
    const value = afterBlanks(json, afterBlanks(json, keyEnd + 1) + 1);
    const end = afterValue(json, value);
    const isText = json[value] === QUOTE;
    if (isOfOrigin(json, at) && (isText || isCount(json, value, end))) this.origin.add(at + 1, keyEnd, isText ? value + 1 : value, isText ? end - 1 : end, isText ? Kind.TEXT : Kind.JSON);
    else if (!isText) this.attributes.add(at + 1, keyEnd, value, end, Kind.JSON);
    else if (startsWith(json, at, FILE_PATH)) this.#caller(json, at + 1, keyEnd, value + 1, end - 1);
    else this.attributes.add(at + 1, keyEnd, value + 1, end - 1, startsWith(json, at, HEADER) ? Kind.HEADER : Kind.TEXT);
    return afterComma(json, end);
  }

  /** `server.go:12` is a file and a line. */
  #caller(json: Buffer, key: number, keyEnd: number, start: number, end: number): void {
    let colon = end - 1;
    while (isDigit(json[colon])) colon--;
    const isLine = json[colon] === COLON && colon > start && colon < end - 1 && end - colon < 10;
    this.attributes.add(key, keyEnd, start, isLine ? colon : end, Kind.TEXT);
    if (isLine) this.attributes.add(key, key, colon + 1, end, Kind.LINE);
  }
}

/** A field of the record: how its member begins, where it goes, and whether its text can stand there. */
interface Place {
  readonly head: Buffer;
  readonly span: Span;
  readonly fits: (json: Buffer, start: number, end: number) => boolean;
}

const [QUOTE, COMMA, COLON, ZERO, LOWER_C, LOWER_D, LOWER_K] = [0x22, 0x2c, 0x3a, 0x30, 0x63, 0x64, 0x6b];
const HEADER = Buffer.from('"http.request.header.');
const FILE_PATH = Buffer.from('"code.file.path"');
/** Attributes that the conventions have for resources, and a kind of event that is none. https://opentelemetry.io/docs/specs/semconv/resource/ */
const CONTAINER = Buffer.from('"container.');
const CLOUD = Buffer.from('"cloud.');
const ENVIRONMENT = Buffer.from('"deployment.environment');
const KUBERNETES = Buffer.from('"k8s.');
const KUBERNETES_EVENT = Buffer.from('"k8s.event.');
/** By first letter; a severity is the lowest of its range. https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const SEVERITIES = new Map(LEVELS.map((name, index) => [name.charCodeAt(0), { name, number: 1 + index * 4 }]));

function headOf(name: string): Buffer {
  return Buffer.from(`"${name}":"`);
}

function startsWith(json: Buffer, at: number, head: Buffer): boolean {
  for (let i = 0; i < head.length; i++) if (json[at + i] !== head[i]) return false;
  return true;
}

/** Whether the member at `at` says where the record comes from. */
function isOfOrigin(json: Buffer, at: number): boolean {
  switch (json[at + 1]) {
    case LOWER_C:
      return startsWith(json, at, CONTAINER) || startsWith(json, at, CLOUD);
    case LOWER_D:
      return startsWith(json, at, ENVIRONMENT);
    case LOWER_K:
      return startsWith(json, at, KUBERNETES) && !startsWith(json, at, KUBERNETES_EVENT);
    default:
      return false;
  }
}

/** Whether a JSON value is a small whole number, such as how often a container was started. */
function isCount(json: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(json[at])) return false;
  return end - start <= 15;
}

function afterComma(json: Buffer, at: number): number {
  const next = afterBlanks(json, at);
  return json[next] === COMMA ? afterBlanks(json, next + 1) : next;
}

function severityOf(json: Buffer, start: number, end: number): number {
  const level = SEVERITIES.get(json[start] ?? 0);
  return level !== undefined && json.toString('latin1', start, end) === level.name ? level.number : 0;
}

/** An id of all zeros is none. */
function isId(json: Buffer, start: number, end: number): boolean {
  if (!isHexId(json, start, end - start)) return false;
  for (let at = start; at < end; at++) if (json[at] !== ZERO) return true;
  return false;
}
