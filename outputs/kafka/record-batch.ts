import { BATCH_HEAD_BYTES } from './records.ts';

/** Who sends a batch, and where it stands in what that producer sends to the partition. */
export interface Stamp {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
}

/** A batch of a producer that the broker keeps no account of. */
export const NO_STAMP: Stamp = { producerId: -1n, epoch: -1, sequence: -1 };

const BEFORE_CHECKSUM = 21; // what the checksum is about begins behind it
const BEFORE_LENGTH = 12; // what the length is about begins here
const MAGIC = 2;
const GZIP = 1;

/**
 * The parts of a record batch, to be written one after the other. `records`: as encoded, or compressed by gzip. All get
 * the time `nowMs`. https://kafka.apache.org/documentation/#recordbatch
 */
export function recordBatch(records: Uint8Array, isCompressed: boolean, count: number, stamp: Stamp, nowMs: number, crc32c: (data: Buffer) => number): Buffer {
  const batch = Buffer.allocUnsafe(BATCH_HEAD_BYTES + records.length);
  batch.writeBigInt64BE(0n, 0); // base offset: the broker's matter
  batch.writeInt32BE(batch.length - BEFORE_LENGTH, 8);
  batch.writeInt32BE(-1, 12); // leader epoch: the broker's matter, too
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(isCompressed ? GZIP : 0, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(BigInt(nowMs), 27);
  batch.writeBigInt64BE(BigInt(nowMs), 35);
  batch.writeBigInt64BE(stamp.producerId, 43);
  batch.writeInt16BE(stamp.epoch, 51);
  batch.writeInt32BE(stamp.sequence, 53);
  batch.writeInt32BE(count, 57);
  batch.set(records, BATCH_HEAD_BYTES);
  batch.writeUInt32BE(crc32c(batch.subarray(BEFORE_CHECKSUM)), 17);
  return batch;
}
