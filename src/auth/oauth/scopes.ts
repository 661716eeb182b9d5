import type { Discovery } from './discovery.ts';

const OFFLINE = 'offline_access';

const words = (scope: string | undefined): string[] =>
  (scope ?? '').split(/\s+/u).filter((word) => word !== '');

/** True if `scope` holds all of `wanted`. */
export function holdsScopes(scope: string | undefined, wanted: string | undefined): boolean {
  const held = new Set(words(scope));
  return words(wanted).every((word) => held.has(word));
}

/** Every scope of all of them once, in their order; undefined for none. */
export function scopeUnion(...scopes: readonly (string | undefined)[]): string | undefined {
  const all = new Set(scopes.flatMap(words));
  return all.size === 0 ? undefined : [...all].join(' ');
}

/**
 * What to ask for: what the user says, else what the server asks for, else what it lists, else nothing. `offline_access`
 * comes along where the authorization server lists it: that is how it gives refresh tokens.
 */
export function chosenScope(
  configured: readonly string[] | undefined,
  challenged: string | undefined,
  { scopes, metadata }: Discovery,
  isInteractive: boolean,
): string | undefined {
  const chosen = scopeUnion(configured?.join(' ')) ?? scopeUnion(challenged) ?? scopeUnion(scopes?.join(' '));
  const offers = metadata?.scopes_supported?.includes(OFFLINE) === true;
  return chosen !== undefined && offers && isInteractive ? scopeUnion(chosen, OFFLINE) : chosen;
}
