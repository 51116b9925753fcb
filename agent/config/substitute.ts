import { isScalar, visit } from 'yaml';
import type { Document, Node, ParsedNode } from 'yaml';
import { problemAt } from './problem.ts';
import type { Problem, Text } from './problem.ts';

const REFERENCE = /\$\$|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g;

/** A reference that has no value: the text it consists of, and what is wrong with it. */
interface BadReference {
  readonly text: string;
  readonly message: string;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` by the environment's values; `$$` is a `$`. The default also stands in for
 * an empty value, as in a shell. What comes in is text and nothing else: it can't add options.
 */
export function substitute(text: string, env: NodeJS.ProcessEnv): { value: string; bad: BadReference[] } {
  const bad: BadReference[] = [];
  const value = text.replace(REFERENCE, (whole: string, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$$') return '$';
    if (name === undefined) {
      bad.push({ text: whole, message: 'not a reference: write ${NAME} or ${NAME:-default}, or $$ for a $' });
      return whole;
    }
    const found = env[name];
    if (fallback !== undefined) return found === undefined || found === '' ? fallback : found;
    if (found === undefined) bad.push({ text: whole, message: `${name} is not set in the environment; \${${name}:-default} would give a default` });
    return found ?? whole;
  });
  return { value, bad };
}

/** Does so in all values of a document. `unset` gets the nodes that have no value: what else is wrong with them does not matter. */
export function substituteAll(document: Document.Parsed<ParsedNode>, source: Text, env: NodeJS.ProcessEnv, unset: Set<Node>): Problem[] {
  const problems: Problem[] = [];
  visit(document, (position, node) => {
    if (position === 'key' || !isScalar(node) || typeof node.value !== 'string' || !node.value.includes('$')) return;
    const { value, bad } = substitute(node.value, env);
    let from = node.range?.[0] ?? 0;
    for (const { text, message } of bad) {
      from = Math.max(from, source.text.indexOf(text, from));
      problems.push(problemAt(source, from, message));
      from += text.length;
      unset.add(node);
    }
    node.value = value;
  });
  return problems;
}
