import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Destination, Output } from '../../outputs/output.ts';
import { Arena } from '../arena.ts';
import { AppendFile } from './append-file.ts';
import { batchBytes, type Batch } from './batch.ts';
import { DeadLetters } from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { Ledger } from './ledger.ts';
import { claim, linesBetween, parseLetter, sizeOf, type Letter } from './letter-files.ts';
import { SlotPool } from './slot-pool.ts';

/** What came of a file of dead letters. */
export interface Resent {
  readonly delivered: number;
  readonly refused: number;
  readonly unreadable: number;
  /** False: not all of it could be sent, and it is still there. */
  readonly isDone: boolean;
}

const SLOTS = 4;

/**
 * Sends the dead letters of a file again, under the ids they had. The file is moved aside first, so that an agent that
 * is at work begins a new one; it is deleted when all of it is settled, so whatever interrupts this, nothing is lost.
 */
export class Resender {
  readonly #output: Output;
  readonly #destination: Destination;
  readonly #pool: SlotPool;
  readonly #report: (message: string) => void;
  readonly #quietMs: number;

  /** `quietMs`: the longest wait without progress. */
  constructor(output: Output, destination: Destination, quietMs: number, report: (message: string) => void) {
    this.#output = output;
    this.#destination = destination;
    this.#quietMs = quietMs;
    this.#report = report;
    this.#pool = new SlotPool(new Arena({ input: 64, scratch: 64, constants: 64 }, SLOTS * batchBytes(output.limits)), output.limits, SLOTS);
  }

  /** Throws the system's error; then the file, or what was moved aside of it, is still there. */
  async resend(file: string): Promise<Resent> {
    const path = await claim(file);
    // Under another name than the agent's own file, so that there are never two who write to one.
    const base = join(dirname(path), `dead-letters-${this.#output.name}.ndjson`);
    const again = new DeadLetters(this.#output.name, `${base}.again`, this.#report);
    const unreadable = new AppendFile(`${base.replace(/\.ndjson$/, '')}.unreadable`, 0o600);
    const attempt = new Attempt(this.#output, this.#destination, this.#pool, again, this.#quietMs, this.#report);
    try {
      const isDone = await attempt.sendAll(path, unreadable);
      if (isDone) await unlink(path);
      return { ...attempt.counts, isDone };
    } finally {
      await attempt.stop();
      await again.close();
      await unreadable.close();
    }
  }
}

/** One file's way. */
class Attempt {
  readonly #output: Output;
  readonly #pool: SlotPool;
  readonly #delivery: Delivery;
  readonly #ledger: Ledger;
  readonly #sources: { readonly name: string; readonly id: string }[] = [];
  readonly #indices = new Map<string, number>();
  readonly #quietMs: number;
  #batch: Batch | undefined;
  #unreadable = 0;
  #isStuck = false;

  constructor(output: Output, destination: Destination, pool: SlotPool, deadLetters: DeadLetters, quietMs: number, report: (message: string) => void) {
    this.#output = output;
    this.#pool = pool;
    this.#quietMs = quietMs;
    this.#ledger = new Ledger([output.name]);
    this.#ledger.add({ index: 0, name: 'dead letters' });
    const sourceOf = (source: number): { readonly name: string; readonly id: string } => this.#sources[source] ?? { name: '', id: '' };
    this.#delivery = new Delivery({ name: output.name, destination, connections: output.connections, report, index: 0, pool, ledger: this.#ledger, deadLetters, sourceOf });
  }

  get counts(): Omit<Resent, 'isDone'> {
    const [delivered, refused] = (['delivered', 'dead_lettered'] as const).map((fate) => this.#ledger.total(0, fate).records);
    return { delivered: delivered ?? 0, refused: refused ?? 0, unreadable: this.#unreadable };
  }

  /**
   * Sends the letters, and moves lines that are none to `unreadable`. True: all is settled. An agent that was just
   * writing may have added to the file meanwhile: then that, too.
   */
  async sendAll(path: string, unreadable: AppendFile): Promise<boolean> {
    for (let from = 0, to = sizeOf(path); from < to; from = to, to = sizeOf(path)) {
      for await (const line of linesBetween(path, from, to)) {
        const letter = parseLetter(line);
        if (letter !== undefined) await this.#send(letter);
        else await this.#keep(line, unreadable);
        if (this.#isStuck) return false;
      }
      if (this.#batch !== undefined) this.#submit(this.#batch);
      if (!(await this.#settled())) return false;
    }
    return true;
  }

  /** Ends what is under way. */
  stop(): Promise<void> {
    return this.#delivery.stop();
  }

  async #send({ source, document }: Letter): Promise<void> {
    const { before, after } = this.#output.framing;
    const record = Buffer.from(before.replace('{id}', () => `${source.id}-${source.offset}-${source.length}`) + document + after);
    if (this.#batch !== undefined && !fits(this.#batch, record)) this.#submit(this.#batch);
    if (!this.#pool.isFree && this.#batch === undefined) this.#isStuck = !(await this.#settled());
    const batch = (this.#batch ??= this.#pool.take());
    if (batch === undefined) return;
    put(batch, record, this.#indexOf(source), source);
    this.#ledger.read(0, 1, source.length);
    this.#ledger.opened(0, 0, 1, source.length);
  }

  /** Waits for what is under way. False: it does not get on. */
  #settled(): Promise<boolean> {
    return this.#delivery.drain({ quietMs: this.#quietMs, totalMs: Infinity });
  }

  #submit(batch: Batch): void {
    this.#batch = undefined;
    this.#delivery.submit(batch);
  }

  async #keep(line: string, file: AppendFile): Promise<void> {
    const error = await file.append(Buffer.from(`${line}\n`));
    if (error !== undefined) throw error;
    this.#unreadable++;
  }

  /** Sources share the books, and are told apart in letters only. */
  #indexOf({ id, name }: Letter['source']): number {
    const known = this.#indices.get(id);
    if (known !== undefined) return known;
    const index = this.#sources.push({ id, name }) - 1;
    if (index > 0) this.#ledger.alias(index, 0);
    this.#indices.set(id, index);
    return index;
  }
}

function fits(batch: Batch, record: Buffer): boolean {
  return batch.count < batch.ends.length && batch.length + record.length <= batch.memory.length;
}

function put(batch: Batch, record: Buffer, source: number, { offset, length }: Letter['source']): void {
  if (batch.length + record.length <= batch.memory.length) batch.memory.set(record, batch.length);
  else batch.holdOutsize(new Uint8Array(record));
  batch.length += record.length;
  batch.ends[batch.count] = batch.length;
  batch.offsets[batch.count] = offset;
  batch.lengths[batch.count] = length;
  batch.sources[batch.count] = source;
  batch.count++;
}
