import { KEM_MLKEM768_X25519 } from "@panva/hpke-noble"
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256 } from "hpke"

/** The same suite where browsers have no ML-KEM of their own. */
export const hybrid = new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
