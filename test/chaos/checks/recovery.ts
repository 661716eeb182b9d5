import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../../src/core/errors.ts';
import type { ServerInstance } from '../../../src/index.ts';
import { type Breach, breachOf, type CheckResult } from './check.ts';

/** By when every server has to work again, in ms. */
const MAX_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** Calls in a row that have to work once the first did. */
const CALLS = 5;

/** Waits until a call to each server works, and holds it against the server's next calls too. */
export async function checkRecovery(instances: readonly ServerInstance[]): Promise<CheckResult> {
  const startedAt = performance.now();
  const breaches: Breach[] = [];
  let slowest = { server: '', ms: 0 };
  const recover = async (instance: ServerInstance): Promise<void> => {
    const { name: server } = instance;
    let last: unknown;
    for (;;) {
      try {
        await callOnce(instance);
        break;
      } catch (error) {
        last = error;
      }
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs > MAX_MS) {
        const state = `${instance.state}: ${instance.reason}`;
        breaches.push(
          breachOf(
            'recovery',
            `is not back after ${Math.round(elapsedMs)} ms (${state}); ${messageOf(last)}`,
            { server },
          ),
        );
        return;
      }
      await pause(LOOK_EVERY_MS);
    }
    const ms = performance.now() - startedAt;
    if (ms > slowest.ms) slowest = { server, ms };
    for (let call = 1; call < CALLS; call++) {
      try {
        await callOnce(instance);
      } catch (error) {
        breaches.push(
          breachOf('recovery', `failed again after it was back: ${messageOf(error)}`, { server }),
        );
      }
    }
    if (!instance.isConnected)
      breaches.push(
        breachOf('recovery', `answers, but is said to be ${instance.state}: ${instance.reason}`, { server }),
      );
  };
  await Promise.all(instances.map(recover));
  const seconds = (slowest.ms / 1000).toFixed(1);
  return {
    check: 'recovery',
    figures: `${instances.length} servers within ${seconds} s (${slowest.server}), ${MAX_MS / 1000} s allowed`,
    breaches,
  };
}

async function callOnce({ client }: ServerInstance): Promise<void> {
  await client.callTool('echo', { message: 'back' }, { timeoutMs: 2000 });
}
