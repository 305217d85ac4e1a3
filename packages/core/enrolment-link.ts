import { fromBase64Url, toBase64Url } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { messageOf, PlatformError } from "./errors.ts"
import { hash32, memberId, networkId } from "./ids.ts"
import { isLoopbackUrl, nodeUrlFault } from "./node-url.ts"
import { pairingCode } from "./pairing.ts"
import { type Infer, object, oneOf, text, uint } from "./schema.ts"

const parts = { network: networkId, genesis: hash32, custodian: memberId, url: text(200), code: pairingCode }

/** What a desk hands to a patient's device: where to go, what to hold it against, and the one-time code. */
export const enrolmentInvitation = object(parts)
export type EnrolmentInvitation = Infer<typeof enrolmentInvitation>

/** The same as a file. */
export const enrolmentFile = object({ format: oneOf("aceso/enrolment/v1"), ...parts })

const inLink = object({ v: uint(1, 1), ...parts })
const MARK = "/#enrol="
/** An origin of at most 260 characters, and what the longest invitation comes to. */
const MAX_LINK = 1024

/**
 * The link that a QR holds. What is secret stands behind `#`, which no browser sends to anybody.
 * @param origin of the patient's app: https, or this very machine
 * @throws PlatformError `bad_link`
 */
export function enrolmentLink(origin: string, invitation: EnrolmentInvitation): string {
  mustFit(origin, invitation.url)
  const content = inLink.parse({ v: 1, ...invitation }, "link")
  return `${origin}${MARK}${toBase64Url(encodeCbor(content as unknown as Cbor))}`
}

/** Reads nothing but what `enrolmentLink` writes. @throws PlatformError `bad_link` */
export function readEnrolmentLink(link: string): {
  readonly origin: string
  readonly invitation: EnrolmentInvitation
} {
  const at = link.indexOf(MARK)
  if (link.length > MAX_LINK || at < 0) throw bad("it is none, or not whole; scan or copy it again")
  const origin = link.slice(0, at)
  let invitation: EnrolmentInvitation
  try {
    const { v: _, ...rest } = inLink.parse(decodeCbor(fromBase64Url(link.slice(at + MARK.length))), "link")
    invitation = rest
  } catch (cause) {
    if (!(cause instanceof PlatformError)) throw cause
    throw bad(`it cannot be read (${messageOf(cause)}); scan or copy it again, or update this program`, cause)
  }
  mustFit(origin, invitation.url)
  return { origin, invitation }
}

/** What opens an app on the web leads to no program on this machine. */
function mustFit(origin: string, url: string): void {
  const wrong = nodeUrlFault(origin, { mayBeLoopback: true })
  if (wrong !== undefined) throw bad(`the app at ${origin}: ${wrong}`)
  const fault = nodeUrlFault(url, { mayBeLoopback: isLoopbackUrl(origin) })
  if (fault !== undefined) throw bad(`the node at ${url}: ${fault}`)
}

const bad = (why: string, cause?: unknown) =>
  new PlatformError("bad_link", `this is no link of an enrolment: ${why}`, { cause })
