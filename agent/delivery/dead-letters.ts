import { rename, rm } from 'node:fs/promises';
import { AppendFile, isSystemError } from './append-file.ts';

/** A record that a destination has refused for good. */
export interface DeadLetter {
  readonly reason: string;
  readonly source: { readonly name: string; readonly id: string };
  readonly offset: number;
  readonly length: number;
  /** The record as it was sent, framing included. */
  readonly record: Uint8Array;
}

export interface DeadLetterLimits {
  /** Size at which a new file is begun. */
  readonly fileBytes: number;
  /** Full files that are kept beside it: PATH.1 is the youngest. Older ones are deleted, and that is said. */
  readonly files: number;
}

const DEAD_LETTER_LIMITS: DeadLetterLimits = { fileBytes: 16 * 2 ** 20, files: 9 };

/**
 * Records that were refused, with the reason, one per line: for a person to read, and for sending again once the cause
 * is gone. They count as settled only when they are on the disk.
 */
export class DeadLetters {
  readonly #output: string;
  readonly #file: AppendFile;
  readonly #limits: DeadLetterLimits;
  readonly #report: (message: string) => void;
  #last: Promise<unknown> = Promise.resolve();

  /** `path`: the file, made when the first letter comes. `report` takes messages for a person. */
  constructor(output: string, path: string, report: (message: string) => void, limits = DEAD_LETTER_LIMITS) {
    this.#output = output;
    this.#file = new AppendFile(path, 0o600); // whole log records: nobody else's business
    this.#limits = limits;
    this.#report = report;
  }

  get path(): string {
    return this.#file.path;
  }

  /** Appends letters durably. An error means that none was written; the caller tries again. */
  append(letters: readonly DeadLetter[]): Promise<NodeJS.ErrnoException | undefined> {
    const time = new Date().toISOString();
    const lines = Buffer.from(letters.map((letter) => this.#line(letter, time)).join(''));
    const next = this.#last.then(() => this.#write(lines));
    this.#last = next.catch(() => undefined); // whoever awaits `next` gets the error; those behind only wait
    return next;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }

  async #write(lines: Uint8Array): Promise<NodeJS.ErrnoException | undefined> {
    try {
      await this.#file.open();
      if (this.#file.size > 0 && this.#file.size + lines.length > this.#limits.fileBytes) await this.#rotate();
    } catch (error) {
      if (isSystemError(error)) return error;
      throw error;
    }
    return this.#file.append(lines);
  }

  async #rotate(): Promise<void> {
    const { files } = this.#limits;
    const oldest = `${this.path}.${files}`;
    const gone = await rm(oldest).then(() => true, notThere);
    if (gone) this.#report(`${this.#output}: dead letters fill ${files + 1} files; the oldest, ${oldest}, was deleted`);
    for (let number = files - 1; number >= 1; number--) await rename(`${this.path}.${number}`, `${this.path}.${number + 1}`).catch(notThere);
    await rename(this.path, `${this.path}.1`);
  }

  #line(letter: DeadLetter, time: string): string {
    const { reason, source, offset, length } = letter;
    const head = JSON.stringify({ time, output: this.#output, reason, source: { name: source.name, id: source.id, offset, length } });
    return `${head.slice(0, -1)},"document":${documentOf(letter.record)}}\n`;
  }
}

function notThere(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false;
  throw error;
}

/** The record as JSON, digit by digit as it was sent. Where a line of JSON goes before it, as in a bulk request, what follows is the document. */
export function documentOf(record: Uint8Array): string {
  const text = new TextDecoder().decode(record).trim();
  const newline = text.indexOf('\n');
  const document = newline >= 0 && isJson(text.slice(0, newline)) ? text.slice(newline + 1) : text;
  return isJson(document) && !document.includes('\n') ? document : JSON.stringify(document);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
