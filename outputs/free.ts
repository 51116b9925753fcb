import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Smaller memory is not worth it, or may be shared with others: Node cuts small buffers from one of 8 or, since version 24, 64 KiB. */
const LEAST_BYTES = Math.max(16_384, Buffer.poolSize);

let nobody: MessagePort | undefined;

/**
 * Gives the memory behind buffers back at once: a collection that does it comes when tens of megabytes have piled up, since
 * all that V8 sees of a buffer are a hundred bytes. What is moved to a port that nobody listens to is freed. Nobody may
 * look at the buffers after that: they have no bytes.
 */
export function free(buffers: readonly Uint8Array[]): void {
  const whole = new Set(buffers.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer && buffer.byteLength > LEAST_BYTES));
  if (whole.size === 0) return;
  try {
    (nobody ??= deafPort()).postMessage(undefined, [...whole] as ArrayBuffer[]); // by the filter
  } catch {
    // Some of it may not be moved, which can't be asked before version 21 of Node: then V8 gives it back in time.
  }
}

function deafPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}
