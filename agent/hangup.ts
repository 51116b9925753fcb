let hasArrived = false;
const note = (): void => {
  hasArrived = true;
};

/**
 * From now on SIGHUP waits until it is released. Without a handler it ends a process, and whoever changes a configuration
 * does not ask whether the agent has got as far as to have one.
 */
export function holdHangup(): void {
  process.on('SIGHUP', note);
}

/** Who is meant by SIGHUP has a handler by now; or it is what it is for any program, the end of its terminal. */
export function releaseHangup(): void {
  process.off('SIGHUP', note);
  if (hasArrived) process.kill(process.pid, 'SIGHUP');
  hasArrived = false;
}
