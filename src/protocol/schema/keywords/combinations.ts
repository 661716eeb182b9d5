import { EvaluatedMarks } from '../evaluation/evaluated-marks.ts';
import {
  type Keyword,
  keyword,
  type Run,
  type SchemaResource,
  type Site,
  sibling,
} from '../evaluation/keyword.ts';
import { both, counted, either, opposite, type Verdict } from '../evaluation/verdict.ts';

/** Keywords that apply other schemas to the same value. */

export const reference: Keyword = (_operand, site, run) => run.here(site.node.target, site, true);

export const dynamicReference: Keyword = (_operand, site, run) => {
  const target = site.node.dynamicTarget;
  const isDynamic = target?.anchor !== undefined;
  const found = isDynamic
    ? outermost(site, target.anchor, run)?.dynamicAnchors.get(target.anchor)
    : undefined;
  return run.here(found ?? target?.schema, site, true);
};

/** Of the schemas that evaluation came through, the first one that declares the anchor. */
function outermost(site: Site, anchor: string, run: Run): SchemaResource | undefined {
  let found: SchemaResource | undefined;
  for (let scope: Site['scope'] | undefined = site.scope; scope !== undefined; scope = scope.outer) {
    run.meter.spend(1);
    if (scope.resource.dynamicAnchors.has(anchor)) found = scope.resource;
  }
  return found;
}

export const allOf: Keyword = keyword<readonly unknown[]>((schemas, site, run) => {
  let verdict: Verdict = 'valid';
  for (const schema of schemas) {
    verdict = both(verdict, run.here(schema, site, true));
    if (run.isSettled(verdict, site)) break;
  }
  return verdict;
});

export const anyOf: Keyword = keyword<readonly unknown[]>((schemas, site, run) => {
  let verdict: Verdict = 'invalid';
  for (const schema of schemas) {
    verdict = either(verdict, run.here(schema, site, false));
    // What the other alternatives evaluate counts too.
    if (verdict === 'valid' && site.marks === undefined) break;
  }
  if (verdict !== 'invalid') return verdict;
  return run.fail(site, `matches none of the ${schemas.length} alternatives`);
});

export const oneOf: Keyword = keyword<readonly unknown[]>((schemas, site, run) => {
  const verdicts: Verdict[] = [];
  for (const schema of schemas) verdicts.push(run.here(schema, site, false));
  const sure = verdicts.filter((one) => one === 'valid').length;
  const possible = verdicts.filter((one) => one !== 'invalid').length;
  const verdict = counted(sure, possible, 1, 1);
  if (verdict !== 'invalid') return verdict;
  const found = possible === 0 ? 'none' : `${sure}`;
  return run.fail(site, `matches ${found} of the ${schemas.length} alternatives instead of exactly one`);
});

export const not: Keyword = (schema, site, run) => {
  const verdict = opposite(run.here(schema, { ...site, marks: undefined }, false));
  return verdict === 'invalid' ? run.fail(site, 'matches what is excluded') : verdict;
};

export const conditional: Keyword = (schema, site, run) => {
  const condition = run.here(schema, site, false);
  const then = sibling<unknown>(site, 'then') ?? true;
  const otherwise = sibling<unknown>(site, 'else') ?? true;
  if (condition === 'valid') return run.here(then, site, true);
  if (condition === 'invalid') return run.here(otherwise, site, true);
  const marks = site.marks === undefined ? undefined : new EvaluatedMarks(run.meter);
  const undecided = { ...site, marks };
  const [first, second] = [run.here(then, undecided, false), run.here(otherwise, undecided, false)];
  if (marks !== undefined) site.marks?.merge(marks, false);
  if (first !== second) return 'unknown';
  return first === 'invalid' ? run.fail(site, 'matches neither "then" nor "else"') : first;
};
