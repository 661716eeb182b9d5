import { ModernEra } from '../eras/modern-era.ts';
import type { ClientIdentity } from '../mcp-types.ts';
import type { Session } from './session.ts';

/** From now on each request says who we are, what we can do and what may be logged, where the era does so. */
export function redress(
  session: Session | undefined,
  identity: ClientIdentity,
  logLevel: string | undefined,
): void {
  if (session?.era?.name !== 'modern') return;
  session.era = ModernEra.of(session.era.protocolVersion, identity, logLevel);
}
