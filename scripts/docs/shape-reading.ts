import type { Shape } from '../../src/config/checks/value-checks.ts';

const isShape = (value: unknown): value is Shape => typeof value === 'object' && value !== null;

/** A shape and, where it is one of several, each of those. */
function alternatives(shape: Shape | undefined): Shape[] {
  const several = shape?.['anyOf'];
  return Array.isArray(several)
    ? several.filter(isShape).flatMap(alternatives)
    : shape === undefined
      ? []
      : [shape];
}

/** The range of a number; undefined for what is none. */
export function rangeOf(
  shape: Shape | undefined,
): { min: number; max: number; isWhole: boolean } | undefined {
  for (const { type, minimum, maximum } of alternatives(shape)) {
    if (typeof minimum === 'number' && typeof maximum === 'number') {
      return { min: minimum, max: maximum, isWhole: type === 'integer' };
    }
  }
  return undefined;
}

/** The words that it may be. */
export function wordsOf(shape: Shape | undefined): string[] {
  return alternatives(shape).flatMap(({ enum: words, const: word }) => {
    if (Array.isArray(words)) return words.filter((one): one is string => typeof one === 'string');
    return typeof word === 'string' ? [word] : [];
  });
}

/** What `false` means; undefined where it is refused, or is one of two ordinary values. */
export function meaningOfFalse(shape: Shape | undefined): string | undefined {
  const off = alternatives(shape).find((one) => one['const'] === false);
  return typeof off?.['description'] === 'string' ? off['description'] : undefined;
}

/** The shape of a key of an object. */
export function innerShape(shape: Shape | undefined, key: string): Shape | undefined {
  for (const { properties } of alternatives(shape)) {
    const inner = isShape(properties) ? properties[key] : undefined;
    if (isShape(inner)) return inner;
  }
  return undefined;
}

/** Every key below a shape, in its order: `retry`, `retry.baseMs`, … */
export function keysBelow(shape: Shape | undefined, path = ''): string[] {
  return alternatives(shape).flatMap(({ properties }) =>
    isShape(properties)
      ? Object.keys(properties).flatMap((key) => {
          const inner = properties[key];
          return [`${path}${key}`, ...keysBelow(isShape(inner) ? inner : undefined, `${path}${key}.`)];
        })
      : [],
  );
}

/** The shape of `retry.baseMs`. */
export function shapeAt(shape: Shape | undefined, path: string): Shape | undefined {
  return path.split('.').reduce<Shape | undefined>((outer, key) => innerShape(outer, key), shape);
}
