/** Longest URL that a person is asked to open, in characters. */
const MAX_URL = 4096;

/**
 * True for a URL that a person may be asked to open: absolute, http or https, without user and password, of sensible
 * length (S29). Others run code, read files or hide where they lead, whoever opens them.
 */
export function isElicitable(url: string): boolean {
  if (url.length > MAX_URL || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}
