/**
 * Whom an address is taken for: an IPv4 address, or the first 64 bits of an IPv6 one, which one household or machine
 * has as a whole.
 */
export function addressGroup(address: string | undefined): string {
  if (address === undefined) return "unknown"
  const v4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)
  if (v4) return v4[1]
  const [head, tail] = address.split("%")[0].split("::")
  const groups = (part: string) => (part === "" ? [] : part.split(":"))
  const first = groups(head)
  const last = tail === undefined ? [] : groups(tail)
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0")
  return [...first, ...zeros, ...last].slice(0, 4).join(":")
}
