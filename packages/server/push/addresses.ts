import { BlockList, isIP } from "node:net"

/** Of IPv4, what is no host of the public Internet (IANA IPv4 Special-Purpose Address Registry, RFC 6890). */
const SPECIAL: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
]
/** Of 2000::/3, the only part of IPv6 that is given to hosts of the Internet, what is none of them, or leads to IPv4. */
const SPECIAL_6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]

const special = new BlockList()
for (const [net, prefix] of SPECIAL) special.addSubnet(net, prefix, "ipv4")
const special6 = new BlockList()
for (const [net, prefix] of SPECIAL_6) special6.addSubnet(net, prefix, "ipv6")
const global6 = new BlockList()
global6.addSubnet("2000::", 3, "ipv6")

/** Whether a push service of the Internet can be at this address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4")
    case 6:
      return !address.includes("%") && global6.check(address, "ipv6") && !special6.check(address, "ipv6")
    default:
      return false
  }
}
