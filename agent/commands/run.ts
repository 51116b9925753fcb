import { Agent, type AgentOptions } from '../agent.ts';
import type { Config } from '../config/schema.ts';
import { setLogLevel } from '../log.ts';

/** The agent: from assembly to the exit summary. Gives the exit code. */
export function run(config: Config, options: AgentOptions): Promise<number> {
  prepare(config);
  return new Agent(config, options).run();
}

/** Settings of the process itself. */
export function prepare(config: Config): void {
  setLogLevel(config.log_level);
}
