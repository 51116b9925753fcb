/** The clock of files goes by ticks of some ms, and may be that of another machine. */
const SLACK_MS = 1_000;
const NS_PER_MS = 1_000_000n;

/**
 * When a file was written to last, as a checkpoint keeps it, in ns since 1970: generations that nobody has seen came into
 * being after it. Such a time can be set to any; one before 1970 is kept as 0, and one in the future as just before now.
 */
export function lastChange(mtimeNs: bigint, nowMs = Date.now()): string {
  const [latestNs, soonNs] = [BigInt(nowMs - SLACK_MS) * NS_PER_MS, BigInt(nowMs + SLACK_MS) * NS_PER_MS];
  if (mtimeNs < 0n) return '0';
  return String(mtimeNs > soonNs ? latestNs : mtimeNs);
}
