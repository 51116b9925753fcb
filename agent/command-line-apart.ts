import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize } from 'node:v8';
import { ExitCode, UserError } from './exit-codes.ts';
import { OTHER_COMMANDS, type Outcome } from './plan.ts';

/** Names a file whose certificates Node reads when it starts, which takes longer than all the rest of that; and its name for a process that needs none. */
const CERTIFICATES = 'NODE_EXTRA_CA_CERTS';
const PUT_ASIDE = 'SHIPPER_NODE_EXTRA_CA_CERTS';

/** Settings of Node that are for one process only, or of which two would get into each other's way. */
const OWN_FLAG = /^--(?:inspect|cpu-prof|heap-prof|prof\b|build-snapshot)/;

/**
 * What the command line means, found out by a process of its own: yargs, zod and yaml take 20 MB of heap and 12 MB of
 * Node's own pages for a moment's work, and a process that goes on never gives all of it back. Undefined: this system
 * starts no other process.
 */
export async function commandLineApart(args: readonly string[], env: NodeJS.ProcessEnv, stdio: 'inherit' | 'ignore' = 'inherit'): Promise<Outcome | undefined> {
  const child = start(args, env, stdio);
  if (child === undefined) return undefined;
  const parts: Buffer[] = [];
  (child.stdio as ChildProcess['stdio'] | undefined)?.[3]?.on('data', (part: Buffer) => parts.push(part)); // without descriptors left there is no stdio
  const ended = await new Promise<{ code: number | null; signal: NodeJS.Signals | null } | undefined>((resolve) => {
    child.once('error', () => resolve(undefined)); // too many processes, no memory, a system that forbids it
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  if (ended === undefined) return undefined;
  if (parts.length > 0) return deserialize(Buffer.concat(parts)) as Outcome; // command-line-child.ts has written it
  if (ended.code === null) throw new UserError(`reading the configuration was ended by ${ended.signal}`, ExitCode.SOFTWARE);
  return { kind: 'done', exitCode: ended.code };
}

/** Whether these arguments may mean the agent; else another process would only be in the way. */
export function mayBeAgent(args: readonly string[]): boolean {
  return !args.some((arg) => arg === '--help' || OTHER_COMMANDS.includes(arg));
}

/** The environment as the first process has it; for the one that it has started. */
export function wholeEnvironment({ [PUT_ASIDE]: file, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return file === undefined ? env : { ...env, [CERTIFICATES]: file };
}

function withoutCertificates({ [CERTIFICATES]: file, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return file === undefined ? env : { ...env, [PUT_ASIDE]: file };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv, stdio: 'inherit' | 'ignore'): ChildProcess | undefined {
  const self = fileURLToPath(import.meta.url);
  const file = path.join(path.dirname(self), `command-line-child${path.extname(self)}`);
  try {
    return spawn(process.execPath, [...process.execArgv.filter((flag) => !OWN_FLAG.test(flag)), file, ...args], { env: withoutCertificates(env), stdio: [stdio, stdio, 'inherit', 'pipe'] });
  } catch {
    return undefined;
  }
}
