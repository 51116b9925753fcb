import type { Ledger } from '../ledger.ts';
import type { SourceName } from './block.ts';

/** Which source is which: by position in this run's table of sources, and by the id that lies on the disk. */
export class SourceNames {
  readonly #sources: ReadonlyMap<number, SourceName>;
  readonly #claimIndex: () => number;
  readonly #ledger: Ledger;
  readonly #own = new Map<string, number>();
  /** Sources of earlier runs: by position, and by the row of the ledger and id. */
  readonly #earlier = new Map<number, SourceName>();
  readonly #earlierIndices = new Map<string, number>();

  constructor(sources: ReadonlyMap<number, SourceName>, claimIndex: () => number, ledger: Ledger) {
    this.#sources = sources;
    this.#claimIndex = claimIndex;
    this.#ledger = ledger;
  }

  /** Name and id of a source of this run, or of one whose records were read back. */
  nameOf(index: number): SourceName {
    const own = this.#sources.get(index);
    if (own !== undefined) this.#own.set(own.id, index);
    const { name, id } = own ?? this.#earlier.get(index) ?? { name: 'a source that is gone', id: '' };
    return { name, id };
  }

  /** A new position in the table of sources. */
  claim(): number {
    return this.#claimIndex();
  }

  /** Opens the books of what an earlier run left to an output. */
  addEarlier(index: number, output: number, name: string, records: number, bytes: number): void {
    this.#ledger.addEarlier({ index, name }, output, records, bytes);
  }

  /** Position of a source that was named on the disk. `earlier`: whose books it goes to, if an earlier run has read it. */
  indexOf(source: SourceName, earlier: number | undefined): number {
    if (earlier === undefined) return this.#own.get(source.id) ?? 0;
    const key = `${earlier}/${source.id}`;
    const known = this.#earlierIndices.get(key);
    if (known !== undefined) return known;
    const index = this.#claimIndex();
    this.#earlier.set(index, source);
    this.#earlierIndices.set(key, index);
    this.#ledger.alias(index, earlier);
    return index;
  }
}
