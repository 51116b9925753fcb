import { continuations } from '../../parsers/continuations/index.ts';
import { useAliases } from '../../parsers/aliases.ts';
import type { FindSecrets } from '../../parsers/learned/constants.ts';
import { SourceHead } from '../../parsers/learned/head.ts';
import { compilePattern, type Pattern } from '../../parsers/patterns/compile.ts';
import { OwnFormat } from '../../parsers/patterns/own-format.ts';
import { OwnRules } from '../../parsers/patterns/own-rules.ts';
import { readerOf, readRecord } from '../../parsers/read.ts';
import { entriesOf, type PatternText } from '../config/format-choice.ts';
import type { Config } from '../config/schema.ts';
import type { ReadRecord } from '../lane-source.ts';
import { secretFinder } from '../redaction/finder.ts';
import type { KindName } from '../redaction/kinds.ts';
import type { Head, LearnedShape } from '../records/head.ts';
import type { Continuations } from '../records/record-cutter.ts';
import { OwnStarts, type Starts } from './own-starts.ts';

type ReadingConfig = Pick<Config, 'inputs' | 'formats' | 'patterns' | 'aliases' | 'extract' | 'redact'>;

/** How records of an input are read. */
export interface InputReading {
  readonly read: ReadRecord;
  /** It is read by its own looks alone. */
  readonly isBuiltIn: boolean;
  readonly begin: () => void;
}

/** How a record of each input is read: by what is built in, and by what its configuration adds to that. */
export class Reading {
  /** By input with patterns of its own as format: how many records none of them matched. */
  readonly missed = new Map<string, number>();
  readonly #config: ReadingConfig;
  readonly #definitions: ReadonlyMap<string, string>;
  readonly #inputs = new Map<string, InputReading>();
  readonly #starts: OwnStarts | undefined;
  readonly #find: FindSecrets | undefined;

  /** The aliases of the configuration count from here on, for every lane. */
  constructor(config: ReadingConfig) {
    this.#config = config;
    this.#find = config.redact === undefined ? undefined : secretFinder(Object.keys(config.redact) as KindName[]); // it has no other keys than its type says
    this.#definitions = new Map(Object.entries(config.patterns ?? {}));
    useAliases(config.aliases ?? {});
    for (const input of Object.keys(config.inputs)) this.#add(input);
    if (this.missed.size > 0) this.#starts = new OwnStarts(continuations);
  }

  /** Which lines belong together, for the lane that reads by this. */
  get continuations(): Continuations {
    return this.#starts ?? continuations;
  }

  /** How records of an input are read. `begin` is to be called whenever bytes of one of its sources are up. */
  of(input: string): InputReading {
    const found = this.#inputs.get(input);
    if (found === undefined) throw new Error(`no input is called ${input}`);
    return found;
  }

  /** What learns how the headers of a source look; undefined: the configuration says how its lines are read. `learned`: by an earlier run. */
  headOf(input: string, learned?: readonly LearnedShape[]): Head | undefined {
    return (this.#config.inputs[input]?.format ?? 'auto') === 'auto' ? new SourceHead(learned, this.#find) : undefined;
  }

  #add(input: string): void {
    const formats = this.#formatsOf(input);
    const own = formats.filter((format) => typeof format !== 'string');
    if (own.length > 0) this.missed.set(input, 0);
    const onMiss = (): void => void this.missed.set(input, (this.missed.get(input) ?? 0) + 1);
    const starts: Starts | undefined = own.length === 0 ? undefined : (bytes, start, end) => own.some((format) => format.matches(bytes, start, end));
    const begin = (): void => {
      if (this.#starts !== undefined) this.#starts.current = starts;
    };
    const read = readerOf({ formats, rules: this.#rulesOf(input), onMiss });
    this.#inputs.set(input, { read, isBuiltIn: read === readRecord, begin });
  }

  #formatsOf(input: string): (string | OwnFormat)[] {
    const chosen = this.#config.inputs[input]?.format ?? 'auto';
    if (chosen === 'auto') return [];
    return entriesOf(chosen).flatMap(([format]): (string | OwnFormat)[] => {
      if (typeof format !== 'string') return [new OwnFormat('pattern', [this.#compiled(format, true)])];
      const own = this.#config.formats?.[format];
      return own === undefined ? [format] : [new OwnFormat(format, entriesOf(own).map(([pattern]) => this.#compiled(pattern, true)))];
    });
  }

  #rulesOf(input: string): OwnRules | undefined {
    const rules = (this.#config.extract ?? []).map((rule, index) => ({ rule, name: `extract[${index}]` })).filter(({ rule }) => rule.inputs?.includes(input) ?? true);
    return rules.length === 0 ? undefined : new OwnRules(rules.map(({ rule, name }) => ({ name, pattern: this.#compiled(rule, false) })));
  }

  #compiled({ regex, grok }: PatternText, isAnchored: boolean): Pattern {
    return compilePattern(grok ?? regex ?? '', { grok: grok !== undefined, definitions: this.#definitions }, isAnchored);
  }
}
