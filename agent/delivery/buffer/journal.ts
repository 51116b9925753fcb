import { mkdirSync, rmSync, statSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { errorText } from '../../state/error-code.ts';
import type { Batch } from '../batch.ts';
import type { Amount } from '../ledger.ts';
import { add, addTo, amountsOf, sumOf, type Amounts } from './amounts.ts';
import { blockBytes, encodeBlocks, type SourceName } from './block.ts';
import { readProgress, segmentPath, segmentsIn, syncFolder, writeOwner, writeProgress, type Owner, type SegmentName } from './buffer-files.ts';
import { later, START, type Place, type Span } from './place.ts';
import { SegmentReader } from './segment-reader.ts';
import { writeAll } from './write-all.ts';

/** One file of a journal. */
export interface Segment extends SegmentName {
  readonly path: string;
  /** Written by an earlier run: its sources are none of this run's. */
  readonly earlier: boolean;
  /** Place behind its last record. */
  end: Place;
  bytes: number;
  /** What of it lies on the disk alone, by source; of an earlier run's, all by `earlierSource`. */
  readonly waiting: Map<number, Amount>;
  /** Batches in memory that have records of it. */
  held: number;
}

export interface JournalOptions {
  readonly folder: string;
  readonly owner: Owner;
  /** Size at which a new segment is begun. */
  readonly segmentBytes: number;
  /** Who the ledger knows as the source of what an earlier run left. */
  readonly earlierSource: number;
  readonly nameOf: (source: number) => SourceName;
  readonly report: (message: string) => void;
}

/**
 * Records on the disk, in the order in which they came: appended in blocks to segment files, which are deleted when all
 * in them is delivered. One writer. What it holds is either also in a batch in memory (`held`), or on the disk alone
 * (`waiting`), and then it is one stretch, from `readFrom` to `readTo`.
 */
export class Journal {
  readonly options: JournalOptions;
  readonly segments: Segment[] = [];
  readFrom: Place = START;
  readTo: Place = START;
  #end: Place = START;
  /** All below it is delivered or dropped, as far as was noted. */
  #next: Place = START;
  #dropped: readonly Span[] = [];
  #file: FileHandle | undefined;
  #number = 0;
  #isReported = false;
  #last: Promise<unknown> = Promise.resolve();
  /** The segment that is being read: it can't be dropped. */
  reading: Segment | undefined;

  private constructor(options: JournalOptions) {
    this.options = options;
  }

  /** Looks at what is there; changes nothing. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    await journal.#find();
    return journal;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Nothing lies on the disk alone. */
  get isDrained(): boolean {
    return this.segments.every(({ waiting }) => waiting.size === 0);
  }

  /** What lies on the disk alone. */
  get waiting(): Amount {
    const sum = { records: 0, bytes: 0 };
    for (const { records, bytes } of this.segments.map(({ waiting }) => sumOf(waiting))) add(sum, records, bytes);
    return sum;
  }

  /** Place behind the last record. */
  get end(): Place {
    return this.#end;
  }

  /** Whether a batch can be appended without going beyond `maxBytes`. One batch always can. */
  fits(batches: readonly Batch[], maxBytes: number): boolean {
    const { bytes } = this;
    return bytes === 0 || bytes + batches.reduce((sum, batch) => sum + blockBytes(batch), 0) <= maxBytes;
  }

  /**
   * Appends batches, as many as go into one segment and at least the first, and waits until they are on the disk. Gives
   * their stretches. Throws the system's error; then nothing was appended.
   */
  async append(batches: readonly Batch[]): Promise<{ segment: Segment; spans: Span[] }> {
    const { file, segment } = await this.#openSegment();
    const pieces: Uint8Array[] = [];
    const spans: Span[] = [];
    let bytes = 0;
    for (const batch of batches) {
      if (spans.length > 0 && segment.bytes + bytes + blockBytes(batch) > this.options.segmentBytes) break;
      const from = spans.at(-1)?.to ?? this.#end;
      const { pieces: more, end } = encodeBlocks(batch, from, this.options.nameOf);
      pieces.push(...more);
      bytes += more.reduce((sum, piece) => sum + piece.length, 0);
      spans.push({ from, to: end });
    }
    try {
      await writeAll(file, pieces, segment.bytes);
      await file.datasync();
    } catch (error) {
      await this.#abandon(file, segment);
      throw error;
    }
    segment.bytes += bytes;
    segment.end = this.#end = spans.at(-1)?.to ?? this.#end;
    return { segment, spans };
  }

  /** A batch of it leaves the memory: it lies on the disk alone now. */
  leave(batch: Batch, segment: Segment, span: Span): void {
    if (this.isDrained) this.readFrom = span.from;
    this.readTo = span.to;
    for (const [source, { records, bytes }] of amountsOf(batch)) addTo(segment.waiting, source, records, bytes);
  }

  /**
   * Notes durably that all below `next` is delivered, and deletes the segments that are done with. `all`: also the one
   * that is being written, if it is. The note comes first: what is missing without one is reported as lost.
   */
  prune(next: Place, all: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#next = next;
      this.#dropped = this.#dropped.filter(({ to }) => to.record > next.record);
      await this.#noteAndRemove(this.#done(all));
    });
  }

  /** Whether `prune` would free space. */
  canPrune(all: boolean): boolean {
    return this.#done(all).length > 0;
  }

  /** Gives up the oldest segment that nothing was read of, and gives what was in it. Undefined: there is none. */
  dropOldest(): Promise<Amounts | undefined> {
    return this.#inTurn(async () => {
      const segment = this.segments.find((one) => one.held === 0 && one.waiting.size > 0 && one !== this.reading);
      if (segment === undefined) return undefined;
      const before = this.#dropped.at(-1);
      const joins = before?.to.record === segment.first.record;
      this.#dropped = joins ? [...this.#dropped.slice(0, -1), { from: before.from, to: segment.end }] : [...this.#dropped, { from: segment.first, to: segment.end }];
      await this.#noteAndRemove([segment]);
      return segment.waiting;
    });
  }

  /** Closes it. An empty one leaves no trace. */
  async close(): Promise<void> {
    await this.#closeFile();
    if (this.segments.length === 0) rmSync(this.options.folder, { recursive: true, force: true });
  }

  /** Two that delete and note at once would undo each other's work. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined); // whoever awaits the turn gets the error
    return turn;
  }

  async #find(): Promise<void> {
    const { folder, earlierSource } = this.options;
    const names = segmentsIn(folder);
    const progress = readProgress(folder);
    const next = progress?.next ?? names[0]?.first ?? START;
    this.#dropped = progress?.dropped ?? [];
    this.readFrom = this.#end = this.#next = next;
    for (const [i, name] of names.entries()) {
      const path = segmentPath(folder, name);
      const end = names[i + 1]?.first ?? later(await this.#endOf(path), name.first);
      const segment: Segment = { ...name, path, end, bytes: statSync(path).size, earlier: true, waiting: new Map(), held: 0 };
      // What a missing first segment held is missing from the first that is there.
      this.#await(segment, i === 0 ? next : later(name.first, next), earlierSource);
      this.segments.push(segment);
      this.#end = later(this.#end, end);
      this.#number = name.number;
    }
    this.readTo = this.#end;
  }

  /** Everything of an earlier run's segment that was neither delivered nor dropped waits. */
  #await({ end, waiting }: Segment, from: Place, source: number): void {
    const left = { records: end.record - from.record, bytes: end.byte - from.byte };
    for (const dropped of this.#dropped) {
      const first = later(from, dropped.from);
      const last = dropped.to.record < end.record ? dropped.to : end;
      if (first.record < last.record) add(left, first.record - last.record, first.byte - last.byte);
    }
    if (left.records > 0) waiting.set(source, left);
  }

  async #endOf(path: string): Promise<Place> {
    const reader = await SegmentReader.open(path);
    reader.isReadAround = true; // what comes behind a bad place is to be sent
    try {
      while ((await reader.next()) !== undefined) continue;
    } finally {
      await reader.close();
    }
    if (reader.unreadableBytes > 0) this.options.report(`${path}: the disk does not give ${reader.unreadableBytes} bytes of it`);
    if (reader.cutRecords > 0) this.options.report(`${path} ends in the middle of a write: ${reader.cutRecords} records in it were not safe yet`);
    return reader.reached;
  }

  #done(all: boolean): Segment[] {
    const writing = this.#file === undefined || all ? undefined : this.segments.at(-1);
    const first = this.segments.findIndex((segment) => segment.held > 0 || segment.waiting.size > 0 || segment === writing);
    return first < 0 ? [...this.segments] : this.segments.slice(0, first);
  }

  /** On a full disk there is no room for the note before something is deleted. */
  async #noteAndRemove(segments: readonly Segment[]): Promise<void> {
    const note = (): Promise<void> => writeProgress(this.options.folder, { next: this.#next, dropped: this.#dropped });
    const isNoted = await note().then(() => true, () => false);
    for (const segment of segments) await this.#remove(segment);
    if (!isNoted) await note().catch((error: unknown) => this.#reportOnce(`can't note what was delivered, so that a crash would repeat it: ${errorText(error)}`));
  }

  #reportOnce(message: string): void {
    if (!this.#isReported) this.options.report(message);
    this.#isReported = true;
  }

  async #remove(segment: Segment): Promise<void> {
    if (segment === this.segments.at(-1)) await this.#closeFile();
    await unlink(segment.path).catch(notThere);
    this.segments.splice(this.segments.indexOf(segment), 1);
  }

  /** The file to append to. Before its first record is safe, so are its name and the folder's. */
  async #openSegment(): Promise<{ file: FileHandle; segment: Segment }> {
    const last = this.segments.at(-1);
    if (this.#file !== undefined && last !== undefined && last.bytes < this.options.segmentBytes) return { file: this.#file, segment: last };
    await this.#closeFile();
    const { folder, owner } = this.options;
    if (segmentsIn(folder).length === 0) {
      mkdirSync(folder, { recursive: true, mode: 0o700 }); // in a state directory, that is there
      await writeOwner(folder, owner);
    }
    const name = { number: this.#number + 1, first: this.#end };
    const path = segmentPath(folder, name);
    const file = await open(path, 'wx', 0o600);
    await syncFolder(folder).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    const segment: Segment = { ...name, path, end: name.first, bytes: 0, earlier: false, waiting: new Map(), held: 0 };
    this.#number++;
    this.#file = file;
    this.segments.push(segment);
    return { file, segment };
  }

  /** After an error nobody knows what is on the disk: what was not safe before is cut off, and a new file begun. */
  async #abandon(file: FileHandle, segment: Segment): Promise<void> {
    await file.truncate(segment.bytes).catch(() => undefined); // what stays is read as damage behind the last record, or as repeats
    if (segment.bytes === 0) await this.#remove(segment);
    else await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

function notThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
