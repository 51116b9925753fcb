import * as z from 'zod';
import { text } from '../../agent/config/options.ts';
import { isProxyAddress } from './proxy.ts';

/** How an output over HTTP gets to its destination. */
export interface NetworkOptions {
  readonly proxy?: string | undefined;
  readonly ca_file?: string | undefined;
  readonly client_certificate_file?: string | undefined;
  readonly client_key_file?: string | undefined;
  readonly server_name?: string | undefined;
}

/** Options of every output over HTTP. Files are read again when they change. */
export function network() {
  return {
    proxy: z
      .string()
      .refine((given) => given === 'none' || isProxyAddress(given), 'must be none, or the http or https address of a proxy, such as http://proxy.example:3128')
      .optional()
      .describe('Proxy to go through, or `none`; without it `$HTTPS_PROXY`, `$HTTP_PROXY` and `$NO_PROXY` decide. A user and password in it are used and never shown'),
    ca_file: text().optional().describe('PEM file of the authorities to trust, instead of those that Node knows'),
    client_certificate_file: text().optional().describe('PEM file of a certificate to show to the server'),
    client_key_file: text().optional().describe('PEM file of its key; without it the key is in the file of the certificate'),
    server_name: text().optional().describe('Name that the certificate of the server must have, where it is another than that in the address'),
  };
}
