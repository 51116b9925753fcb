import { formatSize } from './units.ts';

interface Budget {
  readonly memory?: number | undefined;
  readonly lanes: number;
  readonly outputs: Readonly<Record<string, { readonly batch: { readonly bytes: number } }>>;
}

const DEFAULT_BYTES = 13 * 2 ** 20;

/** Bytes for everything that is read and not yet delivered. */
export function memoryOf(config: Budget): number {
  return config.memory ?? Math.max(DEFAULT_BYTES * config.lanes, leastOf(config));
}

/** Whether `memory` is too little for the other options. */
export function budgetProblem(config: Budget): string | undefined {
  const least = leastOf(config);
  return least <= memoryOf(config) ? undefined : `must be at least ${formatSize(least)}, twice the batch.bytes of all outputs${config.lanes === 1 ? '' : ' for each lane'}`;
}

/** Batches being filled may take half of it. */
function leastOf({ lanes, outputs }: Budget): number {
  return 2 * lanes * Object.values(outputs).reduce((bytes, { batch }) => bytes + batch.bytes, 0);
}
