import type { KnownPlace } from './start-at.ts';

/** Asks whoever deals out the files whether this lane reads one. `file`: device and inode; `bytes`: its size. */
export type Claim = (input: string, path: string, file: string, bytes: number) => Promise<boolean>;

/** Another lane reads what is not ours; there is one that speaks for all of them. */
export interface FileShare {
  readonly claim: Claim;
  /** Says what there is to be said of paths, not of files. */
  readonly speaks: boolean;
  /** What any lane has read in earlier runs, of inputs with `start_at: end`. */
  readonly known: readonly KnownPlace[];
}

/** Answers that are remembered; beyond it all are forgotten, and asked for once more. */
const MOST_KNOWN = 10_000;

/** Which files this lane reads, as far as it has asked: a file stays where it is, so the answer never changes. */
export class FileClaims {
  readonly #input: string;
  readonly #claim: Claim;
  readonly #answers = new Map<string, { readonly file: string; readonly isOurs: boolean }>();

  constructor(input: string, claim: Claim) {
    this.#input = input;
    this.#claim = claim;
  }

  /** Whether this lane reads the file at a path; undefined: it has to be asked. */
  isOurs(path: string, file: string): boolean | undefined {
    const answer = this.#answers.get(path);
    return answer?.file === file ? answer.isOurs : undefined;
  }

  /** Whether what was last at a path is read elsewhere. */
  isForeign(path: string): boolean {
    return this.#answers.get(path)?.isOurs === false;
  }

  async ask(path: string, file: string, bytes: number): Promise<void> {
    const isOurs = await this.#claim(this.#input, path, file, bytes);
    if (this.#answers.size >= MOST_KNOWN) this.#answers.clear();
    this.#answers.set(path, { file, isOurs });
  }
}
