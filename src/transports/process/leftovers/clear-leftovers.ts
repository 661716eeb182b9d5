import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/log.ts';
import type { StopTimes } from '../../transport-context.ts';
import { running } from '../tree/process-tree.ts';
import { LeftoverGroup } from './leftover-group.ts';
import { MAX_NOTE_BYTES, machineId, NOTE_FILE, type OwnerNote, parseNote, thisProcess } from './note.ts';
import { OwnerNotes } from './owner-notes.ts';
import { readOwnFile } from './state-folder.ts';

/** What {@link clearLeftovers} needs. */
export interface ClearingContext {
  readonly stop: StopTimes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So many files are looked at, at most. */
const MAX_FILES = 1000;

/** One clearing for each folder and life of this process; all who start a server meanwhile wait for it. */
const cleared = new Map<string, Promise<void>>();

/**
 * Ends the servers that a process which was killed has left (F-021): once, before this process starts its first. They
 * would hold the ports, locks and files that the new ones need. Waits until they are gone; never rejects.
 */
export function clearLeftovers(context: ClearingContext): Promise<void> {
  const notes = OwnerNotes.current(context.logger);
  if (notes === undefined) return Promise.resolve();
  let clearing = cleared.get(notes.folder);
  if (clearing === undefined) {
    clearing = clearFolder(notes.folder, context).catch((error: unknown) => {
      context.logger.warn('servers that were left could not be looked for', { folder: notes.folder, error });
    });
    cleared.set(notes.folder, clearing);
  }
  return clearing;
}

async function clearFolder(folder: string, context: ClearingContext): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('owner-')).slice(0, MAX_FILES);
  await Promise.all(names.map((name) => clearFile(folder, name, context)));
}

async function clearFile(folder: string, name: string, context: ClearingContext): Promise<void> {
  const [, pid, startedAt] = NOTE_FILE.exec(name.replace(/\.new$/u, '')) ?? [];
  if (pid !== undefined && running(Number(pid), startedAt) !== undefined) return;
  const path = join(folder, name);
  const text = await readOwnFile(path, MAX_NOTE_BYTES);
  const note = text === undefined || name.endsWith('.new') ? undefined : parseNote(text);
  if (note === undefined || pid === undefined) return discard(path);
  const machine = machineId();
  if (note.machine !== machine) {
    // Of another container with the same folder: its pids mean nothing here. Of an earlier boot: nothing runs on.
    if (note.machine.split('/')[0] !== machine.split('/')[0]) await discard(path);
    return;
  }
  // Several may start at once: who renames it first has it, and answers for it by name should it be killed too.
  const taken = await takeOver(folder, name);
  if (taken === undefined) return;
  await endGroups(note, context);
  await discard(taken);
}

/** A directory of such a name, for example, is not ours to remove. */
async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

async function takeOver(folder: string, name: string): Promise<string | undefined> {
  const { pid, startedAt } = thisProcess()!;
  const taken = join(folder, `owner-${pid}-${startedAt}-${randomBytes(8).toString('hex')}.json`);
  try {
    await rename(join(folder, name), taken);
    return taken;
  } catch {
    return undefined;
  }
}

async function endGroups({ owner, groups }: OwnerNote, context: ClearingContext): Promise<void> {
  await Promise.all(
    groups.map(async (note) => {
      const fields = { pid: note.pid, command: note.command, owner: owner.pid };
      const group = new LeftoverGroup(note);
      if (group.hasLeader) {
        context.logger.warn('a server that a killed process has left is ended', fields);
        const outcome = await group.end(context.stop, context.clock);
        if (outcome === 'given-up') context.logger.error('a server that was left survived SIGKILL', fields);
      } else if (group.hasMembers) {
        // The group may be another's by now: its leader, which would prove whose it is, is gone.
        context.logger.warn('processes that a killed process may have left still run', fields);
      }
    }),
  );
}
