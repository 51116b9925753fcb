import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import { FIELDS } from '../fields.ts';
import { addPair } from '../../parsers/extract/host.ts';
import type { Findings, ProseReader } from '../../parsers/extract/index.ts';
import { plainProse } from '../../parsers/extract/plain-prose.ts';
import { slowDecimal } from '../../parsers/values/durations.ts';
import { loadProse, type ProseKernel } from './kernel.ts';

/** Reads prose that lies in an arena by the kernel; messages of several lines in plain TypeScript. */
export class KernelProse implements ProseReader {
  findings: Findings;
  readonly #kernel: ProseKernel;
  readonly #found: Findings;

  constructor(arena: Arena) {
    const { bytes, memory } = arena;
    this.#kernel = loadProse(arena, {
      addPair: (keyStart, keyEnd, start, end, quoted) => addPair(keyStart, keyEnd, start, end, quoted !== 0),
      slowDecimal: (address, start, end, shift) => slowDecimal(bytes, address + start, address + end, shift),
      belowFirstLine: (): never => { throw new Error('a message of several lines in a kernel'); },
    });
    const { findings, texts } = this.#kernel;
    const rules = new Int32Array(memory.buffer, findings(3), FIELDS.length);
    this.#found = this.findings = {
      from: new Int32Array(memory.buffer, findings(0), FIELDS.length),
      to: new Int32Array(memory.buffer, findings(1), FIELDS.length),
      numbers: new Float64Array(memory.buffer, findings(2), FIELDS.length),
      rule: (field) => texts[rules[field] as number] ?? '',
    };
  }

  read(chunk: Chunk, start: number, end: number, taken: number): number {
    const found = this.#kernel.read(chunk.base, start, end, taken);
    if (found !== REFUSED) {
      this.findings = this.#found;
      return found;
    }
    this.findings = plainProse.findings;
    return plainProse.read(chunk, start, end, taken);
  }
}

/** The kernel leaves it to TypeScript. */
const REFUSED = -1;
