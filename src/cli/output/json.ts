import { safeJsonText } from './terminal-text.ts';

/** One line of JSON that is safe for a terminal and, read again, exactly the value. */
export function jsonLine(value: unknown): string {
  return safeJsonText(JSON.stringify(value) ?? 'null');
}
