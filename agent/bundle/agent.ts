// The bundle that an agent's process and its threads run: none of what reads a command line or a configuration is in it.
// What is not imported here is loaded when it is wanted.

/** The agent. */
export const run = () => import('../commands/run.ts');
/** The agent, beside a program whose output it reads. */
export const exec = () => import('../commands/exec.ts');
/** A thread of an agent. */
export const laneThread = () => import('../lanes/lane-thread.ts');
