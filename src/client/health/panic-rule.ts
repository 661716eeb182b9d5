/** Fewer servers than this say nothing about us: two of two may well have died of the same thing. */
const MIN_SERVERS = 3;
/** Above this share of servers in trouble we suspect ourselves (Envoy's panic threshold). */
const MAX_SHARE = 0.5;
/** Trouble that lasts longer is no longer something that happened to all at once, in ms. */
const MEMORY_MS = 300_000;

/**
 * Whether so many servers are in trouble at once that it is more likely ours: the network, or a processor that does not
 * get round to reading answers. Servers that have been in trouble for long count neither way: what is dead for good
 * must not make the others suspect for ever.
 *
 * @param troubles for each server since when it is in trouble; undefined if it is not
 */
export function suspectsUs(troubles: Iterable<number | undefined>, now: number): boolean {
  let servers = 0;
  let troubled = 0;
  for (const since of troubles) {
    if (since !== undefined && now - since > MEMORY_MS) continue;
    servers++;
    if (since !== undefined) troubled++;
  }
  return servers >= MIN_SERVERS && troubled > servers * MAX_SHARE;
}
