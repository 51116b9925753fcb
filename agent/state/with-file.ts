import { open, type FileHandle } from 'node:fs/promises';

/** Opens a file that only its owner may read, and closes it whatever happens. */
export async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
