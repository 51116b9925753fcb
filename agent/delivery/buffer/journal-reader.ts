import type { Batch } from '../batch.ts';
import { addTo, type Amounts } from './amounts.ts';
import { placeIn, type Block, type SourceName } from './block.ts';
import type { Journal, Segment } from './journal.ts';
import { later, type Span } from './place.ts';
import { SegmentReader } from './segment-reader.ts';

export interface ReaderOptions {
  /** The position of a source in the table of sources. */
  readonly indexOf: (source: SourceName, earlier: boolean) => number;
  /** Takes what can't be read any more, by source. */
  readonly lost: (amounts: Amounts, path: string) => void;
}

/** What was read into a batch: its stretch, and the segments it came from. */
export interface Filled {
  readonly span: Span;
  readonly segments: ReadonlySet<Segment>;
}

/** A block that is being read: its sources' indices, and the position of its next record. */
interface OpenBlock {
  readonly block: Block;
  readonly segment: Segment;
  readonly sources: readonly number[];
  at: number;
}

/** Reads what waits in a journal back into batches, in order. */
export class JournalReader {
  readonly #journal: Journal;
  readonly #options: ReaderOptions;
  #reader: SegmentReader | undefined;
  #block: OpenBlock | undefined;

  constructor(journal: Journal, options: ReaderOptions) {
    this.#journal = journal;
    this.#options = options;
  }

  /** Fills an empty batch with as much as goes in. Undefined: nothing waits. Throws the system's error, when nothing was read before it. */
  async fill(batch: Batch): Promise<Filled | undefined> {
    const segments = new Set<Segment>();
    let span: Span | undefined;
    for (;;) {
      const open = await this.#open().catch((error: unknown) => {
        if (span === undefined) throw error;
        return undefined; // it comes again with the next call
      });
      if (open === undefined) break;
      const from = open.at;
      const isFull = this.#take(batch, open);
      if (open.at > from) {
        span = { from: span?.from ?? placeIn(open.block, from), to: placeIn(open.block, open.at) };
        segments.add(open.segment);
      }
      if (isFull) break;
      this.#block = undefined;
    }
    if (span === undefined) return undefined;
    this.#journal.readFrom = later(this.#journal.readFrom, span.to);
    return { span, segments };
  }

  /** What the disk can't give of the segment that is being read counts as damaged from now on. */
  readAround(): void {
    if (this.#reader !== undefined) this.#reader.isReadAround = true;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  /** Copies records until the block ends or the batch is full; true when it is full. */
  #take(batch: Batch, open: OpenBlock): boolean {
    const { block, segment, sources } = open;
    for (; open.at < block.count; open.at++) {
      const { at } = open;
      const start = at === 0 ? 0 : (block.ends[at - 1] ?? 0);
      const record = block.body.subarray(start, block.ends[at]);
      if (!put(batch, record)) return true;
      const source = sources[block.sources[at] ?? 0] ?? 0;
      const length = block.lengths[at] ?? 0;
      batch.offsets[batch.count] = block.offsets[at] ?? 0;
      batch.lengths[batch.count] = length;
      batch.sources[batch.count] = source;
      batch.count++;
      addTo(segment.waiting, segment.earlier ? this.#journal.options.earlierSource : source, -1, -length);
    }
    return false;
  }

  /** The block to go on with: the one that is open, or the next one of which something waits. */
  async #open(): Promise<OpenBlock | undefined> {
    while (this.#block === undefined) {
      const segment = this.#journal.segments.find(({ waiting }) => waiting.size > 0);
      if (segment === undefined) return undefined;
      const reader = await this.#readerOf(segment);
      const block = await reader?.next();
      const limit = Math.min(segment.end.record, this.#journal.readTo.record);
      if (block === undefined || block.first.record >= limit) await this.#lose(segment);
      else if (block.first.record + block.count > this.#journal.readFrom.record) this.#begin(block, segment);
    }
    return this.#block;
  }

  #begin(block: Block, segment: Segment): void {
    const at = Math.max(0, this.#journal.readFrom.record - block.first.record);
    this.#block = { block, segment, sources: block.table.map((source) => this.#options.indexOf(source, segment.earlier)), at };
  }

  /** Undefined: the file is gone. */
  async #readerOf(segment: Segment): Promise<SegmentReader | undefined> {
    if (this.#journal.reading !== segment) {
      await this.close();
      this.#journal.reading = segment;
    }
    this.#reader ??= await SegmentReader.open(segment.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return this.#reader;
  }

  /** The segment was read to its end, and what it should have held besides is damaged. */
  async #lose(segment: Segment): Promise<void> {
    const amounts = new Map(segment.waiting);
    segment.waiting.clear();
    this.#options.lost(amounts, segment.path);
    await this.close();
    this.#journal.reading = undefined;
  }
}

/** Puts a record behind the others. False: there is no room. One that no slot can hold gets a batch of its own. */
function put(batch: Batch, record: Uint8Array): boolean {
  const end = batch.length + record.length;
  if (batch.count === batch.ends.length || batch.length > batch.memory.length) return false;
  if (end <= batch.memory.length) batch.memory.set(record, batch.length);
  else if (batch.count === 0) batch.holdOutsize(new Uint8Array(record));
  else return false;
  batch.length = end;
  batch.ends[batch.count] = end;
  return true;
}
