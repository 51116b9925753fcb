/** The partition of a key, as Kafka's own producer chooses it, so that all producers agree. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

const [SEED, M] = [0x9747b28c, 0x5bd1e995];

/** org.apache.kafka.common.utils.Utils.murmur2, a signed 32-bit number. */
export function murmur2(key: Uint8Array): number {
  const words = key.length >> 2;
  let hash = SEED ^ key.length;
  for (let at = 0; at < words; at++) {
    const word = Math.imul(byte(key, at * 4) | (byte(key, at * 4 + 1) << 8) | (byte(key, at * 4 + 2) << 16) | (byte(key, at * 4 + 3) << 24), M);
    hash = Math.imul(hash, M) ^ Math.imul(word ^ (word >>> 24), M);
  }
  const left = key.length & 3;
  if (left > 0) {
    for (let at = 0; at < left; at++) hash ^= byte(key, words * 4 + at) << (8 * at);
    hash = Math.imul(hash, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

function byte(key: Uint8Array, at: number): number {
  return key[at] ?? 0;
}
