import { sanitizePeerText } from '../../../core/peer-text.ts';
import { isObject } from '../../../wire/json-rpc.ts';
import { type Keyword, keyword, type Run, type Site, sibling } from '../evaluation/keyword.ts';
import { both, type Verdict } from '../evaluation/verdict.ts';

/** Keywords that look at objects and pass every other value. */

type SchemaMap = Readonly<Record<string, unknown>>;
type Value = Record<string, unknown>;

function onObject<T>(apply: (operand: T, value: Value, site: Site, run: Run) => Verdict): Keyword {
  return keyword<T>((operand, site, run) =>
    isObject(site.value) ? apply(operand, site.value, site, run) : 'valid',
  );
}

export function namesOf(value: Value, run: Run): string[] {
  const names = Object.keys(value);
  run.meter.spend(names.length);
  return names;
}

export const properties: Keyword = onObject<SchemaMap>((schemas, value, site, run) => {
  let verdict: Verdict = 'valid';
  for (const name of namesOf(schemas, run)) {
    if (!Object.hasOwn(value, name)) continue;
    site.marks?.add(name);
    verdict = both(verdict, run.within(schemas[name], site, name, value[name], true));
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
});

/** Each property may match each pattern: good when it fulfils every schema, undecided otherwise. */
export const patternProperties: Keyword = onObject<SchemaMap>((schemas, value, site, run) => {
  const patterns = namesOf(schemas, run);
  if (patterns.length === 0) return 'valid';
  let verdict: Verdict = 'valid';
  for (const name of namesOf(value, run)) {
    if (site.marks !== undefined) {
      site.marks.add(name, false);
      run.skip('patternProperties');
    }
    const isGood = patterns.every(
      (pattern) => run.within(schemas[pattern], site, name, value[name], false) === 'valid',
    );
    if (!isGood) verdict = run.skip('patternProperties');
  }
  return verdict;
});

export const additionalProperties: Keyword = onObject<unknown>((schema, value, site, run) => {
  const declared = sibling<SchemaMap>(site, 'properties') ?? {};
  const hasPatterns = Object.keys(sibling<SchemaMap>(site, 'patternProperties') ?? {}).length > 0;
  let verdict: Verdict = 'valid';
  for (const name of namesOf(value, run)) {
    if (Object.hasOwn(declared, name)) continue;
    site.marks?.add(name);
    const one = run.within(schema, site, name, value[name], !hasPatterns);
    verdict = both(verdict, one === 'invalid' && hasPatterns ? run.skip('patternProperties') : one);
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
});

export const propertyNames: Keyword = onObject<unknown>((schema, value, site, run) => {
  let verdict: Verdict = 'valid';
  for (const name of namesOf(value, run)) {
    verdict = both(verdict, run.within(schema, site, name, name, true));
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
});

export const required: Keyword = onObject<readonly string[]>((names, value, site, run) =>
  requireAll(names, value, site, run),
);

export const minProperties: Keyword = onObject<number>((limit, value, site, run) =>
  namesOf(value, run).length >= limit ? 'valid' : run.fail(site, `must have at least ${limit} properties`),
);

export const maxProperties: Keyword = onObject<number>((limit, value, site, run) =>
  namesOf(value, run).length <= limit ? 'valid' : run.fail(site, `must have at most ${limit} properties`),
);

/** `dependentSchemas` and `dependentRequired` of 2020-12, and `dependencies` of draft-07, which is both. */
export const dependencies: Keyword = onObject<SchemaMap>((dependents, value, site, run) => {
  let verdict: Verdict = 'valid';
  for (const name of namesOf(dependents, run)) {
    if (!Object.hasOwn(value, name)) continue;
    const dependent: unknown = dependents[name];
    const one = Array.isArray(dependent)
      ? requireAll(dependent as string[], value, site, run)
      : run.here(dependent, site, true);
    verdict = both(verdict, one);
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
});

function requireAll(names: readonly string[], value: Value, site: Site, run: Run): Verdict {
  let verdict: Verdict = 'valid';
  run.meter.spend(names.length);
  for (const name of names) {
    if (Object.hasOwn(value, name)) continue;
    verdict = run.fail(site, `lacks the required property "${sanitizePeerText(name, 100)}"`);
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
}
