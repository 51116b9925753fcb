import { columnName, type Role, type Shape } from './shape.ts';

/** A shape as a regular expression with named groups, which a user can change: what each group matches goes by its name. */
export function regexOf({ items }: Shape): string {
  let columns = 0;
  const parts = items.map((item) => {
    if (item.kind === 'literal') return literal(item.text);
    columns++;
    return `(?<${item.role === 'column' || item.role === 'value' ? columnName(columns) : item.role}>${VALUES[item.role] ?? '.+?'})`;
  });
  return `${parts.join('')}(?<message>.*)`;
}

const VALUES: Partial<Readonly<Record<Role, string>>> = { timestamp: '\\S.+?', level: '\\w+', pid: '\\d+', logger: '\\S+?', thread: '\\S.*?', caller: '\\S+?' };

function literal(text: string): string {
  if (text === ' ') return '\\s+';
  if (text === '  ') return '\\s\\s+';
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll('\t', '\\t').replaceAll(/ +/g, '\\s*');
}
