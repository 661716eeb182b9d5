import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { isWell, type ServerAccount, stateMark, stateText } from '../../src/cli/output/server-account.ts';
import type { HealthSnapshot } from '../../src/client/health/health-snapshot.ts';

const colors = picocolors.createColors(true);

function account(state: ServerAccount['state'], health?: Partial<HealthSnapshot>): ServerAccount {
  return {
    name: 's',
    transport: 'stdio',
    era: undefined,
    protocolVersion: undefined,
    state,
    tools: 0,
    resources: 0,
    prompts: 0,
    connectMs: null,
    pid: undefined,
    health: health && {
      state: 'healthy',
      cause: null,
      since: '2026-01-01T00:00:00.000Z',
      checkedAt: null,
      latencyMs: null,
      ewmaMs: null,
      nextCheckMs: null,
      panic: false,
      ...health,
    },
    error: undefined,
  };
}

describe('what a person is told of a connected server', () => {
  it.each([
    [undefined, 'connected', colors.green('✓')],
    [{}, 'connected', colors.green('✓')],
    [{ state: 'degraded', cause: 'slow' }, 'degraded (slow)', colors.yellow('✓')],
    [{ state: 'unhealthy', cause: 'missed' }, 'unhealthy (missed)', colors.red('!')],
  ] as const)('with health %j', (health, text, mark) => {
    const shown = account('connected', health);
    expect([stateText(shown), stateMark(shown, colors)]).toEqual([text, mark]);
    // It is connected: nothing that an exit code would tell.
    expect(isWell(shown)).toBe(true);
  });

  it('is nothing of its health while it is not connected', () => {
    expect(stateText(account('reconnecting', { state: 'unhealthy', cause: 'missed' }))).toBe('reconnecting');
  });
});
