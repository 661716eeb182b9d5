/**
 * Preload for the official conformance suite (`node --import …/node20.mjs …`).
 *
 * The suite imports `globSync` from `fs`, which Node has from version 22 on; on Node 20 the
 * import alone keeps it from starting. Only the suite's maintainer command `traceability` calls
 * it, so giving the suite's own files an `fs` with a stand-in is enough.
 */
import * as fs from 'node:fs';
import { register } from 'node:module';

if (!('globSync' in fs)) register('./node20-hooks.mjs', import.meta.url);
