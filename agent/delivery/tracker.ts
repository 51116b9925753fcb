import type { Source } from '../inputs/source.ts';
import type { Batch } from './batch.ts';

interface Progress {
  readonly source: Source;
  /** Below it, every record has been put in batches or is settled. */
  upTo: number;
  acknowledged: number;
  /** It is not safe beyond `at` until another source is safe beyond a place of its own. */
  held?: { readonly at: number; readonly by: number; readonly beyond: number };
}

/**
 * How far each source is safe: the position below which every record is settled at all outputs that count (all but the
 * console). Batches settle in any order. Its work is per batch and source, never per record; there are no more open
 * batches than slots, so both loops are short.
 */
export class Tracker {
  readonly #sources = new Map<number, Progress>();
  /** For each batch that is not settled: by source, the position below which nothing of the source is in it. */
  readonly #open = new Map<Batch, Map<number, number>>();
  #holds = 0;
  /** When a source became safe a bit further, in ms of the monotonic clock. */
  acknowledgedAtMs = 0;

  /** Starts at the source's offset: what lies below is safe already. */
  add(source: Source): void {
    this.#sources.set(source.index, { source, upTo: source.offset, acknowledged: source.offset });
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
    const spans = this.#open.get(batch) ?? new Map<number, number>();
    spans.set(source, Math.min(from, spans.get(source) ?? from));
    this.#open.set(batch, spans);
  }

  /** Every record of `source` below `upTo` is in a batch by now, or needs none: filtered, blank, dropped. */
  advance(source: number, upTo: number): void {
    const progress = this.#sources.get(source);
    if (progress === undefined || upTo <= progress.upTo) return;
    progress.upTo = upTo;
    this.#acknowledge(source, progress);
  }

  /**
   * What `source` has from `at` on is part of the record of `heir` that begins at `beyond`: it is safe when that is. Up to
   * `upTo` all else of the source is in batches.
   */
  hold(source: Source, at: number, heir: Source, beyond: number, upTo: number): void {
    const progress = this.#sources.get(source.index);
    if (progress === undefined) return;
    if (progress.held === undefined) this.#holds++;
    progress.held = { at: Math.min(at, progress.held?.at ?? at), by: heir.index, beyond: Math.max(beyond, progress.held?.beyond ?? beyond) };
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
    let safe = progress.upTo;
    for (const spans of this.#open.values()) safe = Math.min(safe, spans.get(source) ?? safe);
    if (progress.held !== undefined) safe = Math.min(safe, progress.held.at);
    if (safe <= progress.acknowledged) return;
    progress.acknowledged = safe;
    this.acknowledgedAtMs = performance.now();
    progress.source.acknowledge(safe);
    if (this.#holds > 0) this.#free(source, safe);
  }

  /** A source is safe up to `safe`: what waited for that is free. */
  #free(by: number, safe: number): void {
    for (const [source, progress] of this.#sources) {
      if (progress.held?.by !== by || progress.held.beyond >= safe) continue;
      delete progress.held;
      this.#holds--;
      this.#acknowledge(source, progress);
    }
  }
}
