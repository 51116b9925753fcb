import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { Field } from '../agent/fields.ts';
import { takeJson } from './nested.ts';
import { Byte, isBlank } from './values/bytes.ts';

/** More places than this where an object may begin are not tried: each costs a look at what follows. */
const MOST_TRIES = 4;

/** Hot: whether a text may end with an object of JSON. */
export function mayHaveTail(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 8 && (bytes[end - 1] === Byte.CLOSE_BRACE || bytes[end - 1] === Byte.CLOSE_BRACKET && bytes[end - 2] === Byte.OPEN_BRACKET);
}

/**
 * What a logger appends to its text as JSON, `text {"k":1}`: its members become fields and members. Where it is a column
 * of its own, behind a tab or in double braces, it is no part of the text; else the message stays whole. `[]` behind it
 * is Monolog's empty `extra`.
 */
export function readTail(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const { bytes } = chunk;
  let to = end;
  if (bytes[to - 1] === Byte.CLOSE_BRACKET && bytes[to - 2] === Byte.OPEN_BRACKET && bytes[to - 3] === Byte.SPACE) to -= 3;
  if (bytes[to - 1] !== Byte.CLOSE_BRACE) return;
  for (let at = start, tries = 0; at < to && tries < MOST_TRIES; at++) {
    if (bytes[at] !== Byte.OPEN_BRACE || !(at > start && isBlank(bytes[at - 1]))) continue;
    const isDouble = bytes[at + 1] === Byte.OPEN_BRACE && bytes[to - 2] === Byte.CLOSE_BRACE;
    const from = isDouble ? at + 1 : at;
    if (bytes[from + 1] !== Byte.QUOTE && bytes[from + 1] !== Byte.SPACE) continue;
    tries++;
    const taken = takeJson(chunk, from, isDouble ? to - 1 : to, event);
    if (taken === undefined) continue;
    if (taken && to === end && (isDouble || bytes[at - 1] === Byte.TAB)) cutMessage(bytes, start, at, event);
    return;
  }
}

/** Ends the message before the tail. */
function cutMessage(bytes: Uint8Array, start: number, end: number, event: LogEvent): void {
  let to = end;
  while (to > start && isBlank(bytes[to - 1])) to--;
  if (to > start) event.span(Field.message, start, to);
}
