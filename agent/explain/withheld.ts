import type { Why } from './explain-sink.ts';

/** Something that looks like a field's value, and was not taken for it. Positions are bytes from the record's start. */
export interface Withheld extends Omit<Why, 'rule'> {
  readonly reason: string;
}

/** What is no more than a guess, by field: how it looks, and what it would take. */
const GUESSES: readonly { readonly fields: readonly string[]; readonly pattern: RegExp; readonly reason: string }[] = [
  { fields: ['duration_ms'], pattern: /\b\d+(?:\.\d+)? ?(?:ns|us|ms|s|sec|secs|seconds?|min|minutes?|hours?|days?)\b/, reason: 'nothing says that something took so long: it may be a limit, a wait or an age' },
  { fields: ['user_id'], pattern: /\b[Uu]sers?\b[ :=]+[\w.@-]+/, reason: 'what follows the word is no id or name of a user' },
  { fields: ['client_ip'], pattern: /\b(?:\d{1,3}\.){3}\d{1,3}\b/, reason: "nothing says that it is the client's" },
  { fields: ['request_id', 'trace_id', 'session_id', 'span_id'], pattern: /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/i, reason: 'nothing says what it identifies' },
];
/** A message is looked through so far, in bytes. */
const LOOKED_AT = 4_096;

/** Guesses that were not made about the message of a record, since a wrong value is worse than none. */
export function withheld(text: string, why: readonly Why[]): Withheld[] {
  const message = why.find(({ field }) => field === 'message');
  if (message === undefined || message.start < 0) return [];
  const bytes = Buffer.from(text).subarray(message.start, Math.min(message.end, message.start + LOOKED_AT)).toString('latin1');
  return GUESSES.flatMap(({ fields, pattern, reason }) => {
    const found = pattern.exec(bytes);
    const [field = ''] = fields;
    if (found === null || why.some((other) => fields.includes(other.field))) return [];
    const start = message.start + found.index;
    return [{ field, reason, start, end: start + found[0].length }];
  });
}
