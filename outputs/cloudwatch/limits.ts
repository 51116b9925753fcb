/** What PutLogEvents takes. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html, read 2026-11 */
export const LIMITS = {
  /** Of a request: the messages in UTF-8, and `eventBytes` for each. The JSON around them does not count. */
  requestBytes: 1_048_576,
  events: 10_000,
  /** What an event costs beside its message. */
  eventBytes: 26,
  /** Of a message. "1 MB"; 1,048,546 was seen to pass, and the formula allows 1,048,550 at most. */
  messageBytes: 1_000_000,
  /** From the first event of a request to its last. */
  spanMs: 24 * 3_600_000,
  oldMs: 14 * 24 * 3_600_000,
  newMs: 2 * 3_600_000,
} as const;

/** What is nearly too old when it is sent may be too old when it arrives. */
export const AGE_MARGIN_MS = 60_000;
