/** What the process of a run is started with: one JSON argument. */
export interface EngineOrder<Options> {
  readonly options: Options;
  /** Where the run writes what it wants to; by it, its processes are found. */
  readonly folder: string;
}

/** What it tells. */
export type EngineMessage<Report> =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'report'; readonly report: Report; readonly resources: readonly string[] }
  | { readonly kind: 'impossible'; readonly why: string };
