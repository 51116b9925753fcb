import { isUtf8 } from 'node:buffer';

const TOKEN = /[ \t\n\r]*([{}[\],:]|"(?:[^"\\]|\\.)*"|[^ \t\n\r{}[\],:"]+)/y;

/** What is wrong with bytes that should be one JSON object on one line, with no key twice at any depth; undefined: nothing. */
export function jsonProblem(line: Buffer): string | undefined {
  if (!isUtf8(line)) return 'not UTF-8';
  const text = line.toString();
  if (!text.endsWith('\n') || text.indexOf('\n') !== text.length - 1) return 'not one line';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const twice = keyTwice(text);
  return twice === undefined ? undefined : `${JSON.stringify(twice)} is there twice`;
}

/** The first key of valid JSON that its object has twice. */
export function keyTwice(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const token = match[1] ?? '';
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = String(JSON.parse(last));
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    last = token;
  }
  return undefined;
}
