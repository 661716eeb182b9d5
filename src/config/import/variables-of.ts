import { isRecord } from '../checks/value-checks.ts';
import { placeholdersIn } from './secrets/placeholders-in.ts';

/** The variables that an entry names, and whether it can do without: those with a default can. */
export function variablesOf(value: unknown, found: Map<string, boolean> = new Map()): Map<string, boolean> {
  if (typeof value === 'string') {
    for (const { name, fallback } of placeholdersIn(value)) {
      if (name !== undefined) found.set(name, (found.get(name) ?? true) && fallback !== undefined);
    }
  } else if (Array.isArray(value)) {
    for (const item of value) variablesOf(item, found);
  } else if (isRecord(value)) {
    for (const inner of Object.values(value)) variablesOf(inner, found);
  }
  return found;
}
