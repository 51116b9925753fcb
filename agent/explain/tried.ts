import { parseWith, PARSERS } from '../../parsers/index.ts';
import { LEARNED } from '../../parsers/learned/read.ts';
import type { Parser } from '../../parsers/parser.ts';
import { plainScanners, type Scanners } from '../../parsers/values/scanners.ts';
import { isRuledOut, whyNot } from '../../parsers/why-not.ts';
import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import { LogEvent } from '../event.ts';
import { FIELDS } from '../fields.ts';

/** A format that was tried for a record and lost. */
export interface Attempt {
  readonly format: string;
  readonly reason: string;
  /** The fields it would have given, of one that could have read the record. */
  readonly fields?: readonly string[];
}

/** Finds out what else would have read records, and why it did not. Costs as much as reading them again with every format. */
export class Tried {
  readonly #arena: Arena;
  readonly #other: LogEvent;
  #scanner: { readonly base: number; readonly scanners: Scanners } | undefined;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#other = new LogEvent(arena);
  }

  /** All formats but the one that has read the event's record, in the order in which they are tried. */
  attempts(event: LogEvent, valid: boolean): Attempt[] {
    const chunk = this.#chunkOf(event, valid);
    const record = chunk.bytes.subarray(event.start, event.end);
    const winner = PARSERS.findIndex(({ name }) => name === event.format);
    return PARSERS.flatMap((parser, index) => {
      if (index === winner) return [];
      if (isRuledOut(parser, record)) return [{ format: parser.name, reason: `never begins with ${record[4] === 0x2d ? 'a date' : shown(record[0] ?? 0)}` }];
      if (!this.#reads(parser, chunk, event)) return [{ format: parser.name, reason: whyNot(parser, record) }];
      const fields = FIELDS.filter((_, field) => (this.#other.present & (1 << field)) !== 0);
      return [{ format: parser.name, reason: whyLost(event.format, index - winner, winner < 0), fields }];
    });
  }

  #reads(parser: Parser, chunk: Chunk, { start, end }: LogEvent): boolean {
    this.#other.begin(chunk, start, end);
    return parseWith(parser, chunk, start, end, this.#other);
  }

  #chunkOf({ base, end }: LogEvent, valid: boolean): Chunk {
    const bytes = this.#arena.bytes.subarray(base);
    if (this.#scanner?.base !== base) this.#scanner = { base, scanners: plainScanners(bytes) };
    return {
      bytes, base, valid, scanners: this.#scanner.scanners,
      get text() { return Buffer.from(bytes.subarray(0, end)).toString('latin1'); }, // hardly a parser asks for it
    };
  }
}

/** Why a format that can read the record has not got it. `behind`: how far it comes behind the winner; `isOwn`: that one is not built in. */
function whyLost(winner: string, behind: number, isOwn: boolean): string {
  if (winner === LEARNED) return 'tells less than the shape of this stream';
  if (isOwn) return 'formats of the configuration come first';
  return behind > 0 ? 'is asked later, being less strict' : 'is not what the configuration names';
}

function shown(byte: number): string {
  return byte > 32 && byte < 127 ? String.fromCharCode(byte) : `byte ${byte}`;
}
