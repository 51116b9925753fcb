import type { OutputOptions } from './options.ts';
import type { Output } from './output.ts';

/**
 * Makes the output that checked options describe; nothing is opened yet. `name`: its name in the configuration. Only what
 * is used is loaded: all of them together take as long as the start of Node itself.
 */
export async function createOutput(name: string, options: OutputOptions): Promise<Output> {
  switch (options.type) {
    case 'console':
      return (await import('./console.ts')).consoleOutput(name, options);
    case 'file':
      return (await import('./file.ts')).file(name, options);
    case 'elasticsearch':
      return (await import('./elasticsearch.ts')).elasticsearch(name, options);
    case 'cloudwatch':
      return (await import('./cloudwatch.ts')).cloudwatch(name, options);
    case 'datadog':
      return (await import('./datadog.ts')).datadog(name, options);
    case 'otlp':
      return (await import('./otlp.ts')).otlp(name, options);
    case 'kafka':
      return (await import('./kafka.ts')).kafka(name, options);
  }
}
