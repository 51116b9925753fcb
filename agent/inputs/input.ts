import type { OpenedFile } from './file-intake.ts';
import type { Source } from './source.ts';

/** One input of the configuration: where sources come from. */
export interface Input {
  /** Its name in the configuration. */
  readonly name: string;
  /**
   * Finds what is there. Throws InputError for what can't be an input. `signal` ends it at once: nothing more is
   * found and `finished` is true; whoever wants the last lines goes on reading first, and aborts then.
   */
  start(signal: AbortSignal): Promise<void>;
  /**
   * Sources that may have bytes, or have just ended, each once per call; a fair turn for all, wherever the caller
   * breaks off. A source leaves when `read` did not fill its target, and for good when it gave 0 with `ended` true.
   */
  sources(): Iterable<Source>;
  /** All sources that are not done, for whoever wants to look at them. */
  known(): Iterable<Source>;
  /** Resolves when `sources` may give something, or the input is finished. */
  waitForData(): Promise<void>;
  /** What is there is all that will come. */
  readonly ending: boolean;
  /** No source will ever have bytes again. */
  readonly finished: boolean;
  /** Bytes of deleted files that the disk keeps, since they have not been read to their end. */
  readonly deletedBytes?: number;
  /** Opens what another input of this name could not open again, once this one has stopped. */
  openDeleted?(): OpenedFile[];
  /** Nobody goes on with its files, not even a reload: says and counts what nobody can read again. Delivery has ended. */
  leave?(): void;
  /** Closes what is open. Sources can still be acknowledged. */
  stop(): Promise<void>;
}

/** Something named as an input is none. `exitCode` is that of sysexits: 66 no such input, 77 not readable. */
export class InputError extends Error {
  readonly exitCode: 66 | 77;
  /** It may be there or readable later: an agent waits for it. */
  readonly mayCome: boolean;
  constructor(message: string, exitCode: 66 | 77, mayCome = false) {
    super(message);
    this.exitCode = exitCode;
    this.mayCome = mayCome;
  }
}

/** A promise that one side waits for and the other resolves, again and again. */
export class WakeUp {
  #resolve: (() => void) | undefined;
  #promise: Promise<void> | undefined;

  wait(): Promise<void> {
    return (this.#promise ??= new Promise((resolve) => (this.#resolve = resolve)));
  }

  wake(): void {
    this.#resolve?.();
    this.#resolve = undefined;
    this.#promise = undefined;
  }
}
