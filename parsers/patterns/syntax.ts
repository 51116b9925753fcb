import { definitionOf, posixClass } from './grok-library.ts';

/** A named group: what it matched becomes a field of this name, of this type if one is given. */
export interface Capture {
  readonly name: string;
  readonly type: CaptureType | undefined;
}

export type CaptureType = 'int' | 'float' | 'bool' | 'string';

/** A part of a pattern. */
export type Piece =
  /** One character: `source` as a RegExp has it. `char`: it is exactly this one. */
  | { readonly kind: 'one'; readonly source: string; readonly char?: string }
  /** `^`, `$`, `\b`, `\B`. */
  | { readonly kind: 'assertion'; readonly source: string }
  | { readonly kind: 'repeat'; readonly body: Piece; readonly least: number; readonly most: number; readonly isLazy: boolean }
  | { readonly kind: 'group'; readonly choices: readonly (readonly Piece[])[]; readonly capture?: Capture };

/** What is wrong with a pattern; `at`: the character of its text that it is about, from 0. */
export class PatternError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export interface Syntax {
  /** `%{NAME}`, `%{NAME:field}` and `%{NAME:field:type}` stand for patterns of the library. */
  readonly grok: boolean;
  /** Definitions of the user's own, by name. */
  readonly definitions: ReadonlyMap<string, string>;
}

const TYPES: Readonly<Record<string, CaptureType>> = {
  int: 'int', integer: 'int', long: 'int', float: 'float', double: 'float', number: 'float', bool: 'bool', boolean: 'bool', string: 'string', text: 'string',
};
const LONGEST_PATTERN = 20_000;
const DEEPEST = 40;

/**
 * Reads a pattern: JavaScript's regular expressions but for look-around and back-references, which no engine matches in
 * linear time; and what Python, Go and grok write otherwise: `(?P<name>…)`, names with dots, `(?i)` in front, `(?>…)`.
 * Throws a PatternError.
 */
export function parsePattern(text: string, syntax: Syntax): { choices: readonly (readonly Piece[])[]; ignoresCase: boolean } {
  if (text.length > LONGEST_PATTERN) throw new PatternError(`is longer than ${LONGEST_PATTERN} characters`, 0);
  const ignoresCase = text.startsWith('(?i)');
  const reader = new Reader(text, ignoresCase ? 4 : 0, syntax, []);
  const choices = reader.choices(0);
  if (!reader.isDone) throw new PatternError('has a ) without its (', reader.at);
  return { choices, ignoresCase };
}

class Reader {
  at: number;
  readonly #text: string;
  readonly #syntax: Syntax;
  /** Definitions that are being read, from the outermost on. */
  readonly #inside: readonly string[];

  constructor(text: string, at: number, syntax: Syntax, inside: readonly string[]) {
    this.#text = text;
    this.at = at;
    this.#syntax = syntax;
    this.#inside = inside;
  }

  get isDone(): boolean {
    return this.at >= this.#text.length;
  }

  choices(depth: number): Piece[][] {
    if (depth > DEEPEST) throw this.#error(`has groups more than ${DEEPEST} deep`);
    const choices: Piece[][] = [[]];
    while (!this.isDone && this.#char !== ')') {
      if (this.#char === '|') {
        this.at++;
        choices.push([]);
      } else choices.at(-1)?.push(this.#repeated(this.#piece(depth)));
    }
    return choices;
  }

  #piece(depth: number): Piece {
    const char = this.#char;
    if (char === '(') return this.#group(depth);
    if (char === '[') return this.#class();
    if (char === '\\') return this.#escape();
    if (char === '%' && this.#syntax.grok && this.#text[this.at + 1] === '{') return this.#reference();
    if (char === '^' || char === '$') return this.#take({ kind: 'assertion', source: char }, 1);
    if (char === '.') return this.#take({ kind: 'one', source: '.' }, 1);
    if ('*+?'.includes(char)) throw this.#error(`has a ${char} with nothing before it to repeat`);
    return this.#take({ kind: 'one', source: '/{}]'.includes(char) ? `\\${char}` : char, char }, 1);
  }

  #group(depth: number): Piece {
    const start = this.at;
    const capture = this.#groupHead();
    const choices = this.choices(depth + 1);
    if (this.isDone) throw this.#error('has a ( that is never closed', start);
    this.at++;
    return capture === undefined ? { kind: 'group', choices } : { kind: 'group', choices, capture };
  }

  /** Passes over `(`, `(?:`, `(?<name>`; the name, if there is one. A group without a name keeps nothing. */
  #groupHead(): Capture | undefined {
    const rest = this.#text.slice(this.at, this.at + 200);
    const lookAround = /^\(\?<?[=!]/.exec(rest)?.[0];
    if (lookAround !== undefined) throw this.#error(`has a ${lookAround.includes('<') ? 'look-behind' : 'look-ahead'}, ${lookAround}…): it can't be matched in linear time`);
    const plain = /^\((?:\?:|\?>|(?!\?))/.exec(rest)?.[0];
    if (plain !== undefined) {
      this.at += plain.length;
      return undefined;
    }
    const named = /^\(\?P?<([^>:]*)(?::([^>]*))?>/.exec(rest);
    if (named === null) throw this.#error(`has a group of a kind that is not known: ${rest.slice(0, 4)}`);
    const capture = this.#capture(named[1] ?? '', named[2]);
    this.at += named[0].length;
    return capture;
  }

  #capture(given: string, type: string | undefined): Capture {
    const name = given.startsWith('[') ? given.replace(/^\[|\]$/g, '').replaceAll('][', '.') : given; // Logstash's [http][method]
    if (!/^[@A-Za-z_][\w.@-]*$/.test(name)) throw this.#error(`has a group whose name is not one: <${given}>; a name has letters, digits, _, - and dots`);
    if (type === undefined) return { name, type: undefined };
    const known = TYPES[type];
    if (known === undefined) throw this.#error(`has a group of the type ${type}; there are int, float, bool and string`);
    return { name, type: known };
  }

  #class(): Piece {
    const start = this.at;
    let source = '[';
    this.at++;
    if (this.#char === '^') source += this.#next();
    if (this.#char === ']') source += `\\${this.#next()}`; // Python's and Perl's: the first one is itself
    while (!this.isDone && this.#char !== ']') {
      const posix = this.#syntax.grok ? posixClass(this.#text, this.at) : undefined;
      if (posix !== undefined) {
        source += posix.source;
        this.at += posix.length;
      } else if (this.#char === '\\') source += this.#next() + this.#next();
      else source += this.#char === '[' ? `\\${this.#next()}` : this.#next();
    }
    if (this.isDone) throw this.#error('has a [ that is never closed', start);
    this.at++;
    return { kind: 'one', source: `${source}]` };
  }

  #escape(): Piece {
    const char = this.#text[this.at + 1];
    if (char === undefined) throw this.#error('ends with a backslash');
    if (/[1-9k]/.test(char)) throw this.#error(`has a back-reference, \\${char}: it can't be matched in linear time`);
    if (char === 'b' || char === 'B') return this.#take({ kind: 'assertion', source: `\\${char}` }, 2);
    if (char === 'A') return this.#take({ kind: 'assertion', source: '^' }, 2);
    if (char === 'Z' || char === 'z') return this.#take({ kind: 'assertion', source: '$' }, 2);
    if (char === 'h') return this.#take({ kind: 'one', source: '[ \\t]' }, 2);
    if (char === 'p' || char === 'P') throw this.#error(`has \\${char}{…}, which the linear engine does not know; a class such as [\\w\\u0080-\\uffff] does it`);
    const coded = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z])/.exec(this.#text.slice(this.at, this.at + 6))?.[0];
    if (coded !== undefined) return this.#take({ kind: 'one', source: coded }, coded.length);
    if (/[dDwWsSnrtfv0]/.test(char)) return this.#take({ kind: 'one', source: `\\${char}` }, 2);
    if (/[A-Za-z]/.test(char)) throw this.#error(`has \\${char}, which means nothing`);
    return this.#take({ kind: 'one', source: /[\w\s"'`~!@#%&=:;<>,_-]/.test(char) ? char : `\\${char}`, char }, 2);
  }

  /** `%{NAME:field:type}`: the pattern of that name, captured if there is a field. */
  #reference(): Piece {
    const found = /^%\{([\w-]+)(?::([^}:]+))?(?::([^}]*))?\}/.exec(this.#text.slice(this.at, this.at + 300));
    if (found === null) throw this.#error('has a %{ that is not %{NAME}, %{NAME:field} or %{NAME:field:type}');
    const [whole, name = '', field, type] = found;
    const definition = definitionOf(name, this.#syntax.definitions);
    if (typeof definition === 'function') throw this.#error(`has %{${name}}, and there is no pattern of that name${definition()}`);
    if (this.#inside.includes(name)) throw this.#error(`has %{${name}}, which is made of itself`);
    if (this.#inside.length > DEEPEST) throw this.#error('is made of too many patterns in each other');
    const capture = field === undefined ? undefined : this.#capture(field, type);
    const choices = this.#defined(name, definition);
    this.at += whole.length;
    return capture === undefined ? { kind: 'group', choices } : { kind: 'group', choices, capture };
  }

  #defined(name: string, definition: string): Piece[][] {
    const reader = new Reader(definition, 0, { ...this.#syntax, grok: true }, [...this.#inside, name]);
    try {
      const choices = reader.choices(0);
      if (!reader.isDone) throw new PatternError('has a ) without its (', reader.at);
      return choices;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      throw this.#error(`has %{${name}}, whose definition ${error.message}`);
    }
  }

  #repeated(piece: Piece): Piece {
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})([?+]?)/.exec(this.#text.slice(this.at, this.at + 40));
    if (found === null) return piece;
    const [whole, mark, low, comma, high, lazy] = found;
    if (piece.kind === 'assertion') throw this.#error(`repeats ${piece.source}, which has no length`);
    const least = mark === undefined ? Number(low) : mark === '+' ? 1 : 0;
    const most = mark === undefined ? (comma === '' ? least : high === '' ? Infinity : Number(high)) : mark === '?' ? 1 : Infinity;
    if (most < least) throw this.#error(`repeats from ${least} to ${most} times`);
    this.at += whole.length;
    if ('*+?'.includes(this.#char || ' ')) throw this.#error(`has a ${this.#char} with nothing before it to repeat`);
    return { kind: 'repeat', body: piece, least, most, isLazy: lazy === '?' };
  }

  get #char(): string {
    return this.#text[this.at] ?? '';
  }

  #next(): string {
    return this.#text[this.at++] ?? '';
  }

  #take(piece: Piece, length: number): Piece {
    this.at += length;
    return piece;
  }

  #error(message: string, at = this.at): PatternError {
    return new PatternError(message, at);
  }
}
