import type { Logger } from '../../core/log.ts';
import type { Environment } from './environment.ts';

/** Variables that make a program load foreign code. */
const CODE_LOADING: ReadonlySet<string> = new Set([
  'NODE_OPTIONS',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'LD_AUDIT',
  'DYLD_INSERT_LIBRARIES',
  'PYTHONSTARTUP',
  'PERL5OPT',
  'RUBYOPT',
  'BASH_ENV',
]);

/** Names in `configured` that make a program load foreign code: worth a warning, not a refusal (S02). */
export function codeLoadingVariables(configured: Environment): string[] {
  return Object.keys(configured).filter((name) => CODE_LOADING.has(name.toUpperCase()));
}

/** What each logger has been told, so that a server that is started again and again is warned of once. */
const told = new WeakMap<Logger, Set<string>>();

/** So many warnings are remembered for a logger; names of servers are few. */
const MAX_TOLD = 1000;

/** Warns of such variables, once for each server. Their values are not told: they may be secrets. */
export function warnOfCodeLoading(logger: Logger, server: string, configured: Environment): void {
  const variables = codeLoadingVariables(configured);
  if (variables.length === 0) return;
  const known = told.get(logger) ?? new Set();
  told.set(logger, known);
  const key = JSON.stringify([server, ...variables]);
  if (known.has(key) || known.size >= MAX_TOLD) return;
  known.add(key);
  logger.warn('the environment of the server makes it load foreign code', { server, variables });
}
