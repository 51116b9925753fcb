/** Looks at paths; one look at a time at each, so that what comes to it comes one after the other. */
export class Looks {
  readonly #look: (path: string) => Promise<void>;
  readonly #isStopped: () => boolean;
  /** Paths that are being looked at, and whether they have to be once more. */
  readonly #under = new Map<string, boolean>();

  /** `isStopped`: nothing is to be looked at once more. */
  constructor(look: (path: string) => Promise<void>, isStopped: () => boolean) {
    this.#look = look;
    this.#isStopped = isStopped;
  }

  /** Looks at a path. If somebody does already, it is looked at once more afterwards, which is not waited for. */
  async at(path: string): Promise<void> {
    const isLookedAt = this.#under.has(path);
    this.#under.set(path, isLookedAt);
    if (isLookedAt) return;
    let again = false;
    try {
      await this.#look(path);
    } finally {
      again = this.#under.get(path) === true;
      this.#under.delete(path);
    }
    if (again && !this.#isStopped()) await this.at(path);
  }
}
