/**
 * Address of Elasticsearch in a Cloud ID, `NAME:base64(HOST$ELASTICSEARCH$KIBANA)`, as the deployment's page shows it.
 * HOST and ELASTICSEARCH may have a port. Undefined: it is none.
 */
export function cloudAddress(cloudId: string): string | undefined {
  const encoded = /^[^:]*:([A-Za-z0-9+/]+=*)$/.exec(cloudId)?.[1];
  const [host = '', cluster = ''] = encoded === undefined ? [] : Buffer.from(encoded, 'base64').toString().split('$');
  const [domain, hostPort] = host.split(':');
  const [id, port = hostPort ?? '443'] = cluster.split(':');
  const address = `https://${id}.${domain}:${port}`;
  return domain && id && /^[\w.-]+$/.test(domain + id) && /^\d+$/.test(port) && URL.canParse(address) ? new URL(address).origin : undefined;
}
