import { plainProse } from '../extract/plain-prose.ts';
import type { ProseReader } from '../extract/index.ts';
import { PlainAccessScanner, type AccessScanner } from './access-scan.ts';
import type { MemberScanner } from './json-scan.ts';
import { PlainScanner } from './plain-scanner.ts';

/** What finds the structure of a format in a chunk's bytes: kernels for the chunks of a lane, plain TypeScript elsewhere. */
export interface Scanners {
  readonly members: MemberScanner;
  readonly access: AccessScanner;
  readonly prose: ProseReader;
}

export function plainScanners(bytes: Uint8Array): Scanners {
  return { members: new PlainScanner(bytes), access: new PlainAccessScanner(bytes), prose: plainProse };
}
