import { isWord } from '../values/bytes.ts';
import { levelAt } from '../values/levels.ts';
import { judge, type Content, type Draft } from './judge.ts';
import type { Cell } from './look.ts';
import { LONGEST_CELL, matchShape } from './match.ts';
import { tellsMore } from './read.ts';
import type { Sample } from './sample.ts';
import { MOST_COLUMNS, type Shape } from './shape.ts';

/** Fewer lines prove nothing. */
export const FEWEST_LINES = 4;
/** What share of the lines that begin alike must have each part of a shape. */
const SHARE = 0.75;
/** How many lines must be read better than by the built-in grammars. */
const FEWEST_BETTER = 3;
const SHARE_BETTER = 0.2;
/** What share of them may lose a field that is read without the shape. */
const MOST_LOSSES = 0.05;
/** Bounds of the search: lines that are compared, and places where a column may be cut. */
const MOST_LINES = 24;
const MOST_STEPS = 150;
const MOST_CUTS = 5;
/** Columns in a row that are neither time nor level: more are text. */
const MOST_BETWEEN = 4;

const BLANK = /[ \t]/;
/** What ends in a colon or `=` is a label of what follows. */
const WORD = /^[A-Za-z0-9_<(](?:[^ \t]*[^ \t:=])?$/;

/** Whether a line loses a field when it is read by the shape. */
export type Loses = (shape: Shape, sample: Sample) => boolean;

/** A line, as far as it was followed. */
interface Cursor {
  readonly sample: Sample;
  readonly at: number;
}

/**
 * The shape of the header that most of these lines have, if there is one that tells more than the built-in grammars:
 * what stands at the same place in all of them separates, and what lies between are columns. Undefined: there is none.
 * `loses` is asked about lines that the shape would change.
 */
export function infer(samples: readonly Sample[], loses: Loses): Shape | undefined {
  const alike = largestGroup(samples);
  const lines = evenly(alike, MOST_LINES);
  if (lines.length < FEWEST_LINES) return undefined;
  const search = new Search(Math.max(FEWEST_LINES, Math.ceil(lines.length * SHARE)));
  search.follow(lines.map((sample) => ({ sample, at: 0 })), []);
  const { best } = search;
  if (best === undefined) return undefined;
  return isWorth(best, lines, search.least, loses) ? best : undefined;
}

/** Whether most lines fit, some are read better by it, and hardly any loses a field. */
function isWorth(shape: Shape, lines: readonly Sample[], least: number, loses: Loses): boolean {
  const fits = lines.filter(({ bytes }) => matchShape(shape, bytes, 0, bytes.length) > 0);
  const better = fits.filter(({ bytes, present, memberCount, textStart }) => tellsMore(shape, bytes, 0, bytes.length, present, memberCount, textStart));
  if (fits.length < least || better.length < Math.max(FEWEST_BETTER, fits.length * SHARE_BETTER)) return false;
  return better.filter((sample) => loses(shape, sample)).length <= better.length * MOST_LOSSES;
}

/** Follows lines side by side, and tries where columns may end. */
class Search {
  best: Shape | undefined;
  readonly least: number;
  #bestScore = 0;
  #steps = 0;

  constructor(least: number) {
    this.least = least;
  }

  /** `drafts`: what was found in front of the cursors. */
  follow(live: readonly Cursor[], drafts: readonly Draft[]): void {
    if (live.length < this.least || this.#steps++ > MOST_STEPS) return;
    const mark = commonMark(live, this.least);
    if (mark !== undefined) return this.follow(behind(live, mark), appended(drafts, mark));
    this.#judge(live, drafts);
    if (isFull(drafts)) return;
    if (this.#followTime(live, drafts)) return;
    for (const cut of cuts(live, this.least)) this.#followColumn(live, drafts, cut);
  }

  #judge(live: readonly Cursor[], drafts: readonly Draft[]): void {
    const judged = judge(drafts, live.map(({ sample }) => sample));
    if (judged === undefined || judged.score <= this.#bestScore) return;
    this.#bestScore = judged.score;
    this.best = judged.shape;
  }

  #followTime(live: readonly Cursor[], drafts: readonly Draft[]): boolean {
    const timed = live.filter(({ sample, at }) => sample.timeEnd(at) > 0);
    if (timed.length < this.least) return false;
    const cells = timed.map(({ sample, at }) => ({ sample, start: at, end: sample.timeEnd(at) }));
    this.follow(cells.map(({ sample, end }) => ({ sample, at: end })), [...drafts, { kind: 'column', content: 'time', cells }]);
    return true;
  }

  #followColumn(live: readonly Cursor[], drafts: readonly Draft[], cut: string): void {
    const cells = live.flatMap((cursor) => cellOf(cursor, cut) ?? []);
    const content = contentOf(cells, BLANK.test(cut), this.least);
    if (content === undefined) return;
    const kept = content === 'level' ? cells.filter(isLevel) : cells;
    this.follow(kept.map(({ sample, end }) => ({ sample, at: end })), [...drafts, { kind: 'column', content, cells: kept }]);
  }
}

/** Whether no further column may come: there are too many, or too many since the last time or level. */
function isFull(drafts: readonly Draft[]): boolean {
  const columns = drafts.filter((draft) => draft.kind === 'column');
  const between = columns.length - 1 - columns.findLastIndex(({ content }) => content === 'time' || content === 'level');
  return columns.length === MOST_COLUMNS || between > MOST_BETWEEN || drafts.at(-1)?.kind === 'column';
}

/** Those that begin alike: with a time, a letter, a digit, or the same mark. */
function largestGroup(samples: readonly Sample[]): Sample[] {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const first = sample.text[0] ?? '';
    const key = sample.timeEnd(0) > 0 ? 'time' : /[A-Za-z]/.test(first) ? 'letter' : /\d/.test(first) ? 'digit' : first;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].reduce((largest, group) => (group.length > largest.length ? group : largest), []);
}

/** At most `count` of them, from the beginning to the end. */
function evenly(samples: readonly Sample[], count: number): readonly Sample[] {
  if (samples.length <= count) return samples;
  return Array.from({ length: count }, (_, index) => samples[Math.floor((index * samples.length) / count)] as Sample);
}

/** The mark that stands at enough cursors: a character that is no letter or digit, one blank, or two for a gap. */
function commonMark(live: readonly Cursor[], least: number): string | undefined {
  const wide = live.filter(({ sample: { text }, at }) => text.startsWith('  ', at)).length;
  if (wide >= least) return '  ';
  const blank = live.filter(({ sample: { text }, at }) => text[at] === ' ').length;
  if (blank >= least) return ' ';
  // Where some pad and some do not: the mark behind the blanks.
  const marks = count(live.map((cursor) => cursor.sample.text[blank > 0 ? skipBlanks(cursor) : cursor.at] ?? ''));
  const [mark, times] = marks[0] ?? ['', 0];
  if (times < least || mark === '' || isWord(mark.charCodeAt(0)) || mark === '\u001b') return undefined;
  return blank > 0 ? ` ${mark}` : mark;
}

function behind(live: readonly Cursor[], mark: string): Cursor[] {
  return live.flatMap((cursor) => {
    const at = mark === ' ' || mark === '  ' || mark.length === 2 ? skipBlanks(cursor) : cursor.at;
    if (mark === ' ' || mark === '  ') return at - cursor.at >= mark.length ? [{ sample: cursor.sample, at }] : [];
    return cursor.sample.text[at] === mark.at(-1) ? [{ sample: cursor.sample, at: at + 1 }] : [];
  });
}

function skipBlanks({ sample: { text }, at }: Cursor): number {
  let to = at;
  while (text[to] === ' ') to++;
  return to;
}

function appended(drafts: readonly Draft[], mark: string): Draft[] {
  const last = drafts.at(-1);
  if (last?.kind !== 'literal') return [...drafts, { kind: 'literal', text: mark }];
  return [...drafts.slice(0, -1), { kind: 'literal', text: last.text + mark }];
}

/** Marks at which a column may end: what enough lines have near their cursors, the nearest first. */
function cuts(live: readonly Cursor[], least: number): string[] {
  const sums = new Map<string, { lines: number; distance: number }>();
  for (const { sample: { text, marks }, at } of live) {
    const seen = new Set<string>();
    for (const to of marks) {
      if (to <= at) continue;
      if (to > at + LONGEST_CELL || seen.size === MOST_CUTS) break;
      const mark = text[to] ?? '';
      if (seen.has(mark)) continue;
      seen.add(mark);
      const sum = sums.get(mark) ?? { lines: 0, distance: 0 };
      sums.set(mark, { lines: sum.lines + 1, distance: sum.distance + to - at });
    }
  }
  const common = [...sums].filter(([mark, { lines }]) => lines >= least && mark !== '\u001b');
  return common.sort(([, a], [, b]) => a.distance / a.lines - b.distance / b.lines).slice(0, MOST_CUTS).map(([mark]) => mark);
}

function cellOf(cursor: Cursor, cut: string): Cell | undefined {
  const { sample } = cursor;
  const { text } = sample;
  const at = skipBlanks(cursor);
  let end = sample.marks.find((mark) => mark > at && text[mark] === cut) ?? Infinity;
  if (end - at > LONGEST_CELL) return undefined;
  while (end > at + 1 && text[end - 1] === ' ' && cut !== ' ') end--; // padding is the separator's
  return { sample, start: at, end };
}

/** What all cells are; undefined: nothing that could be a column. Without a mark at its end it must be a word. */
function contentOf(cells: readonly Cell[], isBlank: boolean, least: number): Content | undefined {
  if (cells.length < least) return undefined;
  if (cells.filter(isLevel).length >= least) return 'level';
  const texts = cells.map(textOf);
  if (texts.every((text) => /^\d+$/.test(text))) return 'number';
  if (texts.every((text) => WORD.test(text))) return 'word';
  return isBlank ? undefined : 'any';
}

function isLevel({ sample: { bytes }, start, end }: Cell): boolean {
  return levelAt(bytes, start, end) >= 0;
}

function textOf({ sample, start, end }: Cell): string {
  return sample.text.slice(start, end);
}

/** How often each comes, the most frequent first. */
function count(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
