import { memoryOf } from '../config/memory.ts';
import type { Config, OutputConfig } from '../config/schema.ts';
import { log } from '../log.ts';

/** Outputs that are one stream, written by one lane. */
const ONE_STREAM: readonly OutputConfig['type'][] = ['console', 'file'];

/** How many lanes a configuration makes use of. Says why, where it asks for more. */
export function laneCount({ lanes, inputs, outputs }: Config): number {
  if (lanes === 1) return 1;
  const stream = Object.keys(outputs).find((name) => ONE_STREAM.includes(outputs[name]?.type ?? 'file'));
  if (stream !== undefined) log.warn(`lanes: ${lanes} is not used: what output ${stream} writes is one stream, and has one lane`);
  else if (!hasFiles({ inputs })) log.warn(`lanes: ${lanes} is not used: only files are spread over lanes, and there is no input of type file`);
  else return lanes;
  return 1;
}

/** The part of a configuration for one of several lanes. `isMain`: the lane of the main thread, which alone reads stdin. */
export function laneConfig(config: Config, lanes: number, isMain: boolean): Config {
  const inputs = Object.entries(config.inputs).filter(([, { type }]) => isMain || type === 'file');
  const outputs = Object.entries(config.outputs).map(([name, output]) => [name, 'buffer' in output ? { ...output, buffer: { ...output.buffer, max_bytes: Math.floor(output.buffer.max_bytes / lanes) } } : output]);
  return { ...config, inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs), memory: Math.floor(memoryOf(config) / lanes) };
}

/** Whether a lane of a thread needs a folder of its own, for disk buffers. */
export function hasDiskBuffer({ outputs }: Config): boolean {
  return Object.values(outputs).some((output) => 'buffer' in output && output.buffer.disk === 'on');
}

function hasFiles({ inputs }: Pick<Config, 'inputs'>): boolean {
  return Object.values(inputs).some(({ type }) => type === 'file');
}
