import { isObject } from '../../../wire/json-rpc.ts';
import type { Keyword, Run, Site } from '../evaluation/keyword.ts';
import { both, type Verdict } from '../evaluation/verdict.ts';
import { namesOf } from './objects.ts';

/** Keywords for the parts of a value that no other keyword of the schema has looked at. They come last. */

export const unevaluatedProperties: Keyword = (schema, site, run) => {
  const { value } = site;
  if (!isObject(value)) return 'valid';
  const parts = namesOf(value, run).map((name): Part => [name, value[name]]);
  return checkRest(schema, parts, site, run);
};

export const unevaluatedItems: Keyword = (schema, site, run) =>
  Array.isArray(site.value) ? checkRest(schema, site.value.entries(), site, run) : 'valid';

type Part = readonly [key: string | number, part: unknown];

function checkRest(schema: unknown, parts: Iterable<Part>, site: Site, run: Run): Verdict {
  let verdict: Verdict = 'valid';
  for (const [key, part] of parts) {
    run.meter.spend(1);
    const isEvaluated = site.marks?.has(key) ?? 'no';
    if (isEvaluated === 'surely') continue;
    const isDecisive = isEvaluated === 'no';
    const one = run.within(schema, site, key, part, isDecisive);
    // A pattern may have let it in: the part is then none of this keyword's.
    verdict = both(verdict, isDecisive || one === 'valid' ? one : 'unknown');
    if (run.isSettled(verdict, site)) break;
  }
  site.marks?.addAll();
  return verdict;
}
