import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { isObject } from '../../wire/json-rpc.ts';

/** What came of `server/discover`, reduced to what the decision needs. */
export type ProbeOutcome =
  /** A result that lists versions. */
  | {
      readonly kind: 'discovered';
      readonly supported: readonly string[];
      readonly result: Record<string, unknown>;
    }
  /** A JSON-RPC error; `supported` is its usable `data.supported`. */
  | {
      readonly kind: 'refused';
      readonly code: number;
      readonly supported: readonly string[];
      readonly error: Error;
    }
  /** An answer that no modern server gives: a 4xx without JSON-RPC error, an empty or foreign body. */
  | { readonly kind: 'unusable'; readonly error: Error }
  /** The server asks for a credential or forbids access: no evidence of an era. */
  | { readonly kind: 'denied'; readonly error: Error }
  /** The connection ended while the probe was out. */
  | { readonly kind: 'died'; readonly error: Error }
  /** Network, TLS, 5xx, time: an outage, no evidence of an era. */
  | { readonly kind: 'outage'; readonly error: Error };

/** Reads the answer to the probe. */
export function readDiscovery(result: unknown): ProbeOutcome {
  const supported = isObject(result) ? stringsOf(result['supportedVersions']) : [];
  if (isObject(result) && supported.length > 0) return { kind: 'discovered', supported, result };
  const error = new SignalboxError('INVALID_RESULT', 'the answer to server/discover lists no versions');
  return { kind: 'unusable', error };
}

/**
 * Reads the failure of the probe.
 * @param streamPerRequest whether losing the answer's stream says nothing about the server itself (HTTP)
 */
export function readProbeFailure(error: Error, streamPerRequest: boolean = false): ProbeOutcome {
  if (error instanceof RemoteError) {
    const data = isObject(error.data) ? error.data : {};
    return { kind: 'refused', code: error.code, supported: stringsOf(data['supported']), error };
  }
  if (!SignalboxError.is(error)) return { kind: 'outage', error };
  switch (error.code) {
    case 'AUTH_REQUIRED':
    case 'FORBIDDEN':
      return { kind: 'denied', error };
    case 'CONNECTION_LOST':
      if (!streamPerRequest) return { kind: 'died', error };
      // A stream that began well and held nothing is an unusable answer; one that never began is an outage.
      return { kind: isSuccess(error.details['status']) ? 'unusable' : 'outage', error };
    case 'BAD_FRAME':
      return { kind: 'died', error };
    case 'BAD_RESPONSE':
    case 'INVALID_RESULT':
    case 'BAD_MESSAGE':
    case 'SESSION_LOST':
      return { kind: 'unusable', error };
    case 'HTTP_ERROR': {
      const status = error.details['status'];
      const isClientError = typeof status === 'number' && status >= 400 && status < 500;
      return { kind: isClientError ? 'unusable' : 'outage', error };
    }
    default:
      return { kind: 'outage', error };
  }
}

function isSuccess(status: unknown): boolean {
  return typeof status === 'number' && status >= 200 && status < 300;
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
