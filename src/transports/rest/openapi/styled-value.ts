import { isRecord } from '../../../config/checks/value-checks.ts';
import type { ParameterStyle } from './operation.ts';

/** Objects within each other in a `deepObject`. */
const MAX_NESTING = 16;

/** How a value is written. */
export interface ValueStyle {
  readonly style: ParameterStyle;
  readonly explode: boolean;
}

/** Encodes one name or value for the place where it goes. */
export type TextEncoding = (text: string) => string;

/** The text of a single value. A nested one, for which OpenAPI has no rule, becomes JSON. */
export function scalarText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

/**
 * A value within a path or a header (RFC 6570): `simple` 3,4,5 · `label` .3,4,5 · `matrix` ;id=3,4,5; with `explode`
 * .3.4.5 and ;id=3;id=4;id=5.
 */
export function inlineText(
  name: string,
  value: unknown,
  { style, explode }: ValueStyle,
  encode: TextEncoding,
): string {
  if (style === 'json') return encode(JSON.stringify(value));
  if (style === 'matrix') return matrixText(encode(name), value, explode, encode);
  const parts = partsOf(value, explode, encode);
  if (style === 'label') return parts.length === 0 ? '' : `.${parts.join(explode ? '.' : ',')}`;
  return parts.join(',');
}

function matrixText(name: string, value: unknown, explode: boolean, encode: TextEncoding): string {
  const named = (key: string, text: string): string => (text === '' ? `;${key}` : `;${key}=${text}`);
  if (!explode || (!Array.isArray(value) && !isRecord(value))) {
    return named(name, partsOf(value, false, encode).join(','));
  }
  if (Array.isArray(value)) return value.map((item) => named(name, encode(scalarText(item)))).join('');
  return Object.entries(value)
    .map(([key, item]) => named(encode(key), encode(scalarText(item))))
    .join('');
}

/** The parts of a list, or the keys and values of an object: `a,1` or, exploded, `a=1`. */
function partsOf(value: unknown, explode: boolean, encode: TextEncoding): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => encode(scalarText(item)));
  if (!isRecord(value)) return [encode(scalarText(value))];
  return Object.entries(value).flatMap(([key, item]) => {
    const pair = [encode(key), encode(scalarText(item))];
    return explode ? [pair.join('=')] : pair;
  });
}

/** One name and value of a query, a form or a cookie, both encoded. */
export type QueryPair = readonly [name: string, value: string];

/**
 * A value as pairs: `form` a=1&a=2 or, not exploded, a=1,2; `spaceDelimited` a=1%202; `pipeDelimited` a=1%7C2;
 * `deepObject` a[x]=1&a[y]=2.
 */
export function queryPairs(
  name: string,
  value: unknown,
  { style, explode }: ValueStyle,
  encodeName: TextEncoding,
  encode: TextEncoding,
): readonly QueryPair[] {
  const key = encodeName(name);
  if (style === 'json') return [[key, encode(JSON.stringify(value))]];
  if (style === 'deepObject' && isRecord(value)) {
    return deepPairs(name, value, 1).map(([path, text]) => [encodeName(path), encode(text)]);
  }
  if (explode || style === 'deepObject') {
    if (Array.isArray(value)) return value.map((item) => [key, encode(scalarText(item))]);
    if (isRecord(value)) {
      return Object.entries(value).map(([inner, item]) => [encodeName(inner), encode(scalarText(item))]);
    }
    return [[key, encode(scalarText(value))]];
  }
  const separator = style === 'spaceDelimited' ? '%20' : style === 'pipeDelimited' ? '%7C' : ',';
  return [[key, partsOf(value, false, encode).join(separator)]];
}

function deepPairs(
  path: string,
  value: unknown,
  depth: number,
): readonly (readonly [path: string, text: string])[] {
  if (depth > MAX_NESTING) return [[path, scalarText(value)]];
  if (Array.isArray(value)) return value.flatMap((item) => deepPairs(path, item, depth + 1));
  if (!isRecord(value)) return [[path, scalarText(value)]];
  return Object.entries(value).flatMap(([key, item]) => deepPairs(`${path}[${key}]`, item, depth + 1));
}
