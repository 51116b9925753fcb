import type { Arena } from '../arena.ts';
import type { RoutingOptions } from '../config/routing.ts';
import type { LogEvent } from '../event.ts';
import { Field } from '../fields.ts';
import type { Source } from '../inputs/source.ts';
import { LEVELS, NO_LEVEL } from '../levels.ts';
import type { Origin } from '../records/record-sink.ts';
import type { Defaults } from '../stored.ts';
import { FieldTest } from './field-test.ts';
import { isSampled, seedOf } from './sample.ts';

export interface SelectorParts {
  readonly arena: Arena;
  /** The source at a position of the pipeline's table. */
  readonly sourceOf: (index: number) => Pick<Source, 'name' | 'input'> | undefined;
  /** Makes of patterns what says whether a path matches one of them. */
  readonly matcher: (patterns: readonly string[]) => (path: string) => boolean;
}

const ABSENT = LEVELS.length;

/** Which records an output takes: `only` and `sample` of its options. */
export class Selector {
  readonly #parts: SelectorParts;
  readonly #options: RoutingOptions;
  /** Bit i: level i is wanted; bit ABSENT: records without one are. 0: levels do not matter. */
  readonly #levels: number;
  readonly #fields: readonly FieldTest[];
  readonly #share: number;
  readonly #isPathWanted: ((path: string) => boolean) | undefined;
  /** The source that was asked about last: records come in runs. */
  #source = -1;
  #isSourceWanted = true;
  #seed = 0;

  constructor(options: RoutingOptions, parts: SelectorParts) {
    const { level = [], fields = {}, source } = options.only ?? {};
    this.#parts = parts;
    this.#options = options;
    this.#levels = level.reduce((mask, name) => mask | (1 << (name === NO_LEVEL ? ABSENT : (LEVELS as readonly string[]).indexOf(name))), 0);
    this.#fields = Object.entries(fields).map(([name, values]) => new FieldTest(parts.arena, name, values));
    this.#share = options.sample ?? 1;
    this.#isPathWanted = source === undefined ? undefined : parts.matcher(source);
  }

  /** Hot: once per record. `offset` and `length` are its place in the source, which its id is made of. */
  takes(event: LogEvent, defaults: Defaults, { source, idAddress }: Origin, offset: number, length: number): boolean {
    if (source !== this.#source) this.#turnTo(source, idAddress);
    if (!this.#isSourceWanted) return false;
    if (this.#levels !== 0 && (this.#levels & (1 << this.#levelOf(event, defaults))) === 0) return false;
    for (const field of this.#fields) if (!field.holds(event, defaults)) return false;
    return this.#share >= 1 || isSampled(this.#seed, offset, length, this.#share);
  }

  #turnTo(index: number, idAddress: number): void {
    const { arena, sourceOf } = this.#parts;
    const { input } = this.#options.only ?? {};
    const source = sourceOf(index);
    this.#source = index;
    this.#seed = seedOf(arena.bytes, idAddress);
    this.#isSourceWanted = (input === undefined || input.includes(source?.input ?? '')) && (this.#isPathWanted?.(source?.name ?? '') ?? true);
  }

  #levelOf(event: LogEvent, { fields }: Defaults): number {
    if ((event.present & (1 << Field.level)) !== 0) return this.#levelAt(event.addressOf(Field.level), event.lengthOf(Field.level));
    for (const { field, value } of fields) if (field === Field.level) return this.#levelAt(value.address, value.length);
    return ABSENT;
  }

  /** No two levels begin with the same letter; a word that is none counts as no level. */
  #levelAt(address: number, length: number): number {
    const { bytes } = this.#parts.arena;
    for (let level = 0; level < LEVELS.length; level++) {
      const name = LEVELS[level] as string;
      if (bytes[address] !== name.charCodeAt(0)) continue;
      if (length !== name.length) return ABSENT;
      for (let i = 1; i < length; i++) if (bytes[address + i] !== name.charCodeAt(i)) return ABSENT;
      return level;
    }
    return ABSENT;
  }
}
