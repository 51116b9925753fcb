const TIME_WIDTH = '10:00:00.123 '.length;
const LEVEL_WIDTH = 'ERROR '.length;
const GAP = '  ';
const [LEAST_COLUMNS, NARROW] = [40, 60];

const [BOLD, DIM, RED, YELLOW, CYAN] = ['1', '2', '31', '33', '36'];
const LEVEL_STYLES: ReadonlyMap<string, string> = new Map([['trace', '2'], ['debug', '34'], ['info', '32'], ['warn', '1;33'], ['error', '1;31'], ['fatal', '1;97;41']]);
const MESSAGE_STYLES: ReadonlyMap<string, string> = new Map([['trace', DIM], ['debug', DIM], ['warn', YELLOW], ['error', BOLD], ['fatal', BOLD]]);

/**
 * Renders flat JSON lines for people: time, level, logger and message; then the other fields, on the same line where
 * there is room; then the stack trace. The date is written where it changes.
 */
export class PrettyPrinter {
  readonly #colors: boolean;
  readonly #columns: () => number;
  #date = '';

  constructor(colors: boolean, columns: () => number) {
    this.#colors = colors;
    this.#columns = columns;
  }

  /** `lines`: whole lines, each ended by a newline. */
  print(lines: string): string {
    return lines.split('\n').map((line) => (line === '' ? '' : this.#event(line))).join('');
  }

  #event(line: string): string {
    // `flat` writes objects only; whatever else comes is shown as it is.
    const { timestamp, level, logger, message, stack_trace, ...fields } = parse(line);
    const columns = Math.max(LEAST_COLUMNS, this.#columns());
    const name = String(level ?? '');
    const time = clock(timestamp);
    const margin = (time === '' ? 0 : TIME_WIDTH) + LEVEL_WIDTH;
    const source = logger === undefined ? '' : clean(logger) + GAP;
    const text = wrap(clean(message ?? ''), columns - margin, width(source));
    const head = this.#style(time, DIM) + this.#level(name) + this.#style(source, CYAN);
    const indent = ' '.repeat(columns < NARROW ? GAP.length : margin);
    const body = text.map((part) => this.#style(part, MESSAGE_STYLES.get(name))).join(`\n${' '.repeat(margin)}`);
    const used = margin + width(text.at(-1) ?? '') + (text.length === 1 ? width(source) : 0);
    return `${this.#newDate(timestamp)}${head}${body}${this.#fields(fields, columns, used, indent)}${this.#trace(stack_trace, message, columns, indent)}\n`;
  }

  #newDate(timestamp: unknown): string {
    const date = typeof timestamp === 'string' && TIMESTAMP.test(timestamp) ? timestamp.slice(0, 10) : this.#date;
    if (date === this.#date) return '';
    this.#date = date;
    return `${this.#style(`── ${date} ──`, DIM)}\n`;
  }

  #level(name: string): string {
    const label = name.toUpperCase().slice(0, 5);
    return this.#style(label, LEVEL_STYLES.get(name)) + ' '.repeat(LEVEL_WIDTH - label.length);
  }

  #fields(fields: Record<string, unknown>, columns: number, used: number, indent: string): string {
    const pairs = Object.entries(fields).map(([key, value]) => `${clean(key)}=${show(value)}`);
    if (pairs.length === 0) return '';
    const all = pairs.join(' ');
    if (used + GAP.length + width(all) <= columns) return GAP + this.#style(all, DIM);
    const lines = fill(pairs, columns - indent.length).flatMap((line) => wrap(line, columns - indent.length, 0)); // a pair may be longer than a line
    return lines.map((line) => `\n${indent}${this.#style(line, DIM)}`).join('');
  }

  #trace(trace: unknown, message: unknown, columns: number, indent: string): string {
    const text = String(trace ?? '').trim();
    if (text === '' || String(message ?? '').includes(text)) return '';
    const lines = text.split('\n').map((line) => clean(line.trimEnd()).replace(/^\t+/, (tabs) => GAP.repeat(tabs.length)));
    return lines.map((line) => {
      const isFrame = /^\s/.test(line);
      const shown = isFrame ? [line] : wrap(line, columns - indent.length, 0);
      return shown.map((part) => `\n${indent}${this.#style(part, isFrame ? DIM : RED)}`).join('');
    }).join('');
  }

  #style(text: string, style: string | undefined): string {
    return this.#colors && style !== undefined && text !== '' ? `\x1b[${style}m${text}\x1b[0m` : text;
  }
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

function parse(line: string): Record<string, unknown> {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === 'object' && event !== null ? { ...event } : { message: line };
  } catch {
    return { message: line };
  }
}

/** Time of day to the millisecond, as the source wrote it. */
function clock(timestamp: unknown): string {
  if (typeof timestamp !== 'string' || !TIMESTAMP.test(timestamp)) return '';
  const fraction = /^\.(\d{1,3})/.exec(timestamp.slice(19))?.[1] ?? '';
  return `${timestamp.slice(11, 19)}.${fraction.padEnd(3, '0')} `;
}

function show(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"\\\p{Cc}]+$/u.test(value)) return clean(value);
  return clean(JSON.stringify(value));
}

// A log line must not be able to steer the terminal. Newlines are laid out elsewhere; direction overrides hide what a line says.
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

function clean(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  return text.replace(/\r\n/g, '\n').replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/gu;

/** Columns a text takes, near enough to lay out lines. */
function width(text: string): number {
    return /^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length + (text.match(WIDE)?.length ?? 0);
}

/** Lines of at most `columns`, broken at blanks; a longer word stays whole, so that it can be copied. `used`: what is taken of the first. */
function wrap(text: string, columns: number, used: number): string[] {
  return text.split('\n').flatMap((line, index) => {
    const taken = index === 0 ? used : 0;
    return width(line) + taken <= columns ? [line] : fill(line.split(/(?<=\S) (?=\S)/), columns, taken);
  });
}

/** Puts words on as few lines as take them. */
function fill(words: readonly string[], columns: number, used = 0): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  let taken = used;
  for (const word of words) {
    const more = width(word) + 1;
    if (line.length > 0 && taken + more - 1 > columns) {
      lines.push(line.join(' '));
      [line, taken] = [[], 0];
    }
    line.push(word);
    taken += more;
  }
  return [...lines, line.join(' ')];
}
