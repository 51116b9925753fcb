import { errorText } from '../../state/error-code.ts';
import type { DiskBacklog } from './disk-backlog.ts';
import type { Item } from './item.ts';
import type { Journal } from './journal.ts';

export interface TidyingOptions {
  readonly disk: DiskBacklog;
  /** Where new batches are written: it is kept when all of it is delivered. */
  readonly own: Journal | undefined;
  /** Batches that are in memory. */
  readonly items: () => readonly Item[];
  /** An older journal is delivered whole. */
  readonly finished: (journal: Journal) => Promise<void>;
  /** Takes messages for a person. */
  readonly report: (message: string) => void;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/** How long what was delivered may stay unknown to the disk, in ms: after a crash that much is sent again. */
const NOTE_AFTER_MS = 1_000;

/** Deletes what is done with of an output's disk buffers, and notes there from time to time how far delivery is. */
export class Tidying {
  readonly #options: TidyingOptions;
  #running: Promise<void> | undefined;
  /** There is more to be done than those who are at it have seen. */
  #isUntidy = false;
  #notedAtMs = -Infinity;
  /** When nothing more comes, who is to note how far delivery is. */
  #later: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: TidyingOptions) {
    this.#options = options;
  }

  /** Something is delivered or written: notes it, if that was not done for long, or shortly. */
  begin(): void {
    this.#begin(this.#options.now() - this.#notedAtMs >= NOTE_AFTER_MS);
  }

  /** Settles when all that is delivered by now is noted. */
  async noteNow(): Promise<void> {
    await this.ended(); // it may have looked before that
    this.#begin(true);
    await this.#running;
  }

  /** Settles when nobody is at it. */
  async ended(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Begins nothing by itself any more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#later);
  }

  /** Notes how far a journal is delivered. `all`: its youngest segment goes, too, if it is done with. */
  async note(journal: Journal, all: boolean): Promise<void> {
    const places = this.#options.items().flatMap(({ journal: of, span, isSettled }) => (of === journal && span !== undefined && !isSettled ? [span.from] : []));
    if (!journal.isDrained) places.push(journal.readFrom);
    const next = places.reduce((lowest, place) => (place.record < lowest.record ? place : lowest), journal.end);
    await journal.prune(next, all).catch((error: unknown) => this.#options.report(`the disk buffer can't be tidied up: ${errorText(error)}`));
  }

  #begin(isDue: boolean): void {
    if (!isDue && !this.#isStopped) this.#later ??= setTimeout(() => this.#late(), NOTE_AFTER_MS).unref();
    this.#isUntidy = this.#running !== undefined;
    this.#running ??= this.#tidyAll(isDue).finally(() => {
      this.#running = undefined;
      if (this.#isUntidy) this.begin();
    });
  }

  #late(): void {
    this.#later = undefined;
    this.#begin(true);
  }

  async #tidyAll(isDue: boolean): Promise<void> {
    const { disk, own, finished, now } = this.#options;
    if (isDue) this.#notedAtMs = now();
    for (const journal of disk.journals) {
      const isOwn = journal === own;
      if (journal.segments.length > 0 && (isDue || journal.canPrune(!isOwn))) await this.note(journal, !isOwn);
      if (isOwn || journal.segments.length > 0) continue;
      await disk.forget(journal);
      await finished(journal);
    }
  }
}
