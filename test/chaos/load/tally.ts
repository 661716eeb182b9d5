import { LatencyHistogram } from '../../../src/client/stats/latency-histogram.ts';

export type Phase = 'warm-up' | 'calm' | 'chaos';

/** What the calls of one server came to: of constant size. */
export class Tally {
  calls = 0;
  ok = 0;
  aborted = 0;
  reads = 0;
  readErrors = 0;
  replays = 0;
  readonly errors: Map<string, number> = new Map();
  readonly latency: Readonly<Record<Phase, LatencyHistogram>> = {
    'warm-up': new LatencyHistogram(),
    calm: new LatencyHistogram(),
    chaos: new LatencyHistogram(),
  };

  failed(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
