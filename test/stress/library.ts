import type * as sources from '../../src/index.ts';

const NAME: string = 'signalbox';

/**
 * The library as it is built and shipped: what runs the sources (tsx) makes functions heavier and slower than they are.
 * Its types are those of the sources, so that a check of types needs no build.
 */
export const library = (await import(NAME)) as typeof sources;
