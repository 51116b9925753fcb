import type { Readable } from 'node:stream';
import { identify } from '../../parsers/aliases.ts';
import { continuations } from '../../parsers/continuations/index.ts';
import { envelopes } from '../../parsers/envelopes/index.ts';
import { readRecord } from '../../parsers/read.ts';
import { setTimeContext } from '../../parsers/values/zones.ts';
import { Arena } from '../arena.ts';
import { Ledger } from '../delivery/ledger.ts';
import { Tracker } from '../delivery/tracker.ts';
import { NO_DEFAULTS } from '../stored.ts';
import { StreamInput } from '../inputs/stdin-source.ts';
import { kernelScanners, SCANNER_BYTES } from '../kernel/kernel-scanners.ts';
import { loadKernels } from '../kernel/kernel.ts';
import { Lane, LANE_BYTES } from '../lane.ts';
import { ExplainSink, EXPLAIN_BYTES, type Explanation } from './explain-sink.ts';

export type { Explanation } from './explain-sink.ts';

const MAX_RECORD_BYTES = 1_048_576;
const CHUNK_BYTES = 262_144;

/** Runs streams through a lane, as the agent does, and tells how it read them. `warn` takes messages for a person. */
export class Explainer {
  readonly #lane: Lane;
  readonly #sink: ExplainSink;
  readonly #warn: (message: string) => void;
  #sources = 0;

  constructor(warn: (message: string) => void, seeksRunnerUp: boolean) {
    const arena = new Arena({ input: MAX_RECORD_BYTES + CHUNK_BYTES, scratch: 1_048_576, constants: 131_072 }, EXPLAIN_BYTES + LANE_BYTES + SCANNER_BYTES);
    const kernels = loadKernels(arena);
    this.#sink = new ExplainSink(arena, kernels.encode, seeksRunnerUp);
    this.#lane = new Lane(arena, kernels, [this.#sink], new Ledger(['explain']), new Tracker(), { chunkBytes: CHUNK_BYTES, maxRecordBytes: MAX_RECORD_BYTES, continuations, envelopes, scanners: kernelScanners(arena, identify) });
    this.#warn = warn;
  }

  /** The records of a stream, some at a time, to its end. */
  async *records(name: string, stream: Readable): AsyncIterable<Explanation[]> {
    const input = new StreamInput({ name, sourceName: name, stream, claimIndex: () => this.#sources++, warn: this.#warn });
    await input.start(new AbortController().signal);
    while (!input.finished) {
      await input.waitForData();
      for (const source of input.sources()) {
        const nowMs = Date.now();
        setTimeContext({ nowMs, fallbackDateMs: nowMs });
        this.#lane.pump({ source, defaults: [NO_DEFAULTS], read: readRecord }, false, 0);
      }
      if (this.#sink.explanations.length > 0) yield this.#sink.explanations.splice(0);
    }
  }
}
