import type { Batch } from '../batch.ts';
import type { Amount } from '../ledger.ts';

/** Records and bytes by source. */
export type Amounts = ReadonlyMap<number, Amount>;

export function amountsOf(batch: Batch): Amounts {
  const amounts = new Map<number, Amount>();
  for (let i = 0; i < batch.count; i++) addTo(amounts, batch.sources[i] ?? 0, 1, batch.lengths[i] ?? 0);
  return amounts;
}

/** A source that comes to nothing is taken out. */
export function addTo(amounts: Map<number, Amount>, source: number, records: number, bytes: number): void {
  const amount = amounts.get(source) ?? { records: 0, bytes: 0 };
  add(amount, records, bytes);
  if (amount.records === 0) amounts.delete(source);
  else amounts.set(source, amount);
}

export function add(amount: Amount, records: number, bytes: number): void {
  amount.records += records;
  amount.bytes += bytes;
}

export function sumOf(amounts: Amounts): Amount {
  const sum = { records: 0, bytes: 0 };
  for (const { records, bytes } of amounts.values()) add(sum, records, bytes);
  return sum;
}
