import { bestVersion, LEGACY_VERSIONS } from '../versions.ts';
import type { ProbeOutcome } from './probe-outcome.ts';

/** Error codes that only a modern server uses: HeaderMismatch, MissingRequiredClientCapability, UnsupportedProtocolVersion. */
const MODERN_CODES: ReadonlySet<number> = new Set([-32020, -32021, -32022]);
const UNSUPPORTED_VERSION = -32022;

/** What to do after a probe. */
export type Verdict =
  /** The server is modern and answered at `version`. */
  | { readonly do: 'use-modern'; readonly version: string; readonly result: Record<string, unknown> }
  /** The server is modern, but wants this version. */
  | { readonly do: 'probe-again'; readonly version: string }
  /** The server is legacy, or speaks to us in legacy only: `initialize`, offering `offer`. */
  | { readonly do: 'initialize'; readonly offer: string }
  /** No common version. */
  | { readonly do: 'no-common-version'; readonly theirs: readonly string[] }
  /** The process died on the probe: start it again and begin with `initialize`. */
  | { readonly do: 'restart-legacy'; readonly error: Error }
  /** The probe says nothing about the era; this error does. */
  | { readonly do: 'fail'; readonly error: Error };

/** What the decision depends on besides the outcome. */
export interface VerdictContext {
  /** Modern versions we may use, in order of preference. */
  readonly modern: readonly string[];
  /** False if the era is pinned to modern: nothing falls back. */
  readonly legacyAllowed: boolean;
  /** True if a version was suggested by the server before: a second refusal ends the loop. */
  readonly secondTry: boolean;
}

/** True for a JSON-RPC error code that proves a modern server. */
export function isModernCode(code: number): boolean {
  return MODERN_CODES.has(code);
}

/**
 * The decision tables for an unknown server, HTTP and stdio in one: what differs between them is already told apart
 * in the outcome. Sources: 2026-07-28, versioning and the Backward Compatibility sections of both transports.
 */
export function decide(outcome: ProbeOutcome, context: VerdictContext): Verdict {
  switch (outcome.kind) {
    case 'discovered': {
      const version = bestVersion(context.modern, outcome.supported);
      if (version !== undefined) return { do: 'use-modern', version, result: outcome.result };
      return offerLegacy(outcome.supported, context);
    }
    case 'refused':
      return decideRefusal(outcome, context);
    case 'unusable':
      return legacyOr(context, { do: 'fail', error: outcome.error });
    case 'died':
      return context.legacyAllowed
        ? { do: 'restart-legacy', error: outcome.error }
        : { do: 'fail', error: outcome.error };
    case 'denied':
    case 'outage':
      return { do: 'fail', error: outcome.error };
  }
}

function decideRefusal(outcome: ProbeOutcome & { kind: 'refused' }, context: VerdictContext): Verdict {
  const { code, supported, error } = outcome;
  if (code === UNSUPPORTED_VERSION) {
    if (supported.length === 0) return legacyOr(context, { do: 'fail', error });
    const version = bestVersion(context.modern, supported);
    if (version === undefined) return offerLegacy(supported, context);
    return context.secondTry ? { do: 'fail', error } : { do: 'probe-again', version };
  }
  // HeaderMismatch or MissingRequiredClientCapability: modern, and our request was at fault. No fallback.
  if (isModernCode(code)) return { do: 'fail', error };
  // Any other code, -32601 first of all: a modern server must know server/discover.
  return legacyOr(context, { do: 'fail', error });
}

/** The server named its versions and none of our modern ones is among them. */
function offerLegacy(theirs: readonly string[], context: VerdictContext): Verdict {
  const offer = context.legacyAllowed ? bestVersion(LEGACY_VERSIONS, theirs) : undefined;
  return offer === undefined ? { do: 'no-common-version', theirs } : { do: 'initialize', offer };
}

function legacyOr(context: VerdictContext, otherwise: Verdict): Verdict {
  return context.legacyAllowed ? { do: 'initialize', offer: LEGACY_VERSIONS[0]! } : otherwise;
}
