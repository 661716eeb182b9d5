import { isRecord } from '../../../config/checks/value-checks.ts';

/** One step of a JSON pointer, written out: `a/b` becomes `a~1b`. */
export function pointerTo(base: string, ...steps: readonly (string | number)[]): string {
  return steps.reduce<string>(
    (path, step) => `${path}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`,
    base,
  );
}

/**
 * What stands at the pointer of a reference within the same document (`#/components/schemas/Pet`); undefined if there is
 * nothing, or if the reference leads out of the document. Only what the document itself holds is ever found (S20).
 */
export function atReference(root: unknown, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let value = root;
  for (const step of reference.slice(2).split('/')) {
    const name = unescaped(step);
    if (name === undefined || !holds(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function holds(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/u.test(name) && Number(name) < value.length;
  return isRecord(value) && Object.hasOwn(value, name);
}

/** A step of a pointer that stands in a URI fragment. Undefined: it is not well encoded. */
function unescaped(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}
