import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, renameSync, rmSync, type Stats } from 'node:fs';
import { connect } from 'node:net';
import { systemClock } from '../../core/clock.ts';

/** How long a socket may take to say that somebody is there, in ms. A full backlog makes it wait. */
const PATIENCE_MS = 2000;

/** What is found at the place of a socket. */
export type SocketState = 'none' | 'alive' | 'dead' | 'foreign';

/** Who listens at a path. What is no socket, or one of another user's, is `foreign`, and a link too (S27). */
export async function socketState(path: string): Promise<SocketState> {
  const info = infoOf(path);
  if (info === undefined) return 'none';
  const uid = process.getuid?.();
  if (!info.isSocket() || (uid !== undefined && info.uid !== uid)) return 'foreign';
  return await answers(path);
}

/**
 * Removes the socket of a process that is dead. Another process may put a living one in its place at any moment: what
 * is taken away is looked at once more, and put back if somebody listens.
 */
export async function removeDead(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch {
    // Another process was faster.
    return;
  }
  if ((await answers(aside)) === 'alive') {
    try {
      linkSync(aside, path);
    } catch {
      // There is a newer one already.
    }
  }
  rmSync(aside, { force: true });
}

function infoOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function answers(path: string): Promise<'none' | 'alive' | 'dead'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (state: 'none' | 'alive' | 'dead'): void => {
      timer.cancel();
      socket.destroy();
      resolve(state);
    };
    // Whoever has a full backlog is busy, not dead.
    const timer = systemClock.setTimeout(() => done('alive'), PATIENCE_MS);
    socket.on('connect', () => done('alive'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') done('dead');
      else done(error.code === 'ENOENT' ? 'none' : 'alive');
    });
  });
}
