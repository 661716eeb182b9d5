import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import type { Clock, Timer } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { sleep } from '../../core/sleep.ts';

/** A lock whose holder has not touched it for this long is left over from a process that is gone, in ms. */
const STALE_MS = 15_000;
const TOUCH_MS = 4000;
const RETRY_MS = 20;
/** Longest wait for a lock, in ms. */
const WAIT_MS = 60_000;

/** What a lock needs. */
export interface FileLockContext {
  readonly clock: Clock;
  readonly random: Random;
}

/** A lock that is held; `release` gives it back. */
export interface HeldLock {
  release(): Promise<void>;
}

/**
 * Takes a lock that all processes of this machine see: a file that only one can make. Its holder touches it, so that one
 * which was killed does not lock others out for long.
 * @throws SignalboxError AUTH_FAILED if it is not to be had
 */
export async function takeLock(path: string, { clock, random }: FileLockContext): Promise<HeldLock> {
  const owner = `${process.pid} ${randomBytes(12).toString('hex')}\n`;
  const startedAt = clock.now();
  for (;;) {
    if (await made(path, owner)) return held(path, owner, clock);
    await clearStale(path, clock);
    if (clock.now() - startedAt > WAIT_MS) {
      throw new SignalboxError('AUTH_FAILED', `another process has held the lock ${path} for too long`, {
        retryable: true,
      });
    }
    await sleep(clock, RETRY_MS * (0.5 + random()));
  }
}

async function made(path: string, owner: string): Promise<boolean> {
  try {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);
    const file = await open(path, flags, 0o600);
    try {
      await file.writeFile(owner);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    // EPERM: Windows, while the file is being deleted.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'EPERM') return false;
    throw error;
  }
}

function held(path: string, owner: string, clock: Clock): HeldLock {
  let timer: Timer;
  const touch = (): void => {
    timer = clock.setTimeout(() => {
      const now = new Date(clock.wallNow());
      utimes(path, now, now).catch(() => undefined);
      touch();
    }, TOUCH_MS);
    timer.unref();
  };
  touch();
  return {
    release: async () => {
      timer.cancel();
      // Only what is ours: after a long sleep of the machine somebody else may hold it.
      if ((await readFile(path, 'utf8').catch(() => '')) === owner) await rm(path, { force: true });
    },
  };
}

/** Takes away a lock that nobody touches any more. Of several who see it, one does. */
async function clearStale(path: string, clock: Clock): Promise<void> {
  const before = await ageOf(path, clock);
  if (before === undefined || before.ageMs < STALE_MS) return;
  const aside = `${path}.${randomBytes(8).toString('hex')}.stale`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  // Between the look and the rename it may have been released and taken anew: then it is given back.
  const now = await ageOf(aside, clock);
  if (now !== undefined && now.owner !== before.owner) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function ageOf(path: string, clock: Clock): Promise<{ ageMs: number; owner: string } | undefined> {
  try {
    const [{ mtimeMs }, owner] = await Promise.all([stat(path), readFile(path, 'utf8')]);
    return { ageMs: clock.wallNow() - mtimeMs, owner };
  } catch {
    return undefined;
  }
}
