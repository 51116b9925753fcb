import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, ParsedNode } from 'yaml';

/** Where a path of a configuration leads to. */
export interface Place {
  /** Position in the text to point at: the value where it is a single one, else its key. */
  readonly offset: number;
  readonly value: Node | undefined;
}

type Path = readonly PropertyKey[];

/** Finds what a schema's issue is about. What is missing is pointed at by the key of the map it is missing from. */
export function locate(document: Document.Parsed<ParsedNode>, path: Path): Place {
  const [value, key] = walk(document, path);
  if (value !== undefined && (isAlias(value) || (isScalar(value) && value.source !== ''))) return place(value, value);
  return place(key ?? value, value);
}

/** The position of the key that `path` ends with. */
export function locateKey(document: Document.Parsed<ParsedNode>, path: Path): number {
  return place(walk(document, path)[1], undefined).offset;
}

/** `inputs.app.paths[0]` */
export function pathName(path: Path): string {
  if (path.length === 0) return 'the configuration';
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${String(step)}`)).join('');
}

/** The node at the end of `path` and its key. Where the path breaks off: no node, and the last key. */
function walk(document: Document.Parsed<ParsedNode>, path: Path): [value: Node | undefined, key: Node | undefined] {
  let value: unknown = document.contents;
  let key: unknown;
  for (const step of path) {
    const inside = isAlias(value) ? value.resolve(document) : value;
    const [next, nextKey] = child(inside, step);
    if (nextKey === undefined) return [undefined, key as Node | undefined]; // parsed documents consist of nodes
    [value, key] = [next, nextKey];
  }
  return [(value ?? undefined) as Node | undefined, key as Node | undefined];
}

function child(node: unknown, step: PropertyKey): [value: unknown, key: unknown] {
  if (isSeq(node)) return [node.items[Number(step)], node.items[Number(step)]];
  if (!isMap(node)) return [undefined, undefined];
  const pair = node.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(step));
  return [pair?.value, pair?.key];
}

function place(node: Node | undefined, value: Node | undefined): Place {
  return { offset: node?.range?.[0] ?? 0, value };
}
