import type { LineCounter } from 'yaml';
import { masked } from './secrets.ts';
import type { Range } from './secrets.ts';

/** What is wrong with a configuration, and where. `line` 0: with the file as a whole. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The line itself, secrets hidden, and how many characters of it stand before the caret. */
  readonly source: string;
  readonly caret: number;
}

/** A configuration file's text and what is needed to point into it. */
export interface Text {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly secrets: readonly Range[];
}

/** A problem with what stands at `offset`. */
export function problemAt(source: Text, offset: number, message: string): Problem {
  const { line, col } = source.lines.linePos(offset);
  const start = offset - col + 1;
  const newline = source.text.indexOf('\n', start);
  const end = newline < 0 ? source.text.length : newline;
  const shown = masked(source.text, [start, end], offset, source.secrets);
  return { file: source.file, line, column: col, message, source: shown.line.trimEnd(), caret: shown.at };
}

/** A problem with the file as a whole. */
export function problemWith(file: string, message: string): Problem {
  return { file, line: 0, column: 0, message, source: '', caret: 0 };
}

/** `FILE:LINE:COLUMN: message`, then the line and a caret. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, source, caret } = problem;
  if (line === 0) return `${file}: ${message}\n`;
  const indent = source.slice(0, caret).replace(/[^\t]/g, ' ').padEnd(caret);
  return `${file}:${line}:${column}: ${message}\n    ${source}\n    ${indent}^\n`;
}
