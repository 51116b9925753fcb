import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** As it came, and inflated. */
  readonly raw: Buffer;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** A stand-in for a destination on a real socket: it keeps what it was sent and answers as the test says; undefined closes the connection. */
export class HttpServer {
  readonly requests: HttpRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(answer: (request: HttpRequest, number: number) => HttpReply | undefined) {
    this.#server = createServer((incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', () => response.destroy());
      incoming.on('end', () => {
        const raw = Buffer.concat(chunks);
        const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
        const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, raw, body };
        const reply = answer(request, this.requests.push(request));
        if (reply === undefined) response.socket?.resetAndDestroy();
        else response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
      });
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
