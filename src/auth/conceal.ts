import { REDACTED } from '../core/redact.ts';

/** Shorter secrets are too common in ordinary text to be replaced wherever they stand. */
const MIN_LENGTH = 4;

/** The text with all secrets replaced, the longest first: one may be a part of another. */
export function concealed(text: string, secrets: Iterable<string>): string {
  if (text === '') return text;
  let clean = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= MIN_LENGTH && clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
  }
  return clean;
}
