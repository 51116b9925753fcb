import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { codedError } from './exchange.ts';
import type { Proxy } from './proxy.ts';

/** The proxy has answered, and does not let us through. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(proxy: Proxy, status: number) {
    super(refusalText(proxy, status));
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** For a person; an answer of a proxy to a request that it should have passed on reads the same. */
export function refusalText(proxy: Proxy, status: number): string {
  const why = status === 407 ? (proxy.authorization === undefined ? ': it wants a user and a password' : ': it refuses user and password') : status === 403 ? ': it does not let this address through' : '';
  return `the proxy ${proxy.url.origin} answered HTTP ${status}${why}`;
}

export interface TunnelOptions {
  readonly timeoutMs: number;
  /** Authorities of a proxy that is spoken to by TLS itself. */
  readonly ca?: string;
  readonly signal: AbortSignal;
}

/** A connection to `target` (HOST:PORT) through a proxy, by CONNECT: RFC 9110, 9.3.6. Rejects with a ProxyRefusal, or what the socket says. */
export function openTunnel(proxy: Proxy, target: string, { timeoutMs, ca, signal }: TunnelOptions): Promise<Socket> {
  const { protocol, hostname, port } = proxy.url;
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isSecure ? secureRequest : plainRequest)({
      method: 'CONNECT',
      host,
      port: port === '' ? (isSecure ? 443 : 80) : Number(port),
      path: target,
      headers: { host: target, ...(proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }) },
      agent: false,
      signal,
      ...(isSecure && isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    const timer = setTimeout(() => request.destroy(codedError('ETIMEDOUT', `the proxy ${proxy.url.origin} did not answer within ${timeoutMs} ms`)), timeoutMs);
    request.once('connect', (answer, socket, head) => {
      clearTimeout(timer);
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new ProxyRefusal(proxy, status));
    });
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}
