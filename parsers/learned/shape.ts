/**
 * What a column of a header is. `value`: what the label in front of it says. `column`: nobody knows; it is kept under a
 * name of its own, so that it is neither lost nor in the way of the text.
 */
export const ROLES = ['timestamp', 'level', 'logger', 'thread', 'pid', 'caller', 'value', 'column'] as const;
export type Role = (typeof ROLES)[number];

/** Constant text between columns, or a column. In a literal, one blank stands for any number of them, and two for two or more. */
export type Item =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'column'; readonly role: Role };

/** How the header of a stream looks: literals and columns in turn, then the text. */
export interface Shape {
  readonly items: readonly Item[];
  /** The same for people and for the checkpoint: `<level> | <thread> | <message>`. */
  readonly text: string;
}

/** More would be a table. */
export const MOST_COLUMNS = 12;
const LONGEST_TEXT = 400;
const ITEM = /<([a-z]+)(?:_\d+)?>|((?:\\[\\<nt]|[^<\\])+)/y;

export function shapeOf(items: readonly Item[]): Shape {
  let columns = 0;
  const parts = items.map((item) => {
    if (item.kind === 'literal') return item.text.replace(/[\\<]/g, '\\$&').replaceAll('\t', '\\t');
    columns++;
    return item.role === 'column' ? `<${columnName(columns)}>` : `<${item.role}>`;
  });
  return { items, text: `${parts.join('')}<message>` };
}

/** Reads a shape that was kept as text; undefined: it is none. */
export function parseShape(text: string): Shape | undefined {
  const items: Item[] = [];
  if (text.length > LONGEST_TEXT) return undefined;
  for (ITEM.lastIndex = 0; ITEM.lastIndex < text.length; ) {
    const found = ITEM.exec(text);
    if (found === null) return undefined;
    const [, name, literal] = found;
    if (name === 'message') return ITEM.lastIndex === text.length && isRegular(items) ? shapeOf(items) : undefined;
    if (literal !== undefined) items.push({ kind: 'literal', text: literal.replaceAll('\\t', '\t').replace(/\\([\\<])/g, '$1') });
    else if (isRole(name)) items.push({ kind: 'column', role: name });
    else return undefined;
  }
  return undefined;
}

/** The name of a column that nobody knows, counted from 1. */
export function columnName(position: number): string {
  return `column_${position}`;
}

function isRole(name: string | undefined): name is Role {
  return (ROLES as readonly (string | undefined)[]).includes(name);
}

/** A column ends where the literal behind it begins, so one must follow each. */
function isRegular(items: readonly Item[]): boolean {
  const columns = items.filter(({ kind }) => kind === 'column').length;
  return columns > 0 && columns <= MOST_COLUMNS && items.at(-1)?.kind === 'literal' && items.every(({ kind }, index) => kind !== items[index + 1]?.kind);
}
