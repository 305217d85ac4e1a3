import { createECDH, createPrivateKey, type KeyObject, sign } from "node:crypto"
import { type Bytes, PlatformError, toBase64Url } from "@aceso/core"

const CURVE = "prime256v1"
/** At most 24 hours are allowed (RFC 8292, section 2). */
const TOKEN_S = 12 * 3600

/** A new private key of P-256. */
export function newPushSecret(): Bytes {
  const ecdh = createECDH(CURVE)
  ecdh.generateKeys()
  const secret = new Uint8Array(32)
  const found = ecdh.getPrivateKey()
  secret.set(found, 32 - found.length)
  return secret
}

/** By which push services know the app's operator (RFC 8292), and browsers whose messages they asked for. */
export class VapidKey {
  /** A point of P-256, uncompressed. */
  readonly publicKey: Bytes
  private readonly key: KeyObject

  /** @throws PlatformError `bad_secret` */
  constructor(secret: Bytes) {
    const ecdh = createECDH(CURVE)
    try {
      ecdh.setPrivateKey(secret)
    } catch (cause) {
      throw new PlatformError("bad_secret", "the key of the app's notices (push.key) is no key of P-256", {
        cause,
      })
    }
    this.publicKey = new Uint8Array(ecdh.getPublicKey())
    const [x, y] = [this.publicKey.slice(1, 33), this.publicKey.slice(33)].map(toBase64Url)
    const jwk = { kty: "EC", crv: "P-256", x, y, d: toBase64Url(secret) }
    this.key = createPrivateKey({ key: jwk, format: "jwk" })
  }

  /**
   * Field `authorization` of a message to a push service.
   * @param audience its origin @param subject where whoever runs it finds the operator: a URL @param now ms
   */
  authorization(audience: string, subject: string, now: number): string {
    const part = (value: object) => toBase64Url(new TextEncoder().encode(JSON.stringify(value)))
    const exp = Math.floor(now / 1000) + TOKEN_S
    const signed = `${part({ typ: "JWT", alg: "ES256" })}.${part({ aud: audience, exp, sub: subject })}`
    const signature = sign("sha256", new TextEncoder().encode(signed), {
      key: this.key,
      dsaEncoding: "ieee-p1363",
    })
    return `vapid t=${signed}.${toBase64Url(signature)}, k=${toBase64Url(this.publicKey)}`
  }
}
