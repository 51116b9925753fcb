/** How long a node that did not answer is left alone, in ms, as long as others answer. */
const REST_MS = 30_000;

/** The nodes of a cluster: asked in turn; one that fails rests for a while. */
export class Nodes {
  readonly #nodes: { readonly url: URL; restsUntilMs: number }[];
  readonly #now: () => number;
  #next = 0;

  /** `now`: monotonic, in ms. */
  constructor(urls: readonly URL[], now: () => number = () => performance.now()) {
    this.#nodes = urls.map((url) => ({ url, restsUntilMs: 0 }));
    this.#now = now;
  }

  /** The next that does not rest; if all do, the one that has rested longest. */
  next(): URL {
    const nowMs = this.#now();
    for (let i = 0; i < this.#nodes.length; i++) {
      const at = (this.#next + i) % this.#nodes.length;
      const node = this.#nodes[at];
      if (node === undefined || node.restsUntilMs > nowMs) continue;
      this.#next = at + 1;
      return node.url;
    }
    const [longest] = [...this.#nodes].sort((a, b) => a.restsUntilMs - b.restsUntilMs);
    if (longest === undefined) throw new Error('an elasticsearch output without an address');
    return longest.url;
  }

  failed(url: URL): void {
    for (const node of this.#nodes) if (node.url === url) node.restsUntilMs = this.#now() + REST_MS;
  }

  works(url: URL): void {
    for (const node of this.#nodes) if (node.url === url) node.restsUntilMs = 0;
  }
}
