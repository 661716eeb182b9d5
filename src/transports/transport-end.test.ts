import { describe, expect, it } from 'vitest';
import { deferred } from '../core/deferred.ts';
import type { CloseReason, Transport } from './transport.ts';
import { END, TransportEnd, type TransportWatcher, watchEnd } from './transport-end.ts';

const LOCAL: CloseReason = { kind: 'local' };

function watcherInto(told: unknown[], name: string): TransportWatcher {
  return { transportClosed: (reason) => void told.push([name, reason]) };
}

describe('TransportEnd', () => {
  it('tells its watcher before those who wait for the promise, and everybody once', async () => {
    const end = new TransportEnd();
    const told: unknown[] = [];
    end.watchedBy(watcherInto(told, 'first'));
    void end.promise.then((reason) => told.push(['promise', reason]));
    end.watchedBy(watcherInto(told, 'second'));
    end.resolve(LOCAL);
    end.resolve({ ...LOCAL });
    expect(told).toEqual([]);
    await end.promise;
    expect(told).toEqual([
      ['first', LOCAL],
      ['promise', LOCAL],
      ['second', LOCAL],
    ]);
    expect(told.every((entry) => (entry as unknown[])[1] === LOCAL)).toBe(true);
  });

  it('tells those who come when all is over', async () => {
    const end = new TransportEnd();
    end.resolve(LOCAL);
    const told: unknown[] = [];
    end.watchedBy(watcherInto(told, 'late'));
    expect(told).toEqual([]);
    expect(await end.promise).toBe(LOCAL);
    expect(end.promise).toBe(end.promise);
    expect(told).toEqual([['late', LOCAL]]);
  });
});

describe('watchEnd', () => {
  it('hears of the end of a transport that only has the promise', async () => {
    const closed = deferred<CloseReason>();
    const told: unknown[] = [];
    watchEnd({ closed: closed.promise } as Transport, watcherInto(told, 'w'));
    closed.resolve(LOCAL);
    await closed.promise;
    expect(told).toEqual([['w', LOCAL]]);
  });

  it('hears of the end of one of ours, and makes no promise for it', async () => {
    const end = new TransportEnd();
    const ours = {
      [END]: end,
      get closed(): Promise<CloseReason> {
        throw new Error('nobody needs it');
      },
    };
    const told: unknown[] = [];
    watchEnd(ours as unknown as Transport, watcherInto(told, 'w'));
    end.resolve(LOCAL);
    await Promise.resolve();
    expect(told).toEqual([['w', LOCAL]]);
  });
});
