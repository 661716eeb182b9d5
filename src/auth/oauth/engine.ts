import type * as Engine from '@modelcontextprotocol/client';

/** The official client package: its functions for OAuth are used, nothing else of it. */
export type OAuthEngine = typeof Engine;

let loading: Promise<OAuthEngine> | undefined;

/** Loads the engine on first use: it is large, and most servers need no login. */
export function loadEngine(): Promise<OAuthEngine> {
  loading ??= import('@modelcontextprotocol/client');
  return loading;
}
