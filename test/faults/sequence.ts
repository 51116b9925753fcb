import { FORM_OF_NAME } from './line.ts';
import type { Attempt } from './sink.ts';

/**
 * Lines that are there twice, by the life that had sent them before: how much has to be sent again is a matter of how a
 * life ended, and one that comes later may make good for several.
 */
export interface Repeats {
  readonly byLife: ReadonlyMap<number, number>;
  /** Those that were stored first while nothing could be noted, as the disk was full. */
  readonly unnoted: number;
  /** The first few of the others of the life that left most of them, for a person. */
  readonly examples: readonly string[];
}

/**
 * Looks for lines that are there twice: with ids, under another one; without, sent again although the sink had said that
 * it has them. What it did not say has to be sent again. `wasFull`: whether the disk was full in a life.
 */
export function repeatsIn(attempts: readonly Attempt[], wasFull: (life: number) => boolean): Repeats {
  const before = new Map<string, { readonly life: number; readonly id: string; readonly isKnown: boolean }>();
  const byLife = new Map<number, number>();
  const examples: { readonly life: number; readonly text: string }[] = [];
  let unnoted = 0;
  for (const { life, lines, kept, outcome } of attempts) {
    for (const at of kept) {
      const { text, id } = lines[at] ?? { text: '', id: '' };
      if (!FORM_OF_NAME.test(text)) continue; // pieces of different lines may be the same
      const last = before.get(text);
      before.set(text, { life, id, isKnown: outcome === 'answered' });
      if (last === undefined || (id === '' ? !last.isKnown : last.id === id)) continue;
      if (wasFull(last.life)) unnoted++;
      else byLife.set(last.life, (byLife.get(last.life) ?? 0) + 1);
      if (!wasFull(last.life)) examples.push({ life: last.life, text: `${text}, stored in life ${last.life} ${last.id}, and in life ${life} ${id}` });
    }
  }
  const most = Math.max(...byLife.values());
  return { byLife, unnoted, examples: examples.filter(({ life }) => byLife.get(life) === most).map(({ text }) => text).slice(0, 3) };
}

/** The most lines of a source that had not come at all when one behind them came. */
export function mostOvertaken(attempts: readonly Attempt[], sourceOf: (stream: string, n: number) => string): number {
  return Math.max(0, ...[...firstSeen(attempts, sourceOf).values()].map(overtakenIn));
}

/** `came`: the numbers that came for the first time, request by request. */
function overtakenIn(came: readonly (readonly number[])[]): number {
  const places = new Map(came.flat().sort((a, b) => a - b).map((n, place) => [n, place]));
  let [furthest, seen, most] = [-1, 0, 0];
  for (const numbers of came) {
    seen += numbers.length;
    for (const n of numbers) furthest = Math.max(furthest, places.get(n) ?? 0);
    most = Math.max(most, furthest + 1 - seen);
  }
  return most;
}

/** By source. */
function firstSeen(attempts: readonly Attempt[], sourceOf: (stream: string, n: number) => string): Map<string, number[][]> {
  const seen = new Set<string>();
  const sources = new Map<string, number[][]>();
  for (const { lines } of attempts) {
    const came = new Map<string, number[]>();
    for (const { text } of lines) {
      const [, number, stream = ''] = FORM_OF_NAME.exec(text) ?? [];
      if (number === undefined || seen.has(text)) continue;
      seen.add(text);
      const source = sourceOf(stream, Number(number));
      came.set(source, (came.get(source) ?? []).concat(Number(number)));
    }
    for (const [source, numbers] of came) sources.set(source, [...(sources.get(source) ?? []), numbers]);
  }
  return sources;
}
