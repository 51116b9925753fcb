import { isPair, isScalar, visit } from 'yaml';
import type { Document, ParsedNode } from 'yaml';
import { closest } from './did-you-mean.ts';

/** [start, end) of a text. */
export type Range = readonly [number, number];

const SECRETS = ['api_key', 'password', 'bearer_token'];
const LIKE_A_SECRET = /key|pass|pw|token|secret|auth|credential|headers/i;
// In front of an address's host, with or without a scheme, and whatever characters the password should not have had.
const USERINFO = /(?<=:\/\/)[^\s"']*(?=@)|(?<![^\s"'[{,])[^\s"':/]+:(?!\/\/)[^\s"']*(?=@)/g;
const ONLY_A_REFERENCE = /^["']?\$\{\w+\}["']?$/;

/** Whether what stands under this key may not be shown. A misspelled key hides its value as well. */
export function isSecretKey(key: string): boolean {
  if (/_file$/i.test(key)) return false;
  return LIKE_A_SECRET.test(key) || closest(key, SECRETS) !== undefined;
}

/** Where secrets lie in a configuration. `broken`: its syntax is wrong, so that keys are looked for line by line as well. */
export function secretRanges(document: Document.Parsed<ParsedNode>, text: string, broken: boolean): Range[] {
  const ranges: Range[] = [...text.matchAll(USERINFO)].map((match) => [match.index, match.index + match[0].length]);
  visit(document, (_, node) => {
    if (!isPair(node) || !isScalar(node.key) || !isSecretKey(String(node.key.value))) return;
    const keyEnd = node.key.range?.[1] ?? 0;
    const start = text.slice(keyEnd).search(/[^:\s]/) + keyEnd; // a tag or an anchor is before the value, and may be a secret without quotes
    const end = (node.value as ParsedNode | null)?.range[1] ?? 0; // parsed nodes have ranges
    if (end > start && !ONLY_A_REFERENCE.test(text.slice(start, end))) ranges.push([start, end]);
  });
  if (broken) for (const match of text.matchAll(/([\w-]+)["']?[ \t]*:[ \t]*(\S.*)/g)) if (isSecretKey(match[1] ?? '')) ranges.push(tail(match));
  return ranges.sort((a, b) => a[0] - b[0]);
}

/** The part of `text` at [start, end) with secrets as `***`, and where `at` has moved to in it. */
export function masked(text: string, [start, end]: Range, at: number, secrets: readonly Range[]): { line: string; at: number } {
  let line = '';
  let moved = 0;
  let done = start;
  for (const [from, to] of secrets) {
    if (to <= done || from >= end) continue;
    line += text.slice(done, Math.max(from, done)) + '***';
    const hidden = Math.min(to, end);
    if (at > from) moved += at >= hidden ? 3 - (hidden - Math.max(from, done)) : from - at;
    done = hidden;
  }
  return { line: line + text.slice(done, end), at: Math.max(0, at - start + moved) };
}

function tail(match: RegExpExecArray): Range {
  const end = match.index + match[0].length;
  return [end - (match[2] ?? '').length, end];
}
