import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { free } from '../free.ts';

/** Where and how a request goes; `protocol` decides whether by TLS. */
export type Way = RequestOptions & { readonly protocol: string };

export interface ExchangeLimits {
  /** From the name of the host to a connection that can be written to, TLS and all. */
  readonly connectMs: number;
  /** Longest answer that is read. */
  readonly answerBytes: number;
}

export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** One request and its answer. Rejects with what socket, TLS or parser say. When it has settled, nobody reads `body` any more. */
export function exchange(way: Way, body: Uint8Array | undefined, { connectMs, answerBytes }: ExchangeLimits): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = (way.protocol === 'https:' ? secureRequest : plainRequest)(way);
    limitConnecting(request, way, connectMs);
    request.on('error', reject); // again and again: one that is given up may still say something
    const received = receivedBy(request);
    request.once('response', (answer) => {
      contentOf(answer, answerBytes).then((content) => {
        // Answered before all was sent, as to a body that is too long: nobody knows whether the rest will be read.
        if (!request.writableFinished) request.destroy();
        received.free();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: content });
      }, reject);
    });
    request.end(body);
  });
}

/** An error as those of Node are: for a program by its code. */
export function codedError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}

/**
 * What the socket has read for a request. The parser copies what it gives out, so that of the answer to a full batch, a
 * hundred kilobytes, there are three copies: those before the last are freed as soon as that is there.
 */
function receivedBy(request: ClientRequest): { free(): void } {
  const pieces: Buffer[] = [];
  const keep = (piece: Buffer): number => pieces.push(piece);
  request.once('socket', (socket) => socket.on('data', keep));
  return {
    free: () => {
      request.socket?.off('data', keep);
      free(pieces);
    },
  };
}

/** Sockets that a request was given. One that is kept is connected, and says so no more. */
const given = new WeakSet<Socket>();

/** A request that is given a kept socket is not limited: `reusedSocket` does not tell, as it is not set where the request had to wait for it. */
function limitConnecting(request: ClientRequest, { protocol }: Way, connectMs: number): void {
  request.once('socket', (socket) => {
    if (given.has(socket)) return;
    given.add(socket);
    const timer = setTimeout(() => request.destroy(codedError('ETIMEDOUT', `no connection within ${connectMs} ms`)), connectMs);
    const done = (): void => clearTimeout(timer);
    socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', done);
    request.once('close', done);
  });
}

/** Leaving the loop early destroys the connection. */
async function contentOf(answer: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) { // no encoding is set
    length += part.length;
    if (length > limitBytes) throw codedError('EMSGSIZE', `the answer is longer than ${limitBytes} bytes`);
    parts.push(part);
  }
  const content = Buffer.concat(parts);
  free(parts);
  return content;
}
