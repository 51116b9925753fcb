/**
 * What can happen to records that are delivered: their time was put forward, a text was cut, a field was renamed, they lie
 * in the failure store, or some of a request were refused and nobody says which.
 */
export type Degradation = 'restamped' | 'cut' | 'repaired' | 'failure_store' | 'refused_unnamed';

/** Counts records that were delivered not quite as they were, and says so once for each way. */
export class Degraded {
  readonly #records = new Map<Degradation, number>();
  readonly #report: (message: string) => void;

  /** `report` takes messages for a person. */
  constructor(report: (message: string) => void) {
    this.#report = report;
  }

  get records(): ReadonlyMap<Degradation, number> {
    return this.#records;
  }

  /** `message`: what is said the first time. */
  count(how: Degradation, records: number, message: string): void {
    if (records === 0) return;
    if (!this.#records.has(how)) this.#report(message);
    this.#records.set(how, (this.#records.get(how) ?? 0) + records);
  }
}
