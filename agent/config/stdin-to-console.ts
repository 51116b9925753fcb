import type { Config } from './schema.ts';

/**
 * The configuration of `app | shipper`: what the schema gives when nothing is configured (a test compares them). It
 * stands here so that the commonest way to start does not wait for zod, yaml and yargs to load.
 */
export const STDIN_TO_CONSOLE: Config = {
  inputs: { stdin: { type: 'stdin', format: 'auto', encoding: 'utf-8', fields: {} } },
  outputs: { console: { type: 'console', format: 'auto', batch: { bytes: 262_144, events: 10_000, age: 0 } } },
  lanes: 1,
  max_record_bytes: 1_048_576,
  time_zone: 'local',
  shutdown_timeout: 20_000,
  drain_timeout: 60_000,
  stop_delay: 2_000,
  stalled_after: 60_000,
  log_level: 'info',
};
