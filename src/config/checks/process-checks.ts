import { kindOf } from './findings.ts';
import { type Check, listOf, mapOf, shaped, text } from './value-checks.ts';

// oxlint-disable-next-line no-control-regex -- these are what is refused
const LINE_BREAKS = /[\r\n\u0000]/u;

/** A program to run: S01. The text itself is not quoted, it may hold a secret. */
export const command: Check = shaped({ type: 'string', minLength: 1 }, (value, at, findings) => {
  if (Array.isArray(value)) {
    return findings.problem(at, 'is a list; write the program as text and its arguments as "args"');
  }
  if (typeof value !== 'string') return findings.problem(at, `is ${kindOf(value)}; write a program as text`);
  if (value.trim() === '') return findings.problem(at, 'is empty; name the program to run');
  if (LINE_BREAKS.test(value)) return findings.problem(at, 'contains a line break or NUL; remove it');
  return value;
});

/** Arguments of a program. Line breaks are allowed: no shell reads them, they arrive as they are (S01). */
export const programArguments: Check = listOf(text);

const variables: Check = mapOf((name, value, at, findings) => {
  if (name === '' || /[=\0]/u.test(name)) {
    return findings.problem(at, 'cannot be the name of a variable; names are not empty and have no "="');
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (value === null || typeof value === 'boolean') {
    return findings.problem(at, `is ${String(value)}; write it as text, or leave the variable out`);
  }
  return text(value, at, findings);
});

/**
 * Environment variables. Line breaks are allowed: private keys in PEM form come this way. Numbers are taken as their
 * text: `"PORT": 3000` is what people write.
 */
export const environment: Check = shaped(
  { type: 'object', additionalProperties: { type: ['string', 'number'] } },
  variables,
);
