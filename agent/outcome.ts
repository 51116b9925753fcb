import type { Assembly } from './assembly.ts';
import type { Config } from './config/schema.ts';
import { summaryOf, type Row } from './delivery/ledger.ts';
import { ExitCode } from './exit-codes.ts';
import { log } from './log.ts';

/** What has become of all that a lane has read, once it has ended. Plain data: it may come from another thread. */
export interface Outcome {
  readonly rows: readonly Row[];
  readonly outputs: readonly OutputOutcome[];
  /** By input with a format of its own: records that it does not match. */
  readonly missed: readonly (readonly [input: string, records: number])[];
  /** What came of sources that can't be read again, and was made into no record. */
  readonly untaken: readonly { readonly name: string; readonly bytes: number }[];
  /** A source could not be read to its end, which was said when it happened. */
  readonly isCutShort: boolean;
}

/** Who answers within this time is not silent, in ms. */
const SILENT_MS = 1_000;

interface OutputOutcome {
  readonly name: string;
  /** Records that are not delivered. */
  readonly left: number;
  /** Where they lie, if another run will send them. */
  readonly keptIn: string | undefined;
  /** How many of them lie nowhere but in memory, at most. */
  readonly unkept: number;
  /** Why it does not work. */
  readonly reason: string | undefined;
  /** Its reader has gone: what it did not take is no loss. */
  readonly isClosed: boolean;
}

export function outcomeOf(parts: Assembly): Outcome {
  return {
    rows: parts.ledger.rows(),
    outputs: parts.outlets.map(({ output, delivery: { health, keptIn, unkept } }, index) => ({
      name: output.name,
      left: parts.ledger.total(index, 'pending').records,
      keptIn, unkept,
      reason: health.kind === 'working' ? silence(parts.ledger.waiting(index).stalledMs) : health.reason, // it may not have been said yet: a short failure is none
      isClosed: output.closed?.aborted === true,
    })),
    missed: [...parts.reading.missed],
    untaken: untakenFrom(parts),
    isCutShort: parts.inputs.some((input) => [...input.known()].some(({ isCutShort }) => isCutShort === true)),
  };
}

/** A request that gets no answer fails only at its time-out. */
function silence(ms: number): string | undefined {
  return ms < SILENT_MS ? undefined : `no answer for ${Math.round(ms / 1000)} s`;
}

/** Says what became of everything that these lanes have read. */
export function tellSummary(lanes: readonly Outcome[]): void {
  const outputs = lanes[0]?.outputs.map(({ name }) => name) ?? [];
  for (const line of summaryOf(lanes.flatMap(({ rows }) => rows), outputs)) log.info(line);
}

/** Says what became of everything, and what could not be delivered. Gives the exit code. `stateFolder`: where checkpoints are. */
export function conclude(lanes: readonly Outcome[], { inputs }: Pick<Config, 'inputs'>, stateFolder: string | undefined): number {
  tellSummary(lanes);
  for (const input of Object.keys(inputs)) tellMissed(input, lanes);
  const left = leftIn(lanes);
  const untaken = lanes.flatMap((lane) => lane.untaken);
  if (lanes.some(({ outputs }) => outputs.some(({ isClosed }) => isClosed))) return ExitCode.OK;
  if (left.length === 0 && untaken.length === 0) return lanes.some(({ isCutShort }) => isCutShort) ? ExitCode.IO_ERROR : ExitCode.OK;
  for (const { name, bytes } of untaken) log.error(`${name}: the last ${bytes} bytes that came could not be taken in time. They are lost: they can not be read again`);
  for (const output of left) {
    const { name, left: records, reason } = output;
    log.error(`${name}: ${records} records were not delivered in time. ${whereTheyAre(stateFolder, output, inputs)}${reason === undefined ? '' : `. The reason: ${reason}`}`);
  }
  return ExitCode.UNAVAILABLE;
}

/** What is not delivered: of several lanes as one where it lies in one place. */
function leftIn(lanes: readonly Outcome[]): OutputOutcome[] {
  const found = new Map<string, OutputOutcome>();
  for (const output of lanes.flatMap(({ outputs }) => outputs)) {
    const key = JSON.stringify([output.name, output.keptIn]);
    const other = found.get(key);
    if (output.left > 0) found.set(key, { ...output, left: output.left + (other?.left ?? 0), unkept: output.unkept + (other?.unkept ?? 0), reason: other?.reason ?? output.reason });
  }
  return [...found.values()];
}

function tellMissed(input: string, lanes: readonly Outcome[]): void {
  const records = lanes.flatMap(({ missed }) => missed).reduce((sum, [name, count]) => (name === input ? sum + count : sum), 0);
  if (records > 0) log.info(`input ${input}: ${records} records match no pattern of its format, and were read as if it had none; \`shipper explain\` shows how`);
}

function untakenFrom({ inputs }: Assembly): { name: string; bytes: number }[] {
  const sources = inputs.flatMap((input) => [...input.known()]).filter(({ readOnce }) => readOnce);
  return sources.map(({ name, offset, knownEnd = offset }) => ({ name, bytes: knownEnd - offset })).filter(({ bytes }) => bytes > 0);
}

function whereTheyAre(stateFolder: string | undefined, { keptIn, unkept }: OutputOutcome, inputs: Config['inputs']): string {
  const kept = `They are kept in ${keptIn}, and the next run with this output sends them`;
  if (keptIn !== undefined && unkept === 0) return kept;
  const types = new Set(Object.values(inputs).map(({ type }) => type));
  const files = types.has('file') && stateFolder !== undefined ? [`Files are read again from their checkpoints in ${stateFolder}`] : [];
  const streams = types.has('stdin') ? ['What came through a pipe is lost: it can not be read again'] : [];
  const others = [...files, ...streams].join('. ');
  return keptIn === undefined ? others : `${kept}, but for at most ${unkept} that could not be written there. ${others}`;
}
