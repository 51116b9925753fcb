import type * as Client from '@platformatic/kafka';
import { isIP } from 'node:net';
import type { Apis } from './apis.ts';
import { failureOf, type Failure } from './failure.ts';
import type { TlsFiles } from '../network/tls-files.ts';

export type KafkaClient = typeof Client;

/** What connections are made with. */
export interface Access {
  readonly client: KafkaClient;
  readonly clientId: string;
  readonly timeoutMs: number;
  readonly tls: { readonly files: TlsFiles; readonly serverName: string | undefined } | undefined;
  readonly sasl: { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: () => Promise<string> } | undefined;
}

/** What came of a question. Never an exception. */
export type Called<T> = { readonly kind: 'answer'; readonly value: T } | { readonly kind: 'failed'; readonly failure: Failure };

const CONNECT_MS = 10_000;

/** One broker: connected when first asked, and again when a connection broke. */
export class Broker {
  readonly host: string;
  readonly port: number;
  readonly #access: Access;
  #connection: Client.Connection | undefined;
  /** The versions of each API that it speaks, both included. */
  #versions: ReadonlyMap<string, { readonly minVersion: number; readonly maxVersion: number }> = new Map();
  #answered = false;
  /** What ended the connection, where the question that was open is only told that it is closed. */
  #broke: unknown;

  constructor(host: string, port: number, access: Access) {
    this.host = host;
    this.port = port;
    this.#access = access;
  }

  /** Asks by the highest version that both sides know. A failure ends the connection: what came on it later would answer a question that nobody waits for. */
  async call<A extends unknown[], T>(name: string, apis: Apis<A, T>, args: A, signal: AbortSignal): Promise<Called<T>> {
    let [sent, answered] = [false, false];
    try {
      const connection = this.#connection ?? (await unlessAborted(this.#connect(signal), signal));
      const api = this.#choose(name, apis);
      if (api === undefined) return failed('blocked', 'answer', `${this.#where} is too old or too new: it speaks no version of ${name} that shipper does`);
      [sent, answered] = [true, this.#answered];
      const value = await unlessAborted(api.async(connection, ...args), signal);
      this.#answered = true;
      return { kind: 'answer', value };
    } catch (error) {
      const failure = error instanceof SecretError ? failed('blocked', 'credentials', error.message).failure : failureOf(this.#broke ?? error, this.#where, answered);
      this.close();
      return { kind: 'failed', failure: { ...failure, sent } };
    }
  }

  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#answered = false;
    connection?.socket?.destroy();
  }

  get #where(): string {
    return `${this.host}:${this.port}`;
  }

  async #connect(signal: AbortSignal): Promise<Client.Connection> {
    const { client, clientId, timeoutMs, tls, sasl: login } = this.#access;
    await tls?.files.refresh();
    const sasl = login === undefined ? undefined : { ...login, password: await readPassword(login.password) };
    signal.throwIfAborted();
    const connection = new client.Connection(clientId, {
      connectTimeout: Math.min(timeoutMs, CONNECT_MS),
      requestTimeout: timeoutMs,
      tlsServerName: tls?.serverName ?? isIP(this.host) === 0,
      ...(tls === undefined ? {} : { tls: { ...tls.files.material } }),
      ...(sasl === undefined ? {} : { sasl }),
    });
    [this.#connection, this.#broke] = [connection, undefined];
    connection.on('error', (error) => { if (this.#connection === connection) this.#broke = error.cause; });
    connection.on('close', () => { if (this.#connection === connection) this.close(); });
    await connection.connect(this.host, this.port);
    const { apiKeys } = await client.apiVersionsV3.api.async(connection, 'shipper', '1');
    this.#versions = new Map(apiKeys.map((key) => [key.name, key]));
    return connection;
  }

  #choose<T>(name: string, apis: ReadonlyMap<number, T>): T | undefined {
    const versions = this.#versions.get(name);
    if (versions === undefined) return undefined;
    const usable = [...apis.keys()].filter((version) => version >= versions.minVersion && version <= versions.maxVersion);
    return apis.get(Math.max(...usable));
  }
}

/** A failure without a request that failed. */
export function failed(kind: Failure['kind'], stage: Failure['stage'], reason: string): { readonly kind: 'failed'; readonly failure: Failure } {
  return { kind: 'failed', failure: { kind, stage, reason, stubborn: false, sent: false } };
}

class SecretError extends Error {}

async function readPassword(read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (error) {
    throw new SecretError(`can't read the password: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => { abort = () => reject(new Error('shipper ends')); });
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
