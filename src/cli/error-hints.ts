import type { SignalboxError } from '../core/errors.ts';

/** What to do about an error, where its message does not say it already. */
export function hintFor(error: SignalboxError): string | undefined {
  if (error.delivered === 'unknown') {
    return 'the server may have executed the request; look before you repeat it';
  }
  switch (error.code) {
    case 'AUTH_REQUIRED':
      return 'authorize' in error.details
        ? `\`signalbox auth login ${error.server ?? 'NAME'}\` logs in; for a token of your own see docs/auth.md`
        : 'put a valid credential into "x-signalbox.auth" or "headers" of the server';
    case 'FORBIDDEN':
      return 'the credential is known but not allowed to do this; ask for more rights or use another one';
    case 'UNKNOWN_NAME':
      return '`signalbox list` shows what there is';
    case 'TOOL_BLOCKED':
      return 'or set "drift" to "warn" in "x-signalbox" of its server, which takes the present definition';
    case 'REQUEST_TIMEOUT':
      return 'give it more time with --timeout MS, or "timeout" in its entry';
    case 'INTERNAL':
      return 'this is a defect of Signalbox; please report it with the output of --log-level debug';
    default:
      return undefined;
  }
}
