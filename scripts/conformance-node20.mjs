// Preload for the official conformance suite: node --import ./scripts/conformance-node20.mjs SUITE …
//
// The suite imports `globSync` from `fs`, which Node has from version 22 on; on Node 20 the import alone keeps
// it from starting. Only the suite's maintainer command `traceability` ever calls it, so it is enough to give
// the suite's own file an `fs` with a stand-in. Newer versions of Node are left alone.
import * as fs from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const SUITE = '/node_modules/@modelcontextprotocol/conformance/dist/';
const FS = `data:text/javascript,${encodeURIComponent(`
  export * from 'node:fs';
  export function globSync() {
    throw new Error('fs.globSync needs Node 22 or newer; run this command of the suite there.');
  }
`)}`;

// This file is its own loader hook; Node loads it a second time in the thread of the hooks.
if (isMainThread && !('globSync' in fs)) register(import.meta.url);

export async function resolve(specifier, context, nextResolve) {
  if ((specifier === 'fs' || specifier === 'node:fs') && context.parentURL?.includes(SUITE)) {
    return { url: FS, shortCircuit: true };
  }
  return nextResolve(specifier, context);
}
