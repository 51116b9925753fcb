import { UserError } from '../exit-codes.ts';
import { errorText } from '../state/error-code.ts';

/** What one side of a wire answers to: functions that take one argument, of data. Errors of theirs are the caller's. */
export type Handlers<Api> = { readonly [Name in keyof Api]: (argument: Argument<Api, Name>) => Promise<Answer<Api, Name>> | Answer<Api, Name> };

type Argument<Api, Name extends keyof Api> = Api[Name] extends (argument: infer A) => unknown ? A : never;
type Answer<Api, Name extends keyof Api> = Api[Name] extends (argument: never) => infer R ? R : never;

/** A message port, as far as it is needed: a worker's, or that of its parent. */
export interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly exitCode: number | undefined };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Calls between two threads, in both directions. `Theirs`: what the other side answers to, by name. */
export class Wire<Theirs> {
  readonly #port: Port;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #broken: Error | undefined;

  constructor(port: Port, ours: Readonly<Record<string, (argument: never) => unknown>>) {
    this.#port = port;
    port.on('message', (message) => void this.#take(message as Message, ours)); // nobody else writes to it
  }

  /** Rejects with the error of the other side: a UserError where it was one, or when the wire breaks. */
  call<Name extends keyof Theirs & string>(name: Name, argument: Argument<Theirs, Name>): Promise<Answer<Theirs, Name>> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const id = ++this.#last;
    this.#port.postMessage({ kind: 'call', id, name, argument } satisfies Message);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })); // the other side's types say what comes
  }

  /** Nothing comes any more. */
  break(error: Error): void {
    this.#broken = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #take(message: Message, ours: Readonly<Record<string, (argument: never) => unknown>>): Promise<void> {
    if (message.kind === 'call') return this.#answer(message.id, async () => ours[message.name]?.(message.argument as never)); // `call` lets through what fits
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.value);
    else waiting?.reject(message.exitCode === undefined ? new Error(message.message) : new UserError(message.message, message.exitCode));
  }

  async #answer(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      this.#port.postMessage({ kind: 'answer', id, value: await work() } satisfies Message);
    } catch (error) {
      const exitCode = error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : undefined;
      this.#port.postMessage({ kind: 'error', id, message: errorText(error), exitCode } satisfies Message);
    }
  }
}
