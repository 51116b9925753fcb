import { readFileSync } from 'node:fs';
import { isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, ParsedNode } from 'yaml';
import type * as z from 'zod';
import { locate, locateKey, pathName } from './locate.ts';
import { describeIssue } from './messages.ts';
import { problemAt, problemWith } from './problem.ts';
import type { Problem, Text } from './problem.ts';
import { ConfigSchema } from './schema.ts';
import type { Config } from './schema.ts';
import { secretRanges } from './secrets.ts';
import { substituteAll } from './substitute.ts';
import { danglingAliases, isBroken, syntaxProblems } from './syntax.ts';

export { formatProblem } from './problem.ts';
export type { Problem } from './problem.ts';

/** A configuration that is right, or everything that is wrong with it. `problemAt`: says something about what stands at a path of it. */
export type Loaded = { readonly ok: true; readonly config: Config; readonly problemAt: (path: readonly PropertyKey[], message: string) => Problem } | { readonly ok: false; readonly problems: readonly Problem[] };

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'is a directory, not a configuration file',
  EACCES: 'this user may not read it',
};

/** Reads and checks a configuration file. */
export function loadConfig(file: string, env: NodeJS.ProcessEnv): Loaded {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException; // what fs throws
    return { ok: false, problems: [problemWith(file, UNREADABLE[code] ?? message)] };
  }
  return parseConfig(file, content, env);
}

/** Checks the text of a configuration; `file` is what messages call it. Problems come in the order of its lines. */
export function parseConfig(file: string, content: string, env: NodeJS.ProcessEnv): Loaded {
  const text = content.replace(/^\ufeff/, '');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const source: Text = { file, text, lines, secrets: secretRanges(document, text, isBroken(document)) };
  const problems = [...syntaxProblems(document, source), ...danglingAliases(document, source)];
  // Without an anchor there is no data to check. Neither is there in an empty file, which mostly is one that did not get mounted.
  if (isBroken(document) || problems.length > document.errors.length) return { ok: false, problems };
  if (document.contents === null) return { ok: false, problems: [problemWith(file, 'is empty: it must say what to read and where to send it')] };

  const unset = new Set<Node>();
  problems.push(...substituteAll(document, source, env, unset));
  const data = toData(document);
  if (data === undefined) return { ok: false, problems: [problemWith(file, 'uses its anchors too often')] };
  const result = ConfigSchema.safeParse(data, { error: describeIssue });
  const problemOf = (path: readonly PropertyKey[], message: string): Problem => problemAt(source, locate(document, path).offset, `${pathName(path)} ${message}`);
  if (result.success && problems.length === 0) return { ok: true, config: result.data, problemAt: problemOf };
  for (const issue of result.error?.issues ?? []) problems.push(...issueProblems(issue, document, source, unset));
  return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/** The document as plain data; undefined where aliases of aliases would blow it up. */
function toData(document: Document.Parsed<ParsedNode>): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function issueProblems(issue: z.core.$ZodIssue, document: Document.Parsed<ParsedNode>, source: Text, unset: ReadonlySet<Node>): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n'); // describeIssue writes one line per key
    return issue.keys.map((key, i) => {
      const path = [...issue.path, key];
      return problemAt(source, locateKey(document, path), `${pathName(path)} ${messages[i] ?? ''}`);
    });
  }
  return innermost(issue).flatMap(({ path, message }) => {
    const { offset, value } = locate(document, path);
    if (value !== undefined && unset.has(value)) return [];
    return [problemAt(source, offset + within(issue, value, source.text), `${pathName(path)} ${message}`)];
  });
}

/** How far into a text an issue about one of its characters points: only where the text stands in the file as it is. */
function within(issue: z.core.$ZodIssue, value: Node | undefined, text: string): number {
  const at: unknown = issue.code === 'custom' ? issue.params?.['at'] : undefined;
  if (typeof at !== 'number' || !isScalar(value) || typeof value.value !== 'string' || !value.range) return 0;
  const found = text.slice(value.range[0], value.range[1]).indexOf(value.value);
  return found < 0 ? 0 : found + at;
}

/** Where one or a list is allowed, and an entry of the list is wrong, it is about that entry. */
function innermost(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  const branches = issue.code === 'invalid_union' ? issue.errors : [];
  const inner = branches.find((issues) => issues.length > 0 && issues.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys' || code === 'custom')) ?? [];
  return inner.length === 0 ? [issue] : inner.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}
