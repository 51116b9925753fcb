import type { Destination } from './sink.ts';

/** One of the numbered lines, as a destination got it. */
export interface Line {
  /** What it is known by: `line N of STREAM`. */
  readonly text: string;
  /** Empty where the destination keeps none. */
  readonly id: string;
  readonly isPoison: boolean;
}

const FORM = /^(line \d+ of \w+) (ok|poison) x*\.$/;
export const FORM_OF_NAME = /^line (\d+) of (\w+)$/;
/** One line in so many is refused by the destination for good. */
const POISON_EVERY = 211;

/** Line `n` of a stream. Its end shows that it is whole. */
export function lineOf(n: number, stream: string): string {
  return `INFO ${nameOf(n, stream)} ${isPoison(n) ? 'poison' : 'ok'} ${'x'.repeat((n * 7919) % 120)}.`;
}

export function nameOf(n: number, stream: string): string {
  return `line ${n} of ${stream}`;
}

/** Number and stream of the line of this name. */
export function numberOf(name: string): [n: number, stream: string] {
  const [, number, stream = ''] = FORM_OF_NAME.exec(name) ?? [];
  return [Number(number), stream];
}

/** The lines that lie whole in a text that was written. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/^INFO (.*)$/gm)].map(([, line = '']) => lineFrom(line, '').text);
}

/** Names of lines, as a person reads them: `lines 7 to 12 of stdin`. */
export function rangesOf(names: readonly string[]): string[] {
  const ranges: { first: number; last: number; stream: string }[] = [];
  for (const name of names) {
    const [n, stream] = numberOf(name);
    const range = ranges.at(-1);
    if (range?.stream === stream && range.last === n - 1) range.last = n;
    else ranges.push({ first: n, last: n, stream });
  }
  return ranges.map(({ first, last, stream }) => (first === last ? nameOf(first, stream) : `lines ${first} to ${last} of ${stream}`));
}

export function isPoison(n: number): boolean {
  return n % POISON_EVERY === POISON_EVERY - 1;
}

/** The lines in the body of a request. What is no whole line of ours is known by all of its text. */
export function stored(destination: Destination, body: string): Line[] {
  if (destination === 'datadog') return (JSON.parse(body) as { message?: unknown }[]).map(({ message }) => lineFrom(String(message), ''));
  const lines = body.split('\n');
  const found: Line[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const { create } = JSON.parse(lines[at] ?? '') as { create: { _id: string } };
    found.push(lineFrom(String((JSON.parse(lines[at + 1] ?? '') as { message?: unknown }).message), create._id));
  }
  return found;
}

/** The line that a message holds. */
export function lineFrom(message: string, id: string): Line {
  const [, text = message, kind] = FORM.exec(message) ?? [];
  return { text, id, isPoison: kind === 'poison' };
}
