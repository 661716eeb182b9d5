import { describe, expect, it } from 'vitest';
import { AwakeClock } from '../../core/awake-clock.ts';
import type { LogFields, Logger } from '../../core/log.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { type CheckedServer, HealthScheduler } from './health-scheduler.ts';

/** A server that is checked every `everyMs`, and notes when. */
class Checked implements CheckedServer {
  readonly name: string;
  readonly checkedAt: number[] = [];
  wakes = 0;
  readonly #bench: { readonly clock: FakeClock; readonly scheduler: HealthScheduler };
  readonly #everyMs: number;

  constructor(bench: { clock: FakeClock; scheduler: HealthScheduler }, name: string, everyMs: number) {
    this.name = name;
    this.#bench = bench;
    this.#everyMs = everyMs;
    bench.scheduler.schedule(this, everyMs);
  }

  check(): void {
    const { clock, scheduler } = this.#bench;
    this.checkedAt.push(clock.now());
    scheduler.schedule(this, this.#everyMs);
  }

  woke(): void {
    this.wakes++;
  }
}

function bench(random: () => number = seededRandom(7)) {
  const clock = new FakeClock();
  const lines: { level: string; fields: LogFields | undefined }[] = [];
  const note =
    (level: string) =>
    (_message: string, fields?: LogFields): void =>
      void lines.push({ level, fields });
  const logger: Logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
  };
  const scheduler = new HealthScheduler({ clock: new AwakeClock(clock), random, logger });
  const checked = (name: string, everyMs: number): Checked =>
    new Checked({ clock, scheduler }, name, everyMs);
  return { clock, scheduler, lines, checked };
}

describe('HealthScheduler', () => {
  it('checks each server in its own time, by one timer', async () => {
    const { clock, checked } = bench();
    const often = checked('often', 1000);
    const seldom = checked('seldom', 2500);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(5000);
    expect(often.checkedAt).toEqual([1000, 2000, 3000, 4000, 5000]);
    expect(seldom.checkedAt).toEqual([2500, 5000]);
    expect(clock.pendingTimers).toBe(1);
  });

  it('takes a new time in place of the last one, sooner or later', async () => {
    const { clock, scheduler, checked } = bench();
    const server = checked('s', 1000);
    scheduler.schedule(server, 200);
    expect(scheduler.dueIn(server)).toBe(200);
    await clock.advance(200);
    scheduler.schedule(server, 3000);
    await clock.advance(3000);
    expect(server.checkedAt).toEqual([200, 3200]);
  });

  it('has no timer while nobody is to be checked', async () => {
    const { clock, scheduler, checked } = bench();
    const one = checked('one', 1000);
    const two = checked('two', 2000);
    scheduler.unschedule(one);
    expect([clock.pendingTimers, scheduler.dueIn(one), scheduler.size]).toEqual([1, undefined, 2]);
    scheduler.leave(two);
    expect([clock.pendingTimers, scheduler.size]).toEqual([0, 1]);
    await clock.advance(10_000);
    expect([...one.checkedAt, ...two.checkedAt]).toEqual([]);
  });

  it('does not check a server that the check before it has taken away', async () => {
    const { clock, scheduler, checked } = bench();
    const second = checked('second', 1000);
    const first: CheckedServer = {
      name: 'first',
      check: () => scheduler.leave(second),
      woke: () => {},
    };
    scheduler.schedule(first, 500);
    clock.jump(1500);
    await clock.advance(0);
    expect(second.checkedAt).toEqual([]);
  });

  describe('while most servers are in trouble', () => {
    it('makes one check a second in all, and as many as are due when it is over', async () => {
      const { clock, scheduler, checked } = bench();
      const servers = ['a', 'b', 'c', 'd', 'e'].map((name) => checked(name, 100));
      for (const server of servers.slice(0, 3)) scheduler.setTrouble(server, true);
      expect(scheduler.isPanic).toBe(true);
      await clock.advance(10_100);
      const times = servers.flatMap(({ checkedAt }) => checkedAt).toSorted((one, other) => one - other);
      expect(times).toEqual(Array.from({ length: 11 }, (_, index) => 100 + 1000 * index));
      // Everybody gets their turn.
      expect(servers.every(({ checkedAt }) => checkedAt.length >= 2)).toBe(true);
      scheduler.setTrouble(servers[0]!, false);
      expect(scheduler.isPanic).toBe(false);
      await clock.advance(1000);
      expect(servers.every(({ checkedAt }) => checkedAt.length >= 10)).toBe(true);
    });

    it('says so once when it begins and once when it is over', () => {
      const { scheduler, lines, checked } = bench();
      const servers = ['a', 'b', 'c'].map((name) => checked(name, 1000));
      for (const server of servers) scheduler.setTrouble(server, true);
      for (const server of servers) scheduler.setTrouble(server, true);
      expect(lines).toMatchObject([
        { level: 'warn', fields: { event: 'health.panic', servers: ['a', 'b'] } },
      ]);
      for (const server of servers) scheduler.setTrouble(server, false);
      expect(lines).toMatchObject([
        { level: 'warn' },
        { level: 'info', fields: { event: 'health.panic_over' } },
      ]);
    });

    it('forgets servers that leave, and trouble that lasts', async () => {
      const { clock, scheduler, checked } = bench();
      const servers = ['a', 'b', 'c', 'd', 'e'].map((name) => checked(name, 60_000));
      for (const server of servers.slice(0, 3)) scheduler.setTrouble(server, true);
      scheduler.leave(servers[0]!);
      expect(scheduler.isPanic).toBe(false);
      scheduler.setTrouble(servers[3]!, true);
      expect(scheduler.isPanic).toBe(true);
      await clock.advance(300_001);
      expect(scheduler.isPanic).toBe(false);
    });
  });

  describe('F-135 after the machine has slept', () => {
    it('checks each server once, soon, none with all others', async () => {
      const { clock, checked } = bench();
      const servers = Array.from({ length: 20 }, (_, index) => checked(`s${index}`, 30_000 + index));
      clock.jump(8 * 3_600_000);
      const awake = clock.now();
      await clock.advance(0);
      expect(servers.flatMap(({ checkedAt }) => checkedAt)).toEqual([]);
      expect(servers.every(({ wakes }) => wakes === 1)).toBe(true);
      await clock.advance(2000);
      const times = servers.map(({ checkedAt }) => checkedAt);
      expect(times.every(({ length }) => length === 1)).toBe(true);
      expect(new Set(times.flat()).size).toBe(20);
      expect(Math.max(...times.flat()) - awake).toBeLessThanOrEqual(2000);
      // And then in their own time again.
      await clock.advance(30_000);
      expect(servers.every(({ checkedAt }) => checkedAt.length === 2)).toBe(true);
    });

    it('takes a loop that was busy for some seconds for nothing but that', async () => {
      const { clock, checked } = bench();
      const server = checked('s', 1000);
      clock.jump(6000);
      await clock.advance(0);
      expect([server.checkedAt, server.wakes]).toEqual([[6000], 0]);
    });

    it('F-134 takes no notice of a wall clock that is set', async () => {
      const { clock, checked } = bench();
      const server = checked('s', 1000);
      clock.setWall(clock.wallNow() + 86_400_000);
      await clock.advance(1000);
      clock.setWall(clock.wallNow() - 3 * 86_400_000);
      await clock.advance(1000);
      expect([server.checkedAt, server.wakes]).toEqual([[1000, 2000], 0]);
    });
  });
});
