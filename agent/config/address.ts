/** Where a server listens: HOST:PORT, an address of IPv6 in brackets. */
export const ADDRESS = /^(?:\[([\da-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/;

/** The parts of an ADDRESS. */
export function hostAndPort(given: string): { readonly host: string; readonly port: number } {
  const [, v6, host, port] = ADDRESS.exec(given) ?? [];
  return { host: v6 ?? host ?? '', port: Number(port) };
}
