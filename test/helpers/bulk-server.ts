import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface BulkRequest {
  /** From 1. */
  readonly number: number;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came. */
  readonly raw: Buffer;
  /** Inflated. */
  readonly body: string;
  readonly ids: string[];
  readonly documents: Record<string, unknown>[];
  readonly atMs: number;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Half of the body is sent; then the connection is closed. */
  readonly isCut?: boolean;
}

/** What the stand-in does with a request: an answer, close the connection, or nothing ever. */
export type Answer = Reply | 'reset' | 'silence';

const EXISTS = { status: 409, type: 'version_conflict_engine_exception', reason: 'document already exists' };

/** A stand-in for Elasticsearch on a real socket: it keeps what it was sent by its id, and answers as the test says. */
export class BulkServer {
  readonly requests: BulkRequest[] = [];
  /** Ids, in the order in which they came. */
  readonly stored = new Set<string>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  port = 0;

  constructor(answer: (request: BulkRequest, server: BulkServer) => Answer | Promise<Answer>) {
    this.#server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', () => response.destroy());
      incoming.on('end', () => {
        const raw = Buffer.concat(chunks);
        const body = (incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
        const lines = body.split('\n');
        const request: BulkRequest = {
          number: this.requests.length + 1,
          url: incoming.url ?? '',
          headers: incoming.headers,
          raw,
          body,
          ids: lines.filter((_, at) => at % 2 === 0).filter((line) => line !== '').map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id),
          documents: lines.filter((_, at) => at % 2 === 1).map((line) => JSON.parse(line) as Record<string, unknown>),
          atMs: performance.now(),
        };
        this.requests.push(request);
        const answered = answer(request, this);
        if (answered instanceof Promise) void answered.then((later) => reply(response, later));
        else reply(response, answered);
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  /** Port 0: any. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}`;
  }

  /** Stores all of a request. */
  store(request: BulkRequest): Reply {
    return this.answerItems(request, () => 201);
  }

  /** Judges each document by itself, unless it is there already: a status, and for 400 and above why. */
  answerItems(request: BulkRequest, judge: (document: Record<string, unknown>, id: string) => number | { status: number; type: string; reason: string }): Reply {
    const items = request.ids.map((id, at) => {
      const verdict = this.stored.has(id) ? EXISTS : judge(request.documents[at] ?? {}, id);
      if (typeof verdict !== 'number') return { create: { status: verdict.status, error: { type: verdict.type, reason: verdict.reason } } };
      if (verdict < 300) this.stored.add(id);
      return { create: { status: verdict } };
    });
    return { status: 200, body: JSON.stringify({ errors: items.some((item) => item.create.status >= 300), items }) };
  }

  /** Closes idle connections, as servers do when they like. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === 'silence') return;
  if (answer === 'reset') response.socket?.resetAndDestroy();
  else {
    const { status = 200, headers, body = '', isCut = false } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...(isCut && { 'content-length': Buffer.byteLength(body) }), ...headers });
    if (isCut) response.write(body.slice(0, body.length / 2), () => response.socket?.destroySoon());
    else response.end(body);
  }
}
