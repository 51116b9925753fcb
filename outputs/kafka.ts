import { log } from '../agent/log.ts';
import type { Check } from './check.ts';
import { readSecret } from './credentials.ts';
import { flat } from './dialects/flat.ts';
import { gzipped } from './gzip.ts';
import type { KafkaOptions } from './kafka-options.ts';
import type { Access, KafkaClient } from './kafka/broker.ts';
import { Cluster, type Leaders } from './kafka/cluster.ts';
import type { Failure } from './kafka/failure.ts';
import { outcomeOf, outcomeOfFailure, verdictOf, type Outcome } from './kafka/outcome.ts';
import { NO_STAMP, recordBatch } from './kafka/record-batch.ts';
import { BODY_ROOM, FRAMING, toRequests, type PartitionRecords } from './kafka/records.ts';
import { Sequences } from './kafka/sequences.ts';
import { TlsFiles } from './network/tls-files.ts';
import { using, type Destination, type Output, type Verdict } from './output.ts';

/** A topic of Apache Kafka or of what speaks its protocol (2.4 and later). Values are the events, keys the ids of their sources. */
export function kafka(name: string, options: KafkaOptions): Output {
  return {
    name,
    type: 'kafka',
    target: `${options.brokers.join(',')}/${options.topic}`,
    network: true,
    dialect: flat,
    framing: FRAMING,
    limits: { bytes: options.batch.bytes + BODY_ROOM, events: options.batch.events },
    ageMs: options.batch.age,
    connections: 1, // keeps the order within a source, and what was sent last is all that can be in doubt
    open: () => KafkaDestination.open(options, (message) => log.warn(`${name}: ${message}`)),
    check: async (signal) => using(await KafkaDestination.open(options, log.warn), (destination) => destination.check(signal)),
  };
}

/** Opens the destination alone, for tests that look at its messages. */
export class KafkaDestination implements Destination {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  readonly #options: KafkaOptions;
  readonly #warn: (message: string) => void;
  readonly #sequences = new Sequences();

  private constructor(client: KafkaClient, cluster: Cluster, options: KafkaOptions, warn: (message: string) => void) {
    this.#client = client;
    this.#cluster = cluster;
    this.#options = options;
    this.#warn = warn;
  }

  static async open(options: KafkaOptions, warn: (message: string) => void): Promise<KafkaDestination> {
    const client = await import('@platformatic/kafka'); // half a second: only who sends to Kafka pays for it
    const cluster = new Cluster(options.brokers, options.topic, await accessOf(client, options));
    return new KafkaDestination(client, cluster, options, warn);
  }

  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    const verdict = await this.#deliver(body, count, signal);
    if (verdict.kind !== 'retry' || !this.#sequences.isUnsure) return verdict;
    const repeat = this.#options.idempotent ? 'it goes again under the same number, to be stored once' : 'it goes again, and may be stored twice';
    return { ...verdict, reason: `${verdict.reason}; whether the batch is stored is not known: ${repeat}` };
  }

  close(): Promise<void> {
    this.#cluster.close();
    if (this.#sequences.isUnsure) this.#warn('whether Kafka has stored the last batch is not known; whoever sends it next may store it a second time, under the same header id');
    return Promise.resolve();
  }

  async #deliver(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    const leaders = await this.#cluster.leaders(signal);
    if (leaders.kind === 'failed') return leaders.failure;
    const outcomes: Outcome[] = [];
    for (const batches of toRequests(body, count, leaders.value.length, this.#options.batch.bytes)) {
      outcomes.push(...await this.#request(batches, leaders.value, signal));
      if (outcomes.some(({ verdict }) => verdict.kind !== 'delivered')) break; // what follows must not overtake it
    }
    return verdictOf(outcomes, count);
  }

  async #request(batches: readonly PartitionRecords[], leaders: Leaders, signal: AbortSignal): Promise<Outcome[]> {
    const failure = await this.#prepareProducer(batches, signal);
    if (failure !== undefined) return batches.map((records) => outcomeOfFailure(records, failure));
    const outcomes = await Promise.all([...byLeader(batches, leaders)].map(([leader, group]) => this.#produce(leader, group, signal)));
    return outcomes.flat();
  }

  /** Asks whether the topic is there and may be written to, and for a producer id. Makes and sends nothing. */
  async check(signal: AbortSignal): Promise<Check> {
    const found = await this.#cluster.check(signal);
    if (found.kind === 'failed') return problem(found.failure);
    const made = this.#options.idempotent ? await this.#cluster.newProducer(signal) : undefined;
    if (made?.kind === 'failed') return problem(made.failure);
    return { kind: 'ok', detail: `${found.value.length} partition${found.value.length === 1 ? '' : 's'}` };
  }

  /** A producer id for the first batch, and for those that must not go by the numbers of the present one. */
  async #prepareProducer(batches: readonly PartitionRecords[], signal: AbortSignal): Promise<Failure | undefined> {
    if (!this.#options.idempotent || this.#sequences.admits(batches)) return undefined;
    const made = await this.#cluster.newProducer(signal);
    if (made.kind === 'failed') return made.failure;
    const mayRepeat = this.#sequences.begin(made.value.producerId, made.value.producerEpoch);
    if (mayRepeat) this.#warn('what was sent last has no answer, and can\'t be sent again as it was; some of its records may be stored twice, under the same header id');
    return undefined;
  }

  async #produce(leader: number, batches: readonly PartitionRecords[], signal: AbortSignal): Promise<Outcome[]> {
    const encoded = await Promise.all(batches.map((batch) => this.#encode(batch)));
    const called = await this.#cluster.produce(leader, encoded, signal);
    if (called.kind === 'failed') this.#cluster.expire(); // another may lead by now
    return batches.map((records) => {
      const outcome = called.kind === 'failed' ? outcomeOfFailure(records, called.failure) : outcomeOf(records, called.value.find(({ index }) => index === records.partition));
      this.#account(records, outcome);
      return outcome;
    });
  }

  async #encode({ partition, positions, bytes }: PartitionRecords): Promise<{ readonly partition: number; readonly batch: Buffer }> {
    const isCompressed = this.#options.compression === 'gzip';
    const made = async (records: Uint8Array): Promise<{ readonly partition: number; readonly batch: Buffer }> => {
      const stamp = this.#options.idempotent ? this.#sequences.stamp(partition) : NO_STAMP;
      return { partition, batch: recordBatch(records, isCompressed, positions.length, stamp, Date.now(), this.#client.crc32c) };
    };
    return isCompressed ? gzipped(bytes, made) : made(bytes);
  }

  #account(records: PartitionRecords, { verdict, mayBeStored, isStale, isStranger }: Outcome): void {
    if (isStale) this.#cluster.expire();
    if (verdict.kind === 'delivered') this.#sequences.stored(records);
    if (mayBeStored) this.#sequences.unsure(records);
    if (isStranger) this.#sequences.forget();
  }
}

function problem({ stage, reason }: Failure): Check {
  return { kind: 'problem', stage, reason };
}

function byLeader(batches: readonly PartitionRecords[], leaders: Leaders): Map<number, PartitionRecords[]> {
  const groups = new Map<number, PartitionRecords[]>();
  for (const batch of batches) {
    const leader = leaders[batch.partition] ?? -1;
    groups.set(leader, [...(groups.get(leader) ?? []), batch]);
  }
  return groups;
}

const MECHANISMS = { plain: 'PLAIN', 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512' } as const;

async function accessOf(client: KafkaClient, options: KafkaOptions): Promise<Access> {
  const { client_id: clientId, timeout: timeoutMs, mechanism, username, password, password_file } = options;
  const sasl = mechanism === undefined || username === undefined ? undefined : { mechanism: MECHANISMS[mechanism], username, password: async () => (await readSecret(password, password_file)) ?? '' };
  return { client, clientId, timeoutMs, sasl, tls: options.tls ? { files: await TlsFiles.open(options), serverName: options.server_name } : undefined };
}
