import { createPrivateKey, X509Certificate } from "node:crypto"
import { readFileSync, statSync } from "node:fs"
import { isIP } from "node:net"
import { resolve } from "node:path"
import { createSecureContext } from "node:tls"
import { messageOf, PlatformError } from "@aceso/core"
import type { TlsConfig } from "../node/config.ts"

export interface TlsFiles {
  /** PEM: the certificate, then those that lead to the authority. */
  readonly cert: string
  readonly key: string
  /** ms; the certificate is good until then. */
  readonly until: number
}

const wrong = (sentence: string, cause?: unknown) => new PlatformError("bad_certificate", sentence, { cause })
const notNow = (sentence: string) => new PlatformError("certificate_not_now", sentence)

/**
 * Reads the PEM files of HTTPS, relative to the node's folder.
 * @throws PlatformError `certificate_missing`, `certificate_unreadable`, `certificate_open`, `certificate_not_now`,
 * `certificate_of_another`, `bad_certificate`, each with one sentence
 */
export function readTls(folder: string, url: string, config: TlsConfig, now = Date.now()): TlsFiles {
  const certificate = resolve(folder, config.certificate)
  const keyFile = resolve(folder, config.key)
  const cert = read(certificate, "certificate")
  const key = read(keyFile, "certificate's key")
  // Groups may share it, as Debian's ssl-cert does.
  const mode = statSync(keyFile).mode & 0o777
  if (mode & 0o007)
    throw new PlatformError(
      "certificate_open",
      `${keyFile}: everybody on this machine can use it (mode ${mode.toString(8)}); run chmod 600 ${keyFile}`,
    )
  let first: X509Certificate
  try {
    first = new X509Certificate(cert)
  } catch (cause) {
    throw wrong(`${certificate} holds no certificate in PEM: ${messageOf(cause)}`, cause)
  }
  const until = first.validToDate.getTime()
  if (until <= now) throw notNow(`the certificate ${certificate} expired on ${first.validTo}; renew it`)
  if (first.validFromDate.getTime() > now)
    throw notNow(`the certificate ${certificate} is not valid before ${first.validFrom}; is the clock right?`)
  try {
    if (!first.checkPrivateKey(createPrivateKey(key)))
      throw new Error("it is not the key of this certificate")
    createSecureContext({ cert, key })
  } catch (cause) {
    throw wrong(`${keyFile} does not fit ${certificate}: ${messageOf(cause)}`, cause)
  }
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "")
  if ((isIP(host) ? first.checkIP(host) : first.checkHost(host)) === undefined)
    throw new PlatformError(
      "certificate_of_another",
      `the certificate ${certificate} is not for ${host}, as url says (it is for ${first.subjectAltName ?? "no name"}); others would refuse it`,
    )
  return { cert, key, until }
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    const says = `the ${what} ${path} cannot be read: ${messageOf(cause)}`
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw new PlatformError("certificate_missing", says, { cause })
    throw new PlatformError("certificate_unreadable", says, { cause })
  }
}
