import type { Config } from './config/schema.ts';

/** A configuration that was read again, or why it can't be used. */
export type Reload = { readonly ok: true; readonly config: Config; readonly stateDir: string } | { readonly ok: false; readonly reason: string };

/** Why a running agent can't go over to a configuration, though there is nothing wrong with it; undefined: it can. */
export function unfit(before: Config, next: { readonly config: Config; readonly stateDir: string }, { once, stateDir }: { readonly once: boolean; readonly stateDir: string }): string | undefined {
  if (once) return '--once reads to the end of its files and stops';
  if (next.stateDir !== stateDir) return `the state directory would be ${next.stateDir} instead of ${stateDir}, and positions would be lost; restart to change it`;
  const [was, is] = [stdinOf(before), stdinOf(next.config)];
  if (was !== undefined) return `input ${was} reads stdin, and what came through a pipe can't be read again; restart to change anything`;
  return is === undefined ? undefined : `input ${is} would read stdin, which is possible from the start only; restart to add it`;
}

function stdinOf({ inputs }: Config): string | undefined {
  return Object.keys(inputs).find((name) => inputs[name]?.type === 'stdin');
}
