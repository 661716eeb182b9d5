import { setTimeout as pause } from 'node:timers/promises';
import type { ServerRegistry } from '../../src/index.ts';
import { breachOf, type CheckResult } from './check.ts';

/** Ends everything, and sees whether that is over in its time. */
export async function checkShutdown(
  registry: Pick<ServerRegistry, 'shutdown'>,
  { drainMs, limitMs }: { readonly drainMs: number; readonly limitMs: number },
): Promise<CheckResult<'shutdown'>> {
  const startedAt = performance.now();
  const limit = new AbortController();
  const isDone = await Promise.race([
    registry.shutdown({ drainMs }).then(() => true),
    pause(limitMs, false, { signal: limit.signal }).catch(() => false),
  ]);
  limit.abort();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return {
    check: 'shutdown',
    figures: `${seconds} s, ${limitMs / 1000} s allowed`,
    breaches: isDone ? [] : [breachOf('shutdown', `is not over after ${seconds} s`)],
  };
}
