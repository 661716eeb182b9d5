import type { CredentialSource } from '../../../auth/credential-source.ts';
import type { ResolvedHttp } from '../../../config/http-settings.ts';
import type { TransportLimits } from '../../transport-context.ts';
import type { TransportTally } from '../../transport-tally.ts';
import type { PoolLease } from '../pool/pool-lease.ts';

/** The methods that requests are made with. */
export type HttpMethod = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One HTTP request. */
export interface HttpRequest {
  readonly method: HttpMethod;
  /** Text: as a URL writes it, without user and fragment, at the origin of the lease. Read only if somebody asks for more. */
  readonly url: URL | string;
  /** Names and values in turn; whoever sends the request adds to them. */
  readonly headers: string[];
  readonly body: string | Uint8Array | null;
  /** Its answer stays open by design: it must take no socket that a call waits for. Default: no. */
  readonly staysOpen?: boolean;
}

/** Where requests go, and by which rules. */
export interface HttpTarget {
  readonly server: string;
  readonly lease: PoolLease;
  readonly http: ResolvedHttp;
  readonly limits: TransportLimits;
  readonly tally: TransportTally | undefined;
  /** Asked for headers before each request, and told of each refusal; undefined: what is configured is all there is. */
  readonly credentials: CredentialSource | undefined;
  /** Text of the peer without the credentials that it was sent. */
  conceal(text: string): string;
}
