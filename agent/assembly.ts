import path from 'node:path';
import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { createOutput } from '../outputs/index.ts';
import type { Destination, Output } from '../outputs/output.ts';
import { identify } from '../parsers/aliases.ts';
import { envelopes } from '../parsers/envelopes/index.ts';
import { Arena } from './arena.ts';
import { openBuffering } from './buffering.ts';
import { shareCores } from './cores.ts';
import { COMMAND_LINE_INPUT } from './config/command-line-input.ts';
import { memoryOf } from './config/memory.ts';
import type { Config, FileInputConfig, InputConfig } from './config/schema.ts';
import type { OpenBuffers } from './delivery/buffer/open-buffers.ts';
import { DeadLetters } from './delivery/dead-letters.ts';
import { batchBytes } from './delivery/batch.ts';
import { Delivery } from './delivery/delivery.ts';
import { Ledger } from './delivery/ledger.ts';
import { Outlet } from './delivery/outlet.ts';
import { SlotPool } from './delivery/slot-pool.ts';
import { Tracker } from './delivery/tracker.ts';
import { Handling } from './handling.ts';
import type { Descriptors } from './inputs/descriptors.ts';
import type { FileShare } from './inputs/file-claims.ts';
import type { FileInputOptions } from './inputs/file-input-options.ts';
import type { OpenedFile } from './inputs/file-intake.ts';
import type { Input } from './inputs/input.ts';
import type { Source } from './inputs/source.ts';
import { kernelScanners, SCANNER_BYTES } from './kernel/kernel-scanners.ts';
import { loadKernels } from './kernel/kernel.ts';
import { Lane, LANE_BYTES } from './lane.ts';
import { log } from './log.ts';
import { ObservedTime } from './observed-time.ts';
import { Reading } from './reading/reading.ts';
import { openRedactor, redactionBytes } from './redaction/open.ts';
import { POD_PLACE_BYTES } from './pod-place.ts';
import type { Checkpoint, Checkpoints, CheckpointsOptions } from './state/checkpoints.ts';
import { ownFiles } from './own-messages.ts';
import { ownPaths } from './own-paths.ts';
import { StateDirectory } from './state/state-directory.ts';

/** Bytes read at once. */
const CHUNK_BYTES = 262_144;
const SCRATCH_BYTES = 1_048_576;
const CONSTANT_BYTES = 262_144;
/** What an outlet needs beside its slots: its list of pieces; and the lane's own tables. */
const LIST_BYTES = 205_000;

export interface AssemblyOptions {
  readonly once: boolean;
  /** What earlier runs have left for another address of the same type of output is sent, too. */
  readonly adopt?: boolean;
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the inputs of type stdin read, by their names, instead of it. */
  readonly openStream?: (name: string) => Promise<Readable>;
  /** What another configuration has left. */
  readonly legacy?: Legacy;
  /** There are several lanes, and this is for one of them. */
  readonly share?: LaneShare;
}

/** What a lane has in common with others. */
export interface LaneShare {
  /** How many lanes there are. */
  readonly lanes: number;
  /** Where the agent keeps its state, if it can. */
  readonly folder: string | undefined;
  /** The folder in which the lane works, open and locked; undefined: it needs none, or can't have it. */
  readonly state: StateDirectory | undefined;
  readonly files: FileShare;
  readonly checkpoints: Pick<Required<CheckpointsOptions>, 'known' | 'lost' | 'store'>;
  /** Takes the refused records of the output at a position; absent: the lane writes them itself. */
  readonly letters?: (output: number) => Pick<DeadLetters, 'append'>;
}

/** Writes down refused records. */
export type LetterBox = Pick<DeadLetters, 'append' | 'path' | 'close'>;

/** What is handed over from one configuration to the next. */
export interface Legacy {
  readonly config: Config;
  /** Open and locked. */
  readonly state: StateDirectory | undefined;
  /** How far files are safe. */
  readonly checkpoints: readonly Checkpoint[];
  /** Files that were deleted and are not delivered, by input. */
  deleted: ReadonlyMap<string, readonly OpenedFile[]>;
}

/** All parts of a running agent, made from its configuration. */
export interface Assembly {
  readonly inputs: readonly Input[];
  readonly outlets: readonly Outlet[];
  readonly destinations: readonly Destination[];
  readonly deadLetters: readonly LetterBox[];
  readonly lane: Lane;
  readonly ledger: Ledger;
  readonly tracker: Tracker;
  readonly observed: ObservedTime;
  readonly sources: Map<number, Source>;
  readonly reading: Reading;
  readonly handling: Handling;
  readonly checkpoints: Checkpoints | undefined;
  readonly state: StateDirectory | undefined;
  readonly buffers: OpenBuffers | undefined;
}

/** Makes the parts; nothing is read yet. Throws UserError, InputError or StateDirectoryInUse for what a person has to put right. */
export async function assemble(config: Config, options: AssemblyOptions): Promise<Assembly> {
  const outputs = await Promise.all(Object.entries(config.outputs).map(([name, output]) => createOutput(name, output)));
  const { share } = options;
  shareCores(share?.lanes ?? 1);
  const state = share === undefined ? await openState(config, outputs, options) : share.state;
  const stateFolder = share === undefined ? state?.path : share.folder;
  const folder = stateFolder ?? path.resolve(options.stateDir);
  const ledger = new Ledger(outputs.map(({ name }) => name));
  const tracker = new Tracker();
  const sources = new Map<number, Source>();
  let indices = 0;
  const claimIndex = (): number => indices++;
  const destinations = await openAll(outputs);
  const buffers = state === undefined ? undefined : await openBuffering(config, outputs, { root: path.resolve(options.stateDir), folder: state.path, sources, claimIndex, ledger, adopt: options.adopt === true, tells: share?.files.speaks === false ? 'nothing' : options.legacy === undefined ? 'start' : 'reload' });
  const checkpoints = await openCheckpoints(config, stateFolder, options);
  const deadLetters = outputs.map(({ name }, index) => letterBox(name, path.join(folder, `dead-letters-${name}.ndjson`), share?.letters?.(index)));
  const slots = slotsOf(config, outputs, buffers);
  const arena = new Arena({ input: config.max_record_bytes + CHUNK_BYTES, scratch: SCRATCH_BYTES + redactionBytes(config), constants: CONSTANT_BYTES }, reserveOf(outputs, slots));
  const kernels = loadKernels(arena);
  const outlets = outputs.map((output, index) => {
    const { fill = 0, read = 0 } = slots[index] ?? {};
    const pool = new SlotPool(arena, output.limits, fill);
    const delivery = {
      name: output.name,
      destination: destinations[index] as Destination,
      connections: output.connections,
      report: log.warn,
      index, pool, ledger,
      ...(output.type === 'console' ? {} : { tracker }),
      ...(output.type === 'console' || keepsIds(output) || stateFolder === undefined ? {} : { note: async () => checkpoints?.note() }),
      ...(output.closed ? { closed: output.closed } : {}),
      deadLetters: deadLetters[index] as LetterBox,
      sourceOf: (source: number) => buffers?.names.nameOf(source) ?? sources.get(source) ?? { name: 'a source that is gone', id: '' },
    };
    const shipping = buffers?.has(index) === true ? buffers.shipping(index, delivery, new SlotPool(arena, output.limits, read)) : new Delivery(delivery);
    return new Outlet(arena, kernels.encode, output, shipping, pool);
  });
  const sinks = Object.values(config.outputs).some(({ only, sample }) => only !== undefined || sample !== undefined)
    ? (await import('./routing/select.ts')).selecting(outlets, config.outputs, ledger, { arena, sourceOf: (source) => sources.get(source) })
    : outlets;
  const reading = new Reading(config);
  const redactor = openRedactor(config, arena, path.resolve(options.stateDir));
  const lane = new Lane(arena, kernels, sinks, ledger, tracker, { chunkBytes: CHUNK_BYTES, maxRecordBytes: config.max_record_bytes, continuations: reading.continuations, redactor, envelopes, scanners: kernelScanners(arena, identify) });
  const observed = new ObservedTime(arena);
  const inputs = await openInputs(config, options, checkpoints, { claimIndex, lost: (source, bytes) => ledger.lost(source, bytes) });
  return { inputs, outlets, destinations, deadLetters, lane, ledger, tracker, observed, sources, reading, handling: new Handling(config, reading, arena, observed, outputs, options.env), checkpoints, state, buffers };
}

function letterBox(output: string, path: string, elsewhere: Pick<DeadLetters, 'append'> | undefined): LetterBox {
  if (elsewhere === undefined) return new DeadLetters(output, path, log.warn);
  return { path, append: (letters) => elsewhere.append(letters), close: async () => undefined };
}

/** All or none. */
async function openAll(outputs: readonly Output[]): Promise<Destination[]> {
  const opened = await Promise.allSettled(outputs.map((output) => output.open()));
  const failed = opened.find((one) => one.status === 'rejected');
  const destinations = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (failed === undefined) return destinations;
  for (const destination of destinations) await destination.close();
  throw failed.reason;
}

/** Whether what is sent twice is stored once. */
function keepsIds({ framing }: Output): boolean {
  return framing.before.includes('{id}');
}

/** Runs whose only output is the console neither read nor write state. */
async function openState(config: Config, outputs: readonly Output[], { stateDir, legacy }: AssemblyOptions): Promise<StateDirectory | undefined> {
  if (legacy?.state !== undefined) return legacy.state;
  if (outputs.every(({ type }) => type === 'console')) return undefined;
  const ownFolder = Object.values(config.inputs).some(({ type }) => type === 'stdin');
  return StateDirectory.open(stateDir, { ownFolder, warn: log.warn });
}

function fixedBytes(config: Config, outputs: readonly Output[]): number {
  return config.max_record_bytes + CHUNK_BYTES + SCRATCH_BYTES + redactionBytes(config) + CONSTANT_BYTES + LANE_BYTES + SCANNER_BYTES + POD_PLACE_BYTES + outputs.length * LIST_BYTES;
}

function reserveOf(outputs: readonly Output[], slots: readonly Slots[]): number {
  const batches = outputs.reduce((sum, { limits }, index) => sum + ((slots[index]?.fill ?? 0) + (slots[index]?.read ?? 0)) * batchBytes(limits), 0);
  return batches + LANE_BYTES + SCANNER_BYTES + POD_PLACE_BYTES + outputs.length * LIST_BYTES;
}

/** Batches of an output: to fill and send, and to read back into from its disk buffer. */
interface Slots {
  readonly fill: number;
  readonly read: number;
}

/** How many batches each output may have: an equal share of the memory, and at least two of a kind, one to fill and one to send. */
function slotsOf(config: Config, outputs: readonly Output[], buffers: OpenBuffers | undefined): Slots[] {
  const share = (memoryOf(config) - fixedBytes(config, outputs)) / outputs.length;
  return outputs.map(({ limits, connections }, index) => {
    const count = Math.max(2, Math.min(MAX_SLOTS, Math.floor(share / batchBytes(limits))));
    if (buffers?.has(index) !== true) return { fill: count, read: 0 };
    const read = count < 6 ? 2 : connections + 1;
    return { fill: Math.max(2, count - read), read };
  });
}

/** More small batches than this do no good, and each has tables. */
const MAX_SLOTS = 64;

/** Only files have positions; what reads and writes them takes a while to load. */
async function openCheckpoints(config: Config, folder: string | undefined, { share, legacy }: AssemblyOptions): Promise<Checkpoints | undefined> {
  if (!Object.values(config.inputs).some(({ type }) => type === 'file')) return undefined;
  const { Checkpoints } = await import('./state/checkpoints.ts');
  return new Checkpoints({ folder, known: legacy?.checkpoints ?? [], ...share?.checkpoints, warn: log.warn });
}

/** What inputs share: places in the table of sources, who counts what a source has lost after its end, and what is no source. */
type SourceTable = Required<Pick<FileInputOptions, 'claimIndex' | 'lost'>> & Pick<FileInputOptions, 'isOwn'>;

async function openInputs(config: Config, options: AssemblyOptions, checkpoints: Checkpoints | undefined, sources: SourceTable): Promise<Input[]> {
  const { claimIndex } = sources;
  const { Descriptors, fairShare } = await import('./inputs/descriptors.ts');
  const { openStream, share } = options;
  const descriptors = new Descriptors(fairShare(share?.lanes));
  const isOwn = ownPaths(config.outputs, options.stateDir);
  return Promise.all(Object.entries(config.inputs).map(async ([name, input]) => {
    if (input.type === 'file' && checkpoints !== undefined) return fileInput(name, input, options, checkpoints, descriptors, { ...sources, isOwn });
    const { stdinInput, StreamInput } = await import('./inputs/stdin-source.ts');
    if (openStream !== undefined) return new StreamInput({ name, sourceName: name, stream: await openStream(name), claimIndex, warn: log.warn });
    return stdinInput({ name, claimIndex, warn: log.warn });
  }));
}

async function fileInput(name: string, input: FileInputConfig, { once, legacy, share }: AssemblyOptions, checkpoints: Checkpoints, descriptors: Descriptors, sources: SourceTable): Promise<Input> {
  const { FileInput } = await import('./inputs/file-input.ts');
  const own = ownFiles();
  return new FileInput({ name, paths: input.paths, exclude: input.exclude, encoding: input.encoding, startAt: input.start_at, isTakingOver: isOld(legacy?.config.inputs[name], input), deleted: legacy?.deleted.get(name) ?? [], maxDeletedBytes: input.max_deleted_bytes === undefined ? undefined : input.max_deleted_bytes / (share?.lanes ?? 1), once, refuseBinary: name === COMMAND_LINE_INPUT, ownFiles: own.events, ownMessages: own.messages, checkpoints, descriptors, ...sources, ...(share && { share: share.files }), warn: log.warn });
}

/** Whether an input is one that has just ended, as far as its files are concerned. */
function isOld(before: InputConfig | undefined, input: FileInputConfig): boolean {
  return before?.type === 'file' && isDeepStrictEqual([before.paths, before.exclude], [input.paths, input.exclude]);
}
