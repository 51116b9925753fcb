import { randomBytes } from 'node:crypto';

/** A source's id: 96 random bits as 16 characters of base64url. No hash of the content, so equal files never collide. */
export function newSourceId(random: (bytes: number) => Buffer = randomBytes): string {
  return random(12).toString('base64url');
}
