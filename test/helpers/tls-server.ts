import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TLSSocket } from 'node:tls';
import type { Test } from 'tap';

const FOLDER = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'fixtures', 'tls');

/** A file of test/fixtures/tls. */
export function pemFile(name: string): string {
  return path.join(FOLDER, `${name}.pem`);
}

export function pem(name: string): string {
  return readFileSync(pemFile(name), 'utf8');
}

export interface Seen {
  readonly url: string;
  readonly method: string;
  /** Name in the client's certificate; undefined: it has shown none. */
  readonly client: string | undefined;
  /** The name it asked for, by SNI. */
  readonly serverName: string | false;
  readonly connection: Socket;
}

/** A real TLS server. It answers `answer` to everything, and keeps what it saw. */
export async function tlsServer(test: Test, options: { certificate?: string; wantsClient?: boolean; answer?: { status: number; body: string } } = {}): Promise<{ url: string; port: number; seen: Seen[]; drop(): void }> {
  const { certificate = 'server', wantsClient = false, answer = { status: 200, body: 'ok' } } = options;
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const tls = { cert: pem(certificate), key: pem(`${certificate}-key`), ...(wantsClient ? { ca: pem('ca'), requestCert: true, rejectUnauthorized: true } : {}) };
  const server = createServer(tls, (incoming: IncomingMessage, response: ServerResponse) => {
    const socket = incoming.socket as TLSSocket; // of an https server
    incoming.resume().on('end', () => {
      const { CN: client } = wantsClient ? socket.getPeerCertificate().subject : { CN: undefined };
      seen.push({ url: incoming.url ?? '', method: incoming.method ?? '', client: Array.isArray(client) ? client[0] : client, serverName: (socket as TLSSocket & { servername: string | false }).servername, connection: socket });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  test.teardown(() => {
    drop();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, port, seen, drop };
}
