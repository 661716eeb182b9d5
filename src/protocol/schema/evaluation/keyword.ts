import type { JsonPath } from '../json-path.ts';
import type { EvaluatedMarks } from './evaluated-marks.ts';
import type { Verdict } from './verdict.ts';
import type { WorkMeter } from './work-meter.ts';

/** The schemas that share one identity (`$id`), and the names in it. */
export interface SchemaResource {
  readonly uri: string;
  readonly root: unknown;
  readonly anchors: Map<string, unknown>;
  /** Those anchors that a `$dynamicRef` looks for in the schemas it was reached through. */
  readonly dynamicAnchors: Map<string, unknown>;
}

/** One schema object, made ready: its references are resolved, its operands have the shapes that keywords expect. */
export interface SchemaNode {
  readonly resource: SchemaResource;
  /** The known keywords that stand in it. */
  readonly operands: ReadonlyMap<string, unknown>;
  readonly checks: readonly { readonly operand: unknown; readonly apply: Keyword }[];
  /** Target of `$ref`. */
  target?: unknown;
  /** Target of `$dynamicRef`; with a name when the target is a dynamic anchor. */
  dynamicTarget?: { readonly schema: unknown; readonly anchor: string | undefined };
}

/** The resources that evaluation came through, innermost first. */
export interface DynamicScope {
  readonly resource: SchemaResource;
  readonly outer: DynamicScope | undefined;
}

/** One schema object applied to one value. */
export interface Site {
  readonly node: SchemaNode;
  readonly value: unknown;
  readonly path: JsonPath | undefined;
  readonly scope: DynamicScope;
  /** False where a violation does not decide alone, as below `anyOf`. */
  readonly isReported: boolean;
  /** Absent when no schema of the document asks what was evaluated. */
  readonly marks: EvaluatedMarks | undefined;
}

/** What a keyword may ask of the evaluation that it is part of. */
export interface Run {
  readonly meter: WorkMeter;
  /** Applies another schema to the value of the site. */
  here(schema: unknown, site: Site, isReported: boolean): Verdict;
  /** Applies a schema to a part of the value, or (`propertyNames`) to something that stands for it. */
  within(schema: unknown, site: Site, key: string | number, part: unknown, isReported: boolean): Verdict;
  /** Reports a violation. */
  fail(site: Site, message: string): 'invalid';
  /** True when looking further changes neither the verdict nor the report. */
  isSettled(verdict: Verdict, site: Site): boolean;
  /** Notes that the verdict depends on a keyword that is never evaluated. */
  skip(keyword: string): 'unknown';
}

export type Keyword = (operand: unknown, site: Site, run: Run) => Verdict;

/** Preparation has checked the operand's shape; this is the one place that relies on it. */
export function keyword<T>(apply: (operand: T, site: Site, run: Run) => Verdict): Keyword {
  return (operand, site, run) => apply(operand as T, site, run);
}

/** Another keyword of the same schema object. */
export function sibling<T>(site: Site, name: string): T | undefined {
  return site.node.operands.get(name) as T | undefined;
}
