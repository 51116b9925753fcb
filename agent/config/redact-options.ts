import * as z from 'zod';
import { KINDS, type Disguise, type KindName } from '../redaction/kinds.ts';
import { didYouMean } from './did-you-mean.ts';
import { secret, text } from './options.ts';

const WAYS: readonly string[] = ['mask', 'hash'];
const ALL = 'all';

/** What is redacted, and how: `[email, credit_card]`, `{email: hash, iban: mask}`, or, from the environment, `email=hash iban`. Read as a map. */
const Redact = z
  .union([z.string(), z.array(z.string()), z.record(z.string(), z.string())], { error: 'must be a list of kinds, or a map of kinds to mask or hash' })
  .transform((given, context) => {
    const chosen: Partial<Record<KindName, Disguise>> = {};
    for (const { kind, how, path } of entriesOf(given)) {
      if (kind !== ALL && !isKind(kind)) context.addIssue({ code: 'custom', path, message: `must be ${KINDS.join(', ')} or ${ALL}${didYouMean(kind, [...KINDS, ALL])}` });
      else if (!isDisguise(how)) context.addIssue({ code: 'custom', path, message: `must be mask or hash${didYouMean(how, WAYS)}` });
      else for (const name of kind === ALL ? KINDS : [kind]) chosen[name] = how;
    }
    return chosen;
  });

/** Settings about secrets in records. */
export const REDACTION = {
  redact: Redact.optional().describe(`Kinds of secrets that are taken out of every record before anything is sent or stored: ${KINDS.map((kind) => `\`${kind}\``).join(', ')} or \`all\`. A list masks them (\`[email]\`); a map chooses \`mask\` or \`hash\` for each kind. Off unless set`),
  redact_key: secret().min(16, 'must have at least 16 characters').optional().describe('Key of the hashes. Equal values have equal hashes wherever the key is the same; without it, a key of this machine\'s own is made and kept in `state_dir`'),
  redact_key_file: text().optional().describe('File that holds the key of the hashes'),
};

/** An option as YAML or the environment has it, entry by entry. */
function entriesOf(given: string | string[] | Record<string, string>): { kind: string; how: string; path: PropertyKey[] }[] {
  if (typeof given === 'string') return given.split(/[\s,]+/).filter(Boolean).map((word) => ({ kind: word.replace(/=.*/, ''), how: /=(.*)/.exec(word)?.[1] ?? 'mask', path: [] }));
  if (Array.isArray(given)) return given.map((kind, index) => ({ kind, how: 'mask', path: [index] }));
  return Object.entries(given).sort(([a], [b]) => Number(b === ALL) - Number(a === ALL)).map(([kind, how]) => ({ kind, how, path: [kind] })); // `all` first: the others are exceptions
}

function isKind(name: string): name is KindName {
  return (KINDS as readonly string[]).includes(name);
}

function isDisguise(how: string): how is Disguise {
  return WAYS.includes(how);
}
