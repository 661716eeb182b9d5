let isShared = false;

/**
 * Says at the top of a test file that what it sets up for all its tests opens and closes connections as it likes, such
 * as a pool: sockets and timers are then counted at the end of the file only. Processes and listeners are counted after
 * each test all the same.
 */
export function connectionsLastForTheFile(): void {
  isShared = true;
}

export function doConnectionsLastForTheFile(): boolean {
  return isShared;
}
