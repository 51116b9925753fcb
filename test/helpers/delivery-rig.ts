import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Arena } from '../../agent/arena.ts';
import { batchBytes, type Batch } from '../../agent/delivery/batch.ts';
import type { RetryLimits } from '../../agent/delivery/backoff.ts';
import { DeadLetters } from '../../agent/delivery/dead-letters.ts';
import { Delivery } from '../../agent/delivery/delivery.ts';
import { Ledger } from '../../agent/delivery/ledger.ts';
import { SlotPool } from '../../agent/delivery/slot-pool.ts';
import { Tracker } from '../../agent/delivery/tracker.ts';
import type { Source } from '../../agent/inputs/source.ts';
import { elasticsearch } from '../../outputs/elasticsearch.ts';
import { ElasticsearchOptions } from '../../outputs/elasticsearch-options.ts';

export const FAST: RetryLimits = { baseMs: 1, capMs: 4, blockedMs: 4, retryAfterCapMs: 40, suspicions: 5, trials: 3 };
export const RECORD_BYTES = 10; // of each record in its source
const LIMITS = { bytes: 1 << 20, events: 1_000 };

/** A source that only remembers how far it is safe. */
export function sourceAt(index: number, name = `file-${index}`): Source & { safe: number } {
  return {
    index, id: `id-${index}`.padEnd(16, '0'), name, input: 'test', offset: 0, ended: false, activeAtMs: 0, safe: 0,
    read: () => 0,
    advance: () => undefined,
    acknowledge(offset, ahead) {
      this.safe = offset;
      this.ahead = ahead;
    },
  };
}

export interface RigOptions {
  readonly url: string;
  readonly connections?: number;
  readonly slots?: number;
  readonly limits?: RetryLimits;
  readonly options?: Record<string, unknown>;
  readonly deadLetterPath?: string;
  readonly closed?: AbortSignal;
  /** In ms. */
  readonly now?: () => number;
  readonly random?: () => number;
  /** The destination does not say that it keeps ids. */
  readonly withoutIds?: boolean;
}

/** Everything from a sealed batch to a socket, with one source. */
export async function rig(t: Test, { url, connections = 1, slots = 4, limits = FAST, options = {}, deadLetterPath, closed, now, random, withoutIds = false }: RigOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'shipper-delivery-'));
  const output = elasticsearch('search', ElasticsearchOptions.parse({ type: 'elasticsearch', url, ...options }));
  const destination = await output.open();
  const sender = withoutIds ? { send: destination.send.bind(destination), close: destination.close.bind(destination) } : destination;
  const arena = new Arena({ input: 64, scratch: 64, constants: 64 }, slots * batchBytes(LIMITS));
  const pool = new SlotPool(arena, LIMITS, slots);
  const ledger = new Ledger(['search']);
  const tracker = new Tracker();
  const source = sourceAt(0);
  const messages: string[] = [];
  const report = (message: string): void => { messages.push(message); };
  const path = deadLetterPath ?? join(folder, 'dead-letters.ndjson');
  const deadLetters = new DeadLetters('search', path, report);
  tracker.add(source);
  ledger.add(source);
  const delivery = new Delivery({
    name: 'search', index: 0, destination: sender, connections, pool, ledger, tracker, deadLetters, sourceOf: () => source, report, limits,
    ...(closed === undefined ? {} : { closed }),
    ...(now === undefined ? {} : { now }),
    ...(random === undefined ? {} : { random }),
  });
  t.teardown(async () => {
    await delivery.stop();
    await destination.close();
    await deadLetters.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let next = 0;
  return {
    folder, delivery, pool, ledger, tracker, source, messages, path,
    /** Submits a batch of `count` records; `text` gives the document of record `n`, counted over all batches. Its id is `n`. */
    async submit(count: number, text: (n: number) => string = (n) => `{"n":${n}}`): Promise<void> {
      const batch = await takeBatch(pool);
      const from = next;
      for (let i = 0; i < count; i++, next++) put(batch, 0, next * RECORD_BYTES, RECORD_BYTES, `{"create":{"_id":"${next}"}}\n${text(next)}\n`);
      ledger.read(0, count, count * RECORD_BYTES);
      delivery.opened(batch, 0, from * RECORD_BYTES, count, count * RECORD_BYTES);
      tracker.advance(0, next * RECORD_BYTES);
      delivery.submit(batch);
    },
    /** Waits for all of it, without a limit but the test's own. */
    drain: () => delivery.drain({ quietMs: Infinity, totalMs: Infinity }),
    letters: () => readLetters(path),
    submitted: () => next,
  };
}

export interface Letter {
  readonly time: string;
  readonly output: string;
  readonly reason: string;
  readonly source: { readonly name: string; readonly id: string; readonly offset: number; readonly length: number };
  readonly document: unknown;
}

export function readLetters(path: string): Letter[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as Letter);
  } catch {
    return [];
  }
}

export async function takeBatch(pool: SlotPool): Promise<Batch> {
  for (let batch = pool.take(); ; batch = pool.take()) {
    if (batch !== undefined) return batch;
    await pool.whenFree();
  }
}

/** Writes one encoded record into a batch. */
export function put(batch: Batch, source: number, offset: number, length: number, record: string): void {
  const bytes = Buffer.from(record);
  batch.memory.set(bytes, batch.length);
  batch.length += bytes.length;
  batch.ends[batch.count] = batch.length;
  batch.offsets[batch.count] = offset;
  batch.lengths[batch.count] = length;
  batch.sources[batch.count] = source;
  batch.count++;
}
