/** Chance, injected like time: a number in [0, 1). */
export type Random = () => number;

/** The random source of the machine. Not for secrets: those come from `node:crypto`. */
export const systemRandom: Random = () => Math.random();
