import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import type { Agent, buildConnector, Dispatcher } from 'undici';
import { failureOf, isForPeople, type Failure } from './network/failure.ts';
import type { NetworkOptions } from './network/options.ts';
import { proxyChooser, type ChooseProxy, type Proxy } from './network/proxy.ts';
import { withoutHeaders } from './network/scrub.ts';
import { TlsFiles } from './network/tls-files.ts';
import { openTunnel, refusalText } from './network/tunnel.ts';
import type { Verdict } from './output.ts';

export interface HttpOptions {
  /** Connections per address. */
  readonly connections: number;
  readonly connectMs: number;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
  /** Longest answer that is read. */
  readonly answerBytes: number;
  /** Proxy, authorities and certificate; without it what `env` says. */
  readonly network?: NetworkOptions;
  /** Whose HTTPS_PROXY and its like count. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** What came of a request: an answer, or none. Never an exception, and never with a secret in it. */
export type HttpResult = Answer | Failure;

const gzipAsync = promisify(gzipWithCallback);
const GZIP = { level: 1, chunkSize: 65_536 }; // level 6 takes three times as long for 8 % less

/** A body on its way. Level 1, off the main thread. */
export function gzip(body: Uint8Array): Promise<Buffer> {
  return gzipAsync(body, GZIP);
}

/** What it means for a batch that there was no answer. */
export function unanswered({ reason, stubborn, blocked }: Failure): Verdict {
  return blocked ? { kind: 'blocked', reason } : { kind: 'retry', reason, stubborn };
}

type Undici = typeof import('undici');

/** Keeps connections to one destination, be it through a proxy. Whoever opens it closes it. */
export class HttpClient {
  readonly #undici: Undici;
  readonly #options: HttpOptions;
  readonly #proxyFor: ChooseProxy;
  readonly #tls: TlsFiles;
  readonly #closing = new AbortController();
  #agent: Agent;
  #answered = false;

  private constructor(undici: Undici, options: HttpOptions, proxyFor: ChooseProxy, tls: TlsFiles) {
    this.#undici = undici;
    this.#options = options;
    this.#proxyFor = proxyFor;
    this.#tls = tls;
    this.#agent = this.#newAgent();
  }

  /** Throws a UserError where files of TLS or variables of a proxy are no good. */
  static async open(options: HttpOptions): Promise<HttpClient> {
    const { network = {}, env = process.env } = options;
    const proxyFor = proxyChooser(network.proxy, env);
    const tls = await TlsFiles.open(network);
    return new HttpClient(await import('undici'), options, proxyFor, tls); // only who sends over HTTP pays for loading it
  }

  /** `url` without user and password. When the promise settles, nobody reads `body` any more. */
  post(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    return this.request('POST', url, headers, body, signal);
  }

  /** As `post`, with another method; `body` may be missing. */
  async request(method: Dispatcher.HttpMethod, url: URL, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<HttpResult> {
    if (await this.#tls.refresh()) this.#renewConnections();
    const first = await this.#try(method, url, headers, body, signal);
    // A server closes idle connections when it likes, and the request that meets that learns of it by a reset.
    if (first.kind === 'answer' || !first.reset || !this.#answered || signal.aborted) return this.#explained(first);
    return this.#explained(await this.#try(method, url, headers, body, signal));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#agent.destroy();
  }

  #newAgent(): Agent {
    const { connections, timeoutMs, answerBytes } = this.#options;
    return new this.#undici.Agent({ connections, pipelining: 1, connect: this.#connector(), headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxResponseSize: answerBytes });
  }

  /** Connects to a destination, or to the proxy that passes plain requests on. */
  #connector(): buildConnector.connector {
    const { connectMs, network = {} } = this.#options;
    const { material } = this.#tls;
    const connect = this.#undici.buildConnector({ timeout: connectMs, ...material });
    return (options, callback) => {
      const { protocol, hostname, host = hostname } = options;
      const proxy = protocol === 'https:' ? this.#proxyFor(new URL(`https://${host}`)) : undefined;
      if (protocol !== 'https:') return connect(options, callback);
      const named = network.server_name === undefined ? options : { ...options, servername: network.server_name };
      if (proxy === undefined || proxy.url.host === host) return connect(named, callback);
      openTunnel(proxy, options.port === '' ? `${host}:443` : host, { timeoutMs: connectMs, signal: this.#closing.signal, ...(material.ca === undefined ? {} : { ca: material.ca }) })
        .then((httpSocket) => connect({ ...named, httpSocket }, callback), (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null));
    };
  }

  /** Other certificates: what is under way ends on the connections it has. */
  #renewConnections(): void {
    const before = this.#agent;
    this.#agent = this.#newAgent();
    void before.close();
  }

  /** Where TLS fails, files that could not be read again may be why. */
  #explained(result: HttpResult): HttpResult {
    const { problem } = this.#tls;
    return result.kind === 'failure' && result.stage === 'TLS' && problem !== undefined ? { ...result, reason: `${result.reason}; ${problem}` } : result;
  }

  async #try(method: Dispatcher.HttpMethod, url: URL, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<HttpResult & { readonly reset?: boolean }> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, this.#options.timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      signal.throwIfAborted();
      const answer = await this.#request(method, url, headers, body, ending.signal);
      this.#answered = true;
      return answer;
    } catch (error) {
      const timedOut = ending.signal.aborted && !signal.aborted;
      return timedOut ? { kind: 'failure', reason: `${url.origin} did not answer within ${this.#options.timeoutMs} ms`, stage: 'answer', stubborn: true, blocked: false } : failureOf(error, url);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  async #request(method: Dispatcher.HttpMethod, url: URL, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<HttpResult> {
    const proxy = url.protocol === 'http:' ? this.#proxyFor(url) : undefined;
    const way = proxy === undefined ? { origin: url.origin, path: url.pathname + url.search, headers } : throughProxy(proxy, url, headers);
    const answer = await this.#agent.request({ ...way, method, body: body ?? null, signal });
    const read = Buffer.from(await answer.body.arrayBuffer());
    if (proxy !== undefined && answer.statusCode === 407) return { kind: 'failure', reason: `${url.origin}: ${refusalText(proxy, 407)}`, stage: 'proxy', stubborn: false, blocked: isForPeople(407) };
    return { kind: 'answer', status: answer.statusCode, headers: answer.headers, body: answer.statusCode < 300 ? read : withoutHeaders(read, way.headers) };
  }
}

/** Without TLS a proxy is asked for the whole address: RFC 9112, 3.2.2. */
function throughProxy({ url: proxy, authorization }: Proxy, url: URL, headers: Record<string, string>) {
  return {
    origin: proxy.origin,
    path: `${url.origin}${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
  };
}

/** Milliseconds that `Retry-After` asks for, given in seconds or as a date; undefined if it says nothing. RFC 9110, 10.2.3 */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]+, .* GMT$/.test(text)) return undefined; // Date.parse alone takes `server-3` for a date
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
