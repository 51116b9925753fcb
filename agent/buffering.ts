import type { Output } from '../outputs/output.ts';
import type { Config } from './config/schema.ts';
import type { BufferRequest, OpenBuffers } from './delivery/buffer/open-buffers.ts';
import type { Ledger } from './delivery/ledger.ts';
import type { Source } from './inputs/source.ts';
import { log } from './log.ts';

export interface BufferingOptions {
  /** The state directory, and the folder in it that this run works in. */
  readonly root: string;
  readonly folder: string;
  readonly sources: ReadonlyMap<number, Source>;
  readonly claimIndex: () => number;
  readonly ledger: Ledger;
  /** What was meant for another address of the same type of output is sent, too. */
  readonly adopt: boolean;
  /** What nobody will send is told: of all runs at the start, of this agent after a reload; by one lane for all. */
  readonly tells: 'start' | 'reload' | 'nothing';
}

/** Opens the disk buffers that the configuration asks for, and those that earlier runs have left to the same outputs. */
export async function openBuffering(config: Config, outputs: readonly Output[], { root, folder, sources, claimIndex, ledger, adopt, tells }: BufferingOptions): Promise<OpenBuffers> {
  const [{ OpenBuffers }, { SourceNames }, { leftBehindText, orphansText }] = await Promise.all([import('./delivery/buffer/open-buffers.ts'), import('./delivery/buffer/source-names.ts'), import('./delivery/buffer/orphans.ts')]);
  const cantBeReadAgain = Object.values(config.inputs).some(({ type }) => type === 'stdin');
  const requests = outputs.flatMap((output, index) => requestOf(config.outputs[output.name], output, index, cantBeReadAgain));
  const buffers = await OpenBuffers.open(requests, { root, folder, names: new SourceNames(sources, claimIndex, ledger), report: log.warn, nowMs: Date.now(), adoptAll: adopt });
  if (tells === 'nothing') return buffers;
  const left = await (tells === 'start' ? orphansText : leftBehindText)(root, folder, buffers, log.warn);
  if (left !== undefined) log.warn(left);
  return buffers;
}

function requestOf(options: Config['outputs'][string] | undefined, { name, type, target, network }: Output, index: number, cantBeReadAgain: boolean): BufferRequest[] {
  if (options === undefined || !('buffer' in options)) return [];
  const { disk, max_bytes: maxBytes, when_full: whenFull } = options.buffer;
  return [{ output: name, type, target: target ?? name, index, disk: disk === 'on' || (disk === 'auto' && cantBeReadAgain && network), maxBytes, whenFull }];
}
