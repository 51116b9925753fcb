/**
 * Checks of what shipper itself has written and reads again: small ones, since the process that ships would keep all of
 * zod for them. Each gives what is wrong, with the path to it; undefined: nothing is.
 */
export type Check = (value: unknown) => string | undefined;

type Members = Readonly<Record<string, Check>>;

export function text(matching = /^/, most = Infinity): Check {
  return (value) => (typeof value === 'string' && value.length <= most && matching.test(value) ? undefined : ' is not the text it must be');
}

export const position: Check = (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : ' is no position');

export const number: Check = (value) => (Number.isFinite(value) ? undefined : ' is no number');

export const yes: Check = (value) => (value === true ? undefined : ' is not true');

export function listOf(check: Check): Check {
  return (value) => (Array.isArray(value) ? firstOf(value.entries(), ([index, one]) => located(`[${index}]`, check(one))) : ' is no list');
}

/** An object of any members, by their names and values. */
export function mapOf(name: Check, member: Check): Check {
  return (value) => (isObject(value) ? firstOf(Object.entries(value), ([key, one]) => located(`.${key}`, name(key) ?? member(one))) : ' is no object');
}

/** An object with these members and no others. */
export function object(needed: Members, optional: Members = {}): Check {
  const known: Members = { ...needed, ...optional };
  const hasNeeded = atLeast(needed);
  return (value) => hasNeeded(value) ?? firstOf(Object.entries(value as object), ([name, member]) => located(`.${name}`, Object.hasOwn(known, name) ? known[name]?.(member) : ' is not known')); // it is an object by now
}

/** An object with these members and perhaps others. */
export function atLeast(needed: Members): Check {
  return (value) => {
    if (!isObject(value)) return ' is no object';
    const members = new Map<string, unknown>(Object.entries(value));
    return firstOf(Object.entries(needed), ([name, check]) => located(`.${name}`, members.has(name) ? check(members.get(name)) : ' is missing'));
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstOf<T>(values: Iterable<T>, find: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function located(place: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : place + problem;
}
