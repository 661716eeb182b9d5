import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { LatencyHistogram } from '../../../src/client/stats/latency-histogram.ts';
import type { Phase } from './tally.ts';

const EVERY_MS = 40;

export interface YardstickOptions {
  /** Address of a server without faults. */
  readonly url: string;
  readonly phase: () => Phase;
  readonly isOver: () => boolean;
}

/**
 * What the machine makes of a plain HTTP request to a server without faults at the same time, past the library: how
 * busy this machine is, by itself and with the run, is not held against a client.
 */
export class Yardstick {
  readonly latency: Readonly<Record<Phase, LatencyHistogram>> = {
    'warm-up': new LatencyHistogram(),
    calm: new LatencyHistogram(),
    chaos: new LatencyHistogram(),
  };

  /** Asks until the run is over. @throws Error if the server does not answer, which it always does */
  async run({ url, phase, isOver }: YardstickOptions): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      while (!isOver()) {
        const during = phase();
        const startedAt = performance.now();
        await ask(url, agent);
        this.latency[during].add(performance.now() - startedAt);
        await pause(EVERY_MS);
      }
    } finally {
      agent.destroy();
    }
  }
}

/** Whatever the answer is: a server for POST refuses a GET, which takes it as long. */
function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.once('end', resolve).resume();
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      // An idle connection may be closed by its server in the very moment of the request.
      if (error.code === 'ECONNRESET') resolve();
      else reject(error);
    });
  });
}
