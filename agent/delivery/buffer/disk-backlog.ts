import type { Batch } from '../batch.ts';
import type { HealthState } from '../health.ts';
import { errorCode, errorText } from '../../state/error-code.ts';
import { sumOf, type Amounts } from './amounts.ts';
import { type Filled, JournalReader } from './journal-reader.ts';
import type { Journal } from './journal.ts';
import type { SourceNames } from './source-names.ts';

export interface DiskBacklogOptions {
  readonly names: SourceNames;
  /** Takes messages for a person. */
  readonly report: (message: string) => void;
  /** Books what is damaged or missing. */
  readonly lost: (amounts: Amounts) => void;
  /** Settles when a disk that fails is to be tried again. */
  readonly pause: () => Promise<void>;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/** What was read back into a batch, and from which journal. */
export interface ReadBack extends Filled {
  readonly journal: Journal;
}

/** A place on the disk that fails (EIO) as often as this, with a pause each time, is damaged for good. */
const MOST_FAILED_READS = 60;

/** What lies on the disk for one output: journals, each with its reader, oldest first. A disk that fails is tried for as long as that may pass. */
export class DiskBacklog {
  readonly #options: DiskBacklogOptions;
  #entries: readonly { readonly journal: Journal; readonly reader: JournalReader }[];
  /** Why nothing can be read, and how often it was tried. */
  #unreadable: { readonly health: HealthState; readonly tries: number } | undefined;

  constructor(journals: readonly Journal[], options: DiskBacklogOptions) {
    this.#options = options;
    this.#entries = journals.map((journal) => ({ journal, reader: this.#readerOf(journal) }));
  }

  get journals(): readonly Journal[] {
    return this.#entries.map(({ journal }) => journal);
  }

  /** Absent: the disk is read, or nothing of it was wanted. */
  get health(): HealthState | undefined {
    return this.#unreadable?.health;
  }

  get bytes(): number {
    return this.#entries.reduce((sum, { journal }) => sum + journal.bytes, 0);
  }

  /** Whether all of it was read back. */
  get isDrained(): boolean {
    return this.#entries.every(({ journal }) => journal.isDrained);
  }

  /** Reads the oldest of what is left into a batch. Undefined: nothing came of it, and there may be more. */
  async fill(batch: Batch): Promise<ReadBack | undefined> {
    const entry = this.#entries.find(({ journal }) => !journal.isDrained);
    if (entry === undefined) return undefined;
    const filled = await entry.reader.fill(batch).then((filled) => this.#readAgain(filled), (error: unknown) => this.#cantRead(entry.reader, error));
    return filled && { ...filled, journal: entry.journal };
  }

  /** Stops reading a journal. It stays on the list until it is forgotten. */
  async closeReader(of: Journal): Promise<void> {
    await this.#entries.find(({ journal }) => journal === of)?.reader.close();
  }

  /** A journal is delivered whole. */
  async forget(journal: Journal): Promise<void> {
    const closed = this.closeReader(journal);
    this.#entries = this.#entries.filter((entry) => entry.journal !== journal);
    await closed;
  }

  async #cantRead(reader: JournalReader, error: unknown): Promise<undefined> {
    const reason = `the disk buffer can't be read: ${errorText(error)}`;
    if (this.#unreadable === undefined) this.#options.report(`${reason}; trying again`);
    const tries = (this.#unreadable?.tries ?? 0) + 1;
    this.#unreadable = { health: this.#unreadable?.health ?? { kind: 'failing', reason, sinceMs: this.#options.now() }, tries };
    if (tries >= MOST_FAILED_READS && errorCode(error) === 'EIO') reader.readAround();
    await this.#options.pause();
    return undefined;
  }

  #readAgain(filled: Filled | undefined): Filled | undefined {
    if (this.#unreadable !== undefined) this.#options.report('the disk buffer is read again');
    this.#unreadable = undefined;
    return filled;
  }

  #readerOf(journal: Journal): JournalReader {
    const { names, report, lost } = this.#options;
    return new JournalReader(journal, {
      indexOf: (source, earlier) => names.indexOf(source, earlier ? journal.options.earlierSource : undefined),
      lost: (amounts, path) => {
        report(`${sumOf(amounts).records} records of the disk buffer are damaged or missing and were skipped: ${path}`);
        lost(amounts);
      },
    });
  }
}
