import path from 'node:path';
import picomatch from 'picomatch';
import type { Config } from '../config/schema.ts';
import type { Outlet } from '../delivery/outlet.ts';
import type { Ledger } from '../delivery/ledger.ts';
import type { RecordSink } from '../records/record-sink.ts';
import { SelectingSink } from './selecting-sink.ts';
import { Selector, type SelectorParts } from './selector.ts';

/** The outlets as the lane sees them: those whose output has `only` or `sample` behind what chooses for them. */
export function selecting(outlets: readonly Outlet[], outputs: Config['outputs'], ledger: Ledger, parts: Omit<SelectorParts, 'matcher'>): RecordSink[] {
  return outlets.map((outlet, index) => {
    const options = outputs[outlet.output.name];
    if (options === undefined || !isSelective(options)) return outlet;
    return new SelectingSink(outlet, new Selector(options, { ...parts, matcher }), ledger, index);
  });
}

/** Whether an output does not simply get everything. */
function isSelective({ only, sample }: Config['outputs'][string]): boolean {
  return only !== undefined || (sample !== undefined && sample < 1);
}

/** Relative patterns are those of the folder the agent was started in, as for inputs. */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const isMatch = picomatch(patterns.map((pattern) => path.resolve(pattern)));
  return (name) => patterns.includes(name) || isMatch(name);
}
