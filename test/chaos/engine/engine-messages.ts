import type { ChaosOptions } from '../options.ts';
import type { ChaosReport } from './report.ts';

/** What the process of a run is started with: one JSON argument. */
export interface EngineOptions extends ChaosOptions {
  readonly folder: string;
}

/** What it tells. */
export type EngineMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'report'; readonly report: ChaosReport; readonly resources: readonly string[] }
  | { readonly kind: 'impossible'; readonly why: string };
