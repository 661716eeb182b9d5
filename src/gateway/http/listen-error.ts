import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';

/** Why the gateway cannot listen, and what to do about it. */
export function listenError(cause: NodeJS.ErrnoException, host: string, port: number): SignalboxError {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new SignalboxError('LISTEN_FAILED', `cannot listen on ${where}: ${explain(cause)}`, {
    retryable: cause.code === 'EADDRINUSE',
    cause,
    details: { host, port, errno: cause.code },
  });
}

function explain(cause: NodeJS.ErrnoException): string {
  switch (cause.code) {
    case 'EADDRINUSE':
      return 'another program uses this port; end it, choose another port, or take 0 for a free one';
    case 'EACCES':
      return 'this user may not use the port; choose one above 1023';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; use 127.0.0.1, or an address of one of its interfaces';
    case 'ENOTFOUND':
      return 'the host name cannot be resolved; use an address';
    default:
      return sanitizePeerText(cause.message);
  }
}
