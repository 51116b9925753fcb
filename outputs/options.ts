import * as z from 'zod';
import { CloudWatchOptions, cloudwatchFlag } from './cloudwatch-options.ts';
import { ConsoleOptions, consoleFlag } from './console-options.ts';
import { DatadogOptions, datadogFlag } from './datadog-options.ts';
import { ElasticsearchOptions, elasticsearchFlag } from './elasticsearch-options.ts';
import { FileOptions, fileFlag } from './file-options.ts';
import { KafkaOptions, kafkaFlag } from './kafka-options.ts';
import { OtlpOptions, otlpFlag } from './otlp-options.ts';

/** Options of every output there is, told apart by `type`. */
export const OutputOptions = z.discriminatedUnion('type', [ConsoleOptions, FileOptions, ElasticsearchOptions, CloudWatchOptions, DatadogOptions, OtlpOptions, KafkaOptions]);
export type OutputOptions = z.output<typeof OutputOptions>;

/** What `-o TYPE=VALUE` of the command line means, by type: options, not checked yet. */
export const OUTPUT_FLAGS: ReadonlyMap<string, { usage: string; read: (value: string | undefined, env: NodeJS.ProcessEnv) => Record<string, unknown> }> = new Map([
  ['console', { usage: 'console', read: consoleFlag }],
  ['file', { usage: 'file=PATH', read: fileFlag }],
  ['elasticsearch', { usage: 'elasticsearch=URL', read: elasticsearchFlag }],
  ['cloudwatch', { usage: 'cloudwatch=GROUP[/STREAM]', read: cloudwatchFlag }],
  ['datadog', { usage: 'datadog', read: datadogFlag }],
  ['otlp', { usage: 'otlp=URL', read: otlpFlag }],
  ['kafka', { usage: 'kafka=BROKERS/TOPIC', read: kafkaFlag }],
]);
