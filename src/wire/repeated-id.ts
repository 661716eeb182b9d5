const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * True if the text of a message (or of one in a batch) has the key `id` twice (F-041). `JSON.parse` keeps the last of
 * two without a word, and whoever looked at the message before us may have kept the first: nobody can say which
 * request it answers.
 *
 * @param text valid JSON
 */
export function hasRepeatedId(text: string): boolean {
  const first = text.indexOf('"id"');
  // One `"id"` and no way to spell it otherwise: that is how nearly all messages are, and they are not walked.
  const isPlain = first === -1 || text.indexOf('"id"', first + 4) === -1;
  if (isPlain && !text.includes('\\u006')) return false;
  return walk(text, 'id');
}

/** The same for another key, where messages are named by that. @param text valid JSON */
export function hasRepeatedKey(text: string, key: string): boolean {
  const quoted = `"${key}"`;
  const first = text.indexOf(quoted);
  const isPlain = first === -1 || text.indexOf(quoted, first + 1) === -1;
  return (!isPlain || text.includes('\\u00')) && walk(text, key);
}

/** Follows brackets and strings, and counts the keys of the objects that are messages. */
function walk(text: string, key: string): boolean {
  const messageDepth = text.trimStart().charCodeAt(0) === 0x5b ? 2 : 1;
  let depth = 0;
  let ids = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = endOfString(text, at);
      if (depth === messageDepth && isKey(text, end) && isSpelled(text, at, end, key) && ++ids > 1)
        return true;
      at = end;
    } else if (char === 0x7b || char === 0x5b) {
      depth++;
      if (depth === messageDepth) ids = 0;
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return false;
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** A string is a key if a colon follows. */
function isKey(text: string, end: number): boolean {
  for (let at = end + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x3a) return true;
    if (char !== 0x20 && char !== 0x09 && char !== 0x0a && char !== 0x0d) return false;
  }
  return false;
}

/** A key may be spelled with escapes: at most six characters for each of its own. */
function isSpelled(text: string, start: number, end: number, key: string): boolean {
  const length = end - start - 1;
  if (length === key.length) return text.startsWith(key, start + 1);
  const isClosed = text.charCodeAt(end) === QUOTE;
  return length <= key.length * 6 && isClosed && JSON.parse(text.slice(start, end + 1)) === key;
}
