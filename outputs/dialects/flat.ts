import { FIELDS } from '../../agent/fields.ts';
import type { Dialect } from './dialect.ts';

/** Canonical names as they are: console, file, CloudWatch Logs. */
export const flat: Dialect = {
  name: 'flat',
  leaves: FIELDS.map((field) => ({ field, path: [field] })),
};
