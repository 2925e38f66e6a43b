/** Text that others wrote, made fit for a log: it stays one line of its own, and a terminal does not obey it. */
import { stripVTControlCharacters } from 'node:util';

/** Longest text of a line, in characters; what is beyond is left out. */
export const longestText = 8 * 1024;

// Controls but for tab and line feed, with those of C1, which terminals obey, too; separators of lines, and marks that turn the direction
// of text around: https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const unsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const allUnsafe = new RegExp(unsafe, 'g');

/** The text with colours left out and other controls written as escapes; line feeds stay. */
export function toPlainText(text: string): string {
  if (!unsafe.test(text)) return text;
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replace(allUnsafe, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The beginning of a text that is too long, with how much is missing. */
export function shorten(text: string, longest = longestText): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} characters more)`;
}
