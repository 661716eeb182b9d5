/** Longest word that is kept whole, in characters. */
const MAX_WORD = 64;

/** A run of letters and digits; where words are written without spaces, each character. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}\p{M}])+/gu;

/** Accents, after a letter has been taken apart. */
const ACCENTS = /[\u0300-\u036F]/gu;

/** Where a word begins inside of another one: `readFile`, `HTTPServer`. */
const INNER_BEGINNING = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu;

/** The words of a text, as they are compared: without case, accents and forms of one letter (NFKD). */
export function wordsOf(text: string): string[] {
  const folded = text.normalize('NFKD').toLowerCase().normalize('NFKD').replace(ACCENTS, '');
  return (folded.match(WORD) ?? []).map((word) => word.slice(0, MAX_WORD));
}

/** The words of a name: also those inside of `readFile`, and the whole name of `read_file` as one. */
export function wordsOfName(name: string): string[] {
  const words = wordsOf(name);
  return [...words, words.join('').slice(0, MAX_WORD), ...wordsOf(name.replace(INNER_BEGINNING, ' '))];
}
