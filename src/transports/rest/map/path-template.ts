import { valueAt } from './json-pointer.ts';

/** `parseTemplate` of the package `url-template`, which is loaded on first use. */
export type TemplateParser = (template: string) => {
  expand(context: Record<string, TemplateValue>): string;
};

type Scalar = string | number | boolean;
type TemplateValue = Scalar | Scalar[] | Record<string, Scalar>;

/** A variable of a template, and whether it stands in the path or in the query. */
interface Variable {
  readonly name: string;
  readonly place: 'path' | 'query';
  /** Whether the path is another one without it: `{name}` cannot be left out, `{/name}` can. */
  readonly needed: boolean;
}

/**
 * A URI template (RFC 6570) that the check of the settings has accepted. What the values are, they stay in the place that the
 * template gives them: whatever means something in a URL is encoded, and what cannot be encoded (an empty segment, `.` and
 * `..`, which every reader of URLs resolves in any spelling) is refused.
 */
export class PathTemplate {
  readonly #template: ReturnType<TemplateParser>;
  readonly #variables: readonly Variable[];

  constructor(template: string, parse: TemplateParser) {
    this.#template = parse(template);
    this.#variables = [...template.matchAll(/\{([/.;?&]?)([^{}]*)\}/gu)].flatMap(
      ([, operator = '', names = '']) =>
        names.split(',').map((spec): Variable => {
          const name = spec.replace(/(?::\d+|\*)$/u, '');
          const place = operator === '?' || operator === '&' ? 'query' : 'path';
          return { name, place, needed: operator === '' };
        }),
    );
  }

  /**
   * The path, encoded, and behind a `?` the query of the template.
   *
   * @param source what the names of the template stand for; `arguments.city` is a member of a member
   * @throws UnusableValue
   */
  expand(source: Readonly<Record<string, unknown>>): string {
    const context = Object.create(null) as Record<string, TemplateValue>;
    for (const { name, place, needed } of this.#variables) {
      const value = templateValue(valueAt(source, `/${name.replaceAll('.', '/')}`));
      if (value !== undefined) context[name] = value;
      if (place === 'query') continue;
      if (value === undefined && needed)
        throw new UnusableValue(`the path needs "${name}", which is not there`);
      if (value !== undefined && scalarsOf(value).some((one) => String(one) === '')) {
        throw new UnusableValue(`"${name}" is empty, and the path cannot have an empty part there`);
      }
    }
    const expanded = this.#expanded(context);
    const [path = ''] = expanded.split('?', 1);
    if (path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/iu.test(segment))) {
      throw new UnusableValue('a part of the path would be "." or "..", which leads elsewhere');
    }
    return expanded;
  }

  #expanded(context: Record<string, TemplateValue>): string {
    try {
      return this.#template.expand(context);
    } catch {
      // Half a character has no encoding.
      throw new UnusableValue('a value cannot be encoded in a URL');
    }
  }
}

/** An argument cannot stand where the endpoint map wants it. The message names it, and never shows it. */
export class UnusableValue extends Error {
  override readonly name: string = 'UnusableValue';
}

/** What a template can hold. What nests deeper is written as JSON. */
function templateValue(value: unknown): TemplateValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return value as Scalar;
  if (Array.isArray(value)) return value.filter(isThere).map(scalar);
  const entries = Object.entries(value).filter(([, one]) => isThere(one));
  return Object.fromEntries(entries.map(([key, one]) => [key, scalar(one)]));
}

function scalarsOf(value: TemplateValue): readonly Scalar[] {
  if (typeof value !== 'object') return [value];
  return Array.isArray(value) ? value : Object.entries(value).flat();
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** The text is that of JSON, so that a list in a list stays readable. */
function scalar(value: unknown): Scalar {
  return typeof value === 'object' ? JSON.stringify(value) : (value as Scalar);
}
