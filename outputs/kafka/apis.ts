import type { Connection } from '@platformatic/kafka';
import type { KafkaClient } from './broker.ts';

/** One version of a request. */
export interface Api<A extends unknown[], T> {
  async(connection: Connection, ...args: A): Promise<T>;
}

/** The versions of a request that shipper can make, by number. */
export type Apis<A extends unknown[], T> = ReadonlyMap<number, Api<A, T>>;

/** A batch on its way to a partition. */
export interface PartitionBatch {
  readonly partition: number;
  readonly batch: Buffer;
}

/** What a broker said of one. */
export interface PartitionAnswer {
  readonly index: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}

/** Asks for the brokers and for the leaders of a topic; if it `mayBeMade`, a broker that is set to do so makes it, else it is said what the user may do with it. Kafka 2.4 and later. */
export function metadataApis({ metadataV9, metadataV10, metadataV11, metadataV12 }: KafkaClient) {
  const versions = [metadataV9, metadataV10, metadataV11, metadataV12];
  return new Map(versions.map(({ api }) => [api.version, { async: (connection: Connection, topic: string, mayBeMade: boolean) => api.async(connection, [topic], mayBeMade, !mayBeMade).catch(responseOf) }]));
}

/** Asks for a producer id. */
export function initProducerIdApis({ initProducerIdV3, initProducerIdV4, initProducerIdV5 }: KafkaClient) {
  const versions = [initProducerIdV3, initProducerIdV4, initProducerIdV5];
  return new Map(versions.map(({ api }) => [api.version, { async: (connection: Connection) => api.async(connection, null, 0, -1n, -1) }]));
}

const PRODUCE = 0;
const ACKS_ALL = -1;
const FLEXIBLE = 9; // from here on lengths are compact, and tags may follow

/** Sends batches, to be stored by all replicas that are in sync. `timeoutMs`: how long the leader waits for these. */
export function produceApis(client: KafkaClient) {
  const { produceV7, produceV8, produceV9, produceV10, produceV11 } = client;
  return new Map([produceV7, produceV8, produceV9, produceV10, produceV11].map(({ api, parseResponse }) => {
    const isFlexible = api.version >= FLEXIBLE;
    const create = (topic: string, batches: readonly PartitionBatch[], timeoutMs: number) => produceRequest(client, topic, batches, timeoutMs, isFlexible);
    const own = client.createAPI<[string, readonly PartitionBatch[], number], ReturnType<typeof parseResponse>>(PRODUCE, api.version, create, parseResponse, isFlexible, isFlexible);
    const async = async (connection: Connection, topic: string, batches: readonly PartitionBatch[], timeoutMs: number): Promise<readonly PartitionAnswer[]> => {
      const { responses } = await own.async(connection, topic, batches, timeoutMs).catch(responseOf);
      return responses.flatMap(({ partitionResponses }) => partitionResponses);
    };
    return [api.version, { async }];
  }));
}

/** The client's own would encode the records anew. https://kafka.apache.org/protocol.html#The_Messages_Produce */
function produceRequest({ Writer }: KafkaClient, topic: string, batches: readonly PartitionBatch[], timeoutMs: number, isFlexible: boolean) {
  const writer = Writer.create().appendString(null, isFlexible).appendInt16(ACKS_ALL).appendInt32(timeoutMs);
  writer.appendArray([topic], (w, name) => {
    w.appendString(name, isFlexible).appendArray([...batches], (inner, { partition, batch }) => inner.appendInt32(partition).appendBytes(batch, isFlexible), isFlexible, isFlexible);
  }, isFlexible, isFlexible);
  return isFlexible ? writer.appendTaggedFields() : writer;
}

/** The client throws an answer that has an error code somewhere; here it is looked at as a whole. */
function responseOf(error: unknown): never {
  if (error instanceof Error && 'response' in error && typeof error.response === 'object' && error.response !== null) return error.response as never; // what the parser has read
  throw error;
}
