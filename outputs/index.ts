import { cloudwatch } from './cloudwatch.ts';
import { consoleOutput } from './console.ts';
import { datadog } from './datadog.ts';
import { elasticsearch } from './elasticsearch.ts';
import { file } from './file.ts';
import { kafka } from './kafka.ts';
import type { OutputOptions } from './options.ts';
import { otlp } from './otlp.ts';
import type { Output } from './output.ts';

/** Makes the output that checked options describe; nothing is opened yet. `name`: its name in the configuration. */
export function createOutput(name: string, options: OutputOptions): Output {
  switch (options.type) {
    case 'console':
      return consoleOutput(name, options);
    case 'file':
      return file(name, options);
    case 'elasticsearch':
      return elasticsearch(name, options);
    case 'cloudwatch':
      return cloudwatch(name, options);
    case 'datadog':
      return datadog(name, options);
    case 'otlp':
      return otlp(name, options);
    case 'kafka':
      return kafka(name, options);
  }
}
