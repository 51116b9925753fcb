import type { Source, StreamPositions } from '../inputs/source.ts';
import type { Batch } from './batch.ts';

/** What a source has from `at` on is part of the record of another source, and of that one's stream, that begins at `beyond`. */
export interface Hold {
  readonly at: number;
  readonly by: number;
  readonly stream: string;
  readonly beyond: number;
}

interface Progress {
  readonly source: Source;
  /** Below it, every record has been put in batches or is settled. */
  upTo: number;
  acknowledged: number;
  /** It is not safe beyond these before another source is. */
  held: readonly Hold[];
  /** The same two of each stream, where the source is a container's file. */
  readonly streams: Map<string, StreamProgress>;
}

interface StreamProgress {
  upTo: number;
  acknowledged: number;
}

/** Positions below which nothing of a source is in a batch: of all of it, and of each of its streams. */
interface Span {
  from: number;
  readonly streams: Map<string, number>;
}

/**
 * How far each source is safe: the position below which every record is settled at all outputs that count (all but the
 * console). Batches settle in any order. Its work is per batch and source, never per record; there are no more open
 * batches than slots, so both loops are short.
 */
export class Tracker {
  readonly #sources = new Map<number, Progress>();
  /** For each batch that is not settled, by source. */
  readonly #open = new Map<Batch, Map<number, Span>>();
  #holds = 0;
  /** When a source became safe a bit further, in ms of the monotonic clock. */
  acknowledgedAtMs = 0;
  /** Of which stream the records are that `opened` tells of; empty: their source has none. */
  stream = '';

  /** Starts at the source's offset: what lies below is safe already. */
  add(source: Source): void {
    const streams = Object.entries(source.ahead ?? {}).map(([stream, at]) => [stream, { upTo: at, acknowledged: at }] as const);
    this.#sources.set(source.index, { source, upTo: source.offset, acknowledged: source.offset, held: [], streams: new Map(streams) });
  }

  /** Forgets a source that is done. Batches that still hold records of it may settle later. */
  remove(source: Source): void {
    this.#sources.delete(source.index);
  }

  /**
   * Records of `source` from position `from` on were put in `batch`. To be called before `advance` goes beyond `from`;
   * again for the same batch and source: the lowest position holds.
   */
  opened(batch: Batch, source: number, from: number): void {
    const spans = this.#open.get(batch) ?? new Map<number, Span>();
    const span = spans.get(source) ?? { from, streams: new Map<string, number>() };
    span.from = Math.min(from, span.from);
    if (this.stream !== '') span.streams.set(this.stream, Math.min(from, span.streams.get(this.stream) ?? from));
    spans.set(source, span);
    this.#open.set(batch, spans);
  }

  /** Every record of `source` below `upTo` is in a batch by now, or needs none: filtered, blank, dropped. */
  advance(source: number, upTo: number): void {
    const progress = this.#sources.get(source);
    if (progress === undefined || upTo <= progress.upTo) return;
    progress.upTo = upTo;
    this.#acknowledge(source, progress);
  }

  /** The same of each stream of a container's file, one of which may be far behind the others. */
  advanceStreams(source: number, positions: ReadonlyMap<string, number>): void {
    const progress = this.#sources.get(source);
    if (progress === undefined) return;
    for (const [stream, upTo] of positions) {
      const known = progress.streams.get(stream);
      if (known === undefined) progress.streams.set(stream, { upTo, acknowledged: 0 });
      else known.upTo = Math.max(known.upTo, upTo);
    }
    this.#acknowledge(source, progress);
  }

  /** What `source` has from a place on is part of another one's record, and is safe when that is. Up to `upTo` all else of it is in batches. */
  hold(source: Source, hold: Hold, upTo: number): void {
    const progress = this.#sources.get(source.index);
    if (progress === undefined) return;
    this.#holds++;
    progress.held = [...progress.held, hold];
    this.advance(source.index, upTo);
  }

  /** Every record of `batch` is safe: delivered, dead-lettered or on disk. */
  settled(batch: Batch): void {
    const spans = this.#open.get(batch);
    this.#open.delete(batch);
    for (const source of spans?.keys() ?? []) {
      const progress = this.#sources.get(source);
      if (progress !== undefined) this.#acknowledge(source, progress);
    }
  }

  /** When the oldest batch was begun that is not settled, in ms of the monotonic clock; undefined: there is none. */
  get oldestMs(): number | undefined {
    const [oldest] = this.#open.keys();
    return oldest?.openedAtMs;
  }

  /** Position below which everything of `source` is safe. */
  acknowledged(source: number): number {
    return this.#sources.get(source)?.acknowledged ?? 0;
  }

  #acknowledge(source: number, progress: Progress): void {
    const limit = Math.min(Infinity, ...progress.held.map(({ at }) => at));
    let safe = Math.min(progress.upTo, limit);
    for (const spans of this.#open.values()) safe = Math.min(safe, spans.get(source)?.from ?? safe);
    const hasMoved = safe > progress.acknowledged;
    if (hasMoved) this.acknowledgedAtMs = performance.now();
    if (hasMoved) progress.acknowledged = safe;
    const haveMoved = this.#acknowledgeStreams(source, progress, limit);
    if (!hasMoved && !haveMoved) return;
    progress.source.acknowledge(progress.acknowledged, aheadOf(progress));
    if (this.#holds > 0) this.#free(source, progress);
  }

  /** Whether one of them is safe a bit further. */
  #acknowledgeStreams(source: number, { streams }: Progress, limit: number): boolean {
    let haveMoved = false;
    for (const [stream, progress] of streams) {
      let safe = Math.min(progress.upTo, limit);
      for (const spans of this.#open.values()) safe = Math.min(safe, spans.get(source)?.streams.get(stream) ?? safe);
      if (safe <= progress.acknowledged) continue;
      progress.acknowledged = safe;
      haveMoved = true;
    }
    return haveMoved;
  }

  /** A source is safe a bit further: what waited for that is free. */
  #free(by: number, { acknowledged, streams }: Progress): void {
    for (const [source, progress] of this.#sources) {
      const held = progress.held.filter((hold) => hold.by !== by || hold.beyond >= Math.max(acknowledged, streams.get(hold.stream)?.acknowledged ?? 0));
      if (held.length === progress.held.length) continue;
      this.#holds -= progress.held.length - held.length;
      progress.held = held;
      this.#acknowledge(source, progress);
    }
  }
}

/** How far streams are safe beyond their source. */
function aheadOf({ acknowledged, streams }: Progress): StreamPositions | undefined {
  const ahead = [...streams].flatMap(([stream, progress]) => (progress.acknowledged > acknowledged ? [[stream, progress.acknowledged] as const] : []));
  return ahead.length === 0 ? undefined : Object.fromEntries(ahead);
}
