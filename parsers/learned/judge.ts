import { strongLevelAt } from '../values/levels.ts';
import { lookAt, type Cell, type Look } from './look.ts';
import type { Sample } from './sample.ts';
import { shapeOf, type Item, type Role, type Shape } from './shape.ts';

/** A literal, or a column before it is known what it is for. */
export type Draft =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'column'; readonly content: Content; readonly cells: readonly Cell[] };

/** What a column holds: `word` is without blanks, `any` is whatever its marks enclose. */
export type Content = 'time' | 'level' | 'number' | 'word' | 'any';

/** A column with its look and the literals around it. */
interface Place {
  readonly role: Role;
  readonly look: Look;
  readonly before: string;
  readonly after: string;
}

const MOST_UNKNOWN = 4;
const OPENS = /[[({<"'`$@/\\#*]+$/;
const LABEL = /(?:^|[^A-Za-z0-9_])[A-Za-z]\w* ?[=:] ?$/;
const WORTH: Readonly<Record<Role, number>> = { timestamp: 60, level: 60, logger: 20, thread: 20, pid: 15, caller: 25, value: 15, column: -5 };

/** The shape that drafts are, and how good it is; undefined: what is there does not prove that it is a header. */
export function judge(drafts: readonly Draft[], samples: readonly Sample[]): { shape: Shape; score: number } | undefined {
  if (drafts.at(-1)?.kind !== 'literal' || !drafts.some((draft) => draft.kind === 'column' && isAnchor(draft.content))) return undefined;
  const live = new Set(samples);
  const labelled = withoutText(foldLabels(drafts, live));
  if (labelled === undefined) return undefined;
  const places = placesOf(labelled, live);
  if (!isProven(places)) return undefined;
  return { shape: shapeOf(itemsOf(labelled, places)), score: places.reduce((sum, { role }) => sum + WORTH[role], 0) + samples.length };
}

/** A word that is the same in every line, with `=` or `:` and a column behind it, is a label: a part of the literal. */
function foldLabels(drafts: readonly Draft[], live: ReadonlySet<Sample>): Draft[] {
  const folded: Draft[] = [];
  drafts.forEach((draft, index) => {
    const text = draft.kind === 'literal' ? draft.text : index + 2 < drafts.length ? labelOf(draft, drafts[index + 1], live) : undefined;
    const last = folded.at(-1);
    if (text === undefined) folded.push(draft);
    else if (last?.kind === 'literal') folded[folded.length - 1] = { kind: 'literal', text: last.text + text };
    else folded.push({ kind: 'literal', text });
  });
  return folded;
}

/**
 * Marks that every text begins with are the text's: of the last literal only that counts which separates columns before,
 * or else what does not open anything. Undefined: nothing is left of it.
 */
function withoutText(drafts: readonly Draft[]): Draft[] | undefined {
  const last = drafts.at(-1);
  if (last?.kind !== 'literal') return undefined;
  const others = drafts.slice(0, -1).flatMap((draft) => (draft.kind === 'literal' && draft.text.trim() !== '' && last.text.startsWith(draft.text) ? [draft.text] : []));
  const text = others.reduce((longest, other) => (other.length > longest.length ? other : longest), '') || last.text.replace(OPENS, '');
  return text === '' ? undefined : [...drafts.slice(0, -1), { kind: 'literal', text }];
}

function labelOf(draft: Draft, next: Draft | undefined, live: ReadonlySet<Sample>): string | undefined {
  if (draft.kind !== 'column' || draft.content === 'time' || next?.kind !== 'literal' || !/^ ?[=:] ?$/.test(next.text)) return undefined;
  const [text, ...others] = lookAt(draft.cells, live).distinct;
  return others.length === 0 && text !== undefined && /^[A-Za-z]\w*$/.test(text) ? text : undefined;
}

function placesOf(drafts: readonly Draft[], live: ReadonlySet<Sample>): Place[] {
  const places: Place[] = [];
  drafts.forEach((draft, index) => {
    if (draft.kind !== 'column') return;
    const place = { role: 'column' as const, look: lookAt(draft.cells, live), before: literalAt(drafts, index - 1), after: literalAt(drafts, index + 1) };
    places.push({ ...place, role: roleOf(draft.content, place, places) });
  });
  return withLogger(places);
}

function literalAt(drafts: readonly Draft[], index: number): string {
  const draft = drafts[index];
  return draft?.kind === 'literal' ? draft.text : '';
}

/** What a column is by its own look, which must be certain; what is left gets its name from `withLogger`, or none. */
function roleOf(content: Content, place: Place, others: readonly Place[]): Role {
  const { look, before } = place;
  const only = (role: Role): Role => (others.some((other) => other.role === role) ? 'column' : role);
  if (content === 'time') return only('timestamp');
  if (content === 'level') return isCertainLevel(place) ? only('level') : 'column';
  const isLabelled = LABEL.test(before);
  if (content === 'number') return isLabelled ? 'value' : look.isProcess ? only('pid') : 'column';
  if (look.isCaller) return only('caller');
  if (isLabelled) return 'value';
  if (look.isThread) return only('thread');
  return content === 'word' && look.isLogger ? only('logger') : 'column';
}

/** Single letters and words of prose count when there are several of them, or when marks set them off. */
function isCertainLevel({ look: { distinct }, before, after }: Place): boolean {
  if (distinct.length > 2 || distinct.length > 1 && (distinct.some((text) => text.length > 1) || isMarked(before) || isMarked(after))) return true;
  const isStrong = distinct.every((text) => strongLevelAt(Buffer.from(text), 0, text.length) >= 0);
  return isStrong && distinct.every((text) => text === text.toUpperCase() || isMarked(before) && isMarked(after));
}

/** The only simple name of a header that has none better is the logger. */
function withLogger(places: readonly Place[]): Place[] {
  if (places.some(({ role }) => role === 'logger')) return [...places];
  const named = places.filter(({ role, look }) => role === 'column' && look.isVocabulary);
  return places.map((place) => (named.length === 1 && place === named[0] ? { ...place, role: 'logger' } : place));
}

/**
 * Whether the lines prove a header: in front of the last time or level all is header; behind it only what a mark closes
 * and is surely no text. Words between blanks are columns only if both a time and a level stand behind or among them.
 */
function isProven(places: readonly Place[]): boolean {
  const anchor = places.findLastIndex(({ role }) => role === 'timestamp' || role === 'level');
  if (anchor < 0) return false;
  const roles = new Set(places.map(({ role }) => role));
  const isLog = roles.has('timestamp') && roles.has('level');
  const unknown = places.filter(({ role }) => role === 'column');
  if (unknown.length > (roles.has('timestamp') ? MOST_UNKNOWN : 1)) return false;
  const isNamed = places.some(({ role, look }) => role === 'thread' || role === 'caller' || role === 'logger' && look.isQualified);
  if (!isLog && (!isNamed || places.some((place) => isUncertain(place) && !isMarked(place.before) && !isMarked(place.after)))) return false;
  return places.slice(anchor + 1).every((place) => isColumn(place, isLog || isNamed));
}

/** What could as well be a word of the text, or a column of a table. */
function isUncertain({ role, look }: Place): boolean {
  return role === 'column' || role === 'pid' || role === 'logger' && !look.isQualified;
}

/** Whether what stands behind time and level is a column, and not how texts begin. `isLog`: the rest says that it is a log. */
function isColumn({ role, look, before, after }: Place, isLog: boolean): boolean {
  switch (role) {
    case 'column': return false;
    case 'pid': return isMarked(after);
    case 'value': return before.endsWith('=') || /[^ :]/.test(after);
    case 'logger': return look.isQualified || isLog && isMarked(after) && (!after.startsWith(':') || look.isLoggerWord);
    default: return true;
  }
}

function isAnchor(content: Content): boolean {
  return content === 'time' || content === 'level';
}

/** Whether more separates than one blank. */
function isMarked(literal: string): boolean {
  return literal !== ' ' && literal !== '';
}

function itemsOf(drafts: readonly Draft[], places: readonly Place[]): Item[] {
  let column = 0;
  return drafts.map((draft) => (draft.kind === 'literal' ? draft : { kind: 'column', role: places[column++]?.role ?? 'column' }));
}
