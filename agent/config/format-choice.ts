/** A pattern of the user's own: what it is written in, and its text. */
export interface PatternText {
  readonly regex?: string | undefined;
  readonly grok?: string | undefined;
}

/** What `format` of an input may be: a name, a pattern, or a list of them. */
export type FormatChoice = string | PatternText | readonly (string | PatternText)[];

/** One or a list, with the path to each from the option. */
export function entriesOf<T>(given: T | readonly T[]): [T, PropertyKey[]][] {
  return isList(given) ? given.map((one, index): [T, PropertyKey[]] => [one, [index]]) : [[given, []]];
}

function isList<T>(given: T | readonly T[]): given is readonly T[] {
  return Array.isArray(given);
}
