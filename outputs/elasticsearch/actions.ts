import { ecs } from '../dialects/ecs.ts';
import { memberAt } from '../json-members.ts';

const PLACEHOLDER = /\{([\w.-]+)\}/;
const [NEWLINE, QUOTE] = [0x0a, 0x22];
/** What the encoder writes before a record, up to its id. */
const ACTION = Buffer.from('{"create":{"_id":"');
/** What a record that has no such field is filed under. */
const UNKNOWN = 'unknown';
/** Of a data stream's parts; of a whole name, in bytes. */
const [LONGEST_PART, LONGEST] = [100, 255];
const MOST_NAMES = 1_000;

/** Whether the index is another one for each record. */
export function isTemplate(index: string): boolean {
  return PLACEHOLDER.test(index);
}

/** The pattern of all indices that a template makes; the name itself where there is none. */
export function patternOf(index: string): string {
  return index.replaceAll(new RegExp(PLACEHOLDER, 'g'), '*').replace(/\*+/g, '*');
}

export interface ActionOptions {
  /** Whether records keep their ids; time series of OpenSearch Serverless take none. */
  readonly keepsIds: boolean;
  /** The template of their index; absent: the address names it. */
  readonly index?: IndexTemplate;
}

/** The body with other action lines: without ids, or with the index of each record. */
export function withActions(body: Uint8Array<ArrayBuffer>, { keepsIds, index }: ActionOptions): Buffer<ArrayBuffer> {
  const source = Buffer.from(body.buffer, body.byteOffset, body.length);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < source.length; ) {
    const idEnd = source.indexOf(QUOTE, at + ACTION.length);
    const start = source.indexOf(NEWLINE, idEnd) + 1;
    const end = lineEnd(source, start);
    const id = keepsIds ? `"_id":"${source.toString('latin1', at + ACTION.length, idEnd)}"` : '';
    const name = index === undefined ? '' : `"_index":${JSON.stringify(index.of(source, start, end - 1))}`;
    pieces.push(Buffer.from(`{"create":{${name}${name !== '' && id !== '' ? ',' : ''}${id}}}\n`), source.subarray(start, end));
    at = end;
  }
  return Buffer.concat(pieces);
}

/** Behind the newline. */
function lineEnd(source: Buffer, start: number): number {
  const newline = source.indexOf(NEWLINE, start);
  return newline < 0 ? source.length : newline + 1;
}

/** An index whose name is made of a record's fields: `logs-{service}-{env}`. */
export class IndexTemplate {
  /** Text and names in turn, text first. */
  readonly #texts: readonly string[];
  readonly #paths: readonly (readonly string[])[];
  /** Names by the values they are made of: most records of a batch have the same. */
  readonly #names = new Map<string, string>();

  constructor(template: string) {
    const parts = template.split(new RegExp(PLACEHOLDER, 'g'));
    this.#texts = parts.filter((_, at) => at % 2 === 0);
    this.#paths = parts.filter((_, at) => at % 2 === 1).map(pathOf);
  }

  /** Of the document at [start, end). */
  of(body: Buffer, start: number, end: number): string {
    const values = this.#paths.map((path) => valueAt(body, start, end, path));
    const key = values.join('\n'); // a value's own line ends are escaped
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#make(values);
      if (this.#names.size < MOST_NAMES) this.#names.set(key, name);
    }
    return name;
  }

  #make(values: readonly string[]): string {
    const name = this.#texts.map((text, at) => (at === 0 ? text : `${part(values[at - 1] ?? '')}${text}`)).join('');
    return Buffer.from(name).subarray(0, LONGEST).toString().replace(/\ufffd+$/, '');
  }
}

/** Where the dialect puts a field; other names are those of the record's own keys. */
function pathOf(name: string): readonly string[] {
  return ecs.leaves.find(({ field }) => field === name)?.path ?? name.split('.');
}

/** As JSON; empty: there is none, or it is no value that can be a name. */
function valueAt(body: Buffer, start: number, end: number, path: readonly string[]): string {
  const member = memberAt(body, start, end, path);
  const json = member === undefined ? '' : body.toString('utf8', member.start, member.end);
  return /^[{[n]/.test(json) ? '' : json;
}

/** A part of a data stream's name has no capitals, no hyphen and none of `\ / * ? " < > | , # :` or blanks. */
function part(json: string): string {
  const value: unknown = json === '' ? '' : JSON.parse(json);
  const text = String(value).toLowerCase().replace(/[^\p{Ll}\p{Lo}\p{N}._]/gu, '_').replace(/^[._]+/, '');
  return Buffer.from(text).subarray(0, LONGEST_PART).toString().replace(/\ufffd+$/, '') || UNKNOWN;
}
