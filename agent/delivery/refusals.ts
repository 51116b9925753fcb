import type { Part } from './part.ts';
import { lettersOf, type Books } from './settlement.ts';

export interface RefusalsOptions {
  readonly books: Books;
  /** The output's name. */
  readonly name: string;
  /** Takes messages for a person. */
  readonly report: (message: string) => void;
  /** The dead letters can't be written: settles when that is to be tried again. False: no more. */
  readonly stuck: (reason: string) => Promise<boolean>;
}

/** Writes refused records to the dead letters, however often it takes. */
export class Refusals {
  readonly #options: RefusalsOptions;
  #isReported = false;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** `reasonOf` takes a place in the part. False: it could not be written before the end. */
  async write(part: Part, reasonOf: (at: number) => string): Promise<boolean> {
    const { books, name, report, stuck } = this.#options;
    const { deadLetters } = books;
    const letters = lettersOf(books, part, reasonOf);
    for (let error = await deadLetters.append(letters); error !== undefined; error = await deadLetters.append(letters)) {
      if (!(await stuck(`can't write refused records to ${deadLetters.path}: ${error.message}`))) return false;
    }
    if (!this.#isReported) report(`${name}: refused records go to ${deadLetters.path}; the first: ${reasonOf(0)}`);
    this.#isReported = true;
    return true;
  }
}
