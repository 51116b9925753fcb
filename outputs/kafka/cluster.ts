import { setTimeout as wait } from 'node:timers/promises';
import { initProducerIdApis, metadataApis, produceApis, type PartitionAnswer, type PartitionBatch } from './apis.ts';
import { Broker, failed, type Access, type Called } from './broker.ts';
import { describeCode, meaningOf } from './errors.ts';

/** Leaders of a topic's partitions, by number; -1: it has none at the moment. */
export type Leaders = readonly number[];

const AGE_MS = 300_000; // partitions may have been added
const UNKNOWN_TOPIC = 3;
const [TRIES, PAUSE_MS] = [5, 200]; // a topic that the broker makes on demand is there a moment later
const REPLICAS_SHARE = 2 / 3; // of the time an answer has: how long the leader waits for the other replicas

/** The brokers, and which of them leads which partition of one topic. */
export class Cluster {
  readonly #access: Access;
  readonly #bootstrap: readonly Broker[];
  readonly #topic: string;
  readonly #apis: { metadata: ReturnType<typeof metadataApis>; initProducerId: ReturnType<typeof initProducerIdApis>; produce: ReturnType<typeof produceApis> };
  #brokers = new Map<number, Broker>();
  #leaders: Leaders | undefined;
  #askedAtMs = 0;

  /** `addresses`: HOST or HOST:PORT. */
  constructor(addresses: readonly string[], topic: string, access: Access) {
    this.#access = access;
    this.#topic = topic;
    this.#apis = { metadata: metadataApis(access.client), initProducerId: initProducerIdApis(access.client), produce: produceApis(access.client) };
    this.#bootstrap = addresses.map((address) => {
      const [, host = '', port] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
      return new Broker(host, Number(port ?? 9092), access);
    });
  }

  async leaders(signal: AbortSignal): Promise<Called<Leaders>> {
    if (this.#leaders !== undefined && Date.now() < this.#askedAtMs + AGE_MS) return { kind: 'answer', value: this.#leaders };
    for (let tries = 1; ; tries++) {
      const asked = await this.#any((broker) => broker.call('Metadata', this.#apis.metadata, [this.#topic], signal));
      if (asked.kind === 'failed') return asked;
      const [topic] = asked.value.topics;
      this.#learn(asked.value.brokers, topic?.partitions ?? []);
      const code = topic?.errorCode ?? UNKNOWN_TOPIC;
      if (code === UNKNOWN_TOPIC && tries < TRIES && !signal.aborted) await wait(PAUSE_MS);
      else if (code !== 0 || this.#leaders === undefined) return failed(meaningOf(code).kind === 'blocked' ? 'blocked' : 'retry', `topic ${this.#topic}: ${code === 0 ? 'it has no partitions yet' : describeCode(code)}`);
      else return { kind: 'answer', value: this.#leaders };
    }
  }

  /** What is known of the leaders may be old. */
  expire(): void {
    this.#leaders = undefined;
  }

  newProducer(signal: AbortSignal): Promise<Called<{ readonly producerId: bigint; readonly producerEpoch: number }>> {
    return this.#any((broker) => broker.call('InitProducerId', this.#apis.initProducerId, [], signal));
  }

  /** Sends batches to the broker that leads all of their partitions. */
  async produce(leader: number, batches: readonly PartitionBatch[], signal: AbortSignal): Promise<Called<readonly PartitionAnswer[]>> {
    const broker = this.#brokers.get(leader);
    if (broker === undefined) return failed('retry', leader < 0 ? `a partition of ${this.#topic} has no leader at the moment` : `broker ${leader} is not known`);
    return broker.call('Produce', this.#apis.produce, [this.#topic, batches, Math.floor(this.#access.timeoutMs * REPLICAS_SHARE)], signal);
  }

  close(): void {
    for (const broker of [...this.#bootstrap, ...this.#brokers.values()]) broker.close();
  }

  /** Asks one broker after the other until one answers, those first that were found last. */
  async #any<T>(ask: (broker: Broker) => Promise<Called<T>>): Promise<Called<T>> {
    let last: Called<T> = failed('retry', 'no broker is known');
    for (const broker of [...this.#brokers.values(), ...this.#bootstrap]) {
      last = await ask(broker);
      if (last.kind === 'answer' || last.failure.kind === 'blocked') break;
    }
    return last;
  }

  #learn(brokers: readonly { nodeId: number; host: string; port: number }[], partitions: readonly { partitionIndex: number; leaderId: number }[]): void {
    const before = this.#brokers;
    this.#brokers = new Map(brokers.map(({ nodeId, host, port }) => {
      const known = before.get(nodeId);
      return [nodeId, known?.host === host && known.port === port ? known : new Broker(host, port, this.#access)];
    }));
    for (const broker of this.#bootstrap) broker.close(); // it is among the others, or of no more use
    for (const [id, broker] of before) if (this.#brokers.get(id) !== broker) broker.close();
    const leaders: number[] = [];
    for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
    this.#leaders = leaders.length > 0 ? Array.from(leaders, (leader) => leader ?? -1) : undefined;
    this.#askedAtMs = Date.now();
  }
}
