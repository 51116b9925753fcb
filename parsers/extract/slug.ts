/**
 * A short error phrase as a type: `DB timeout` becomes `database_timeout`. Empty for what is no short phrase: numbers and
 * names in it would make every occurrence a type of its own.
 */
export function slugOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > LONGEST) return '';
  const phrase = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  if (!PHRASE.test(phrase)) return '';
  return phrase.toLowerCase().split(/[ \-/_]+/).map((word) => FULL[word] ?? word).join('_');
}

const LONGEST = 48;
const PHRASE = /^[A-Za-z]+(?:[ \-/_]+[A-Za-z]+){1,3}$/;

/** Abbreviations that everybody writes. */
const FULL: Record<string, string> = {
  db: 'database', conn: 'connection', auth: 'authentication', req: 'request', resp: 'response', svc: 'service', cfg: 'configuration',
  config: 'configuration', msg: 'message', svr: 'server', srv: 'server', perm: 'permission', mem: 'memory', pwd: 'password', cert: 'certificate',
};
