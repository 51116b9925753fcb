import type { Assembly } from '../assembly.ts';

/**
 * Whether the agent gets on with its work. What counts is progress: an output is stuck when records wait at it and
 * nothing became of any of them for `stalled_after`, whatever it says of itself, or when a person has to act. Who has
 * nothing to do is not stuck.
 */
export class Readiness {
  readonly #parts: Assembly;
  readonly #stalledAfterMs: number;
  /** Since when there are bytes that nobody reads, as far as it was asked. */
  #unreadSinceMs: number | undefined;

  constructor(parts: Assembly, stalledAfterMs: number) {
    this.#parts = parts;
    this.#stalledAfterMs = stalledAfterMs;
  }

  /** Why it is not ready, one line for each reason; none: it is. */
  reasonsAgainst(): string[] {
    const outputs = this.#parts.outlets.flatMap((_, index) => this.#output(index));
    return outputs.length > 0 ? outputs : this.#inputs(performance.now());
  }

  #output(index: number): string[] {
    const { outlets, ledger } = this.#parts;
    const { records, stalledMs } = ledger.waiting(index);
    const outlet = outlets[index];
    if (outlet === undefined || records === 0) return [];
    const { health } = outlet.delivery;
    const { name } = outlet.output;
    if (health.kind === 'blocked') return [`${name}: blocked, ${records} records wait: ${health.reason}`];
    if (stalledMs < this.#stalledAfterMs) return [];
    return [`${name}: ${records} records wait, and none was delivered for ${seconds(stalledMs)}: ${health.kind === 'working' ? 'no answer' : health.reason}`];
  }

  #inputs(nowMs: number): string[] {
    const { inputs, tracker } = this.#parts;
    let unread = 0;
    for (const input of inputs) for (const source of input.known()) unread += source.unread ?? 0;
    if (unread === 0) this.#unreadSinceMs = undefined;
    else this.#unreadSinceMs = Math.max(this.#unreadSinceMs ?? nowMs, tracker.acknowledgedAtMs);
    const stalledMs = nowMs - (this.#unreadSinceMs ?? nowMs);
    return stalledMs < this.#stalledAfterMs || unread === 0 ? [] : [`${unread} bytes wait to be read, and nothing was acknowledged for ${seconds(stalledMs)}`];
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
