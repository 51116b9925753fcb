/**
 * Stands for the package `string-width`, by which yargs sets its help, and which takes 25 ms to load for the sake of
 * characters that are two columns wide. The help has none.
 */
export default function stringWidth(text) {
  return text.length;
}
