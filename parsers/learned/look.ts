import { isCaller, isLoggerWord, isQualified, isSimpleName, isThreadName } from '../values/names.ts';
import type { Sample } from './sample.ts';

/** What a column holds in one line. */
export interface Cell {
  readonly sample: Sample;
  readonly start: number;
  readonly end: number;
}

/** What the values of a column have in common. */
export interface Look {
  readonly texts: readonly string[];
  readonly distinct: readonly string[];
  /** Places in code, as `server.go:12`. */
  readonly isCaller: boolean;
  readonly isThread: boolean;
  /** Packages, classes and modules: `com.acme.Shop`, `app::models`. */
  readonly isLogger: boolean;
  /** All have more than one part. */
  readonly isQualified: boolean;
  /** Words such as a logger is called by, before a colon. */
  readonly isLoggerWord: boolean;
  readonly isProcess: boolean;
  /** Simple names that come again and again, more than one of them, and not all of them numbered. */
  readonly isVocabulary: boolean;
}

/** So many different ones, of all, say that they are no names. */
const MOST_DISTINCT = 0.6;
const HEX = /^0x[0-9a-fA-F]{4,16}$/;
const THREAD = /^main$|thread|worker|exec|pool/i;

/** Looks by cells and by the number of lines that are left: a search meets the same columns again and again. */
const known = new WeakMap<readonly Cell[], Map<number, Look>>();

/** What the cells of those lines have in common that are still `live`. */
export function lookAt(cells: readonly Cell[], live: ReadonlySet<Sample>): Look {
  const looks = known.get(cells) ?? new Map<number, Look>();
  known.set(cells, looks);
  const look = looks.get(live.size) ?? newLook(cells.filter(({ sample }) => live.has(sample)).map(({ sample, start, end }) => sample.text.slice(start, end).trim()));
  looks.set(live.size, look);
  return look;
}

function newLook(texts: readonly string[]): Look {
  const distinct = [...new Set(texts)];
  const all = (is: (bytes: Uint8Array, start: number, end: number) => boolean): boolean => distinct.every((text) => isOf(is, text));
  const qualified = texts.filter((text) => isOf(isQualified, text)).length;
  return {
    texts,
    distinct,
    isCaller: all(isCaller),
    // A name that never changes and has no more of a thread than a number at its end may be a host's.
    isThread: distinct.every((text) => HEX.test(text)) || all(isThreadName) && (distinct.length > 1 || THREAD.test(distinct[0] ?? '')),
    isLogger: qualified * 2 >= texts.length && distinct.every((text) => isOf(isQualified, text) || isOf(isSimpleName, text)),
    isQualified: qualified === texts.length,
    isLoggerWord: all(isLoggerWord) && distinct.length <= Math.max(2, texts.length / 2),
    // Two to seven digits that hardly change: a counter or an amount would. Three may be the status of a request.
    isProcess: distinct.length <= Math.max(1, texts.length / 8) && distinct.every((text) => /^(?!\d{3}$)[1-9]\d{1,6}$/.test(text)),
    isVocabulary: distinct.length > 1 && distinct.length <= Math.max(2, texts.length * MOST_DISTINCT) && all(isSimpleName) && distinct.some((text) => !/\d/.test(text)),
  };
}

function isOf(is: (bytes: Uint8Array, start: number, end: number) => boolean, text: string): boolean {
  const bytes = Buffer.from(text, 'latin1');
  return is(bytes, 0, bytes.length);
}
