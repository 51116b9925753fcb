import type { Readable } from 'node:stream';
import { identify } from '../../parsers/aliases.ts';
import { envelopes } from '../../parsers/envelopes/index.ts';
import { matchShape } from '../../parsers/learned/match.ts';
import { LEARNED } from '../../parsers/learned/read.ts';
import { setTimeContext } from '../../parsers/values/zones.ts';
import { Arena } from '../arena.ts';
import { Ledger } from '../delivery/ledger.ts';
import { Tracker } from '../delivery/tracker.ts';
import type { Config } from '../config/schema.ts';
import { storeDefaults } from '../defaults.ts';
import { decoded } from '../inputs/decoding/decoded-source.ts';
import type { Source } from '../inputs/source.ts';
import { StreamInput } from '../inputs/stdin-source.ts';
import { kernelScanners, SCANNER_BYTES } from '../kernel/kernel-scanners.ts';
import { loadKernels } from '../kernel/kernel.ts';
import { Lane, LANE_BYTES } from '../lane.ts';
import { openRedactor, redactionBytes } from '../redaction/open.ts';
import { Reading } from '../reading/reading.ts';
import type { Head } from '../records/head.ts';
import { ExplainSink, EXPLAIN_BYTES, type Explanation } from './explain-sink.ts';

export type { Explanation } from './explain-sink.ts';

const CHUNK_BYTES = 262_144;

/** Runs streams through a lane, as the agent does with this configuration, and tells how it read them. `warn` takes messages for a person. */
export class Explainer {
  readonly #config: Config;
  readonly #arena: Arena;
  readonly #reading: Reading;
  readonly #lane: Lane;
  readonly #sink: ExplainSink;
  readonly #warn: (message: string) => void;
  #sources = 0;

  /** `stateDir`: where the key of hashes is kept. */
  constructor(config: Config, stateDir: string | undefined, warn: (message: string) => void, tries: boolean) {
    const maxRecordBytes = config.max_record_bytes;
    const arena = new Arena({ input: maxRecordBytes + CHUNK_BYTES, scratch: 1_048_576 + redactionBytes(config), constants: 262_144 }, EXPLAIN_BYTES + LANE_BYTES + SCANNER_BYTES);
    const kernels = loadKernels(arena);
    this.#config = config;
    this.#arena = arena;
    this.#reading = new Reading(config);
    const redactor = openRedactor(config, arena, stateDir);
    this.#sink = new ExplainSink(arena, kernels.encode, tries, redactor);
    this.#lane = new Lane(arena, kernels, [this.#sink], new Ledger(['explain']), new Tracker(), { chunkBytes: CHUNK_BYTES, maxRecordBytes, continuations: this.#reading.continuations, redactor, envelopes, scanners: kernelScanners(arena, identify) });
    this.#warn = warn;
  }

  /** The records of a stream, some at a time, to its end, as those of an input of the configuration. */
  async *records(name: string, stream: Readable, inputName: string): AsyncIterable<Explanation[]> {
    const input = new StreamInput({ name, sourceName: name, stream, claimIndex: () => this.#sources++, warn: this.#warn });
    const { read, begin } = this.#reading.of(inputName);
    const defaults = [storeDefaults(this.#arena, this.#config.inputs[inputName]?.fields ?? {})];
    const zone = this.#config.time_zone === 'local' ? undefined : this.#config.time_zone;
    await input.start(new AbortController().signal);
    const head = this.#reading.headOf(inputName);
    let source: Source | undefined;
    while (!input.finished) {
      await input.waitForData();
      for (const stream of input.sources()) {
        source ??= decoded(stream, this.#config.inputs[inputName]?.encoding ?? 'utf-8');
        const nowMs = Date.now();
        setTimeContext({ zone, nowMs, fallbackDateMs: nowMs });
        this.#lane.pump({ source, defaults, read, begin, ...(head !== undefined && { head }) }, false, performance.now());
      }
      if (this.#sink.explanations.length > 0) yield this.#sink.explanations.splice(0).map((record) => withShape(record, head));
    }
  }
}

/** The shape that a record was read by, or why it was not read by that of its stream. */
function withShape(record: Explanation, head: Head | undefined): Explanation {
  const shape = head?.shapeAt(String(record.fields['log_stream'] ?? ''), record.offset);
  if (shape === undefined) return record;
  if (record.format === LEARNED) return { ...record, shape: shape.text };
  const bytes = Buffer.from(record.text);
  const reason = matchShape(shape, bytes, 0, bytes.length) < 0 ? `does not look like ${shape.text}` : 'tells no more';
  return { ...record, tried: [...record.tried, { format: LEARNED, reason }] };
}
