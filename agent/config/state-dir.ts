import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where state is kept: the first that is given of `--state-dir`, SHIPPER_STATE_DIR, `state_dir`, systemd's STATE_DIRECTORY, XDG's folder. */
export function stateDir(flag: string | undefined, option: string | undefined, env: NodeJS.ProcessEnv): string {
  const [systemd] = (env['STATE_DIRECTORY'] ?? '').split(':'); // systemd names all of a unit's StateDirectory=
  const given = flag || env['SHIPPER_STATE_DIR'] || option || systemd;
  if (given) return resolve(given);
  const state = env['XDG_STATE_HOME'];
  return join(state?.startsWith('/') ? state : join(homedir(), '.local', 'state'), 'shipper');
}
