import type { CredentialSource } from '../auth/credential-source.ts';
import type { ServerEntry } from '../config/entry.ts';
import type { RegisteredKind } from '../config/registered-kind.ts';
import type { ResolvedSettings } from '../config/settings.ts';
import { SignalboxError } from '../core/errors.ts';
import type { PoolCache } from './http/pool-cache.ts';
import type { Transport } from './transport.ts';
import type { TransportContext } from './transport-context.ts';

/** What a builder is given beside name and entry. */
export interface BuilderContext extends TransportContext {
  /** Every setting of the entry, defaults filled in. */
  readonly settings: ResolvedSettings;
  /** HTTP connections, shared by all transports of one factory. */
  readonly pools: PoolCache;
  /** Where credentials come from; undefined: the entry's `headers` are all there is. */
  readonly credentials: CredentialSource | undefined;
  /** How the program calls itself, for transports that tell it before the handshake does. Default: Signalbox. */
  readonly client?: { readonly name: string; readonly version: string } | undefined;
}

/** Makes one transport for one connection. It must not connect yet: that is what `open` is for. */
export type TransportBuilder = (name: string, entry: ServerEntry, context: BuilderContext) => Transport;

/** What a kind of transport brings beside its builder. */
export type TransportKindOptions = Omit<RegisteredKind, 'kind'>;

/** Which transport kinds exist: the built-in ones and those that users register. */
export class TransportCatalog {
  readonly #builders: Map<string, TransportBuilder>;
  readonly #registered: RegisteredKind[] = [];

  constructor(builtIn: ReadonlyMap<string, TransportBuilder>) {
    this.#builders = new Map(builtIn);
  }

  /** @throws SignalboxError INVALID_ARGUMENT for an unusable kind, ALREADY_REGISTERED for one that exists */
  register(kind: string, builder: TransportBuilder, options: TransportKindOptions = {}): void {
    if (!/^[a-z][a-z0-9-]{0,31}$/u.test(kind) || kind === 'auto') {
      throw new SignalboxError(
        'INVALID_ARGUMENT',
        `"${kind}" cannot name a transport kind; use lower-case letters, digits and "-", at most 32`,
      );
    }
    if (this.#builders.has(kind)) {
      throw new SignalboxError('ALREADY_REGISTERED', `the transport kind "${kind}" exists already`);
    }
    this.#builders.set(kind, builder);
    this.#registered.push(Object.freeze({ ...options, kind }));
  }

  /** The kinds that are not built in. */
  get registered(): readonly RegisteredKind[] {
    return [...this.#registered];
  }

  get kinds(): readonly string[] {
    return [...this.#builders.keys()];
  }

  /** @throws SignalboxError CONFIG_INVALID for an unknown kind, or what the builder throws */
  create(kind: string, name: string, entry: ServerEntry, context: BuilderContext): Transport {
    const builder = this.#builders.get(kind);
    if (builder === undefined) {
      throw new SignalboxError(
        'CONFIG_INVALID',
        `there is no transport kind "${kind}"; known are ${this.kinds.join(', ')}`,
        { server: name },
      );
    }
    return builder(name, entry, context);
  }
}
