import type { LogEvents } from './events.ts';
import { messageOf } from './events.ts';
import { memberOf } from '../json-members.ts';

/** Numbers of the records that CloudWatch makes metrics of. */
export interface MetricOptions {
  readonly namespace: string;
  /** Unit of each number, by the name of its field. */
  readonly fields: Readonly<Record<string, string>>;
  readonly dimensions: readonly string[];
}

/** Units of CloudWatch. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
export const UNITS = [
  'None', 'Seconds', 'Microseconds', 'Milliseconds', 'Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits', 'Percent', 'Count',
  'Bytes/Second', 'Kilobytes/Second', 'Megabytes/Second', 'Gigabytes/Second', 'Terabytes/Second', 'Bits/Second', 'Kilobits/Second', 'Megabits/Second', 'Gigabits/Second', 'Terabits/Second', 'Count/Second',
] as const;

const AWS = Buffer.from('_aws');
/** What CloudWatch takes as a dimension's value. */
const DIMENSION_CHARACTERS = 1024;

/**
 * Puts `_aws` in front of the records that have some of the numbers and all of the dimensions, so that CloudWatch makes
 * metrics of them. A record that has `_aws` already is the application's own business.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class Metrics {
  readonly #options: MetricOptions;
  readonly #fields: readonly { readonly name: string; readonly key: Buffer; readonly unit: string }[];
  readonly #dimensions: readonly Buffer[];

  constructor(options: MetricOptions) {
    this.#options = options;
    this.#fields = Object.entries(options.fields).map(([name, unit]) => ({ name, key: Buffer.from(name), unit }));
    this.#dimensions = options.dimensions.map((name) => Buffer.from(name));
  }

  embed(events: LogEvents): void {
    for (let index = 0; index < events.count; index++) {
      const message = messageOf(events, index);
      const found = this.#fields.filter(({ key }) => isNumber(message, key));
      if (found.length === 0 || !this.#dimensions.every((key) => isDimension(message, key)) || valueOf(message, AWS) !== undefined) continue;
      events.replaced.set(index, Buffer.concat([Buffer.from(`{"_aws":${this.#directive(found, events.timesMs[index] as number)},`), message.subarray(1)]));
    }
  }

  #directive(found: readonly { readonly name: string; readonly unit: string }[], timeMs: number): string {
    const { namespace, dimensions } = this.#options;
    const metrics = found.map(({ name, unit }) => ({ Name: name, Unit: unit }));
    return JSON.stringify({ Timestamp: timeMs, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [dimensions], Metrics: metrics }] });
  }
}

function valueOf(message: Uint8Array, key: Buffer): string | undefined {
  const value = memberOf(message, 0, message.length, key);
  return value === undefined ? undefined : Buffer.from(message.subarray(value.start, value.end)).toString();
}

/** A finite one: JSON has no others, but 1e999 is written like one. */
function isNumber(message: Uint8Array, key: Buffer): boolean {
  const value = valueOf(message, key);
  return value !== undefined && /^[-\d]/.test(value) && Number.isFinite(Number(value));
}

function isDimension(message: Uint8Array, key: Buffer): boolean {
  const value = valueOf(message, key);
  return value !== undefined && /^"[^]*\S[^]*"$/.test(value) && value.length - 2 <= DIMENSION_CHARACTERS;
}
