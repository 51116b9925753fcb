/** Headers that hold nothing to hide, whatever else a user has set. */
const PUBLIC = new Set(['accept', 'content-type', 'content-encoding', 'user-agent', 'host', 'dd-evp-origin', 'dd-evp-origin-version', 'x-amz-date', 'x-amz-target', 'x-amz-content-sha256']);
/** Shorter ones would be found in ordinary words. */
const SHORTEST = 4;

/**
 * An answer's body without what the request proved itself by: some servers and proxies repeat a request when they refuse
 * it, and what they say goes into messages and dead letters.
 */
export function withoutHeaders(body: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  let text: string | undefined;
  for (const secret of Object.entries(headers).flatMap(([name, value]) => (PUBLIC.has(name.toLowerCase()) ? [] : secretsOf(value)))) {
    if (!body.includes(secret)) continue;
    text = (text ?? body.toString()).replaceAll(secret, '***');
  }
  return text === undefined ? body : Buffer.from(text);
}

/** A header as a whole; behind its scheme; what is in Base64 behind it, and the password in that. The longest first. */
function secretsOf(value: string): string[] {
  const behind = value.slice(value.indexOf(' ') + 1);
  const decoded = Buffer.from(behind, 'base64').toString();
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [value, behind, ...(/^[\x20-\x7e]+$/.test(decoded) ? [decoded, password] : [])].filter((secret) => secret.length >= SHORTEST);
}
