import { appendFileSync } from 'node:fs';
import type { Test } from 'tap';
import { until } from '../e2e/run-shipper.ts';
import type { BulkServer } from '../helpers/bulk-server.ts';

/** An application: numbered lines into its log, and what of them has arrived. */
export class Lines {
  written = 0;
  readonly #log: string;
  readonly #server: BulkServer;

  constructor(log: string, server: BulkServer) {
    this.#log = log;
    this.#server = server;
  }

  write(count: number): void {
    for (let i = 0; i < count; i++) appendFileSync(this.#log, `INFO line ${this.written++}\n`);
  }

  async arrive(): Promise<void> {
    await until(() => this.#server.stored.size >= this.written, `${this.written} lines`);
  }

  /** Each once, though it may have been sent again. */
  check(t: Test, what: string): void {
    t.same(numbersOf(this.#server), Array.from({ length: this.written }, (_, at) => at), what);
  }
}

/** The numbers of all lines that are stored, in their order. */
export function numbersOf(server: BulkServer): number[] {
  const messages = new Map(server.requests.flatMap(({ ids, documents }) => ids.map((id, at) => [id, String(documents[at]?.['message'])] as const)));
  return [...messages.values()].map((message) => Number(/\d+/.exec(message)?.[0])).sort((a, b) => a - b);
}
