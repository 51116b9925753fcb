import type { Legacy } from '../assembly.ts';
import type { Config } from '../config/schema.ts';
import type { DeadLetter } from '../delivery/dead-letters.ts';
import type { Order } from '../ending.ts';
import type { LaneStatus } from '../health/status.ts';
import type { OpenedFile } from '../inputs/file-intake.ts';
import type { KnownPlace } from '../inputs/start-at.ts';
import type { Outcome } from '../outcome.ts';
import type { Checkpoint } from '../state/checkpoints.ts';

/** What a lane's thread is started with. */
export interface LaneData {
  /** Its part of the configuration. */
  readonly config: Config;
  /** For people, from 2 on: the main thread is the first. */
  readonly number: number;
  /** How many lanes there are. */
  readonly of: number;
  readonly once: boolean;
  readonly stateDir: string;
  /** Where the agent keeps its state, if it can. */
  readonly folder: string | undefined;
  /** What is known of its files. */
  readonly checkpoints: readonly Checkpoint[];
  readonly lost: boolean;
  /** What all lanes have read, as `start_at: end` has to know it. */
  readonly known: readonly KnownPlace[];
  readonly before: Pick<Legacy, 'config' | 'deleted'> | undefined;
}

/** What a lane's thread does when the main thread says so, in this order. */
export interface LaneApi {
  /** Makes its parts, as the main thread has made its own; with the kernels that it has compiled. */
  assemble(argument: ReadonlyMap<string, WebAssembly.Module>): void;
  /** Looks for files. */
  start(argument: undefined): void;
  /** Reads and delivers until all is done or it was told to end. */
  ship(argument: undefined): void;
  /** Closes everything, for good. */
  end(argument: undefined): Outcome;
  /** Closes everything: another configuration takes over. */
  handOver(argument: undefined): { readonly outcome: Outcome; readonly deleted: ReadonlyMap<string, readonly OpenedFile[]> };
  /** At any time: how its reading is to end. */
  order(argument: Order): void;
  /** At any time. */
  status(argument: undefined): LaneStatus;
}

/** What a lane asks of the main thread. */
export interface MainApi {
  /** Whether it is the one to read a file. */
  claim(argument: { readonly input: string; readonly path: string; readonly file: string; readonly bytes: number }): boolean;
  /** Makes its checkpoints durable. */
  store(argument: readonly Checkpoint[]): void;
  /** Writes refused records of the output at this position; gives what is wrong if that fails. */
  refuse(argument: { readonly output: number; readonly letters: readonly DeadLetter[] }): string | undefined;
}
