import { isAlias, isScalar, visit } from 'yaml';
import type { Document, ErrorCode, ParsedNode, YAMLError } from 'yaml';
import { problemAt } from './problem.ts';
import type { Problem, Text } from './problem.ts';

// yaml's own messages speak of YAML's grammar, and quote what stands there, which may be a secret.
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  BAD_DQ_ESCAPE: 'not an escape sequence: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_SCALAR_START: 'text that begins with this character must be in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'text with ": " in it must be in quotes; options of a map go on lines of their own',
  DUPLICATE_KEY: 'this key stands in the same map twice',
  MULTILINE_IMPLICIT_KEY: 'a ":" is missing behind this key',
  MULTIPLE_DOCS: 'a configuration is one document: no --- in the middle',
  TAB_AS_INDENT: 'indent with spaces: YAML takes no tabs',
  TAG_RESOLVE_FAILED: 'text that begins with ! must be in quotes',
  UNEXPECTED_TOKEN: 'this does not belong here; text with special characters must be in quotes',
};

/** Whether the document can't be made sense of. A key that is there twice does not keep the rest from being checked. */
export function isBroken(document: Document.Parsed<ParsedNode>): boolean {
  return document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
}

/** Every key that is there twice, and the first of the other errors: those behind it are mostly its consequences. */
export function syntaxProblems(document: Document.Parsed<ParsedNode>, source: Text): Problem[] {
  const errors: YAMLError[] = document.errors.filter((error) => error.code === 'DUPLICATE_KEY');
  const first = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
  if (first !== undefined) errors.push(first);
  return [...errors, ...document.warnings].map((error) => problemAt(source, offsetOf(error, document, source.text), message(error)));
}

/** `*name` where there is no `&name`: yaml finds out only when it is too late to say where. */
export function danglingAliases(document: Document.Parsed<ParsedNode>, source: Text): Problem[] {
  const problems: Problem[] = [];
  visit(document, (_, node) => {
    if (!isAlias(node) || node.resolve(document) !== undefined) return;
    problems.push(problemAt(source, node.range?.[0] ?? 0, 'text that begins with * must be in quotes: there is no anchor of this name'));
  });
  return problems;
}

/** Where to point. What is never closed is noticed at the end of the file, where there is nothing to see. */
function offsetOf(error: YAMLError, document: Document.Parsed<ParsedNode>, text: string): number {
  let offset = Math.min(error.pos[0], text.trimEnd().length);
  if (!isOpenQuote(error)) return offset;
  visit(document, (_, node) => {
    if (isScalar(node) && node.type?.startsWith('QUOTE')) offset = node.range?.[0] ?? offset;
  });
  return offset;
}

function message(error: YAMLError): string {
  if (isOpenQuote(error)) return 'the quote that begins here is never closed';
  if (error.code === 'MISSING_CHAR') return 'a ":" is missing behind this key';
  const bracket = /^Flow .* end with a ([\]}])/.exec(error.message)?.[1];
  if (bracket !== undefined) return `a ${bracket} is missing, or this line is not indented enough`;
  return MESSAGES[error.code] ?? `is not valid YAML (${error.code})`;
}

function isOpenQuote(error: YAMLError): boolean {
  return error.code === 'MISSING_CHAR' && error.message.startsWith('Missing closing');
}
