import type { Assembly } from '../assembly.ts';
import type { Source } from '../inputs/source.ts';

/** Bytes of a source that are there and not acknowledged. */
export interface Backlog {
  readonly source: Source;
  readonly bytes: number;
}

/** How far every source is behind: those that are still read, and those that were read to their end and are not delivered. */
export function backlogs({ inputs, sources, tracker }: Pick<Assembly, 'inputs' | 'sources' | 'tracker'>): Backlog[] {
  const all = new Set(sources.values());
  for (const input of inputs) for (const source of input.known()) all.add(source);
  return [...all].map((source) => {
    const safe = sources.has(source.index) ? tracker.acknowledged(source.index) : source.offset;
    return { source, bytes: Math.max(0, (source.knownEnd ?? source.offset) - safe) };
  });
}
