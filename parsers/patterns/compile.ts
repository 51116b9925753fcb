import { setFlagsFromString } from 'node:v8';
import { parsePattern, PatternError, type Capture, type Piece, type Syntax } from './syntax.ts';

/** A named group of a compiled pattern, and which of the RegExp's groups holds it. */
export interface Group extends Capture {
  readonly index: number;
}

/** A pattern that is matched in linear time. */
export interface Pattern {
  readonly regex: RegExp;
  readonly groups: readonly Group[];
  /** Text that everything it matches has in it, so that most texts need not be tried. Empty: none is known. */
  readonly literal: string;
  /** By group of the RegExp, three integers: how its start is found (see From), the group it is found from, a distance. */
  readonly places: Int32Array;
}

/** Where a group of a match begins: at the start of the one around it, at the end of the one before it, or as the last of several. */
export const From = { START: 0, END: 1, LAST: 2 } as const;

/** V8's linear engine repeats a part at most so often; more is written out. */
const MOST_REPEATS = 16;
/** More steps than this would make a pattern slow to compile and to match. */
const MOST_STEPS = 20_000;

/**
 * Compiles a pattern of the user's own. Throws a PatternError.
 *
 * V8 matches by backtracking, which is fast for what people mostly write and never ends for `(a+)+$`; told so, it goes over
 * to an engine that is linear after some thousand steps back. It does so only for patterns that engine knows: no `i`, no
 * `d`, no look-around. So case is folded into classes here, and where a group stands is found by adding lengths: what lies
 * between groups is a group too, unless its length is known.
 */
export function compilePattern(text: string, syntax: Syntax, isAnchored: boolean): Pattern {
  allowLinearEngine();
  const { choices, ignoresCase } = parsePattern(text, syntax);
  const writer = new Writer(ignoresCase);
  const source = writer.all(choices);
  if (writer.groups.length === 0) throw new PatternError('has no named group, such as (?<user>\\w+), so it would find nothing', 0);
  return { regex: linear(source, isAnchored ? 'y' : ''), groups: writer.groups, literal: ignoresCase ? '' : longestLiteral(choices), places: Int32Array.from(writer.places) };
}

let isAllowed = false;

function allowLinearEngine(): void {
  if (isAllowed) return;
  for (const flag of ['--enable-experimental-regexp-engine', '--enable-experimental-regexp-engine-on-excessive-backtracks', '--regexp-backtracks-before-fallback=10000']) setFlagsFromString(flag);
  isAllowed = true;
}

/** The RegExp without the flag `l`, which would always take the slow engine, once it is sure that the engine knows it. */
function linear(source: string, flags: string): RegExp {
  try {
    void new RegExp(source, `l${flags}`);
    return new RegExp(source, flags);
  } catch (error) {
    throw new PatternError(`can't be matched in linear time (${(error as Error).message.replace(/^.*: /s, '')})`, 0); // RegExp throws SyntaxErrors
  }
}

/** Writes pieces as the source of a RegExp, and keeps book of its groups. */
class Writer {
  readonly groups: Group[] = [];
  readonly places: number[] = [From.START, 0, 0];
  readonly #ignoresCase: boolean;
  #count = 0;
  #steps = 0;

  constructor(ignoresCase: boolean) {
    this.#ignoresCase = ignoresCase;
  }

  all(choices: readonly (readonly Piece[])[]): string {
    return this.#choices(choices, 0);
  }

  /** `around`: the group they are the whole of. */
  #choices(choices: readonly (readonly Piece[])[], around: number): string {
    return choices.map((pieces) => this.#sequence(pieces, around)).join('|');
  }

  #sequence(pieces: readonly Piece[], around: number): string {
    const last = pieces.findLastIndex(hasCapture);
    let [from, reference, distance]: [number, number, number] = [From.START, around, 0];
    let source = '';
    for (let index = 0; index < pieces.length; index++) {
      const piece = pieces[index] as Piece;
      const length = lengthOf(piece);
      if (index > last || !hasCapture(piece) && length !== undefined) {
        source += this.#plain(piece);
        distance += length ?? 0;
        continue;
      }
      const group = this.#open(from, reference, distance);
      source += hasCapture(piece) ? this.#captured(piece, group) : `(${this.#plain(piece)})`;
      [from, reference, distance] = [From.END, group, 0];
    }
    return source;
  }

  #open(from: number, reference: number, distance: number): number {
    this.places.push(from, reference, distance);
    return ++this.#count;
  }

  /** A piece with a named group in it, as the group `group`. */
  #captured(piece: Piece, group: number): string {
    if (piece.kind === 'group') {
      if (piece.capture !== undefined) this.groups.push({ ...piece.capture, index: group });
      return `(${this.#choices(piece.choices, group)})`;
    }
    if (piece.kind !== 'repeat') throw new Error('only groups and repeats hold groups');
    if (times(piece) > MOST_REPEATS) throw new PatternError(`repeats a named group more than ${MOST_REPEATS} times: use * or +`, 0);
    const inner = this.#open(From.LAST, group, 0);
    return `(${this.#captured(piece.body, inner)}${quantifier(piece)})`;
  }

  #plain(piece: Piece): string {
    if (++this.#steps > MOST_STEPS) throw new PatternError('is too large: it repeats too much', 0);
    switch (piece.kind) {
      case 'assertion': return piece.source;
      case 'one': return this.#ignoresCase ? anyCase(piece) : piece.source;
      case 'group': return `(?:${piece.choices.map((choice) => choice.map((one) => this.#plain(one)).join('')).join('|')})`;
      case 'repeat': return times(piece) <= MOST_REPEATS ? `${this.#plain(piece.body)}${quantifier(piece)}` : this.#writtenOut(piece);
    }
  }

  /** `x{2,4}` as `xx(?:x(?:x)?)?`: what the linear engine does itself for few. */
  #writtenOut({ body, least, most, isLazy }: Piece & { kind: 'repeat' }): string {
    const lazy = isLazy ? '?' : '';
    let source = '';
    for (let n = 0; n < least; n++) source += this.#plain(body);
    if (most === Infinity) return `${source}${this.#plain(body)}*${lazy}`;
    for (let n = least; n < most; n++) source += `(?:${this.#plain(body)}`;
    return source + `)?${lazy}`.repeat(most - least);
  }
}

/** How often the engine has to write out what is in it. */
function times(piece: Piece): number {
  if (piece.kind === 'group') return Math.max(1, ...piece.choices.flat().map(times));
  if (piece.kind !== 'repeat') return 1;
  const own = piece.most === Infinity ? piece.least : piece.most;
  return Math.max(1, own) * times(piece.body);
}

function quantifier({ least, most, isLazy }: Piece & { kind: 'repeat' }): string {
  const short = most === Infinity ? ['*', '+'][least] : least === 0 && most === 1 ? '?' : undefined;
  const counted = most === Infinity ? `{${least},}` : least === most ? `{${least}}` : `{${least},${most}}`;
  return `${short ?? counted}${isLazy ? '?' : ''}`;
}

function hasCapture(piece: Piece): boolean {
  if (piece.kind === 'repeat') return hasCapture(piece.body);
  return piece.kind === 'group' && (piece.capture !== undefined || piece.choices.some((choice) => choice.some(hasCapture)));
}

/** How many characters a piece matches; undefined: it depends. */
function lengthOf(piece: Piece): number | undefined {
  if (piece.kind === 'one') return 1;
  if (piece.kind === 'assertion') return 0;
  if (piece.kind === 'repeat') {
    const one = lengthOf(piece.body);
    return one !== undefined && piece.least === piece.most ? one * piece.least : undefined;
  }
  const [first, ...others] = piece.choices.map((choice) => choice.reduce<number | undefined>((sum, one) => {
    const length = lengthOf(one);
    return sum === undefined || length === undefined ? undefined : sum + length;
  }, 0));
  return others.every((length) => length === first) ? first : undefined;
}

/** The longest text that every match has in it. */
function longestLiteral(choices: readonly (readonly Piece[])[]): string {
  let [longest, run] = ['', ''];
  const end = (): void => {
    if (run.length > longest.length) longest = run;
    run = '';
  };
  const walk = (pieces: readonly Piece[]): void => {
    for (const piece of pieces) {
      if (piece.kind === 'one' && piece.char !== undefined) run += piece.char;
      else if (piece.kind === 'group' && piece.choices.length === 1) walk(piece.choices[0] ?? []);
      else if (piece.kind !== 'assertion') end();
    }
  };
  if (choices.length === 1) walk(choices[0] ?? []);
  end();
  return longest;
}

/** A character or a class that takes small and capital letters for the same: ASCII's. */
function anyCase({ source, char }: Piece & { kind: 'one' }): string {
  if (char !== undefined) return /[a-zA-Z]/.test(char) ? `[${char.toLowerCase()}${char.toUpperCase()}]` : source;
  if (!source.startsWith('[')) return source;
  const more = [...source.matchAll(/\\.|([a-zA-Z])-([a-zA-Z])|([a-zA-Z])/g)].map(([, low, high, one]) => low !== undefined && high !== undefined ? `${other(low)}-${other(high)}` : one === undefined ? '' : other(one));
  return `${source.slice(0, -1)}${more.filter((part) => /^(?:[a-z](?:-[a-z])?|[A-Z](?:-[A-Z])?)$/.test(part)).join('')}]`;
}

function other(letter: string): string {
  const upper = letter.toUpperCase();
  return upper === letter ? letter.toLowerCase() : upper;
}
