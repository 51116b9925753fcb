/** One line of the table, and one object of `--json`. */
export interface Row {
  readonly agent: string;
  readonly corpus: string;
  readonly output: string;
  readonly cores: number;
  /** Input, in 10^6 bytes per second from the agent's start to the last body at the sink. */
  readonly mbps: number;
  readonly linesPerSecond: number;
  readonly cpuSecondsPerGb: number;
  readonly peakRssMb: number;
  readonly lost: number;
  readonly runs: number;
}

const HEADER = ['corpus', 'output', 'agent', 'MB/s', 'lines/s', 'CPU s/GB', 'peak RSS MB', 'lost', 'ratio to rsyslog'];
const TEXT_COLUMNS = 3;

/** The rows for people; the ratio is to rsyslog on the same corpus in the same run. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [HEADER, ...rows.map((row) => [
    row.corpus, row.output, row.agent, row.mbps.toFixed(1), row.linesPerSecond.toLocaleString('en-US'),
    row.cpuSecondsPerGb.toFixed(1), row.peakRssMb.toFixed(0), String(row.lost), ratio(row, rows),
  ])];
  const widths = HEADER.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const pad = (text: string, column: number): string => column < TEXT_COLUMNS ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return cells.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

function ratio(row: Row, rows: readonly Row[]): string {
  const beside = rows.find((other) => other.agent === 'rsyslog' && other.corpus === row.corpus);
  return beside === undefined ? '-' : (row.mbps / beside.mbps).toFixed(1);
}
