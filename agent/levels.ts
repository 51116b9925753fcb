/** Severity names every dialect of levels is folded to, in rising order. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Positions in LEVELS. */
export const Level = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5 } as const;

/** What a configuration calls the level of a record that has none. */
export const NO_LEVEL = 'none';
