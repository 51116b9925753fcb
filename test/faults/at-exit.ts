const cleanups = new Set<() => void>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.once('exit', () => {
  for (const clean of cleanups) clean();
});

/** What is to be done if the run is broken off: processes and mounts would outlive it. Gives what takes it back. */
export function atExit(clean: () => void): () => void {
  cleanups.add(clean);
  return () => cleanups.delete(clean);
}
