import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { hostAndPort } from '../config/address.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { log } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { errorText } from '../state/error-code.ts';
import { reasonsAgainst } from './readiness.ts';
import type { LaneStatus } from './status.ts';

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const MOST_CONNECTIONS = 64;
const PATIENCE_MS = 5_000;

/**
 * Tells over HTTP how the agent fares. `/livez`: the process answers, whatever its destinations do, since to restart it
 * for their sake would help nobody. `/readyz`: it gets on with its work, or 503 and why not. `/metrics`: for Prometheus.
 */
export class HealthServer {
  readonly #server: Server;
  readonly #metrics = new Metrics();
  #status: (() => Promise<LaneStatus>) | undefined;
  #stalledAfterMs = 0;

  private constructor() {
    this.#server = createServer({ requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS, keepAliveTimeout: PATIENCE_MS }, (request, response) => this.#answer(request, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Begins to listen at HOST:PORT. Throws a UserError where that can't be. */
  static async listen(address: string): Promise<HealthServer> {
    const health = new HealthServer();
    const { host, port } = hostAndPort(address);
    await new Promise<void>((resolve, reject) => {
      health.#server.once('error', (error) => reject(new UserError(`can't listen on ${address} (${errorText(error)})`, ExitCode.CONFIG)));
      health.#server.listen({ host, port }, resolve);
    });
    health.#server.unref(); // the end of the work is the end of the process
    health.#server.on('error', (error) => log.warn(`health and metrics: ${errorText(error)}`));
    const bound = health.#server.address() as AddressInfo; // it listens on a port
    log.info(`health and metrics on http://${isIPv6(host) ? `[${host}]` : host}:${bound.port}`);
    return health;
  }

  /** From now on it tells of what has this status; undefined: nothing is at work. */
  show(status: (() => Promise<LaneStatus>) | undefined, stalledAfterMs = 0): void {
    this.#status = status;
    this.#stalledAfterMs = stalledAfterMs;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('cache-control', 'no-store');
    const [path] = (request.url ?? '').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, TEXT, 'GET and HEAD only\n');
    if (path === '/livez') return reply(response, 200, TEXT, 'ok\n');
    if (path === '/readyz') return void this.#ready(response);
    if (path === '/metrics') return void this.#metricsTo(response);
    return reply(response, 404, TEXT, '/livez, /readyz, /metrics\n');
  }

  async #metricsTo(response: ServerResponse): Promise<void> {
    reply(response, 200, PROMETHEUS, this.#metrics.text(await this.#status?.()));
  }

  async #ready(response: ServerResponse): Promise<void> {
    const status = await this.#status?.();
    const reasons = status === undefined ? ['starting'] : reasonsAgainst(status, this.#stalledAfterMs);
    if (reasons.length === 0) return reply(response, 200, TEXT, 'ok\n');
    return reply(response, 503, TEXT, `${reasons.join('\n')}\n`);
  }
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
