import { PlatformError } from "@aceso/core"

/**
 * A passkey whose PRF (WebAuthn Level 3, section 10.1.4) gives the secret under which a seed is sealed. Nobody checks its
 * signature: what it protects lies here, and what is signed is signed by the seed's keys.
 */
const SALT = new TextEncoder().encode("aceso/passkey/v1")
const PRF = { prf: { eval: { first: SALT } } }

interface PrfResults {
  readonly prf?: { readonly enabled?: boolean; readonly results?: { readonly first?: BufferSource } }
}

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size))

/** Whether this browser can have passkeys here at all. */
export const hasPasskeys = (): boolean => "PublicKeyCredential" in globalThis && isSecureContext

/** @throws PlatformError `passkey_without_prf`: it cannot seal anything, use a passphrase; `passkey_refused` */
export async function makePasskey(name: string): Promise<{ credentialId: Uint8Array; prf: Uint8Array }> {
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: random(32),
        rp: { name: "Aceso", id: location.hostname },
        user: { id: random(16), name, displayName: name },
        pubKeyCredParams: [
          { type: "public-key", alg: -8 },
          { type: "public-key", alg: -7 },
          { type: "public-key", alg: -257 },
        ],
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        extensions: PRF as AuthenticationExtensionsClientInputs,
      },
    }),
  )
  const credentialId = new Uint8Array(made.rawId)
  const { prf } = made.getClientExtensionResults() as PrfResults
  const first = prf?.results?.first
  if (first) return { credentialId, prf: bytesOf(first) }
  // Some give it only when they are used.
  return { credentialId, prf: (await usePasskey(credentialId)).prf }
}

/** @param credentialId absent: whichever the person chooses @throws PlatformError as above */
export async function usePasskey(
  credentialId?: Uint8Array,
): Promise<{ credentialId: Uint8Array; prf: Uint8Array }> {
  const found = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        rpId: location.hostname,
        userVerification: "required",
        ...(credentialId && { allowCredentials: [{ type: "public-key", id: credentialId as BufferSource }] }),
        extensions: PRF as AuthenticationExtensionsClientInputs,
      },
    }),
  )
  const first = (found.getClientExtensionResults() as PrfResults).prf?.results?.first
  if (!first)
    throw new PlatformError(
      "passkey_without_prf",
      "this passkey cannot protect a secret; choose a passphrase instead",
    )
  return { credentialId: new Uint8Array(found.rawId), prf: bytesOf(first) }
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const found = await ask()
    if (found) return found as PublicKeyCredential
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause
    throw new PlatformError("passkey_refused", `the passkey was not used (${cause.name}); try again`, {
      cause,
    })
  }
  throw new PlatformError("passkey_refused", "no passkey was chosen; try again")
}

const bytesOf = (source: BufferSource): Uint8Array =>
  source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
