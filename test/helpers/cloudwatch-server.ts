import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface LogsRequest {
  /** From 1. */
  readonly number: number;
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  readonly input: { logGroupName: string; logStreamName: string; logEvents?: LogEvent[]; sequenceToken?: string; retentionInDays?: number; tags?: object; logGroupClass?: string };
}

export interface LogsReply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const DAY_MS = 24 * 3_600_000;

/** Answer of an error, as AWS writes it. */
export function awsError(type: string, message = 'why', status = 400): LogsReply {
  return { status, body: JSON.stringify({ __type: `com.amazonaws.logs.v20140328#${type}`, message }) };
}

/**
 * A stand-in for CloudWatch Logs on a real socket, made from the published model: it keeps every limit of PutLogEvents
 * as AWS does, and refuses what breaks one. `answer` may answer first.
 */
export class CloudWatchServer {
  readonly requests: LogsRequest[] = [];
  /** Events by `group:stream`. */
  readonly streams = new Map<string, LogEvent[]>();
  readonly groups = new Map<string, { retentionInDays?: number; tags?: object; logGroupClass?: string }>();
  readonly #server: Server;
  readonly #now: () => number;
  url = '';

  constructor(now: () => number, answer: (request: LogsRequest, server: CloudWatchServer) => LogsReply | undefined = () => undefined) {
    this.#now = now;
    this.#server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const raw = Buffer.concat(chunks);
        const request: LogsRequest = {
          number: this.requests.length + 1,
          operation: String(incoming.headers['x-amz-target']).replace('Logs_20140328.', ''),
          headers: incoming.headers,
          raw,
          input: JSON.parse(raw.toString()) as LogsRequest['input'],
        };
        this.requests.push(request);
        reply(response, answer(request, this) ?? this.#handle(request), this.#now());
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.url;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Events of each PutLogEvents request that came. */
  get puts(): LogEvent[][] {
    return this.requests.filter(({ operation }) => operation === 'PutLogEvents').map(({ input }) => input.logEvents ?? []);
  }

  addStream(group: string, stream: string): void {
    this.groups.set(group, {});
    this.streams.set(`${group}:${stream}`, []);
  }

  #handle({ operation, input }: LogsRequest): LogsReply {
    const { logGroupName: group, logStreamName: stream } = input;
    switch (operation) {
      case 'CreateLogGroup':
        if (this.groups.has(group)) return awsError('ResourceAlreadyExistsException');
        this.groups.set(group, { ...(input.tags && { tags: input.tags }), ...(input.logGroupClass && { logGroupClass: input.logGroupClass }) });
        return { body: '' };
      case 'PutRetentionPolicy':
        if (!this.groups.has(group)) return awsError('ResourceNotFoundException');
        this.groups.set(group, { ...this.groups.get(group), retentionInDays: input.retentionInDays ?? 0 });
        return { body: '' };
      case 'CreateLogStream':
        if (!this.groups.has(group)) return awsError('ResourceNotFoundException', 'The specified log group does not exist.');
        if (this.streams.has(`${group}:${stream}`)) return awsError('ResourceAlreadyExistsException');
        this.streams.set(`${group}:${stream}`, []);
        return { body: '' };
      case 'PutLogEvents':
        return this.#put(input.logEvents ?? [], this.streams.get(`${group}:${stream}`));
      default:
        return awsError('UnknownOperationException');
    }
  }

  #put(events: LogEvent[], stored: LogEvent[] | undefined): LogsReply {
    if (stored === undefined) return awsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    const bad = problemOf(events);
    if (bad !== undefined) return awsError('InvalidParameterException', bad);
    const nowMs = this.#now();
    const oldEnd = events.findLastIndex(({ timestamp }) => timestamp < nowMs - 14 * DAY_MS) + 1;
    const newStart = events.findIndex(({ timestamp }) => timestamp > nowMs + 2 * 3_600_000);
    const valid = events.slice(oldEnd, newStart < 0 ? undefined : newStart);
    const [first, last] = [valid[0], valid.at(-1)];
    if (first && last && last.timestamp - first.timestamp > DAY_MS) return awsError('InvalidParameterException', 'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
    stored.push(...valid);
    const rejectedLogEventsInfo = { ...(oldEnd > 0 && { tooOldLogEventEndIndex: oldEnd }), ...(newStart >= 0 && { tooNewLogEventStartIndex: newStart }) };
    return { body: JSON.stringify(Object.keys(rejectedLogEventsInfo).length > 0 ? { rejectedLogEventsInfo } : {}) };
  }
}

function problemOf(events: LogEvent[]): string | undefined {
  if (events.length < 1 || events.length > 10_000) return `${events.length} events`;
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + 26, 0);
  if (bytes > 1_048_576) return `Upload too large: ${bytes} bytes exceeds limit of 1048576`;
  if (events.some(({ timestamp }) => !Number.isInteger(timestamp) || timestamp < 0)) return 'timestamp';
  if (events.some(({ message }) => message === '' || Buffer.byteLength(message) > 1_048_546)) return 'message';
  return events.every(({ timestamp }, at) => at === 0 || timestamp >= (events[at - 1]?.timestamp ?? 0)) ? undefined : 'Log events in a single PutLogEvents request must be in chronological order.';
}

function reply(response: ServerResponse, { status = 200, headers = {}, body = '' }: LogsReply, nowMs: number): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', date: new Date(nowMs).toUTCString(), ...headers }).end(body);
}
