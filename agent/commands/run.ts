import { setFlagsFromString } from 'node:v8';
import { Agent, type AgentOptions } from '../agent.ts';
import type { Config } from '../config/schema.ts';
import { setLogLevel } from '../log.ts';

/**
 * Settings of V8. The path of a record is many small functions, each called at one place; V8 stops inlining at a budget
 * made for web pages, and with a larger one the lane is 5 to 10 % faster.
 */
const V8_FLAGS = ['--max-inlined-bytecode-size=1000', '--max-inlined-bytecode-size-cumulative=3000'];

/** The agent: from assembly to the exit summary. Gives the exit code. */
export function run(config: Config, options: AgentOptions): Promise<number> {
  prepare(config);
  return new Agent(config, options).run();
}

/** Settings of the process itself. */
export function prepare(config: Config): void {
  setLogLevel(config.log_level);
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
}
