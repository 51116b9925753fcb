import type { Config } from './config/schema.ts';

/** An agent that the command line asks for. */
export interface Plan {
  readonly config: Config;
  readonly stateDir: string;
  readonly start: Start;
}

/** Over inputs of its own, or around a program. `isFromFile`: the configuration can be read again. */
type Start =
  | { readonly kind: 'run'; readonly once: boolean; readonly adopt: boolean; readonly isFromFile: boolean }
  | { readonly kind: 'exec'; readonly command: readonly string[]; readonly tee: boolean };

/** What the command line came to: an agent to start, or something that is done or refused. */
export type Outcome =
  | { readonly kind: 'agent'; readonly plan: Plan }
  | { readonly kind: 'done'; readonly exitCode: number }
  | { readonly kind: 'refused'; readonly message: string; readonly exitCode: number };

/** Commands that start an agent, and those that do not. */
export const AGENT_COMMANDS = ['run', 'exec'];
export const OTHER_COMMANDS = ['explain', 'init', 'validate', 'formats', 'buffer', 'retry-dead-letters'];
