import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../../src/core/errors.ts';
import type { ServerInstance } from '../../../src/index.ts';
import { breachOf } from '../../runs/check.ts';
import type { Breach, CheckResult } from './check.ts';

/** By when every server has to work again, in ms. */
const MAX_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** A machine that is busy with other things must not look like a server that is not back. */
const TIMEOUT_MS = 5000;
/** Calls in a row that have to work once the first did. */
const CALLS = 5;

/**
 * Waits until a call to each server works, and holds it against the server's next calls too.
 *
 * @param lastCalls resolves when the load has ended: until then a call that met a fault can still fail and open the
 * circuit once more
 */
export async function checkRecovery(
  instances: readonly ServerInstance[],
  lastCalls: Promise<unknown>,
): Promise<CheckResult> {
  const startedAt = performance.now();
  const breaches: Breach[] = [];
  let slowest = { server: '', ms: 0 };
  const recover = async (instance: ServerInstance): Promise<void> => {
    const { name: server } = instance;
    const breach = (what: string): void => void breaches.push(breachOf('recovery', what, { server }));
    let failure = await callUntilItWorks(instance, startedAt + MAX_MS);
    const ms = performance.now() - startedAt;
    if (ms > slowest.ms) slowest = { server, ms };
    await lastCalls;
    failure ??= await callUntilItWorks(instance, performance.now() + MAX_MS);
    if (failure !== undefined) {
      breach(`is not back after ${MAX_MS} ms (${instance.state}: ${instance.reason}); ${failure}`);
      return;
    }
    for (let call = 1; call < CALLS; call++) {
      const again = await callOnce(instance);
      if (again !== undefined) breach(`failed again after it was back: ${again}`);
    }
    if (!instance.isConnected) breach(`answers, but is said to be ${instance.state}: ${instance.reason}`);
  };
  await Promise.all(instances.map(recover));
  const seconds = (slowest.ms / 1000).toFixed(1);
  return {
    check: 'recovery',
    figures: `${instances.length} servers within ${seconds} s (${slowest.server}), ${MAX_MS / 1000} s allowed`,
    breaches,
  };
}

/** Calls until it works; resolves with why it does not, when time is over. */
async function callUntilItWorks(instance: ServerInstance, deadlineAt: number): Promise<string | undefined> {
  for (;;) {
    const failure = await callOnce(instance);
    if (failure === undefined || performance.now() > deadlineAt) return failure;
    await pause(LOOK_EVERY_MS);
  }
}

/** Resolves with why it failed. */
async function callOnce({ client }: ServerInstance): Promise<string | undefined> {
  try {
    await client.callTool('echo', { message: 'back' }, { timeoutMs: TIMEOUT_MS });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
