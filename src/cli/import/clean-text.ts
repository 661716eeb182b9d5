import { isRecord } from '../../config/checks/value-checks.ts';
import type { Redactor } from '../../core/redact.ts';

/**
 * A copy with every known secret taken out of its texts. Other than `Redactor.value` it leaves alone what only has the name
 * of a secret: `"API_KEY": "${API_KEY}"` is what somebody wants to see.
 */
export function cleaned(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.text(value);
  if (Array.isArray(value)) return value.map((item: unknown) => cleaned(item, redactor));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleaned(inner, redactor)]));
}
