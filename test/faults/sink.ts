import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { stored, type Line } from './line.ts';

/** elasticsearch keeps ids, so that nothing is there twice; datadog keeps none. */
export type Destination = 'elasticsearch' | 'datadog';

/** What becomes of one request. Stored ones the sender does not learn of are `spoiled`: it has to send them again. */
export type Treatment =
  | 'reset before it is stored' | 'reset after it is stored' | 'half an answer' | 'a page of HTML' | 'an empty answer'
  | 'too many requests' | 'unavailable' | 'internal error' | 'items refused for now' | 'an answer that comes late' | 'no answer';

/** A request as the sink saw it. */
export interface Attempt {
  /** The life of the agent that sent it. */
  readonly life: number;
  readonly lines: readonly Line[];
  /** Positions in `lines` of what was stored; with ids, also what was there before. */
  kept: readonly number[];
  /** Whether the sender can know that. */
  outcome: 'under way' | 'answered' | 'spoiled' | 'refused';
}

/** What can't be stored: a document the index has no room for. */
const POISON = { status: 400, error: { type: 'document_parsing_exception', reason: 'failed to parse field [message]' } };
const BUSY = { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue is full' } };

/** A destination on two real ports. It keeps what it was sent, with or without ids, and treats requests as it is told. */
export class Sink {
  readonly destination: Destination;
  readonly attempts: Attempt[] = [];
  /** Text of each line that is stored, and the ids it was stored under (without ids: one for each time). */
  readonly ids = new Map<string, Set<string>>();
  /** Lines that came at all, and those that were refused for good. */
  readonly seen = new Set<string>();
  readonly refused = new Set<string>();
  /** How often each treatment was given. */
  readonly given = new Map<Treatment | 'credentials refused', number>();
  /** Of the next requests, in this order. */
  readonly treatments: Treatment[] = [];
  /** Told of `received`, `stored` and `answered`. */
  onEvent: (event: string) => void = () => undefined;
  key = '';
  life = 0;
  readonly #servers: { server: Server; port: number }[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #lives = new WeakMap<Socket, number>();
  /** Answers that wait. */
  readonly #held = new Set<() => void>();
  #number = 0;

  constructor(destination: Destination) {
    this.destination = destination;
  }

  async listen(): Promise<void> {
    for (const at of [0, 1]) await this.up(at);
  }

  url(at: number): string {
    return `http://127.0.0.1:${this.#servers[at]?.port ?? 0}`;
  }

  /** Listens at one of its addresses, again at the same port. */
  async up(at: number): Promise<void> {
    if (this.#servers[at]?.server.listening === true) return;
    const server = createServer((request, response) => void this.#take(request, response));
    server.keepAliveTimeout = 0;
    server.on('connection', (socket) => {
      this.#lives.set(socket, this.life);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(this.#servers[at]?.port ?? 0, '127.0.0.1', resolve));
    this.#servers[at] = { server, port: (server.address() as AddressInfo).port };
  }

  /** Nothing listens there any more, and what was under way is cut off. */
  down(at: number): void {
    this.#servers[at]?.server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.release();
  }

  /** Sends the answers that wait. */
  release(): void {
    for (const answer of this.#held) answer();
    this.#held.clear();
  }

  get held(): number {
    return this.#held.size;
  }

  /** Connections that are open: those of a process that was killed are closed when all it has sent was read. */
  get connections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const at of [0, 1]) this.down(at);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw: Buffer[] = [];
    try {
      for await (const piece of request) raw.push(piece as Buffer);
    } catch {
      return; // the sender was killed in the middle of it
    }
    const body = Buffer.concat(raw);
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
    if (!String(request.headers['authorization'] ?? request.headers['dd-api-key']).endsWith(this.key)) {
      this.#count('credentials refused');
      return void response.writeHead(this.destination === 'datadog' ? 403 : 401).end('{}');
    }
    const attempt: Attempt = { life: this.#lives.get(request.socket) ?? 0, lines: stored(this.destination, text), kept: [], outcome: 'under way' };
    this.attempts.push(attempt);
    for (const { text } of attempt.lines) this.seen.add(text);
    this.onEvent('received');
    this.#treat(attempt, response, this.treatments.shift());
  }

  #treat(attempt: Attempt, response: ServerResponse, treatment: Treatment | undefined): void {
    if (treatment !== undefined) this.#count(treatment);
    switch (treatment) {
      case 'reset before it is stored':
        attempt.outcome = 'refused';
        return void response.socket?.resetAndDestroy();
      case 'a page of HTML':
        return this.#refuse(attempt, response, 200, '<html><body>Please log in</body></html>');
      case 'an empty answer':
        return this.#refuse(attempt, response, this.destination === 'datadog' ? 502 : 200, '');
      case 'too many requests':
        return this.#refuse(attempt, response, 429, '{}', { 'retry-after': '0' });
      case 'unavailable':
        return this.#refuse(attempt, response, 503, '{}');
      case 'internal error':
        return this.#refuse(attempt, response, 500, 'oops');
      default:
        return this.#store(attempt, response, treatment);
    }
  }

  #refuse(attempt: Attempt, response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
    attempt.outcome = 'refused';
    response.writeHead(status, headers).end(body);
  }

  #store(attempt: Attempt, response: ServerResponse, treatment: Treatment | undefined): void {
    const { status, body } = this.destination === 'datadog' ? this.#takeLogs(attempt) : this.#takeBulk(attempt, treatment === 'items refused for now');
    if (attempt.kept.length > 0) this.onEvent('stored');
    const answer = (): void => this.#answer(attempt, response, status, body);
    if (treatment === 'reset after it is stored' || treatment === 'half an answer' || treatment === 'no answer') attempt.outcome = 'spoiled';
    if (treatment === 'reset after it is stored') response.socket?.resetAndDestroy();
    else if (treatment === 'half an answer') response.writeHead(status, { 'content-length': body.length + 10 }).write(body.slice(0, body.length / 2), () => response.socket?.destroy());
    else if (treatment === 'an answer that comes late') this.#held.add(answer);
    else if (treatment === 'no answer') this.#held.add(() => response.socket?.destroy());
    else answer();
  }

  #answer(attempt: Attempt, response: ServerResponse, status: number, body: string): void {
    attempt.outcome = attempt.kept.length === 0 ? 'refused' : response.socket?.writable === true ? 'answered' : 'spoiled';
    response.writeHead(status, { 'content-type': 'application/json' }).end(body, () => this.onEvent('answered'));
  }

  /** Each item by itself; an id that is there stays as it is. */
  #takeBulk(attempt: Attempt, isBusy: boolean): { status: number; body: string } {
    const kept: number[] = [];
    const items = attempt.lines.map((line, at) => {
      const isThere = this.ids.get(line.text)?.has(line.id) === true;
      if (!isThere && line.isPoison) this.refused.add(line.text);
      if (!isThere && line.isPoison) return { create: POISON };
      if (!isThere && isBusy && at % 3 === 1) return { create: BUSY };
      kept.push(at);
      if (!isThere) this.#keep(line.text, line.id);
      return { create: { status: isThere ? 409 : 201 } };
    });
    attempt.kept = kept;
    return { status: 200, body: JSON.stringify({ errors: items.some(({ create }) => create.status > 201), items }) };
  }

  /** All of a request, or nothing. */
  #takeLogs(attempt: Attempt): { status: number; body: string } {
    const [first, second] = attempt.lines;
    if (first?.isPoison === true && second === undefined) this.refused.add(first.text);
    if (attempt.lines.some(({ isPoison }) => isPoison)) return { status: 400, body: '{"errors":[{"detail":"a log can not be taken"}]}' };
    attempt.kept = attempt.lines.map((_, at) => at);
    for (const { text } of attempt.lines) this.#keep(text, `${this.#number++}`);
    return { status: 202, body: '{}' };
  }

  #keep(text: string, id: string): void {
    const ids = this.ids.get(text);
    if (ids === undefined) this.ids.set(text, new Set([id]));
    else ids.add(id);
  }

  #count(treatment: Treatment | 'credentials refused'): void {
    this.given.set(treatment, (this.given.get(treatment) ?? 0) + 1);
  }
}
