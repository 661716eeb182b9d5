import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** What a name or an address was refused with. */
export class AddressBlockedError extends Error {
  readonly code = 'ADDRESS_BLOCKED';
}

/**
 * Networks that are not the open internet: this machine, private and shared ranges, link-local (cloud metadata),
 * documentation, benchmarks, multicast, reserved; of IPv6 also the tunnels that carry IPv4 to places unseen.
 */
const NETWORKS: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const blocked = new BlockList();
for (const [network, prefix] of NETWORKS)
  blocked.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
for (const [network, prefix] of NETWORKS) {
  // NAT64 (RFC 6052) carries IPv4: what is refused there is refused here. IPv4-mapped addresses Node.js knows itself.
  if (!network.includes(':')) blocked.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6');
}

/** True for an IP address outside of the open internet, and for anything that is no IP address. */
export function isPrivateAddress(address: string): boolean {
  // The zone of a link-local address says nothing about the address, and BlockList does not read it.
  const [plain = ''] = address.split('%');
  const family = isIP(plain);
  return family === 0 || blocked.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

/** Why a host that is an address itself is refused; undefined for a public one, and for a name. */
export function blockedLiteral(hostname: string): AddressBlockedError | undefined {
  // Sockets skip the lookup for literals (S06). The URL parser has brought all their spellings into one.
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(bare) === 0 || !isPrivateAddress(bare)) return undefined;
  return new AddressBlockedError(`${bare} is an address of this machine or of a private network`);
}

/**
 * A lookup for sockets that lets a name through only if every address it stands for is public. The socket connects to
 * what is returned here and asks nobody again, so a later answer changes nothing (F-096).
 *
 * @param lookup who is asked. Default: the resolver of the machine.
 */
export function guardedLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer, family) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const addresses = typeof answer === 'string' ? [{ address: answer, family: family ?? 4 }] : answer;
      const [first] = addresses;
      if (first === undefined || addresses.some(({ address }) => isPrivateAddress(address))) {
        const message = `${hostname} stands for an address of this machine or of a private network`;
        callback(new AddressBlockedError(message), '', 0);
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
