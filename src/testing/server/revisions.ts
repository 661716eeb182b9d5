/** Which revisions of MCP a fault server speaks: those with `initialize`, the one with `server/discover`, or all. */
export type FaultServerEra = 'legacy' | 'modern' | 'both';

/**
 * Revisions that begin with `initialize`, newest first. Without 2025-03-26, whose servers must take batches: who asks
 * for it is offered the newest.
 */
export const LEGACY_REVISIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2024-11-05'];

/** The revision whose requests stand for themselves. */
export const MODERN_REVISION = '2026-07-28';

/** Prefix of the keys that 2026-07-28 reserves in `_meta`. */
export const META = 'io.modelcontextprotocol/';

/** Error codes of MCP beside those of JSON-RPC. */
export const MCP_ERROR = { headerMismatch: -32020, unsupportedVersion: -32022, badSession: -32001 } as const;
