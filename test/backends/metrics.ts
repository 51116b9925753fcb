import { setTimeout as wait } from 'node:timers/promises';

const GIVEN_UP_MS = 120_000;
const POLL_MS = 50;

/** The sum of all series of a metric; 0 if there is none. */
export function sumOf(metrics: string, name: string): number {
  const values = metrics.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return values.reduce((sum, value) => sum + value, 0);
}

/** Waits until a running shipper has delivered as many records. `listen`: HOST:PORT. */
export async function delivered(listen: string, records: number): Promise<void> {
  const givenUpAt = Date.now() + GIVEN_UP_MS;
  for (;;) {
    const metrics = await fetch(`http://${listen}/metrics`).then((answer) => answer.text(), () => ''); // not there yet
    const found = sumOf(metrics, 'shipper_delivered_records_total');
    if (found >= records) return;
    if (Date.now() > givenUpAt) throw new Error(`${found} of ${records} records were delivered`);
    await wait(POLL_MS);
  }
}
