/** Revisions whose requests carry their own metadata, newest first. */
export const MODERN_VERSIONS: readonly string[] = ['2026-07-28'];

/** Revisions that begin with an `initialize` handshake, newest first. Disjoint from {@link MODERN_VERSIONS}. */
export const LEGACY_VERSIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** A pre-release that old servers still answer with; its wire is that of 2024-11-05. Never offered. */
const LEGACY_PRERELEASE = '2024-10-07';

/** True for a version that may stand in an answer to `initialize`. */
export function isLegacyVersion(version: string): boolean {
  return LEGACY_VERSIONS.includes(version) || version === LEGACY_PRERELEASE;
}

/** The first of `ours` that the peer offers too. `ours` is in order of preference. */
export function bestVersion(ours: readonly string[], theirs: readonly string[]): string | undefined {
  return ours.find((version) => theirs.includes(version));
}

/** From this revision on, every HTTP request after `initialize` names the negotiated version in a header. */
const VERSION_HEADER_SINCE = '2025-06-18';

/** The only revision in which messages may come in batches. */
const BATCH_VERSION = '2025-03-26';

/** Version ids are dates: they compare as strings (specification, versioning). */
export function sendsVersionHeader(version: string): boolean {
  return version >= VERSION_HEADER_SINCE;
}

export function receivesBatches(version: string): boolean {
  return version === BATCH_VERSION;
}
