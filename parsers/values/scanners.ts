import { plainReader, type Reader } from '../reader.ts';
import { PlainAccessScanner, type AccessScanner } from './access-scan.ts';
import type { MemberScanner } from './json-scan.ts';
import { PlainScanner } from './plain-scanner.ts';

/** What finds the structure of a format in a chunk's bytes: kernels for the chunks of a lane, plain TypeScript elsewhere. */
export interface Scanners {
  readonly members: MemberScanner;
  readonly access: AccessScanner;
  readonly reader: Reader;
}

export function plainScanners(bytes: Uint8Array): Scanners {
  return { members: new PlainScanner(bytes), access: new PlainAccessScanner(bytes), reader: plainReader };
}
