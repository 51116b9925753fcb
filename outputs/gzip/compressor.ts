/** Makes gzip files (RFC 1952) of bodies, one at a time. */
export interface Compressor {
  /** What it gives is valid until the next. */
  compress(body: Uint8Array): Promise<Uint8Array>;
}
