/**
 * Encodings that can be read, by the names of https://encoding.spec.whatwg.org; `latin1` is, as everywhere on the web,
 * windows-1252: Latin-1 with Windows' characters in place of control characters that nobody writes.
 */
export const ENCODINGS = [
  'utf-8', 'utf-16le', 'utf-16be', 'latin1',
  'windows-1250', 'windows-1251', 'windows-1252', 'windows-1253', 'windows-1254', 'windows-1255', 'windows-1256', 'windows-1257', 'windows-1258', 'windows-874',
  'iso-8859-2', 'iso-8859-3', 'iso-8859-4', 'iso-8859-5', 'iso-8859-6', 'iso-8859-7', 'iso-8859-8', 'iso-8859-10', 'iso-8859-13', 'iso-8859-14', 'iso-8859-15',
  'koi8-r', 'koi8-u', 'ibm866', 'macintosh',
  'shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr',
] as const;

export type Encoding = (typeof ENCODINGS)[number];
