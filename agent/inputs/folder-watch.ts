import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { remoteKindOf } from './file-system.ts';

/** Beyond this many folders the poll alone must do. */
const MOST_FOLDERS = 1_000;

/** `watcher` is undefined where watching shows nothing. */
interface Watched {
  readonly watcher: FSWatcher | undefined;
  readonly inode: number;
}

/**
 * Says early that something happened in a folder. Only a hint: what is true, the poll finds out. Folders are watched
 * rather than files because a folder also tells of files that come and go between two polls.
 */
export class FolderWatch {
  readonly #folders = new Map<string, Watched>();
  #blind = false;
  readonly #changed: (path: string, renamed: boolean) => void;

  /** `changed` gets a path; `renamed`: its name came, went, or means another file now. */
  constructor(changed: (path: string, renamed: boolean) => void) {
    this.#changed = changed;
  }

  /** Something may happen in a folder that only the poll sees: on a network, or beyond what can be watched. */
  get isBlind(): boolean {
    return this.#blind;
  }

  /** Watches these folders and no others; one that is a new folder by an old name, anew. */
  follow(folders: ReadonlySet<string>): void {
    this.#blind = false;
    for (const folder of this.#folders.keys()) if (!folders.has(folder)) this.#remove(folder);
    for (const folder of folders) this.#add(folder);
  }

  close(): void {
    this.follow(new Set());
  }

  #add(folder: string): void {
    try {
      const inode = statSync(folder).ino;
      const known = this.#folders.get(folder);
      if (known?.inode !== inode) this.#watch(folder, inode);
      if (this.#folders.get(folder)?.watcher === undefined) this.#blind = true;
    } catch {
      this.#remove(folder); // gone, or out of watches: the poll finds what happens
      this.#blind = true;
    }
  }

  #watch(folder: string, inode: number): void {
    this.#remove(folder);
    if (this.#folders.size >= MOST_FOLDERS) return;
    if (remoteKindOf(folder) !== undefined) return void this.#folders.set(folder, { watcher: undefined, inode });
    const watcher = watch(folder, { persistent: false }, (event, name) => {
      if (name !== null) this.#changed(join(folder, name), event === 'rename');
    });
    watcher.on('error', () => this.#remove(folder));
    this.#folders.set(folder, { watcher, inode });
  }

  #remove(folder: string): void {
    this.#folders.get(folder)?.watcher?.close();
    this.#folders.delete(folder);
  }
}
