interface Hangup {
  hasArrived: boolean;
  readonly note: () => void;
}

/**
 * From now on SIGHUP waits until it is released. Without a handler it ends a process, and whoever changes a configuration
 * does not ask whether the agent has got as far as to have one.
 */
export function holdHangup(): void {
  process.on('SIGHUP', hangup().note);
}

/** Who is meant by SIGHUP has a handler by now; or it is what it is for any program, the end of its terminal. */
export function releaseHangup(): void {
  const held = hangup();
  process.off('SIGHUP', held.note);
  if (held.hasArrived) process.kill(process.pid, 'SIGHUP');
  held.hasArrived = false;
}

const HANGUP = Symbol.for('shipper.hangup');

/** There is one per process, while each bundle has a copy of this module. */
function hangup(): Hangup {
  const home = process as { [HANGUP]?: Hangup };
  return (home[HANGUP] ??= makeHangup());
}

function makeHangup(): Hangup {
  const made: Hangup = { hasArrived: false, note: () => void (made.hasArrived = true) };
  return made;
}
