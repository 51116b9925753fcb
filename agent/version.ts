import { readFileSync } from 'node:fs';

/** The version in package.json, which is beside the folder of the sources, and one up from that of the build. */
export function version(): string {
  return (known ??= find());
}

let known: string | undefined;

function find(): string {
  const found = ['../package.json', '../../package.json'].map(read).find((text) => text !== undefined);
  const { version } = JSON.parse(found ?? '{}') as { version?: string };
  return version ?? 'unknown';
}

function read(relative: string): string | undefined {
  try {
    return readFileSync(new URL(relative, import.meta.url), 'utf8');
  } catch {
    return undefined;
  }
}
