import { promisify } from 'node:util';
import { gzip as gzipWithCallback } from 'node:zlib';
import type { Agent, Dispatcher } from 'undici';

export interface HttpLimits {
  /** Connections per address. */
  readonly connections: number;
  readonly connectMs: number;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
  /** Longest answer that is read. */
  readonly answerBytes: number;
  /** Authorities to trust instead of Node's, and a certificate to show. */
  readonly tls?: TlsFiles;
}

/** PEM texts. */
export interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** What came of a request: an answer, or none. Never an exception, and never with a secret in it. */
export type HttpResult =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Record<string, string | string[] | undefined>; readonly body: Buffer }
  /** `stubborn`: the connection was made, so that the body may be the reason. */
  | { readonly kind: 'failure'; readonly reason: string; readonly stubborn: boolean };

const gzipAsync = promisify(gzipWithCallback);
const GZIP = { level: 1, chunkSize: 65_536 }; // level 6 takes three times as long for 8 % less

/** A body on its way. Level 1, off the main thread. */
export function gzip(body: Uint8Array): Promise<Buffer> {
  return gzipAsync(body, GZIP);
}

/** Keeps connections to one destination. Whoever opens it closes it. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #limits: HttpLimits;
  #answered = false;

  private constructor(agent: Agent, limits: HttpLimits) {
    this.#agent = agent;
    this.#limits = limits;
  }

  static async open(limits: HttpLimits): Promise<HttpClient> {
    const { Agent } = await import('undici'); // only who sends over HTTP pays for loading it
    const agent = new Agent({
      connections: limits.connections,
      pipelining: 1,
      connect: { timeout: limits.connectMs, ...limits.tls },
      headersTimeout: limits.timeoutMs,
      bodyTimeout: limits.timeoutMs,
      maxResponseSize: limits.answerBytes,
    });
    return new HttpClient(agent, limits);
  }

  /** `url` without user and password. When the promise settles, nobody reads `body` any more. */
  async post(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    const first = await this.#try(url, headers, body, signal);
    // A server closes idle connections when it likes, and the request that meets that learns of it by a reset.
    if (first.kind === 'answer' || !first.reset || !this.#answered || signal.aborted) return first;
    return this.#try(url, headers, body, signal);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #try(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpResult & { readonly reset?: boolean }> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    const timer = setTimeout(end, this.#limits.timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      signal.throwIfAborted();
      const answer = await this.#request(url, headers, body, ending.signal);
      this.#answered = true;
      return answer;
    } catch (error) {
      const timedOut = ending.signal.aborted && !signal.aborted;
      return timedOut ? { kind: 'failure', reason: `${url.origin} did not answer within ${this.#limits.timeoutMs} ms`, stubborn: true } : failureOf(error, url);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  async #request(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    const options: Dispatcher.RequestOptions = { origin: url.origin, path: url.pathname + url.search, method: 'POST', headers, body, signal };
    const answer = await this.#agent.request(options);
    return { kind: 'answer', status: answer.statusCode, headers: answer.headers, body: Buffer.from(await answer.body.arrayBuffer()) };
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

const RESETS = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const UNREACHED = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server does not answer',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; is it http:// instead of https://?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; name its authority in NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted; name it in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not trusted; name it in NODE_EXTRA_CA_CERTS',
};

function failureOf(error: unknown, url: URL): HttpResult & { readonly reset: boolean } {
  const code = codeOf(error);
  const text = HINTS[code] ?? (error instanceof Error ? error.message : String(error));
  return { kind: 'failure', reason: `${url.origin}: ${text}${code === '' ? '' : ` (${code})`}`, stubborn: !UNREACHED.has(code), reset: RESETS.has(code) };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // A host with several addresses: one error for each.
  return error instanceof AggregateError ? codeOf(error.errors[0]) : '';
}
