import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { openTunnel, type TunnelOptions } from './tunnel.ts';
import type { Proxy } from './proxy.ts';

/** How long a connection that is not used is kept, in ms, unless the server says less: many close after 5 s. */
const IDLE_MS = 4_000;
/** After that much silence the system asks whether the other side is still there. */
const PROBE_MS = 60_000;

/**
 * Connections that are kept: plain, by TLS, and by TLS through tunnels. Those by TLS are kept apart by what they are made
 * with, so that with another certificate others are made.
 */
export class Connections {
  readonly plain: PlainAgent;
  readonly secure: SecureAgent;
  readonly #closing = new AbortController();
  readonly #tunnels = new Map<Proxy, SecureAgent>();
  readonly #perAddress: number;
  readonly #connectMs: number;

  /** `perAddress`: how many there may be at once. */
  constructor(perAddress: number, connectMs: number) {
    this.#perAddress = perAddress;
    this.#connectMs = connectMs;
    this.plain = new PlainAgent(keeping(perAddress));
    this.secure = new SecureAgent(keeping(perAddress));
  }

  /** By TLS through `proxy`. */
  through(proxy: Proxy): SecureAgent {
    let agent = this.#tunnels.get(proxy);
    if (agent === undefined) this.#tunnels.set(proxy, agent = new TunnelAgent(this.#perAddress, proxy, { timeoutMs: this.#connectMs, signal: this.#closing.signal }));
    return agent;
  }

  /** What is under way fails. */
  close(): void {
    this.#closing.abort();
    for (const agent of [this.plain, this.secure, ...this.#tunnels.values()]) agent.destroy();
  }
}

type Created = (error: Error | null, socket: Duplex) => void;

class TunnelAgent extends SecureAgent {
  readonly #proxy: Proxy;
  readonly #options: Omit<TunnelOptions, 'ca'>;

  constructor(perAddress: number, proxy: Proxy, options: Omit<TunnelOptions, 'ca'>) {
    super(keeping(perAddress));
    this.#proxy = proxy;
    this.#options = options;
  }

  override createConnection(options: RequestOptions, created: Created): undefined {
    this.#connect(options).then((socket) => created(null, socket), (error: unknown) => (created as (error: unknown) => void)(error)); // then there is no socket
  }

  async #connect(options: RequestOptions): Promise<Duplex> {
    const ca = typeof options.ca === 'string' ? { ca: options.ca } : {};
    const socket = await openTunnel(this.#proxy, `${bracketed(options.host ?? '')}:${options.port}`, { ...this.#options, ...ca });
    return super.createConnection({ ...options, socket } as RequestOptions) as Duplex; // an Agent for TLS takes a socket, and gives one
  }
}

function keeping(perAddress: number) {
  return { keepAlive: true, keepAliveMsecs: PROBE_MS, maxSockets: perAddress, timeout: IDLE_MS };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
