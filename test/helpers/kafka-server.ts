import { Reader, readRecordsBatch, Writer, type RecordsBatch } from '@platformatic/kafka';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A message as it was stored. */
export interface Stored {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly id: string;
}

/** A batch that came, before it is stored. */
export interface Arrival {
  readonly partition: number;
  readonly batch: RecordsBatch;
  readonly bytes: number;
  readonly version: number;
  /** How many batches came before. */
  readonly number: number;
}

/** What becomes of a batch: stored; refused by an error code; stored or not, and the connection closed or left without an answer. */
export type Fate = 'store' | number | { readonly store: boolean; readonly then: 'close' | 'silence' | number };

export interface KafkaServerOptions {
  readonly partitions?: number;
  readonly produceVersions?: readonly [number, number];
  readonly tls?: TlsOptions;
  /** User and password of SASL PLAIN. */
  readonly login?: readonly [string, string];
  readonly fate?: (arrival: Arrival) => Fate;
  /** Code of the topic in answers to Metadata. */
  readonly topicCode?: () => number;
  readonly producerCode?: () => number;
  /** What the user may do with the topic, as bits. */
  readonly operations?: number;
  /** Told of each question for the topic, and whether it may be made. */
  readonly asked?: (mayBeMade: boolean) => void;
}

const [PRODUCE, METADATA, SASL_HANDSHAKE, API_VERSIONS, INIT_PRODUCER_ID, SASL_AUTHENTICATE] = [0, 3, 17, 18, 22, 36];

const LARGEST_REQUEST = 104_857_600; // socket.request.max.bytes

/**
 * A stand-in for a broker: what it is sent, it reads with the decoder of the client's authors. It keeps the account of
 * producers as Kafka does: a batch whose number and count it has seen is answered as stored, whatever is in it.
 */
export class KafkaServer {
  readonly stored: Stored[] = [];
  readonly arrivals: Arrival[] = [];
  readonly clientIds = new Set<string>();
  readonly #options: KafkaServerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #accounts = new Map<string, { next: number; known: string[] }>();
  #producers = 1n;

  constructor(options: KafkaServerOptions = {}) {
    this.#options = options;
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
    if (options.tls !== undefined) this.#server.on('tlsClientError', () => undefined);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let pending = Buffer.alloc(0);
    let loggedIn = this.#options.login === undefined;
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length >= 4 && pending.readUInt32BE(0) > LARGEST_REQUEST) return void socket.destroy(); // as a broker does, where TLS is spoken to it
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        const reader = Reader.from(pending.subarray(4, end));
        pending = pending.subarray(end);
        const [api, version, correlation] = [reader.readInt16(), reader.readInt16(), reader.readInt32()];
        this.clientIds.add(reader.readString(false));
        const isFlexible = api === PRODUCE ? version >= 9 : api !== SASL_HANDSHAKE;
        if (isFlexible) reader.readTaggedFields();
        if (!loggedIn && ![API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE].includes(api)) return void socket.destroy();
        const body = api === SASL_AUTHENTICATE ? this.#authenticate(reader, () => { loggedIn = true; }) : this.#answer(api, version, reader);
        if (body === 'silence') continue;
        if (body === 'close') return void socket.destroy();
        const head = Writer.create().appendInt32(correlation);
        if (isFlexible && api !== API_VERSIONS) head.appendTaggedFields();
        socket.write(head.appendFrom(body).prependLength().buffer);
      }
    });
  }

  #answer(api: number, version: number, reader: Reader): Writer | 'close' | 'silence' {
    switch (api) {
      case API_VERSIONS:
        return this.#versions();
      case METADATA:
        return this.#metadata(reader);
      case SASL_HANDSHAKE:
        return Writer.create().appendInt16(reader.readString(false) === 'PLAIN' ? 0 : 33).appendArray(['PLAIN'], (w, name) => w.appendString(name, false), false, false);
      case INIT_PRODUCER_ID:
        return Writer.create().appendInt32(0).appendInt16(this.#options.producerCode?.() ?? 0).appendInt64(this.#producers++).appendInt16(0).appendTaggedFields();
      case PRODUCE:
        return this.#produce(reader, version);
      default:
        return 'close';
    }
  }

  #versions(): Writer {
    const [least, most] = this.#options.produceVersions ?? [3, 13];
    const all: [number, number, number][] = [[PRODUCE, least, most], [METADATA, 12, 13], [API_VERSIONS, 0, 4], [SASL_HANDSHAKE, 0, 1], [INIT_PRODUCER_ID, 4, 4], [SASL_AUTHENTICATE, 2, 2]];
    return Writer.create().appendInt16(0).appendArray(all, (w, [key, min, max]) => void w.appendInt16(key).appendInt16(min).appendInt16(max)).appendInt32(0).appendTaggedFields();
  }

  #authenticate(reader: Reader, done: () => void): Writer {
    const [, user, password] = reader.readBytes().toString().split('\0');
    const [wantedUser, wantedPassword] = this.#options.login ?? [];
    const isRight = user === wantedUser && password === wantedPassword;
    if (isRight) done();
    return Writer.create().appendInt16(isRight ? 0 : 58).appendString(isRight ? null : 'Invalid username or password').appendBytes(Buffer.alloc(0)).appendInt64(0n).appendTaggedFields();
  }

  #metadata(reader: Reader): Writer {
    const [topic = ''] = reader.readArray((r) => { r.readUUID(); return r.readString(); });
    this.#options.asked?.(reader.readBoolean());
    const code = this.#options.topicCode?.() ?? 0;
    const partitions = code === 0 ? Array.from({ length: this.#options.partitions ?? 1 }, (_, index) => index) : [];
    const ids = (w: Writer): Writer => w.appendArray([1], (inner, id) => void inner.appendInt32(id), true, false);
    const writer = Writer.create().appendInt32(0).appendArray([1], (w, id) => void w.appendInt32(id).appendString('127.0.0.1').appendInt32(this.port).appendString(null)).appendString('cluster').appendInt32(1);
    writer.appendArray([topic], (w, name) => {
      w.appendInt16(code).appendString(name).appendUUID(null).appendBoolean(false).appendArray(partitions, (p, index) => {
        p.appendInt16(0).appendInt32(index).appendInt32(1).appendInt32(0);
        ids(ids(p)).appendArray([], () => undefined, true, false);
      }).appendInt32(this.#options.operations ?? -(2 ** 31));
    });
    return writer.appendTaggedFields();
  }

  #produce(reader: Reader, version: number): Writer | 'close' | 'silence' {
    const isFlexible = version >= 9;
    reader.readNullableString(isFlexible);
    if (reader.readInt16() !== -1) return 'close'; // not acks=all
    reader.readInt32();
    const topics = reader.readArray((r) => ({
      name: r.readString(isFlexible),
      partitions: r.readArray((p) => ({ partition: p.readInt32(), bytes: p.readBytes(isFlexible) }), isFlexible, isFlexible),
    }), isFlexible, isFlexible);
    const answers = topics.flatMap(({ partitions }) => partitions).map(({ partition, bytes }) => ({ partition, code: this.#take(partition, bytes, version) }));
    const unanswered = answers.map(({ code }) => code).find((code) => typeof code === 'string');
    if (unanswered !== undefined) return unanswered;
    const writer = Writer.create().appendArray([topics[0]?.name ?? ''], (w, name) => {
      w.appendString(name, isFlexible).appendArray(answers, (p, { partition, code }) => {
        p.appendInt32(partition).appendInt16(Number(code)).appendInt64(0n).appendInt64(-1n).appendInt64(0n);
        if (version >= 8) p.appendArray([], () => undefined, isFlexible, isFlexible).appendString(code === 0 ? null : 'why', isFlexible);
      }, isFlexible, isFlexible);
    }, isFlexible, isFlexible).appendInt32(0);
    return isFlexible ? writer.appendTaggedFields() : writer;
  }

  /** Stores a batch, or not. Gives its error code, or what happens instead of an answer. */
  #take(partition: number, bytes: Buffer, version: number): number | 'close' | 'silence' {
    const arrival = { partition, batch: readRecordsBatch(Reader.from(bytes)), bytes: bytes.length, version, number: this.arrivals.length };
    this.arrivals.push(arrival);
    const fate = this.#options.fate?.(arrival) ?? 'store';
    if (typeof fate === 'number') return fate;
    const code = fate === 'store' || fate.store ? this.#store(arrival) : 0;
    return fate === 'store' ? code : fate.then;
  }

  #store({ partition, batch }: Arrival): number {
    if (batch.producerId >= 0n) {
      const key = `${batch.producerId} ${batch.producerEpoch} ${partition}`;
      const account = this.#accounts.get(key) ?? { next: 0, known: [] };
      this.#accounts.set(key, account);
      const number = `${batch.firstSequence} ${batch.records.length}`;
      if (account.known.slice(-5).includes(number)) return 0;
      if (batch.firstSequence !== account.next) return 45;
      account.next += batch.records.length;
      account.known.push(number);
    }
    for (const { key, value, headers } of batch.records) this.stored.push({ partition, key: String(key), value: String(value), id: String(headers.find(([name]) => String(name) === 'id')?.[1]) });
    return 0;
  }
}
