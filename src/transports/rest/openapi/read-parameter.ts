import { isRecord } from '../../../config/checks/value-checks.ts';
import { flagAt, listAt, recordAt, textAt, valueAt } from './data-access.ts';
import { quoted } from './document-fault.ts';
import type { Parameter, ParameterPlace, ParameterStyle } from './operation.ts';
import type { DocumentData } from './read-document.ts';
import type { References } from './references.ts';

const PLACES: ReadonlySet<string> = new Set<ParameterPlace>(['path', 'query', 'header', 'cookie']);

/** The styles that each place may have; the first is its default. */
const STYLES: Readonly<Record<ParameterPlace, readonly ParameterStyle[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

/** Reads a Parameter Object, or says what of it is missing. */
export function readParameter(
  given: unknown,
  references: References,
): Parameter | { readonly missing: string } {
  const found = references.resolve(given);
  if ('missing' in found) return found;
  const { value } = found;
  const name = textAt(value, 'name');
  const place = textAt(value, 'in');
  if (name === undefined || name === '') return { missing: 'the name is missing' };
  if (!isPlace(place)) {
    return { missing: `"in" is "${quoted(place ?? '')}", which is not known` };
  }
  const content = contentSchema(value);
  const style = content === undefined ? styleOf(value, place) : 'json';
  return {
    name: place === 'header' ? name.toLowerCase() : name,
    place,
    required: place === 'path' || flagAt(value, 'required') === true,
    style,
    explode: flagAt(value, 'explode') ?? (style === 'form' || style === 'deepObject'),
    allowReserved: place === 'query' && flagAt(value, 'allowReserved') === true,
    schema: content === undefined ? (valueAt(value, 'schema') ?? {}) : content.schema,
    description: textAt(value, 'description'),
    deprecated: flagAt(value, 'deprecated') ?? false,
    examples: examplesOf(value, references),
  };
}

function isPlace(text: string | undefined): text is ParameterPlace {
  return text !== undefined && PLACES.has(text);
}

function styleOf(value: DocumentData, place: ParameterPlace): ParameterStyle {
  const known = STYLES[place];
  return known.find((style) => style === textAt(value, 'style')) ?? known[0]!;
}

/** The schema of the one media type under `content`; undefined: there is none. */
function contentSchema(value: DocumentData): { readonly schema: unknown } | undefined {
  const [media] = Object.values(recordAt(value, 'content'));
  if (!isRecord(media)) return undefined;
  return { schema: valueAt(media, 'schema') ?? {} };
}

function examplesOf(value: DocumentData, references: References): readonly unknown[] {
  const one = valueAt(value, 'example');
  if (one !== undefined) return [one];
  const named = Object.values(recordAt(value, 'examples')).flatMap((example) => {
    const found = references.resolve(example);
    return 'missing' in found ? [] : [valueAt(found.value, 'value')];
  });
  return [...named, ...listAt(value, 'examples')].filter((example) => example !== undefined);
}
