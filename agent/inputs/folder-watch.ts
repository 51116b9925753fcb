import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Beyond this many folders the poll alone must do. */
const MOST_FOLDERS = 1_000;

interface Watched {
  readonly watcher: FSWatcher;
  readonly inode: number;
}

/**
 * Says early that something happened in a folder. Only a hint: what is true, the poll finds out. Folders are watched
 * rather than files because a folder also tells of files that come and go between two polls.
 */
export class FolderWatch {
  readonly #folders = new Map<string, Watched>();
  readonly #changed: (path: string, renamed: boolean) => void;

  /** `changed` gets a path; `renamed`: its name came, went, or means another file now. */
  constructor(changed: (path: string, renamed: boolean) => void) {
    this.#changed = changed;
  }

  /** Watches these folders and no others; one that is a new folder by an old name, anew. */
  follow(folders: ReadonlySet<string>): void {
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
      if (known?.inode === inode || (known === undefined && this.#folders.size >= MOST_FOLDERS)) return;
      this.#remove(folder);
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (name !== null) this.#changed(join(folder, name), event === 'rename');
      });
      watcher.on('error', () => this.#remove(folder));
      this.#folders.set(folder, { watcher, inode });
    } catch {
      this.#remove(folder); // gone, or out of watches: the poll finds what happens
    }
  }

  #remove(folder: string): void {
    this.#folders.get(folder)?.watcher.close();
    this.#folders.delete(folder);
  }
}
