import { fstatSync } from 'node:fs';
import { OWN_PREFIX } from './log.ts';

const PREFIX = Buffer.from(OWN_PREFIX);

/** Files, as `device:inode`, that shipper itself writes to: events to its stdout, messages to its stderr. */
export function ownFiles(): { readonly events: ReadonlySet<string>; readonly messages: ReadonlySet<string> } {
  const [events, messages] = [keysOf(1), keysOf(2)];
  return { events, messages };
}

/** Whether what begins at `start` is a message of shipper's. */
export function isOwnMessage(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < PREFIX.length; i++) if (bytes[start + i] !== PREFIX[i]) return false;
  return true;
}

function keysOf(descriptor: number): Set<string> {
  const stat = fstatSync(descriptor, { bigint: true });
  return new Set(stat.isFile() ? [`${stat.dev}:${stat.ino}`] : []);
}
