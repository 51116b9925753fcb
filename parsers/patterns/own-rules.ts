import type { Chunk } from '../../agent/chunk.ts';
import type { LogEvent } from '../../agent/event.ts';
import { ScratchChunk } from '../scratch-chunk.ts';
import { Captured, type Tried } from './captured.ts';
import type { Pattern } from './compile.ts';
import { matchAt, Subject } from './match.ts';

const subject = new Subject();

/**
 * Extraction rules of the user's own: each is looked for in the message, wherever it stands, and its groups become fields
 * that the record does not have yet. A rule whose pattern needs a certain text is not tried where that is missing.
 */
export class OwnRules {
  readonly #rules: readonly Tried[];

  /** Patterns are not anchored; names are for explanations. */
  constructor(rules: readonly { readonly name: string; readonly pattern: Pattern }[]) {
    this.#rules = rules.map(({ name, pattern }) => ({ pattern, captured: new Captured(name, pattern) }));
  }

  /** Runs over the message at [start, end) of the chunk. */
  run(chunk: Chunk, start: number, end: number, event: LogEvent): void {
    if (chunk instanceof ScratchChunk) subject.setBytes(chunk.bytes, start, end, chunk.valid);
    else subject.set(chunk, start, end);
    const { text } = subject;
    const { rule } = event;
    for (let index = 0; index < this.#rules.length; index++) {
      const { pattern, captured } = this.#rules[index] as Tried;
      if (pattern.literal !== '' && !text.includes(pattern.literal)) continue;
      const match = matchAt(pattern, text);
      if (match !== null) captured.set(match, subject, chunk, event);
    }
    event.rule = rule;
  }
}
