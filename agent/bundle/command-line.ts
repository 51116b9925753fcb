// The bundle that reads command lines and configurations, and holds the commands that are no agent.

export const commandLine = () => import('../command-line.ts');
/** The process that does so for an agent. */
export const child = () => import('../command-line-child.ts');
