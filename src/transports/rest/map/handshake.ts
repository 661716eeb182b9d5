import type { ResolvedRest } from '../../../config/rest-settings.ts';
import { isObject } from '../../../wire/json-rpc.ts';

/** What the answer to `initialize` is completed from. */
export interface HandshakeOffers {
  readonly operations: ResolvedRest['operations'];
  /** The revision that we offered. */
  readonly offered: unknown;
  /** `url` of the entry. */
  readonly url: URL;
}

/** Revisions of MCP are dates. */
const REVISION = /^\d{4}-\d{2}-\d{2}$/u;

/**
 * The answer to `initialize`, as MCP wants it, of what a service says. What it does not say is filled in: the revision that
 * was offered (on these routes all are alike), its host as its name, and as capabilities what there are routes for. Of
 * those that it declares, the ones are dropped that need a way back to us: nothing comes unasked over plain requests.
 */
export function handshake(
  said: unknown,
  { operations, offered, url }: HandshakeOffers,
): { readonly result: Readonly<Record<string, unknown>>; readonly isInferred: boolean } {
  const told = isObject(said) ? said : {};
  const { protocolVersion, serverInfo, capabilities, instructions } = told;
  const info = isObject(serverInfo) ? serverInfo : {};
  const { name, version } = info;
  const hasRoutes = {
    tools: operations['tools/list'] !== undefined || operations['tools/call'] !== undefined,
    resources: operations['resources/list'] !== undefined || operations['resources/read'] !== undefined,
    prompts: operations['prompts/list'] !== undefined || operations['prompts/get'] !== undefined,
    completions: operations['completion/complete'] !== undefined,
    logging: operations['logging/setLevel'] !== undefined,
  };
  const declares = isObject(capabilities)
    ? (feature: string): boolean => isObject(capabilities[feature])
    : (): boolean => true;
  const features = Object.entries(hasRoutes).filter(([feature, has]) => has && declares(feature));
  return {
    isInferred: !isObject(capabilities),
    result: {
      protocolVersion:
        typeof protocolVersion === 'string' && REVISION.test(protocolVersion) ? protocolVersion : offered,
      capabilities: Object.fromEntries(features.map(([feature]) => [feature, {}])),
      serverInfo: {
        ...info,
        name: typeof name === 'string' && name !== '' ? name : url.host,
        version: typeof version === 'string' ? version : 'unknown',
      },
      ...(typeof instructions === 'string' ? { instructions } : {}),
    },
  };
}
