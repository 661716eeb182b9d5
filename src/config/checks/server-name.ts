import type { Findings } from './findings.ts';

/** Longest server name, in characters. Names become a part of tool names, which have their own bounds. */
export const MAX_SERVER_NAME = 64;

/** Checks the name that a server is registered under. */
export function checkServerName(name: string, findings: Findings): void {
  if (name.trim() === '') {
    findings.problem([], 'the server has an empty name; give it one');
  } else if (name.length > MAX_SERVER_NAME) {
    findings.problem([], `the name has ${name.length} characters; ${MAX_SERVER_NAME} are the most`);
  } else if (/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(name)) {
    findings.problem([], 'the name contains invisible characters; remove them');
  } else if (!/^[\w.-]+$/u.test(name)) {
    findings.warn([], 'the name has characters outside of A-Z a-z 0-9 _ . - and is changed in tool names');
  } else if (/__|_$/u.test(name)) {
    findings.warn(
      [],
      'the name has "__" in it or ends in "_", so that its tools get a hash behind their names',
    );
  }
}
