/** Names and values of labels. */
export type Labels = Readonly<Record<string, string>>;

/** One series of a metric. */
export type Sample = readonly [labels: Labels, value: number];

/** Prometheus' text format 0.0.4. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export class Exposition {
  #text = '';

  get text(): string {
    return this.#text;
  }

  /** `name` without `_total`, which is added. */
  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(`${name}_total`, 'counter', help, samples);
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, 'gauge', help, samples);
  }

  #family(name: string, type: string, help: string, samples: readonly Sample[]): void {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [labels, value] of samples) this.#text += `${name}${labelsOf(labels)} ${value}\n`;
  }
}

function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escape)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escape(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
