import { InvalidArgumentError } from 'commander';

const MAX_MS = 2_147_483_647;

/** A TCP port from the command line; 0 lets the system choose. */
export function parsePort(text: string): number {
  return parseWhole(text, 0, 65_535, 'Give a port from 0 (any free one) to 65535.');
}

/** A duration in milliseconds from the command line. */
export function parseMs(text: string): number {
  return parseWhole(text, 1, MAX_MS, 'Give a whole number of milliseconds, 1 or more.');
}

/** How many of something; 0 is none. */
export function parseCount(text: string): number {
  return parseWhole(text, 0, 1_000_000, 'Give a whole number from 0 to 1000000.');
}

/** A URL path from the command line. */
export function parsePath(text: string): string {
  if (/^\/[\w\-.~/]*$/u.test(text)) return text;
  throw new InvalidArgumentError('Give a path that starts with "/", such as /mcp.');
}

function parseWhole(text: string, min: number, max: number, cure: string): number {
  const value = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(cure);
}
