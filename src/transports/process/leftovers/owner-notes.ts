import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../../core/log.ts';
import { type GroupNote, MAX_GROUPS, machineId, type OwnerNote, thisProcess } from './note.ts';
import { faultOfFolder, stateFolder } from './state-folder.ts';

/** What this copy of Signalbox has noted, by folder. There is one folder, unless it is changed meanwhile. */
const byFolder = new Map<string, OwnerNotes>();

/**
 * The file in which this process notes what it started. It is replaced as a whole with every start and end, without a
 * sync to the disk: it has to survive this process, not the machine.
 */
export class OwnerNotes {
  readonly folder: string;
  readonly fileName: string;
  readonly #owner: OwnerNote['owner'];
  readonly #groups = new Map<number, GroupNote>();

  /** The notes in the folder that is in use now; undefined if nothing is noted. */
  static current(logger: Logger): OwnerNotes | undefined {
    const folder = stateFolder();
    const owner = folder === undefined ? undefined : thisProcess();
    if (folder === undefined || owner === undefined) return undefined;
    let notes = byFolder.get(folder);
    if (notes === undefined) {
      notes = new OwnerNotes(folder, owner);
      byFolder.set(folder, notes);
      const fault = faultOfFolder(folder);
      if (fault !== undefined) {
        notes.#isUsable = false;
        logger.warn('servers are not noted: should this process be killed, some may be left running', {
          folder,
          fault,
        });
      }
    }
    return notes.#isUsable ? notes : undefined;
  }

  /** For the last moment of this process, when nothing that was noted runs any more. */
  static forgetAll(): void {
    for (const notes of byFolder.values()) {
      notes.#groups.clear();
      notes.#write();
    }
  }

  #isUsable = true;

  private constructor(folder: string, owner: OwnerNote['owner']) {
    this.folder = folder;
    this.#owner = owner;
    // A second copy in the same process (a bundle, a worker thread) has a file of its own.
    this.fileName = `owner-${owner.pid}-${owner.startedAt}-${randomBytes(8).toString('hex')}.json`;
  }

  add(group: GroupNote): void {
    if (this.#groups.size >= MAX_GROUPS) return;
    this.#groups.set(group.pid, group);
    this.#write();
  }

  remove(pid: number): void {
    if (this.#groups.delete(pid)) this.#write();
  }

  #write(): void {
    const path = join(this.folder, this.fileName);
    try {
      if (this.#groups.size === 0) {
        rmSync(path, { force: true });
        return;
      }
      const note: OwnerNote = {
        version: 1,
        machine: machineId(),
        owner: this.#owner,
        groups: [...this.#groups.values()],
      };
      // `wx` follows no link and takes nobody else's file; the rename lets no reader see half of it.
      writeFileSync(`${path}.new`, `${JSON.stringify(note)}\n`, { flag: 'wx', mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch {
      // The folder was removed, or the disk is full: the server is worth more than the note about it.
      rmSync(`${path}.new`, { force: true });
    }
  }
}
