/** Writes to stdout and waits until it is out. A reader that has gone away (`shipper formats | head -1`) is no error. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve() : reject(error)));
    process.stdout.write(text, (error) => error ?? resolve());
  });
}
