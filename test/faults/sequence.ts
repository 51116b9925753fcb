import { FORM_OF_NAME } from './line.ts';
import type { Attempt } from './sink.ts';

/**
 * How many lines that a later life was sent again had been stored in an earlier one, which was told so and had no time to
 * note it; by the later life. What the sink did not tell of is not counted: that has to be sent again.
 */
export function repeatsByLife(attempts: readonly Attempt[]): Map<number, number> {
  const lives = new Map<string, number>();
  const repeats = new Map<number, number>();
  for (const { life, lines, kept, outcome } of attempts) {
    for (const at of kept) {
      const { text } = lines[at] ?? { text: '' };
      if (lives.has(text)) repeats.set(life, (repeats.get(life) ?? 0) + 1);
      if (outcome === 'answered') lives.set(text, life);
    }
  }
  return repeats;
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
