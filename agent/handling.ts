import type { Output } from '../outputs/output.ts';
import { podOf, type Pod } from '../parsers/envelopes/pod.ts';
import type { Arena } from './arena.ts';
import type { Config } from './config/schema.ts';
import { networkFields, storeDefaults } from './defaults.ts';
import type { Encoding } from './inputs/decoding/names.ts';
import type { Source } from './inputs/source.ts';
import type { LaneSource } from './lane-source.ts';
import type { ObservedTime } from './observed-time.ts';
import { PodPlace } from './pod-place.ts';
import type { Reading } from './reading/reading.ts';
import type { Defaults } from './stored.ts';

type Handled = Omit<LaneSource, 'source'>;
type Fields = Config['inputs'][string]['fields'];

/** Names of containers become services as long as there are no more than this: each has documents of its own, which stay. */
const MOST_SERVICES = 500;

/** How records of a source are read, and what they carry where they have nothing of their own, by outlet. */
export class Handling {
  readonly #reading: Reading;
  readonly #inputs: Config['inputs'];
  readonly #arena: Arena;
  readonly #observed: ObservedTime;
  readonly #outputs: readonly Output[];
  readonly #network: Fields;
  readonly #place: PodPlace;
  readonly #known = new Map<string, Handled>();
  readonly #services = new Set<string>();

  constructor({ inputs }: Config, reading: Reading, arena: Arena, observed: ObservedTime, outputs: readonly Output[], env: NodeJS.ProcessEnv) {
    this.#reading = reading;
    this.#inputs = inputs;
    this.#arena = arena;
    this.#observed = observed;
    this.#outputs = outputs;
    this.#network = networkFields(env);
    this.#place = new PodPlace(arena);
    for (const input of Object.keys(inputs)) this.#of(input);
  }

  of({ input, name, learned }: Pick<Source, 'input' | 'name' | 'learned'>): Handled {
    const pod = podOf(name);
    const handled = pod === undefined ? this.#of(input) : this.#ofPod(input, pod);
    const head = this.#reading.headOf(input, learned);
    return head === undefined ? handled : { ...handled, head };
  }

  encodingOf({ input }: Pick<Source, 'input'>): Encoding {
    return this.#inputs[input]?.encoding ?? 'utf-8';
  }

  /** What is sent over the network says which pod it is from, as it says which machine. Its container is a service, where nobody says another. */
  #ofPod(input: string, pod: Pod): Handled {
    const given = this.#inputs[input]?.fields ?? {};
    const handled = this.#of(input, this.#serviceOf(pod));
    const own = this.#place.membersOf(Object.entries(pod).filter(([key]) => !(key in given)));
    if (own === undefined) return handled;
    const defaults = handled.defaults.map((of, index): Defaults => (this.#outputs[index]?.network === true ? { ...of, members: [...of.members, ...own.members] } : of));
    return { ...handled, defaults, begin: () => {
      handled.begin?.();
      own.write();
    } };
  }

  #serviceOf(pod: Pod): string | undefined {
    const container = String(pod['k8s.container.name']);
    if (this.#services.size < MOST_SERVICES) this.#services.add(container);
    return this.#services.has(container) ? container : undefined;
  }

  #of(input: string, service?: string): Handled {
    const key = JSON.stringify([input, service]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const options = this.#inputs[input];
    if (options === undefined) throw new Error(`no input is called ${input}`);
    const machine = { ...(service === undefined ? {} : { service }), ...this.#network };
    const defaults = this.#outputs.map((output) => storeDefaults(this.#arena, output.network ? { ...machine, ...output.fields, ...options.fields } : options.fields, output.dialect.needsTimestamp ? this.#observed : undefined));
    const handled = { ...this.#reading.of(input), defaults };
    this.#known.set(key, handled);
    return handled;
  }
}
