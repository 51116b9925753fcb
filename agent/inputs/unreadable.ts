import type { FileInputOptions } from './file-input-options.ts';
import { fromSystem, problemOf } from './named-file.ts';

const MOST_PATHS = 10_000;

/** Paths that can't be opened, or must not be read: each is said once. */
export class Unreadable {
  readonly #options: Pick<FileInputOptions, 'once' | 'refuseBinary' | 'encoding' | 'warn'>;
  readonly #paths = new Set<string>();

  constructor(options: Pick<FileInputOptions, 'once' | 'refuseBinary' | 'encoding' | 'warn'>) {
    this.#options = options;
  }

  /** Throws an InputError for a path that no waiting makes a log; says which ones are waited for. */
  check(paths: Iterable<string>): void {
    const { once, refuseBinary, encoding, warn } = this.#options;
    for (const path of paths) {
      const problem = problemOf(path, refuseBinary === true, encoding);
      if (problem === undefined) continue;
      if (once || !problem.mayCome) throw problem;
      warn(`${problem.message}: waiting for it`);
      this.#paths.add(path);
    }
  }

  /** Says that a file or folder can't be read, and what to do about it. */
  tell(path: string, error: unknown): void {
    if (!this.#paths.has(path)) this.#options.warn(`${fromSystem(path, error).message}${this.#options.once ? '' : ': trying again'}`);
    this.#paths.add(path);
  }

  /** Says that a file is left out because shipper itself writes it. */
  tellOwn(path: string): void {
    if (!this.#paths.has(path)) this.#options.warn(`${path} is where shipper itself writes: left out`);
    this.#paths.add(path);
  }

  /** Where there are many, they are forgotten, and said once more. */
  tidy(): void {
    if (this.#paths.size > MOST_PATHS) this.#paths.clear();
  }
}
