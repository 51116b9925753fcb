import type { Assembly } from '../assembly.ts';
import type { Row } from '../delivery/ledger.ts';
import type { HealthState } from '../delivery/health.ts';
import type { Traffic } from '../delivery/shipping.ts';
import { backlogs } from './backlog.ts';

/** How one output of a lane fares. */
export interface OutputStatus {
  readonly name: string;
  readonly traffic: Readonly<Traffic>;
  readonly health: HealthState;
  /** Records that are pending, and for how long nothing has become of any of them, in ms. */
  readonly waiting: { readonly records: number; readonly stalledMs: number };
  /** Records delivered not quite as they were, by how. */
  readonly degraded: Counts;
  readonly diskBytes: number;
}

/** How a lane fares at this moment. Plain data, so that it can come from another thread: times are ages, in ms. */
export interface LaneStatus {
  readonly rows: readonly Row[];
  /** Bytes that are there and not acknowledged, by the names of sources. */
  readonly behind: Counts;
  /** Bytes that are lost and not in the rows before the turn of their source comes. */
  readonly gone: Counts;
  /** Bytes of deleted files that the disk keeps, by input. */
  readonly deleted: Counts;
  /** Age of the oldest batch that is not safe; 0: there is none. */
  readonly oldestMs: number;
  /** In the order of the configuration. */
  readonly outputs: readonly OutputStatus[];
  /** Records by the format they were read as, and by the input whose own format they do not match. */
  readonly formats: Counts;
  readonly missed: Counts;
  /** Bytes that nobody has read, and for how long there have been such without anything being acknowledged. */
  readonly unread: { readonly bytes: number; readonly stalledMs: number };
}

type Counts = readonly (readonly [name: string, count: number])[];

/** Looks at the parts of a lane. */
export class StatusReader {
  readonly #parts: Assembly;
  /** Since when there are bytes that nobody reads, as far as it was asked. */
  #unreadSinceMs: number | undefined;

  constructor(parts: Assembly) {
    this.#parts = parts;
  }

  read(): LaneStatus {
    const { inputs, outlets, destinations, ledger, tracker, lane, reading } = this.#parts;
    const nowMs = performance.now();
    return {
      rows: ledger.rows(),
      behind: backlogs(this.#parts).map(({ source, bytes }) => [source.name, bytes]),
      gone: inputs.flatMap((input) => [...input.known()]).flatMap(({ name, lost = 0 }) => (lost > 0 ? [[name, lost] as const] : [])),
      deleted: inputs.flatMap(({ name, deletedBytes }) => (deletedBytes === undefined ? [] : [[name, deletedBytes] as const])),
      oldestMs: nowMs - (tracker.oldestMs ?? nowMs),
      outputs: outlets.map(({ output, delivery }, index) => ({
        name: output.name,
        traffic: delivery.traffic,
        health: delivery.health,
        waiting: ledger.waiting(index),
        degraded: [...(destinations[index]?.degraded ?? [])],
        diskBytes: delivery.diskBytes,
      })),
      formats: [...lane.formats],
      missed: [...reading.missed],
      unread: this.#unread(nowMs),
    };
  }

  #unread(nowMs: number): LaneStatus['unread'] {
    const { inputs, tracker } = this.#parts;
    let bytes = 0;
    for (const input of inputs) for (const source of input.known()) bytes += source.unread ?? 0;
    if (bytes === 0) this.#unreadSinceMs = undefined;
    else this.#unreadSinceMs = Math.max(this.#unreadSinceMs ?? nowMs, tracker.acknowledgedAtMs);
    return { bytes, stalledMs: nowMs - (this.#unreadSinceMs ?? nowMs) };
  }
}

/** Several lanes as one: counts are sums, ages those of the oldest, an output is as well as where it is worst. */
export function together(lanes: readonly LaneStatus[]): LaneStatus {
  const [first] = lanes;
  if (first === undefined || lanes.length === 1) return first ?? NOTHING;
  return {
    rows: lanes.flatMap(({ rows }) => rows),
    behind: lanes.flatMap(({ behind }) => behind),
    gone: lanes.flatMap(({ gone }) => gone),
    deleted: sums(lanes.flatMap(({ deleted }) => deleted)),
    oldestMs: Math.max(...lanes.map(({ oldestMs }) => oldestMs)),
    outputs: first.outputs.map((_, index) => outputOf(lanes.flatMap(({ outputs }) => outputs[index] ?? []))),
    formats: sums(lanes.flatMap(({ formats }) => formats)),
    missed: sums(lanes.flatMap(({ missed }) => missed)),
    unread: { bytes: sum(lanes, ({ unread }) => unread.bytes), stalledMs: Math.max(...lanes.map(({ unread }) => unread.stalledMs)) },
  };
}

const NOTHING: LaneStatus = { rows: [], behind: [], gone: [], deleted: [], oldestMs: 0, outputs: [], formats: [], missed: [], unread: { bytes: 0, stalledMs: 0 } };
const WORST = ['blocked', 'failing', 'working'] as const;

/** The same output in several lanes. */
function outputOf(lanes: readonly OutputStatus[]): OutputStatus {
  const [first] = lanes;
  if (first === undefined) throw new Error('an output has a status in at least one lane');
  const worst = WORST.map((kind) => lanes.find(({ health }) => health.kind === kind)).find((found) => found !== undefined) ?? first;
  const traffic: Traffic = { ...first.traffic };
  for (const kind of Object.keys(traffic) as (keyof Traffic)[]) traffic[kind] = sum(lanes, (lane) => lane.traffic[kind]); // it has no other keys
  return {
    name: first.name,
    traffic,
    health: worst.health,
    waiting: { records: sum(lanes, ({ waiting }) => waiting.records), stalledMs: Math.max(...lanes.map(({ waiting }) => waiting.stalledMs)) },
    degraded: sums(lanes.flatMap(({ degraded }) => degraded)),
    diskBytes: sum(lanes, ({ diskBytes }) => diskBytes),
  };
}

function sum<T>(from: readonly T[], value: (one: T) => number): number {
  return from.reduce((total, one) => total + value(one), 0);
}

/** Counts of the same name are one. */
function sums(counts: Counts): Counts {
  const totals = new Map<string, number>();
  for (const [name, count] of counts) totals.set(name, (totals.get(name) ?? 0) + count);
  return [...totals];
}
