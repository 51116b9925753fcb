import { LEARNED } from '../../parsers/learned/read.ts';
import { plain } from '../../parsers/plain.ts';
import type { Explanation } from '../explain/explainer.ts';

/** Examples that are kept of a kind. */
const MOST_EXAMPLES = 3;
const LONGEST_EXAMPLE = 300;

/** A record that shows how a format is read. */
export interface Specimen {
  readonly line: string;
  readonly format: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What samples of a source hold. */
export class Survey {
  /** Undefined: stdin. */
  readonly path: string | undefined;
  records = 0;
  /** Records that are more than text, that say when, and that say how bad it is. */
  read = 0;
  timed = 0;
  leveled = 0;
  /** Records of more than one line. */
  joined = 0;
  isEnveloped = false;
  /** Records by format, and by the shape that headers were found to have. */
  readonly formats = new Map<string, number>();
  readonly shapes = new Map<string, number>();
  /** Text that nothing was found in, each kind once. */
  readonly unread: string[] = [];
  /** One of each format. */
  readonly specimens: Specimen[] = [];
  readonly #kinds = new Set<string>();

  constructor(path: string | undefined) {
    this.path = path;
  }

  /** The format that most records have. */
  get mainFormat(): string {
    return sorted(this.formats)[0]?.[0] ?? plain.name;
  }

  add(record: Explanation): void {
    const { format, fields, shape, text, line_count: lines, places, why } = record;
    this.records++;
    count(this.formats, format);
    if (shape !== undefined) count(this.shapes, shape);
    if (lines > 1) this.joined++;
    this.isEnveloped ||= places !== undefined;
    if (why.some(({ field, start }) => field === 'timestamp' && start >= 0)) this.timed++; // not the envelope's
    if ('level' in fields) this.leveled++;
    if (format === plain.name) return this.#keepUnread(text);
    this.read++;
    if (format === LEARNED || lines > 1 || text.length > LONGEST_EXAMPLE || this.specimens.some((specimen) => specimen.format === format)) return;
    this.specimens.push({ line: text, format, fields });
  }

  #keepUnread(text: string): void {
    const [line = ''] = text.split('\n');
    const kind = line.replace(/\d+/g, '0').split(/[ \t]+/).slice(0, 2).join(' ');
    if (this.unread.length === MOST_EXAMPLES || this.#kinds.has(kind)) return;
    this.#kinds.add(kind);
    this.unread.push(line);
  }
}

/** The most frequent first. */
export function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
