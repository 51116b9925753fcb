import dns from 'node:dns';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Test } from 'tap';
import { BulkServer, type Answer, type BulkRequest } from './bulk-server.ts';

/** How a destination fares: nothing listens, nobody knows its name, connections break in the middle of a request's body, 503. */
export type How = 'well' | 'refused' | 'unknown' | 'reset' | 'busy';

/** No name server knows it (RFC 2606), but this process does. */
const NAME = 'search.invalid';

type Tell = (error: Error | null, address?: unknown, family?: number) => void;

/** A stand-in for Elasticsearch behind a door that can be closed in several ways, under a name that can be unknown. */
export class Outages {
  readonly server = new BulkServer((request, server) => (this.#how === 'busy' ? this.#turnAway(request) : server.store(request)));
  #how: How = 'well';
  readonly #sockets = new Set<Socket>();
  readonly #door = createServer((socket) => this.#enter(socket));
  #port = 0;

  static async open(t: Test): Promise<Outages> {
    const outages = new Outages();
    await outages.server.listen();
    await outages.#listen();
    const { lookup } = dns;
    const lookUp = (name: string, ...rest: [{ all?: boolean }, Tell]): unknown => (name === NAME ? setImmediate(() => outages.#lookUp(...rest)) : Reflect.apply(lookup, dns, [name, ...rest]));
    dns.lookup = Object.assign(lookUp, { __promisify__: lookup.__promisify__ }) as typeof lookup; // as the resolver's library is loaded in this process
    t.teardown(async () => {
      dns.lookup = lookup;
      await outages.become('refused');
      await outages.server.close();
    });
    return outages;
  }

  get url(): string {
    return `http://${NAME}:${this.#port}`;
  }

  async become(how: How): Promise<void> {
    this.#how = how;
    for (const socket of this.#sockets) socket.destroy();
    if (how === 'refused') await new Promise((resolve) => this.#door.close(resolve));
    else if (!this.#door.listening) await this.#listen();
  }

  /** And forgets it: hours of these are much. */
  #turnAway(request: BulkRequest): Answer {
    const { requests } = this.server;
    requests.splice(requests.indexOf(request), 1);
    return { status: 503 };
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#door.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#door.address() as AddressInfo).port;
  }

  #lookUp({ all = false }: { all?: boolean }, tell: Tell): void {
    if (this.#how === 'unknown') tell(Object.assign(new Error(`getaddrinfo ENOTFOUND ${NAME}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: NAME }));
    else if (all) tell(null, [{ address: '127.0.0.1', family: 4 }]);
    else tell(null, '127.0.0.1', 4);
  }

  #enter(socket: Socket): void {
    this.#keep(socket);
    if (this.#how === 'reset') return void socket.once('data', () => socket.resetAndDestroy()); // headers and the first of the body
    const inside = connect(this.server.port, '127.0.0.1');
    this.#keep(inside);
    socket.pipe(inside).pipe(socket);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
