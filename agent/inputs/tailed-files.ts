import { GzipSource } from './gzip-source.ts';
import { FileSource } from './file-source.ts';

export type TailedFile = FileSource | GzipSource;

/** It is not at a path of its own: it is read to its end, and a while longer. */
export function setOrphaned(source: TailedFile): void {
  if (source instanceof FileSource) source.orphanedAtMs = performance.now();
}

/** The files that an input reads: by inode, by path, by id; and which of them have something to be read. */
export class TailedFiles {
  /** Those that are not done, by device and inode. A truncated one has lost its place to its successor. */
  readonly #files = new Map<string, FileSource>();
  /** The same by path, and by the real path where that is another. Without those whose path is another file now. */
  readonly #paths = new Map<string, FileSource>();
  /** The paths of each. */
  readonly #names = new Map<FileSource, Set<string>>();
  readonly #compressed = new Set<GzipSource>();
  readonly #ready = new Set<TailedFile>();
  /** The last generation that was at a path and is still read. */
  readonly #before = new Map<string, TailedFile>();
  /** Everything that is not safe yet, done or not, by id. */
  readonly #unsafe = new Map<string, TailedFile>();

  add(source: TailedFile): void {
    if (source instanceof GzipSource) this.#compressed.add(source);
    else this.#files.set(source.identity.key, source);
    this.#unsafe.set(source.id, source);
  }

  /** What was a copy of its content is its file now; `key`: that of before. */
  moved(source: FileSource, key: string): void {
    if (this.#files.get(key) === source) this.#files.delete(key);
    this.#files.set(source.identity.key, source);
    this.unname(source);
  }

  /** Its inode holds something else now. It is read to its end, which has come. */
  unplace(source: FileSource): void {
    if (this.#files.get(source.identity.key) === source) this.#files.delete(source.identity.key);
    this.unname(source);
  }

  release(source: TailedFile): void {
    this.#ready.delete(source);
    for (const [path, other] of this.#before) if (other === source) this.#before.delete(path);
    if (source instanceof GzipSource) this.#compressed.delete(source);
    else this.unplace(source);
  }

  get all(): Iterable<FileSource> {
    return this.#files.values();
  }

  get compressed(): Iterable<GzipSource> {
    return this.#compressed;
  }

  get paths(): Iterable<string> {
    return this.#paths.keys();
  }

  /** Ids of all that is read. */
  get ids(): Set<string> {
    return new Set([...this.#files.values(), ...this.#compressed].map(({ id }) => id));
  }

  /** All that is not safe yet, or was not when it was last tidied. */
  get unsafe(): Iterable<TailedFile> {
    return this.#unsafe.values();
  }

  byKey(key: string): FileSource | undefined {
    return this.#files.get(key);
  }

  byPath(path: string): FileSource | undefined {
    return this.#paths.get(path);
  }

  name(source: FileSource, path: string): void {
    const names = this.#names.get(source) ?? new Set();
    for (const name of [path, source.identity.rename(path)]) {
      this.#paths.set(name, source);
      names.add(name);
    }
    this.#names.set(source, names);
  }

  unname(source: FileSource): void {
    for (const path of this.#names.get(source) ?? []) if (this.#paths.get(path) === source) this.#paths.delete(path);
    this.#names.delete(source);
  }

  /** A generation is at this path no longer; the one that comes next is read after it. */
  left(path: string, source: TailedFile): void {
    this.#before.set(path, source);
  }

  /** The generation that was at a path before. `id`: who that was, if it is known. */
  before(path: string, id: string | undefined): TailedFile | undefined {
    const known = id === undefined ? undefined : this.#unsafe.get(id);
    const found = known ?? this.#before.get(path);
    return found !== undefined && this.#isRead(found) ? found : undefined;
  }

  /** Whether a generation is being read, or was read and is not safe yet. */
  isBusy(id: string): boolean {
    const source = this.#unsafe.get(id);
    return source !== undefined && (this.#isRead(source) || !source.isSettled);
  }

  /** Forgets what has become safe. */
  tidy(): void {
    for (const [id, source] of this.#unsafe) if (!this.isBusy(id)) this.#unsafe.delete(source.id);
  }

  wake(source: TailedFile): void {
    this.#ready.add(source);
  }

  idle(source: TailedFile): void {
    this.#ready.delete(source);
  }

  sleep(): void {
    this.#ready.clear();
  }

  get hasReady(): boolean {
    for (const source of this.#ready) if (!this.#isHeldBack(source)) return true;
    return false;
  }

  /** Each that has something, and goes to the end of the queue, so that whoever comes next begins with another. */
  *ready(): Iterable<TailedFile> {
    for (const source of [...this.#ready]) {
      if (this.#isHeldBack(source) || !this.#ready.delete(source)) continue; // went while others had their turn
      this.#ready.add(source);
      yield source;
    }
  }

  /** A generation is read once what there is of the one before it has been. */
  #isHeldBack({ predecessor }: TailedFile): boolean {
    return predecessor !== undefined && this.#isRead(predecessor) && (predecessor instanceof GzipSource || this.#ready.has(predecessor));
  }

  #isRead(source: TailedFile): boolean {
    return source instanceof GzipSource ? this.#compressed.has(source) : this.#files.get(source.identity.key) === source || this.#ready.has(source);
  }
}
