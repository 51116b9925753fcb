import { setTimeout as wait } from 'node:timers/promises';
import { initProducerIdApis, metadataApis, produceApis, type PartitionAnswer, type PartitionBatch } from './apis.ts';
import { Broker, failed, type Access, type Called } from './broker.ts';
import { describeCode, meaningOf, stageOfCode } from './errors.ts';

/** Leaders of a topic's partitions, by number; -1: it has none at the moment. */
export type Leaders = readonly number[];

const AGE_MS = 300_000; // partitions may have been added
const UNKNOWN_TOPIC = 3;
const [TRIES, PAUSE_MS] = [5, 200]; // a topic that the broker makes on demand is there a moment later
// Bits of topic_authorized_operations: org.apache.kafka.common.acl.AclOperation
const MAY_WRITE = 1 << 4;
const NOT_TOLD = -(2 ** 31);
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
      const asked = await this.#ask(true, signal);
      if (asked.kind === 'failed') return asked;
      const { code } = asked.value;
      if (code !== UNKNOWN_TOPIC || tries === TRIES || signal.aborted) return this.#found(code);
      await wait(PAUSE_MS);
    }
  }

  /** Whether the topic is there and may be written to. Makes nothing. */
  async check(signal: AbortSignal): Promise<Called<Leaders>> {
    const asked = await this.#ask(false, signal);
    if (asked.kind === 'failed') return asked;
    const { code, operations } = asked.value;
    if (code === 0 && operations !== NOT_TOLD && (operations & MAY_WRITE) === 0) return failed('blocked', 'permission', `topic ${this.#topic}: the user may not write to it`);
    return this.#found(code);
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
    if (broker === undefined) return failed('retry', 'answer', leader < 0 ? `a partition of ${this.#topic} has no leader at the moment` : `broker ${leader} is not known`);
    return broker.call('Produce', this.#apis.produce, [this.#topic, batches, Math.floor(this.#access.timeoutMs * REPLICAS_SHARE)], signal);
  }

  close(): void {
    for (const broker of [...this.#bootstrap, ...this.#brokers.values()]) broker.close();
  }

  /** Asks one broker after the other until one answers, those first that were found last. */
  async #any<T>(ask: (broker: Broker) => Promise<Called<T>>): Promise<Called<T>> {
    let last: Called<T> = failed('retry', 'answer', 'no broker is known');
    for (const broker of [...this.#brokers.values(), ...this.#bootstrap]) {
      last = await ask(broker);
      if (last.kind === 'answer' || last.failure.kind === 'blocked') break;
    }
    return last;
  }

  /** Learns the brokers and leaders; gives the topic's error code and what the user may do with it. */
  async #ask(mayBeMade: boolean, signal: AbortSignal): Promise<Called<{ readonly code: number; readonly operations: number }>> {
    const asked = await this.#any((broker) => broker.call('Metadata', this.#apis.metadata, [this.#topic, mayBeMade], signal));
    if (asked.kind === 'failed') return asked;
    const [topic] = asked.value.topics;
    this.#learn(asked.value.brokers, topic?.partitions ?? []);
    return { kind: 'answer', value: { code: topic?.errorCode ?? UNKNOWN_TOPIC, operations: topic?.topicAuthorizedOperations ?? NOT_TOLD } };
  }

  #found(code: number): Called<Leaders> {
    if (code === 0 && this.#leaders !== undefined) return { kind: 'answer', value: this.#leaders };
    const what = code === 0 ? 'it has no partitions yet' : describeCode(code);
    return failed(meaningOf(code).kind === 'blocked' ? 'blocked' : 'retry', stageOfCode(code), `topic ${this.#topic}: ${what}`);
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
