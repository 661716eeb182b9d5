import { describe, expect, it } from 'vitest';
import { startFaultServer } from '../../../src/testing/index.ts';
import { planFaults } from './fault-plan.ts';
import { roster } from './roster.ts';

describe('the plan of a run', () => {
  const seats = roster(20);

  it('is the same for the same seed', () => {
    expect(planFaults(seats, 7, 30_000)).toEqual(planFaults(seats, 7, 30_000));
    expect(planFaults(seats, 8, 30_000)).not.toEqual(planFaults(seats, 7, 30_000));
  });

  it('leaves a quarter of the servers alone, of every kind', () => {
    const steady = seats.filter(({ isSteady }) => isSteady);
    expect(new Set(steady.map(({ wire, era }) => `${wire} ${era}`)).size).toBe(5);
    const hit = new Set(planFaults(seats, 7, 30_000).map(({ server }) => server));
    expect(seats.filter(({ name }) => hit.has(name)).length).toBe(15);
    expect(steady.filter(({ name }) => hit.has(name))).toEqual([]);
  });

  it('is in order of time and ends within it', () => {
    const times = planFaults(seats, 7, 30_000).map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(30_000);
  });

  it('holds only faults that can happen where they are planned', async () => {
    const web = seats.filter(({ wire }) => wire !== 'stdio');
    for (const wire of ['http', 'sse'] as const) {
      const names = new Set(web.filter((seat) => seat.wire === wire).map(({ name }) => name));
      const server = await startFaultServer({ wire });
      try {
        for (const { server: name, deed } of planFaults(seats, 7, 120_000)) {
          // A rule that cannot work is refused.
          if (names.has(name) && deed.do === 'set') server.faults.set(deed.target, deed.rules);
        }
      } finally {
        await server.close();
      }
    }
  });
});
