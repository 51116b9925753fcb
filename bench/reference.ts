const ROUNDS = 3;

/**
 * MB/s of a fixed loop over `bytes`: lines are cut and each byte is looked at once, which is what a parser does at
 * least. It stands for how fast this machine is at this moment; change it, and bench/floor.json means nothing.
 */
export function referenceMbps(bytes: Uint8Array): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    if (scan(bytes) === 0) throw new Error('there are no lines');
    best = Math.max(best, bytes.length / 1e3 / (performance.now() - startedAt));
  }
  return best;
}

function scan(bytes: Uint8Array): number {
  let sum = 0;
  let words = 0;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === 0x20 || byte === 0x22 || byte === 0x3d) words++;
      sum = (Math.imul(sum, 31) + byte) | 0;
    }
    at = end + 1;
  }
  return words + (sum & 1);
}
