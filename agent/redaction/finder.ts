import type { FindSecrets } from '../../parsers/learned/constants.ts';
import { addressed } from './copy.ts';
import type { KindName } from './kinds.ts';
import { SecretScanner } from './scan.ts';
import { View } from './view.ts';

/** Finds secrets of these kinds in a text that is no record: what is kept of records beside their events. */
export function secretFinder(kinds: readonly KindName[]): FindSecrets {
  const scanner = new SecretScanner(kinds);
  const view = new View();
  return (bytes) => {
    view.show(bytes, 0, bytes.length);
    return addressed(scanner.scan(view), view);
  };
}
