import { type JsonPath, renderPath } from '../json-path.ts';
import type { SchemaBounds } from '../schema-bounds.ts';
import { UnusableSchema } from '../unusable-schema.ts';
import type { ValidationOutcome, ValidationProblem } from '../validation-outcome.ts';
import { EvaluatedMarks } from './evaluated-marks.ts';
import type { DynamicScope, Run, SchemaNode, Site } from './keyword.ts';
import type { PreparedSchema } from './prepared-schema.ts';
import { both, type Verdict } from './verdict.ts';
import { WorkMeter } from './work-meter.ts';

/** One check of one value: applies schemas, counts the work and collects the problems. */
export class Evaluation implements Run {
  readonly meter: WorkMeter;
  readonly #prepared: PreparedSchema;
  readonly #bounds: SchemaBounds;
  readonly #problems: ValidationProblem[] = [];
  readonly #skipped = new Set<string>();
  #nesting = 0;

  constructor(prepared: PreparedSchema, bounds: SchemaBounds) {
    this.#prepared = prepared;
    this.#bounds = bounds;
    this.meter = new WorkMeter(bounds.maxSteps);
  }

  run(value: unknown): ValidationOutcome {
    const place = { path: undefined, scope: undefined, isReported: true };
    try {
      const verdict = this.#apply(this.#prepared.root, value, place, undefined);
      if (verdict === 'valid') return { valid: true };
      if (verdict === 'unknown') return { valid: true, unchecked: [...this.#skipped].sort() };
    } catch (thrown) {
      // Whatever is reported is certain, also when the rest was too much.
      if (this.#problems.length === 0) throw thrown;
    }
    return { valid: false, problems: this.#problems };
  }

  here(schema: unknown, site: Site, isReported: boolean): Verdict {
    return this.#apply(
      schema,
      site.value,
      { ...site, isReported: site.isReported && isReported },
      site.marks,
    );
  }

  within(schema: unknown, site: Site, key: string | number, part: unknown, isReported: boolean): Verdict {
    const path: JsonPath = { key, outer: site.path };
    const place = { path, scope: site.scope, isReported: site.isReported && isReported };
    return this.#apply(schema, part, place, undefined);
  }

  fail(site: Pick<Site, 'path' | 'isReported'>, message: string): 'invalid' {
    if (site.isReported && !this.#isFull()) this.#problems.push({ path: renderPath(site.path), message });
    return 'invalid';
  }

  skip(keyword: string): 'unknown' {
    this.#skipped.add(keyword);
    return 'unknown';
  }

  isSettled(verdict: Verdict, site: Pick<Site, 'isReported'>): boolean {
    return verdict === 'invalid' && (!site.isReported || this.#isFull());
  }

  #isFull(): boolean {
    return this.#problems.length >= this.#bounds.maxProblems;
  }

  /** `into` gets the marks of a schema that applies to the same value. */
  #apply(
    schema: unknown,
    value: unknown,
    place: Pick<Site, 'path' | 'isReported'> & { readonly scope: DynamicScope | undefined },
    into: EvaluatedMarks | undefined,
  ): Verdict {
    this.meter.spend(1);
    if (schema === true) return 'valid';
    if (schema === false) return this.fail(place, 'is not allowed');
    const node = this.#prepared.nodes.get(schema);
    if (node === undefined) throw new UnusableSchema('the schema changed while it was in use');
    if (++this.#nesting > this.#bounds.maxNesting) {
      const limit = this.#bounds.maxNesting;
      throw new UnusableSchema(`the value or a cycle of references nests deeper than ${limit} schemas`);
    }
    const verdict = this.#check(
      node,
      {
        node,
        value,
        path: place.path,
        isReported: place.isReported,
        scope:
          place.scope?.resource === node.resource
            ? place.scope
            : { resource: node.resource, outer: place.scope },
        marks: this.#prepared.asksForEvaluated ? new EvaluatedMarks(this.meter) : undefined,
      },
      into,
    );
    this.#nesting -= 1;
    return verdict;
  }

  #check(node: SchemaNode, site: Site, into: EvaluatedMarks | undefined): Verdict {
    let verdict: Verdict = 'valid';
    for (const { apply, operand } of node.checks) {
      verdict = both(verdict, apply(operand, site, this));
      if (this.isSettled(verdict, site)) break;
    }
    if (verdict !== 'invalid' && site.marks !== undefined) into?.merge(site.marks, verdict === 'valid');
    return verdict;
  }
}
