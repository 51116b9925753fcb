import type { Checkpoint } from '../state/checkpoints.ts';
import { PREFIX_BYTES, hashOf } from './fingerprint.ts';
import { GzipStream } from './gzip-stream.ts';
import { WakeUp } from './input.ts';

/**
 * Which checkpoint was taken of what a gzip file holds: its first bytes are the same, and so are those before the place
 * up to which it was read. Of several that one which had come farthest. The file is uncompressed up to that place only.
 */
export async function matchGzip(descriptor: number, candidates: readonly Checkpoint[]): Promise<Checkpoint | undefined> {
  if (candidates.length === 0) return undefined;
  const wakeUp = new WakeUp();
  const stream = new GzipStream(descriptor, 0, () => wakeUp.wake());
  const head = new Sample(0, PREFIX_BYTES);
  const markers = candidates.map(({ marker }) => new Sample(marker.end - marker.bytes, marker.end));
  const end = Math.max(PREFIX_BYTES, ...markers.map((marker) => marker.end));
  let isJudged = false;
  try {
    for (let at = 0; at < end; ) {
      const piece = stream.take();
      if (piece === undefined) {
        if (stream.ended) break;
        await wakeUp.wait();
        continue;
      }
      for (const sample of [head, ...markers]) sample.take(piece, at);
      at += piece.length;
      if (isJudged || at < PREFIX_BYTES) continue;
      if (!candidates.some((candidate) => hasPrefix(head, candidate))) break;
      isJudged = true;
    }
    const found = candidates.filter((candidate, index) => hasPrefix(head, candidate) && markers[index]?.hash === candidate.marker.hash && stream.position >= candidate.offset);
    return found.sort((a, b) => b.marker.end - a.marker.end)[0];
  } finally {
    stream.close();
    await stream.released;
  }
}

function hasPrefix(head: Sample, { prefix }: Checkpoint): boolean {
  return prefix.bytes > 0 && head.size >= prefix.bytes && hashOf(head.bytes.subarray(0, prefix.bytes)) === prefix.hash;
}

/** The bytes at [start, end) of a stream, as far as they have come. */
class Sample {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  size = 0;

  constructor(start: number, end: number) {
    this.start = start;
    this.end = end;
    this.bytes = Buffer.alloc(end - start);
  }

  /** The stream goes on with `piece`, which begins at `at`. */
  take(piece: Buffer, at: number): void {
    const from = Math.max(this.start, at);
    const to = Math.min(this.end, at + piece.length);
    if (from >= to) return;
    this.size += piece.copy(this.bytes, from - this.start, from - at, to - at);
  }

  get hash(): string {
    return hashOf(this.bytes.subarray(0, this.size));
  }
}
