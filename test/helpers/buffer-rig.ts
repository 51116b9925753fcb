import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Arena } from '../../agent/arena.ts';
import { Batch, batchBytes } from '../../agent/delivery/batch.ts';
import { Journal } from '../../agent/delivery/buffer/journal.ts';
import { JournalReader } from '../../agent/delivery/buffer/journal-reader.ts';
import { BulkServer, type Answer, type BulkRequest } from './bulk-server.ts';
import { put } from './delivery-rig.ts';

export const EARLIER = 7; // the source that an earlier run's records are booked under
const LIMITS = { bytes: 256 * 1024, events: 10_000 };

const slots = new Map<string, Batch>();

/** An empty batch; one of each size is made and used again. */
function emptyBatch(limits: typeof LIMITS): Batch {
  const key = `${limits.bytes}/${limits.events}`;
  const batch = slots.get(key) ?? newBatch(limits);
  slots.set(key, batch);
  batch.clear();
  return batch;
}

function newBatch(limits: typeof LIMITS): Batch {
  return new Batch(new Arena({ input: 64, scratch: 64, constants: 64 }, batchBytes(limits)), limits);
}

/** A batch of records `n{from}` and so on, each of 10 bytes in source 0. */
export function batchOf(from: number, count: number): Batch {
  const batch = newBatch({ bytes: 1024, events: 16 });
  for (let n = from; n < from + count; n++) put(batch, 0, n * 10, 10, `{"n":${n}}\n`);
  return batch;
}

export async function openJournal(folder: string, segmentBytes = 1): Promise<{ journal: Journal; messages: string[] }> {
  const messages: string[] = [];
  const owner = { output: 'search', type: 'elasticsearch', target: 'there', sinceMs: 0 };
  const journal = await Journal.open({ folder, owner, segmentBytes, earlierSource: EARLIER, nameOf: () => ({ id: 'id-0', name: 'file-0' }), report: (message) => messages.push(message) });
  return { journal, messages };
}

/** Reads all that waits. `n` of each record, and how many were said to be lost. */
export async function readAll(journal: Journal, limits = LIMITS): Promise<{ read: number[]; lost: number }> {
  let lost = 0;
  const reader = new JournalReader(journal, { indexOf: () => 0, lost: (amounts) => (lost += [...amounts.values()].reduce((sum, { records }) => sum + records, 0)) });
  const read: number[] = [];
  for (const batch = emptyBatch(limits); ; batch.clear()) {
    if ((await reader.fill(batch)) === undefined) break;
    for (let i = 0; i < batch.count; i++) read.push((JSON.parse(Buffer.from(batch.record(i)).toString()) as { n: number }).n);
  }
  await reader.close();
  return { read, lost };
}

/** What a folder with a buffer gives when it is opened by another run, after `damage` to a copy of it. */
export async function readDamaged(folder: string, damage: (copy: string) => void): Promise<{ read: number[]; lost: number; messages: string[] }> {
  const copy = mkdtempSync(join(tmpdir(), 'shipper-buffer-'));
  try {
    cpSync(folder, copy, { recursive: true });
    damage(copy);
    const { journal, messages } = await openJournal(copy);
    return { ...(await readAll(journal)), messages };
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** An address where nothing listens, until `up`. */
export async function downServer(t: Test, answer: (request: BulkRequest, server: BulkServer) => Answer = (request, server) => server.store(request)): Promise<{ url: string; up: () => Promise<BulkServer> }> {
  const probe = new BulkServer(answer);
  const url = await probe.listen();
  await probe.close();
  return {
    url,
    up: async () => {
      const server = new BulkServer(answer);
      t.teardown(() => server.close());
      await server.listen(probe.port);
      return server;
    },
  };
}

/** The numbers in the messages `line N` of all documents that were stored, each as often as it came. */
export function linesOf(server: BulkServer): number[] {
  const seen = new Set<string>();
  return server.requests.flatMap(({ ids, documents }) => documents.flatMap((document, i) => {
    const id = ids[i] ?? '';
    if (!server.stored.has(id) || seen.has(id)) return [];
    seen.add(id);
    return [Number(/line (\d+)/.exec(String(document['message']))?.[1])];
  }));
}
