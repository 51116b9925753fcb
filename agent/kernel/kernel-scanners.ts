import type { Arena } from '../arena.ts';
import type { Scanners } from '../../parsers/values/scanners.ts';
import { ACCESS_BYTES, KernelAccessScanner } from './kernel-access.ts';
import { KernelReader, READER_BYTES } from './kernel-reader.ts';
import { KernelScanner, MEMBERS_BYTES, type Identify } from './kernel-scanner.ts';
import { loadAccess, loadMembers } from './kernel.ts';

/** Bytes the scanners claim of an arena. */
export const SCANNER_BYTES = MEMBERS_BYTES + ACCESS_BYTES + READER_BYTES;

/** The scanners of the chunks that lie in the arena's input region. */
export function kernelScanners(arena: Arena, identify: Identify): Scanners {
  const members = new KernelScanner(arena, loadMembers(arena), identify);
  const access = new KernelAccessScanner(arena, loadAccess(arena));
  return { members, access, reader: new KernelReader(arena, members.alone, access.alone) };
}
