import { Agent, type AgentOptions } from '../agent.ts';
import type { Config } from '../config/schema.ts';
import { setLogLevel } from '../log.ts';

/** The agent: from assembly to the exit summary. Gives the exit code. */
export function run(config: Config, options: AgentOptions): Promise<number> {
  setLogLevel(config.log_level);
  return new Agent(config, options).run();
}
