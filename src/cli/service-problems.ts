import { isRecord } from '../config/checks/value-checks.ts';

/** Problems that are printed; all of them are in the output of `--json`. */
const MAX_PROBLEMS = 5;
const MAX_LENGTH = 300;

/** Keys under which services name the place of a problem, and what is wrong there. */
const PLACES = ['path', 'loc', 'instancePath', 'pointer', 'field', 'param', 'name'] as const;
const WORDS = ['message', 'msg', 'detail', 'reason', 'error', 'description'] as const;

/**
 * What a service said in detail of a request that it refused, a line for each problem: lists as validators of common
 * frameworks make them, or an object of fields. What it sends is the peer's: not yet safe to print.
 */
export function serviceProblems(problems: unknown): string[] {
  const lines = linesOf(problems);
  const more = lines.length - MAX_PROBLEMS;
  const shown = lines.slice(0, MAX_PROBLEMS).map((line) => line.slice(0, MAX_LENGTH));
  return more > 0 ? [...shown, `${more} more: see the output with --json`] : shown;
}

function linesOf(problems: unknown): string[] {
  if (Array.isArray(problems)) return problems.map((problem) => lineOf(problem));
  if (!isRecord(problems)) return problems === undefined || problems === null ? [] : [textOf(problems)];
  return Object.entries(problems).map(([field, what]) => `${field}: ${textOf(what)}`);
}

function lineOf(problem: unknown): string {
  if (!isRecord(problem)) return textOf(problem);
  const words = first(problem, WORDS);
  if (words === undefined) return textOf(problem);
  const place = first(problem, PLACES);
  return place === undefined ? textOf(words) : `${placeOf(place)}: ${textOf(words)}`;
}

function first(problem: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  const key = keys.find((name) => Object.hasOwn(problem, name) && problem[name] !== '');
  return key === undefined ? undefined : problem[key];
}

function placeOf(place: unknown): string {
  return Array.isArray(place) ? place.map((part) => textOf(part)).join('.') : textOf(place);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ');
  return JSON.stringify(value) ?? '';
}
