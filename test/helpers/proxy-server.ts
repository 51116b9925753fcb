import { createServer as plainServer, request as plainRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as secureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Test } from 'tap';
import { pem } from './tls-server.ts';

export interface ProxyOptions {
  /** `USER:PASSWORD` that it wants. */
  readonly login?: string;
  /** What it answers instead of letting anything through. */
  readonly refusal?: number;
  /** Is spoken to by TLS. */
  readonly secure?: boolean;
  /** Takes connections and says nothing. */
  readonly silent?: boolean;
}

/** A real HTTP proxy: tunnels by CONNECT, and plain requests that name the whole address. Whatever name it is asked for, it goes to 127.0.0.1. */
export async function proxyServer(test: Test, { login, refusal, secure = false, silent = false }: ProxyOptions = {}): Promise<{ url: string; host: string; seen: string[]; drop(): void }> {
  const seen: string[] = [];
  const sockets = new Set<Socket | Duplex>();
  const statusFor = ({ headers }: IncomingMessage): number => refusal ?? (login === undefined || headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}` ? 200 : 407);
  const forward: RequestListener = (incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    const status = statusFor(incoming);
    if (status !== 200) return void response.writeHead(status).end('<html>proxy</html>');
    const { port, pathname, search } = new URL(incoming.url ?? '');
    const { 'proxy-authorization': hidden, ...headers } = incoming.headers;
    incoming.pipe(plainRequest({ host: '127.0.0.1', port, path: pathname + search, method: incoming.method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    }));
  };
  const server = secure ? secureServer({ cert: pem('server'), key: pem('server-key') }, forward) : plainServer(forward);
  server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    seen.push(`CONNECT ${incoming.url}`);
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (silent) return;
    const status = statusFor(incoming);
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream = connect(Number(/:(\d+)$/.exec(incoming.url ?? '')?.[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    sockets.add(upstream);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  test.teardown(() => {
    drop();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `${secure ? 'https' : 'http'}://${host}`, host, seen, drop };
}
