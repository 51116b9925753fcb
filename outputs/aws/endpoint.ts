/** Suffixes by the beginning of a region's name: the partitions of AWS. Dual-stack ones behind. */
const PARTITIONS: readonly (readonly [prefix: string, suffix: string, dualStack: string])[] = [
  ['cn-', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['us-isob-', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['us-isof-', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['eusc-', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['', 'amazonaws.com', 'api.aws'],
];

export function dnsSuffix(region: string): string {
  return partitionOf(region)[1];
}

/** An address that the environment names for a service: `CLOUDWATCH_LOGS`, `STS`. */
export function customEndpoint(service: string, env: NodeJS.ProcessEnv): string | undefined {
  if (isTrue(env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'])) return undefined;
  return env[`AWS_ENDPOINT_URL_${service}`] || env['AWS_ENDPOINT_URL'] || undefined;
}

/** Address of CloudWatch Logs in a region. */
export function logsEndpoint(region: string, env: NodeJS.ProcessEnv): string {
  const custom = customEndpoint('CLOUDWATCH_LOGS', env);
  if (custom !== undefined) return custom;
  const [, suffix, dualStack] = partitionOf(region);
  const isGov = region.startsWith('us-gov-'); // there the ordinary name is the FIPS one
  const fips = isTrue(env['AWS_USE_FIPS_ENDPOINT']) && !isGov ? '-fips' : '';
  return `https://logs${fips}.${region}.${isTrue(env['AWS_USE_DUALSTACK_ENDPOINT']) ? dualStack : suffix}`;
}

function partitionOf(region: string): readonly [string, string, string] {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'amazonaws.com', 'api.aws'];
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
