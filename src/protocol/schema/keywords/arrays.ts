import { canonicalJson } from '../../../wire/canonical-json.ts';
import { type Keyword, keyword, type Run, type Site, sibling } from '../evaluation/keyword.ts';
import { both, counted, type Verdict } from '../evaluation/verdict.ts';

/** Keywords that look at arrays and pass every other value. */

function onArray<T>(
  apply: (operand: T, value: readonly unknown[], site: Site, run: Run) => Verdict,
): Keyword {
  return keyword<T>((operand, site, run) =>
    Array.isArray(site.value) ? apply(operand, site.value, site, run) : 'valid',
  );
}

/** `prefixItems` of 2020-12, and `items` of draft-07 where it is a list. */
function leading(schemas: readonly unknown[], value: readonly unknown[], site: Site, run: Run): Verdict {
  let verdict: Verdict = 'valid';
  for (const [index, schema] of schemas.slice(0, value.length).entries()) {
    site.marks?.add(index);
    verdict = both(verdict, run.within(schema, site, index, value[index], true));
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
}

/** One schema for every item from `first` on. */
function remaining(schema: unknown, first: number, value: readonly unknown[], site: Site, run: Run): Verdict {
  let verdict: Verdict = 'valid';
  site.marks?.addAll();
  for (let index = first; index < value.length; index += 1) {
    verdict = both(verdict, run.within(schema, site, index, value[index], true));
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
}

export const prefixItems: Keyword = onArray(leading);

export const items: Keyword = onArray<unknown>((schema, value, site, run) =>
  remaining(schema, sibling<unknown[]>(site, 'prefixItems')?.length ?? 0, value, site, run),
);

export const itemsOfDraft7: Keyword = onArray<unknown>((schema, value, site, run) =>
  Array.isArray(schema) ? leading(schema, value, site, run) : remaining(schema, 0, value, site, run),
);

export const additionalItems: Keyword = onArray<unknown>((schema, value, site, run) => {
  const list = sibling<unknown>(site, 'items');
  return Array.isArray(list) ? remaining(schema, list.length, value, site, run) : 'valid';
});

export const contains: Keyword = onArray<unknown>((schema, value, site, run) => {
  let sure = 0;
  let possible = 0;
  for (const [index, item] of value.entries()) {
    const verdict = run.within(schema, site, index, item, false);
    if (verdict === 'invalid') continue;
    possible += 1;
    if (verdict === 'valid') sure += 1;
    site.marks?.add(index, verdict === 'valid');
  }
  const min = sibling<number>(site, 'minContains') ?? 1;
  const max = sibling<number>(site, 'maxContains') ?? Number.POSITIVE_INFINITY;
  const verdict = counted(sure, possible, min, max);
  if (verdict !== 'invalid') return verdict;
  return run.fail(
    site,
    `has ${possible} items of the kind that it must contain, which is too ${possible < min ? 'few' : 'many'}`,
  );
});

export const minItems: Keyword = onArray<number>((limit, value, site, run) =>
  value.length >= limit ? 'valid' : run.fail(site, `must have at least ${limit} items`),
);

export const maxItems: Keyword = onArray<number>((limit, value, site, run) =>
  value.length <= limit ? 'valid' : run.fail(site, `must have at most ${limit} items`),
);

export const uniqueItems: Keyword = onArray<boolean>((isAsked, value, site, run) => {
  if (!isAsked) return 'valid';
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const text = canonicalJson(item, run.meter);
    const earlier = seen.get(text);
    if (earlier !== undefined) return run.fail(site, `has equal items at ${earlier} and ${index}`);
    seen.set(text, index);
  }
  return 'valid';
});
