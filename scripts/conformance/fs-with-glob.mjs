/** `node:fs` of Node 20 with a stand-in for the one function that the conformance suite misses. */
export * from 'node:fs';

export function globSync() {
  throw new Error('fs.globSync needs Node 22 or newer; run this command of the suite there.');
}
