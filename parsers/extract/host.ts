import { Value, type LogEvent } from '../../agent/event.ts';
import { attachedEvent } from '../pair.ts';
import type { Scan } from './scan.ts';
import { rootCause, takeTrace } from './trace.ts';

// What the reading of prose asks of the record that the prose belongs to. A kernel imports these functions.

/** Reads the lines behind the newline at `at`, the first of the message; where its prose ends. */
export function belowFirstLine(scan: Scan, at: number): number {
  const event = attachedEvent();
  if (event === undefined) return scan.end;
  const to = takeTrace(scan, event, at);
  if (rootCause.end > 0) addCause(event);
  scan.taken = event.present | event.blocked;
  return to;
}

/** Adds what caused the exception in the end, as a member: the canonical names have none for it. */
function addCause(itsEvent: LogEvent): void {
  const address = itsEvent.arena.scratchSpace(CAUSE.length);
  if (address < 0) return;
  itsEvent.arena.bytes.set(CAUSE, address);
  itsEvent.arena.scratchShrink(address + CAUSE.length);
  const key = address - itsEvent.base;
  itsEvent.member(key, key + CAUSE.length, rootCause.start, rootCause.end, Value.TEXT, false);
}

const CAUSE = Buffer.from('error_cause');
