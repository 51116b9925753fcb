import { readdirSync } from 'node:fs';
import type { Amount, Fate, Row } from './delivery/ledger.ts';
import { Exposition, type Labels, type Sample } from './health/exposition.ts';
import type { LaneStatus, OutputStatus } from './health/status.ts';
import { version } from './version.ts';

/** Sources that have series of their own; all others share one. Whoever rotates under new names has no end of them. */
const MOST_SOURCES = 100;
const OTHER = 'other';
const FATES: readonly Fate[] = ['delivered', 'dead_lettered', 'filtered', 'pending'];
const VERDICTS = ['delivered', 'retry', 'blocked', 'split', 'invalid', 'partial'] as const;
const HEALTH = ['working', 'failing', 'blocked'] as const;

/** What the agent tells Prometheus. It remembers only which sources have names, so that a series stays what it was. */
export class Metrics {
  readonly #names = new Set<string>();

  /** `status`: that of all lanes together; undefined: none is at work. */
  text(status: LaneStatus | undefined): string {
    const out = new Exposition();
    out.gauge('shipper_build_info', 'Version of shipper and of Node.', [[{ version: version(), node: process.versions.node }, 1]]);
    if (status !== undefined) {
      this.#sources(out, status);
      outputs(out, status);
      out.counter('shipper_parsed_records', 'Records by the format they were read as; plain is what no parser wanted.', status.formats.map(([format, records]) => [{ format }, records]));
      out.counter('shipper_unmatched_records', 'Records that no pattern of the format of their input matches, by input; they are read as if it had none.', status.missed.map(([input, records]) => [{ input }, records]));
    }
    processItself(out);
    return out.text;
  }

  #sources(out: Exposition, status: LaneStatus): void {
    const rows = status.rows.filter(({ read, cutBytes, lostBytes }) => read.records > 0 || cutBytes > 0 || lostBytes > 0);
    const read = (amount: keyof Amount): Sample[] => summed(rows.map((row) => [{ source: this.#name(row.name) }, row.read[amount]]));
    out.counter('shipper_read_records', 'Records read, by source.', read('records'));
    out.counter('shipper_read_bytes', 'Bytes of the records read, by source.', read('bytes'));
    out.counter('shipper_cut_bytes', 'Bytes cut off records over max_record_bytes.', summed(rows.map((row) => [{ source: this.#name(row.name) }, row.cutBytes])));
    out.counter('shipper_lost_bytes', 'Bytes of files that were truncated or gone before they could be read, as far as is known.', summed([...rows.map((row): Sample => [{ source: this.#name(row.name) }, row.lostBytes]), ...status.gone.map(([name, bytes]): Sample => [{ source: this.#name(name) }, bytes])]));
    out.gauge('shipper_deleted_bytes', 'Bytes of deleted files that the disk keeps, since they have not been read to their end.', summed(status.deleted.map(([input, bytes]): Sample => [{ input }, bytes])));
    for (const unit of ['records', 'bytes'] as const) this.#ledger(out, status, rows, unit);
    const behind = status.behind.map(([name, bytes]): Sample => [{ source: this.#name(name) }, bytes]);
    out.gauge('shipper_behind_bytes', 'Bytes that are there and not yet acknowledged, by source.', summed(behind));
    out.gauge('shipper_oldest_unacknowledged_seconds', 'Age of the oldest batch that is not safe yet.', [[{}, status.oldestMs / 1000]]);
  }

  /** read = delivered + dead_lettered + filtered + dropped + pending, for each source and output. */
  #ledger(out: Exposition, { outputs }: LaneStatus, rows: readonly Row[], unit: keyof Amount): void {
    const accounts = rows.flatMap((row) => outputs.flatMap(({ name }, index) => {
      const account = row.output === undefined || row.output === index ? row.accounts[index] : undefined;
      return account === undefined ? [] : [{ labels: { source: this.#name(row.name), output: name }, account }];
    }));
    for (const fate of FATES) {
      const samples = summed(accounts.map(({ labels, account }) => [labels, account[fate][unit]]));
      const help = `${unit === 'records' ? 'Records' : 'Bytes of the records'} ${HELP[fate]}, by source and output.`;
      if (fate === 'pending') out.gauge(`shipper_pending_${unit}`, help, samples);
      else out.counter(`shipper_${fate}_${unit}`, help, samples);
    }
    const dropped = accounts.flatMap(({ labels, account }) => [...account.dropped].map(([reason, amount]): Sample => [{ ...labels, reason }, amount[unit]]));
    out.counter(`shipper_dropped_${unit}`, `${unit === 'records' ? 'Records' : 'Bytes of the records'} thrown away, by source, output and reason.`, summed(dropped));
  }

  #name(source: string): string {
    if (this.#names.has(source)) return source;
    if (this.#names.size >= MOST_SOURCES) return OTHER;
    this.#names.add(source);
    return source;
  }
}

const HELP: Readonly<Record<Fate, string>> = {
  delivered: 'that the destination has confirmed',
  dead_lettered: 'that the destination refused and that are in the dead-letter file',
  filtered: 'left out by the configuration',
  pending: 'on their way',
};

function outputs(out: Exposition, { outputs }: LaneStatus): void {
  const of = (value: (output: OutputStatus) => number): Sample[] => outputs.map((output) => [{ output: output.name }, value(output)]);
  out.counter('shipper_output_requests', 'Requests, by output and by what their answer meant.', outputs.flatMap(({ name, traffic }) => VERDICTS.map((verdict): Sample => [{ output: name, verdict }, traffic[verdict]])));
  out.counter('shipper_output_retries', 'Requests whose records had to be sent again.', of(({ traffic }) => traffic.again));
  out.gauge('shipper_output_state', 'State of an output: 1 for the one it is in. blocked: a person has to act.', outputs.flatMap(({ name, health }) => HEALTH.map((state): Sample => [{ output: name, state }, health.kind === state ? 1 : 0])));
  out.gauge('shipper_output_stalled_seconds', 'For how long records have waited without any of them being settled.', of(({ waiting }) => waiting.stalledMs / 1000));
  const degraded = outputs.flatMap(({ name, degraded }) => degraded.map(([how, records]): Sample => [{ output: name, how }, records]));
  out.counter('shipper_degraded_records', 'Records delivered not quite as they were, by output and how: restamped, cut, repaired, failure_store, refused_unnamed (refused by a receiver that does not say which).', degraded);
  out.gauge('shipper_output_buffer_bytes', 'What the disk buffer holds.', of(({ diskBytes }) => diskBytes));
}

/** Under the names that all Prometheus clients use. */
function processItself(out: Exposition): void {
  const { user, system } = process.cpuUsage();
  out.counter('process_cpu_seconds', 'User and system CPU time.', [[{}, (user + system) / 1e6]]);
  out.gauge('process_resident_memory_bytes', 'Resident memory.', [[{}, process.memoryUsage.rss()]]);
  out.gauge('process_start_time_seconds', 'Start of the process, in seconds since 1970.', [[{}, Math.round(performance.timeOrigin) / 1000]]);
  const open = openFiles();
  if (open !== undefined) out.gauge('process_open_fds', 'Open file descriptors.', [[{}, open]]);
}

function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined; // no Linux
  }
}

/** Series with the same labels are one: those of several generations of a file, and of all sources without a name. */
function summed(samples: readonly Sample[]): Sample[] {
  const sums = new Map<string, { readonly labels: Labels; value: number }>();
  for (const [labels, value] of samples) {
    const key = JSON.stringify(labels);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { labels, value });
    else sum.value += value;
  }
  return [...sums.values()].map(({ labels, value }) => [labels, value]);
}
