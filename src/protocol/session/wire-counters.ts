/** What happened on the wire that should not; plain counters, for people. */
export interface WireCounters {
  /** Answers to no request of ours (F-042). */
  unknownResponses: number;
  /** Answers that came late or a second time (F-043, F-056). */
  duplicateResponses: number;
  /** Messages that broke the rules of JSON-RPC. */
  badMessages: number;
  /** Lines, bytes or events that were no message. */
  noise: number;
  /** Requests of the server that were not allowed, or too many at once. */
  ignoredRequests: number;
  /** Large messages whose reading took so long that everything else waited (F-055). */
  slowMessages: number;
  /** Changes of a list that were not told by themselves, because others came at the same time (F-058). */
  coalescedChanges: number;
}

export function newWireCounters(): WireCounters {
  return {
    unknownResponses: 0,
    duplicateResponses: 0,
    badMessages: 0,
    noise: 0,
    ignoredRequests: 0,
    slowMessages: 0,
    coalescedChanges: 0,
  };
}
