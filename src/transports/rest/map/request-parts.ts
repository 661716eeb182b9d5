import type { RestPart } from '../../../config/rest-settings.ts';
import { valueAt } from './json-pointer.ts';

/** What a part of a request becomes; undefined: it is left out. */
export function partValue(part: RestPart, source: Readonly<Record<string, unknown>>): unknown {
  if (typeof part === 'string') return valueAt(source, part);
  if (isConstant(part)) return part.const;
  const filled = Object.create(null) as Record<string, unknown>;
  for (const [name, inner] of Object.entries(part)) {
    const value = partValue(inner, source);
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}

/** A value in a query or a header: a list is written once for each of its items, what nests is written as JSON. */
export function asTexts(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((one) => (Array.isArray(one) ? [JSON.stringify(one)] : asTexts(one)));
  return [typeof value === 'string' ? value : JSON.stringify(value)];
}

function isConstant(part: Exclude<RestPart, string>): part is { readonly const: unknown } {
  return Object.hasOwn(part, 'const') && Object.keys(part).length === 1;
}
