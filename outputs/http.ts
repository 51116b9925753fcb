import type { Agent as SecureAgent } from 'node:https';
import { isIP } from 'node:net';
import { Connections } from './network/connections.ts';
import { exchange } from './network/exchange.ts';
import { failureOf, isForPeople, type Failure } from './network/failure.ts';
import type { NetworkOptions } from './network/options.ts';
import { proxyChooser, type ChooseProxy, type Proxy } from './network/proxy.ts';
import { withoutHeaders } from './network/scrub.ts';
import { TlsFiles } from './network/tls-files.ts';
import { refusalText } from './network/tunnel.ts';
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

/** What it means for a batch that there was no answer. */
export function unanswered({ reason, stubborn, blocked }: Failure): Verdict {
  return blocked ? { kind: 'blocked', reason } : { kind: 'retry', reason, stubborn };
}

export type HttpMethod = 'GET' | 'HEAD' | 'PUT' | 'POST';

/** Keeps connections to one destination, be it through a proxy. Whoever opens it closes it. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #proxyFor: ChooseProxy;
  readonly #tls: TlsFiles;
  readonly #connections: Connections;
  #answered = false;

  private constructor(options: HttpOptions, proxyFor: ChooseProxy, tls: TlsFiles) {
    this.#options = options;
    this.#proxyFor = proxyFor;
    this.#tls = tls;
    this.#connections = new Connections(options.connections, options.connectMs);
  }

  /** Throws a UserError where files of TLS or variables of a proxy are no good. */
  static async open(options: HttpOptions): Promise<HttpClient> {
    const { network = {}, env = process.env } = options;
    const proxyFor = proxyChooser(network.proxy, env);
    return new HttpClient(options, proxyFor, await TlsFiles.open(network));
  }

  /** `url` without user and password. When the promise settles, nobody reads `body` any more. */
  post(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    return this.request('POST', url, headers, body, signal);
  }

  /** As `post`, with another method; `body` may be missing. */
  async request(method: HttpMethod, url: URL, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<HttpResult> {
    await this.#tls.refresh();
    const first = await this.#try(method, url, headers, body, signal);
    // A server closes idle connections when it likes, and the request that meets that learns of it by a reset.
    if (first.kind === 'answer' || !first.reset || !this.#answered || signal.aborted) return this.#explained(first);
    return this.#explained(await this.#try(method, url, headers, body, signal));
  }

  close(): Promise<void> {
    this.#connections.close();
    return Promise.resolve();
  }

  /** Where TLS fails, files that could not be read again may be why. */
  #explained(result: HttpResult): HttpResult {
    const { problem } = this.#tls;
    return result.kind === 'failure' && result.stage === 'TLS' && problem !== undefined ? { ...result, reason: `${result.reason}; ${problem}` } : result;
  }

  async #try(method: HttpMethod, url: URL, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<HttpResult & { readonly reset?: boolean }> {
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

  async #request(method: HttpMethod, url: URL, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<HttpResult> {
    const proxy = this.#proxyFor(url);
    const way = proxy !== undefined && url.protocol === 'http:' ? this.#byProxy(proxy, url, headers) : this.#straight(url, headers, proxy);
    const { status, headers: answered, body: read } = await exchange({ ...way, method, signal }, body, this.#options);
    if (way.proxy !== undefined && status === 407) return { kind: 'failure', reason: `${url.origin}: ${refusalText(way.proxy, 407)}`, stage: 'proxy', stubborn: false, blocked: isForPeople(407) };
    return { kind: 'answer', status, headers: answered, body: status < 300 ? read : withoutHeaders(read, way.headers) };
  }

  /** To the destination itself, by TLS perhaps through a tunnel. */
  #straight(url: URL, headers: Record<string, string>, tunnel: Proxy | undefined) {
    const { server_name: name } = this.#options.network ?? {};
    const agent = tunnel === undefined ? this.#connections.secure : this.#connections.through(tunnel);
    return { ...this.#address(url, agent, name), path: url.pathname + url.search, headers, proxy: undefined };
  }

  /** Without TLS a proxy is asked for the whole address: RFC 9112, 3.2.2. */
  #byProxy(proxy: Proxy, url: URL, headers: Record<string, string>) {
    const login = proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
    return { ...this.#address(proxy.url, this.#connections.secure), path: `${url.origin}${url.pathname}${url.search}`, headers: { ...headers, host: url.host, ...login }, proxy };
  }

  #address({ protocol, hostname, port }: URL, secure: SecureAgent, name?: string) {
    const host = hostname.replace(/^\[|\]$/g, '');
    if (protocol === 'http:') return { protocol, host, port, agent: this.#connections.plain };
    // Else Node would take the name that the certificate must have from the header `host`.
    return { protocol, host, port: port === '' ? '443' : port, agent: secure, servername: name ?? (isIP(host) === 0 ? host : ''), ...this.#tls.material };
  }
}

/** Milliseconds that `Retry-After` asks for, given in seconds or as a date; undefined if it says nothing. RFC 9110, 10.2.3 */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]+, .* GMT$/.test(text)) return undefined; // Date.parse alone takes `server-3` for a date
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
