import type { HealthServer } from './server.ts';

/** The server of `listen`, if that is set: only then it is loaded. */
export async function openHealth(address: string | undefined): Promise<HealthServer | undefined> {
  if (address === undefined) return undefined;
  const { HealthServer } = await import('./server.ts');
  return HealthServer.listen(address);
}
