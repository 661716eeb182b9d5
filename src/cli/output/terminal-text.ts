import { sanitizePeerText } from '../../core/peer-text.ts';

/** As in `core/peer-text.ts`, where it stands for one line; here for text of many. */
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /\u001B(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[ -/]*[0-~])/gu;

/** All that moves a cursor, reorders text or hides it (S16), except tab and line feed. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

/** Text of a peer of any length, safe for a terminal: without control characters other than tab and line feed. */
export function safeText(text: string): string {
  return text.replace(/\r\n/gu, '\n').replace(ESCAPES, '').replace(UNSEEN, '');
}

/**
 * The same for encoded JSON, which loses nothing by it: within its strings such a character becomes `\uXXXX`, and
 * elsewhere in JSON it cannot stand.
 */
export function safeJsonText(json: string): string {
  return json.replace(UNSEEN, (character) => {
    let escaped = '';
    for (let index = 0; index < character.length; index++) {
      escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}

/** The first sentence of a description on one line, at most `maxLength` characters. */
export function firstSentence(text: string, maxLength: number = 160): string {
  const line = sanitizePeerText(text, maxLength * 4);
  const end = /[.!?](?=\s+\p{Lu})/u.exec(line);
  const sentence = end === null ? line : line.slice(0, end.index + 1);
  return sanitizePeerText(sentence, maxLength);
}
